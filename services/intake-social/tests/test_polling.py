"""Reading the mentions: the cursor moves when a window is stored, and nothing is lost or doubled on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from intake.notices import Notice, Refused, TryLater
from intake_social import polling
from intake_social.adapters import x
from intake_social.adapters.errors import (
    CursorTooOld,
    SocialError,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
)
from intake_social.adapters.items import Unreadable
from intake_social.app import send
from intake_social.mentions import poll_x, read_mentions
from intake_social.post import Desk
from testing.standins import mention
from testing.waiting import finish, soon

SAY = {"nth_step": "Kabar ke-{n}.", "nth_answer": "Jawaban no. {n}."}

US = "1708"


def told(base: str) -> list[str]:
    return [each["text"] for each in httpx.get(f"{base}/sent").json()]


async def cursor(pool: Pool) -> str | None:
    position: str | None = await pool.fetchval("SELECT position FROM cursors WHERE source = 'x'")
    return position


async def threads(pool: Pool) -> list[str]:
    return [row["thread"] for row in await pool.fetch("SELECT thread FROM complaints ORDER BY thread")]


@dataclass
class FakeMentions:
    """X's pages by (since_id, token); an exception in place of a page is raised once."""

    pages: dict[str | None, Any]
    asked: list[tuple[str | None, str | None, datetime | None]] = field(default_factory=list)
    by: list[Any] = field(default_factory=list)

    async def __call__(
        self, client: Any, me: str, since: str | None, token: str | None, *, start_time: datetime | None = None
    ) -> x.MentionsPage:
        self.asked.append((since, token, start_time))
        self.by.append(client)
        page = self.pages[token]
        if isinstance(page, list):
            page = page.pop(0) if len(page) > 1 else page[0]
        if isinstance(page, Exception):
            raise page
        assert isinstance(page, x.MentionsPage)
        return page


def post(number: int, **facts: Any) -> x.Post:
    made = x.Post(
        id=str(number), author_id="42", handle="warga", text=f"@LaporSoppeng laporan {number}",
        created_at=datetime(2026, 3, 2, tzinfo=UTC), conversation_id=str(number),
        is_retweet=False, edit_history_ids=(str(number),),
    )  # fmt: skip
    return replace(made, **facts)


def page(*posts: x.Post, token: str | None = None) -> x.MentionsPage:
    return x.MentionsPage(posts=list(posts), next_token=token, newest_id=max((p.id for p in posts), default=None))


async def whoami(client: Any) -> str:
    return US


async def nothing_is_gone(client: Any, ids: Sequence[str]) -> list[str]:
    return []


async def polled(desk: Desk, client: Any) -> None:
    """Poll until a whole window is stored."""
    poll = asyncio.create_task(poll_x(desk, client))
    async with asyncio.timeout(60):
        while await cursor(desk.pool) is None:
            await asyncio.sleep(0.05)
    poll.cancel()
    await finish(poll)


@pytest.fixture
def mentions(monkeypatch: pytest.MonkeyPatch) -> FakeMentions:
    fake = FakeMentions({None: page(post(103), post(104), token="older"), "older": page(post(101), post(102))})
    monkeypatch.setattr(x, "fetch_mentions", fake)
    monkeypatch.setattr(x, "whoami", whoami)
    monkeypatch.setattr(x, "find_gone", nothing_is_gone)
    return fake


pytestmark = pytest.mark.connected
SOON = timedelta(minutes=1)


async def test_all_pages_are_stored_and_then_the_cursor_is_the_newest(
    desk: Desk, pool: Pool, mentions: FakeMentions
) -> None:
    await read_mentions(desk, None, US)
    assert [f"x:{n}" for n in (101, 102, 103, 104)] == await threads(pool)
    assert ("104", [None, "older"]) == (await cursor(pool), [token for _, token, _ in mentions.asked])


async def test_a_window_cut_short_moves_no_cursor_and_doubles_nothing(
    desk: Desk, pool: Pool, mentions: FakeMentions
) -> None:
    whole = mentions.pages["older"]
    mentions.pages["older"] = [SocialUnavailable("hang-up"), whole]
    with pytest.raises(SocialUnavailable):
        await read_mentions(desk, None, US)
    assert (None, ["x:103", "x:104"]) == (await cursor(pool), await threads(pool))
    await read_mentions(desk, None, US)
    assert ("104", [f"x:{n}" for n in (101, 102, 103, 104)]) == (await cursor(pool), await threads(pool))
    assert 4 == await pool.fetchval("SELECT count(*) FROM notices")


async def test_a_database_that_fails_in_the_middle_of_a_page_moves_no_cursor(
    desk: Desk, pool: Pool, mentions: FakeMentions
) -> None:
    await pool.execute(
        """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END$$"""
    )
    await pool.execute(
        """CREATE TRIGGER full_disk BEFORE INSERT ON complaints FOR EACH ROW WHEN (NEW.external_id = '104')
           EXECUTE FUNCTION full_disk()"""
    )
    with pytest.raises(Exception, match="disk is full"):
        await read_mentions(desk, None, US)
    await pool.execute("DROP TRIGGER full_disk ON complaints")
    assert (None, ["x:103"]) == (await cursor(pool), await threads(pool))
    await read_mentions(desk, None, US)
    assert ("104", 4) == (await cursor(pool), len(await threads(pool)))


async def test_post_refused_by_the_database_is_put_aside_and_holds_up_no_other(
    desk: Desk, pool: Pool, mentions: FakeMentions
) -> None:
    await pool.execute("ALTER TABLE complaints ADD CONSTRAINT broken CHECK (external_id <> '103')")
    for _ in range(2):
        await read_mentions(desk, None, US)
    assert ("104", [f"x:{n}" for n in (101, 102, 104)]) == (await cursor(pool), await threads(pool))
    assert ["CheckViolationError"] == [row["error"] for row in await pool.fetch("SELECT error FROM set_aside")]


async def test_an_item_that_is_no_post_is_put_aside_once_and_holds_up_no_other(
    desk: Desk, pool: Pool, mentions: FakeMentions
) -> None:
    mentions.pages[None] = replace(page(post(105)), unreadable=[Unreadable(b'{"id": "\\u0663"}', ValueError("no id"))])
    for _ in range(2):
        await read_mentions(desk, None, US)
    assert ("105", ["x:105"]) == (await cursor(pool), await threads(pool))
    rows = await pool.fetch("SELECT door, error, content FROM set_aside")
    assert [("x", "ValueError", b'{"id": "\\u0663"}')] == [tuple(row) for row in rows]


async def test_our_own_posts_and_retweets_are_no_complaints(desk: Desk, pool: Pool, mentions: FakeMentions) -> None:
    mentions.pages[None] = page(post(105, author_id=US), post(106, is_retweet=True), post(107))
    await read_mentions(desk, None, US)
    assert (["x:107"], "107") == (await threads(pool), await cursor(pool))


async def test_the_next_window_overlaps_the_last(desk: Desk, pool: Pool, mentions: FakeMentions) -> None:
    newest = 2125287186050842624
    mentions.pages[None] = page(post(newest))
    for _ in range(2):
        await read_mentions(desk, None, US)
    assert [None, x.overlap(str(newest))] == [since for since, *_ in mentions.asked]
    first, second = (start for *_, start in mentions.asked)
    assert (True, None) == (first is not None and abs(datetime.now(UTC) - timedelta(days=1) - first) < SOON, second)
    mentions.pages[None] = page()
    await read_mentions(desk, None, US)
    assert (str(newest), 1) == (await cursor(pool), len(await threads(pool)))


async def test_a_cursor_too_old_is_replaced_by_reading_a_week(desk: Desk, pool: Pool, mentions: FakeMentions) -> None:
    await pool.execute("INSERT INTO cursors VALUES ('x', '5')")
    mentions.pages[None] = [CursorTooOld("since_id"), mentions.pages[None]]
    await read_mentions(desk, None, US)
    (_, _, none), (since, _, start), (again, _, still) = mentions.asked
    assert (None, None, None, start) == (none, since, again, still)
    assert start is not None
    assert timedelta(days=6, hours=23) < datetime.now(UTC) - start < timedelta(days=7)
    assert ("104", 4) == (await cursor(pool), len(await threads(pool)))


async def test_a_week_that_is_too_old_as_well_is_an_error_and_no_endless_loop(
    desk: Desk, mentions: FakeMentions
) -> None:
    mentions.pages[None] = CursorTooOld("since_id")
    with pytest.raises(CursorTooOld):
        await asyncio.wait_for(read_mentions(desk, None, US), 5)


async def test_the_poll_stores_what_mentions_us_and_moves_on(base: str, client: Any, desk: Desk, pool: Pool) -> None:
    before = mention(base)
    await polled(desk, client)
    assert [f"x:{before}"] == await threads(pool)


async def test_a_throttle_ends_the_window_and_the_same_window_is_read_again(
    desk: Desk, pool: Pool, mentions: FakeMentions
) -> None:
    mentions.pages["older"] = [SocialThrottled("wait", datetime.now(UTC)), mentions.pages["older"]]
    await polled(desk, None)
    assert [f"x:{n}" for n in (101, 102, 103, 104)] == await threads(pool)


async def test_credentials_that_are_refused_are_a_persons_matter_and_are_tried_again(
    desk: Desk, pool: Pool, mentions: FakeMentions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(polling, "REFUSED_S", 0)
    mentions.pages["older"] = [SocialUnauthorized("401"), mentions.pages["older"]]
    await polled(desk, None)
    assert ["not_read"] == [record.message for record in caplog.records if record.levelname == "CRITICAL"]
    assert 4 == len(await threads(pool))


async def test_one_of_two_processes_reads_a_network_and_the_other_takes_over(
    desk: Desk, pool: Pool, mentions: FakeMentions
) -> None:
    quick = replace(desk, settings=desk.settings.model_copy(update={"x_poll_s": 0.02}))
    mentions.pages["older"] = replace(page(post(101)), unreadable=[Unreadable(item=b"odd", error=ValueError("odd"))])
    first = asyncio.create_task(poll_x(quick, "first"))
    await soon(lambda: bool(mentions.by))
    second = asyncio.create_task(poll_x(replace(quick, known={}), "second"))
    seen = len(mentions.by)
    await soon(lambda: len(mentions.by) > seen + 100)
    assert {"first"} == set(mentions.by)
    assert 1 == await pool.fetchval("SELECT count(*) FROM set_aside")
    first.cancel()
    await soon(lambda: "second" in mentions.by)
    second.cancel()
    await finish(first, second)


async def test_when_a_network_last_answered_and_whether_it_refuses_us_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> tuple[float, float | None]:
        read, refused = "lapor_intake_read_timestamp_seconds", "lapor_intake_refused"
        labels = {"channel": "facebook"}
        return REGISTRY.get_sample_value(read, labels) or 0, REGISTRY.get_sample_value(refused, labels)

    seen: list[tuple[float, float | None]] = []
    answers: list[Exception | None] = [None, SocialUnauthorized("401"), None, SocialUnavailable("503")]

    async def look() -> None:
        seen.append(shown())
        if (answer := answers.pop(0)) is not None:
            raise answer

    monkeypatch.setattr(polling, "REFUSED_S", 0)
    before = time.time()
    with pytest.raises(SocialUnavailable):
        await polling.poll("facebook", look, 0)
    assert [None, 0, 1, 0] == [refused for _, refused in seen]
    assert before <= seen[1][0] == seen[2][0] < seen[3][0] <= time.time()


async def test_a_channel_that_never_answers_is_silent_since_the_process_began_to_ask() -> None:
    async def look() -> None:
        raise SocialUnavailable("503")

    shown: list[float | None] = []
    before = time.time()
    for _ in range(2):
        with pytest.raises(SocialUnavailable):
            await polling.poll("never", look, 0)
        shown.append(REGISTRY.get_sample_value("lapor_intake_read_timestamp_seconds", {"channel": "never"}))
    assert shown[0] == shown[1]
    assert before <= (shown[0] or 0) <= time.time()


async def test_a_mention_on_the_wire_is_stored_and_its_edit_and_answer_are_additions(
    base: str, client: Any, desk: Desk, pool: Pool
) -> None:
    me = await x.whoami(client)
    asked = mention(base)
    await read_mentions(desk, client, me)
    edited = mention(base, "@LaporSoppeng jalan rusak berat", edits=asked)
    mention(base, "@LaporSoppeng depan masjid", in_reply_to=asked)
    mention(base, "RT @LaporSoppeng jalan rusak", handle="lain", retweet_of=edited)
    for _ in range(2):
        await read_mentions(desk, client, me)
    assert [f"x:{asked}"] == await threads(pool)
    assert 2 == await pool.fetchval("SELECT jsonb_array_length(follow_ups) FROM complaints")


def notice(thread: str | None = "x:100", text: str = "halo", name: str = "step-1") -> Notice:
    kind, _, key = name.partition("-")
    return Notice(id=1, ticket="T", kind=kind, key=key, address="42", thread=thread, text=text, attempts=0)


@pytest.mark.parametrize(
    ("error", "becomes", "after_s"),
    [
        (lambda: SocialRefused("deleted"), Refused, None),
        (lambda: SocialThrottled("wait", datetime.now(UTC) + timedelta(minutes=15)), TryLater, 900),
        (lambda: SocialThrottled("wait", datetime.now(UTC) - timedelta(minutes=5)), TryLater, 1),
        (lambda: SocialUnauthorized("401"), TryLater, 60),
        (lambda: SocialUnavailable("503"), TryLater, None),
    ],
)
async def test_each_trouble_becomes_what_the_sender_does_about_it(
    error: Callable[[], SocialError], becomes: type[Exception], after_s: float | None
) -> None:
    async def write(post_id: str, text: str, own_id: str) -> None:
        raise error()

    with pytest.raises(becomes) as raised:
        await send({"x": write}, SAY, "", notice())
    assert after_s == pytest.approx(getattr(raised.value, "after_s", None), abs=30 if after_s == 900 else 0)
    assert (after_s is not None) == getattr(raised.value, "everything", False)


async def test_an_answer_goes_to_the_thread_of_its_network() -> None:
    said: list[tuple[str, str, str]] = []

    def writes(network: str) -> Any:
        async def write(post_id: str, text: str, own_id: str) -> None:
            said.append((network, post_id, text))

        return write

    both = {"x": writes("x"), "facebook": writes("facebook")}
    await send(both, SAY, "", notice(text="x" * 400))
    await send(both, SAY, "", notice("facebook:1_2", text="x" * 400))
    assert [("x", "100", "(1/2)"), ("x", "100", "(2/2)"), ("facebook", "1_2", "ke-1.")] == [
        (net, to, text.rsplit(None, 1)[1]) for net, to, text in said
    ]


async def test_a_receipt_has_its_link_where_that_is_not_billed_as_one() -> None:
    said: list[str] = []

    async def write(post_id: str, text: str, own_id: str) -> None:
        said.append(text)

    both: Any = {"x": write, "facebook": write}
    say = {**SAY, "page": "Lihat {where}"}
    for thread in ("x:100", "facebook:1_2"):
        await send(both, say, "https://lapor", notice(thread, name="receipt"), unlinked=("x",))

    assert ["halo", "halo Lihat https://lapor/laporan/T"] == said


@pytest.mark.parametrize("thread", ["facebook:1", None, ""])
async def test_an_answer_for_a_network_that_is_off_waits(thread: str | None) -> None:
    with pytest.raises(TryLater) as later:
        await send({}, SAY, "", notice(thread))
    assert 300 == later.value.after_s


async def test_the_same_answer_to_two_people_reaches_both(base: str, client: Any) -> None:
    for asked in (mention(base, "@LaporSoppeng"), mention(base, "@LaporSoppeng", handle="lain")):
        await send(
            {"x": partial(x.reply, client)},
            SAY,
            "",
            notice(f"x:{asked}", "Isi laporan masih kosong.", f"answer-{asked}"),
        )
    assert 2 == len(told(base))


async def test_an_answer_too_long_for_x_comes_in_several_posts_once(base: str, client: Any) -> None:
    asked = mention(base)
    for _ in range(2):  # the second time as after a crash before it was marked
        await send({"x": partial(x.reply, client)}, SAY, "", notice(f"x:{asked}", "kata 💥 " * 60))
    assert ["(1/2)", "(2/2)"] == [text.rsplit(None, 1)[1] for text in told(base)]
