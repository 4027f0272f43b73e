"""Reading X: known posts cost one request, a post with only a hashtag is taken but not answered, costs are counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from intake.notices import Notice, Unasked
from intake_social import handlers, recent
from intake_social.adapters import x
from intake_social.adapters.errors import SocialRefused
from intake_social.app import send
from intake_social.handlers import take_all
from intake_social.mentions import poll_x, read_found, read_mentions
from intake_social.post import Desk, SocialPost
from intake_social.recent import forget_taken
from intake_social.settings import SocialSettings
from intake_social.spending import PRICES, is_left, reply_kind, show_budget, spend
from testing.notices import send_while
from testing.standins import mention
from testing.waiting import finish, within

pytestmark = pytest.mark.connected
TAGGED = "#LAPOR lampu jalan padam di Desa Jampu"


def tagged(base: str, text: str = TAGGED, **more: str) -> str:
    return mention(base, text, mention="no", **more)


def seen(number: int) -> SocialPost:
    return SocialPost(
        channel="x", id=str(number), version=str(number), author_id=str(number), author="warga",
        text="@LaporSoppeng jalan rusak", at=datetime(2026, 3, 2, tzinfo=UTC), root=str(number),
    )  # fmt: skip


@pytest.fixture
def searching(desk: Desk, make_settings: Callable[..., SocialSettings]) -> Desk:
    return replace(desk, settings=make_settings(x_search="#LAPOR OR #LAPORSOPPENG", x_search_s=0.01))


async def threads(pool: Pool) -> list[str]:
    return [row["thread"] for row in await pool.fetch("SELECT thread FROM complaints ORDER BY thread")]


async def test_a_page_that_is_known_costs_a_new_process_one_question(
    desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = [seen(number) for number in range(100, 200)]
    assert 100 == await take_all(desk, page)
    monkeypatch.setattr(handlers, "take", None)
    asked: list[str] = []

    class Asked:
        async def fetch(self, query: str, *values: Any) -> Any:
            asked.append(query)
            return await pool.fetch(query, *values)

    restarted = replace(desk, known={}, pool=Asked())
    assert [0, 0] == [await take_all(restarted, page) for _ in range(2)]
    assert [recent._KNOWN_POSTS] == asked


async def test_edit_of_a_known_post_is_added_and_an_interrupted_page_is_read_again(
    desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take_all(desk, [seen(100)])
    edited = replace(seen(100), version="101", text="@LaporSoppeng jalan rusak berat")
    original = handlers.take

    async def breaks_off(desk: Desk, post: SocialPost) -> None:
        if post.id == "102":
            raise OSError("gone")
        await original(desk, post)

    monkeypatch.setattr(handlers, "take", breaks_off)
    with pytest.raises(OSError, match="gone"):
        await take_all(replace(desk, known={}), [edited, seen(102)])
    monkeypatch.setattr(handlers, "take", original)

    assert 2 == await take_all(replace(desk, known={}), [seen(100), edited, seen(102)])
    assert ["x:100", "x:102"] == await threads(pool)
    assert 1 == await pool.fetchval("SELECT sum(jsonb_array_length(follow_ups)) FROM complaints")


async def test_authors_are_taken_at_once_and_each_in_order(
    desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, begun_after = list[str](), list[str]()
    original, both = handlers.take, asyncio.Barrier(2)

    async def noted(desk: Desk, post: SocialPost) -> None:
        if post.id in ("100", "200"):
            await within(both.wait())  # neither goes on before the other has begun
        if post.id == "300":
            begun_after.extend(taken)
        await original(desk, post)
        taken.append(post.id)

    monkeypatch.setattr(handlers, "take", noted)
    one = [replace(seen(number), author_id="one") for number in (100, 101)]
    other = [replace(seen(number), author_id="other") for number in (200, 201)]
    answer = replace(seen(300), author_id="third", root="201")

    assert 5 == await take_all(desk, [*one, *other, answer])
    assert [post.id for post in one] == [each for each in taken if each in ("100", "101")]
    assert [post.id for post in other] == [each for each in taken if each in ("200", "201")]
    assert {"100", "101", "200", "201"} == set(begun_after)


async def test_marks_are_kept_for_as_long_as_x_gives_a_post(desk: Desk, pool: Pool) -> None:
    await take_all(desk, [seen(100), seen(101)])
    await pool.execute(
        "UPDATE taken_posts SET at = now() - interval '9 d' WHERE ctid = (SELECT min(ctid) FROM taken_posts)"
    )

    async with pool.acquire() as db:
        assert {"taken_posts": 1} == await forget_taken(db)
        assert {"taken_posts": 0} == await forget_taken(db)


def notice_in(thread: str) -> Notice:
    return Notice(id=1, ticket="T", kind="receipt", key="", address="42", thread=thread, text="halo", attempts=0)


async def test_the_hashtag_alone_is_a_complaint_in_whose_thread_nothing_is_said(
    base: str, client: Any, searching: Desk, pool: Pool
) -> None:
    me = await x.whoami(client)
    found = tagged(base)
    tagged(base, "#LAPOR @LaporSoppeng sampah di Desa Jampu", handle="lain")
    tagged(base, f"RT {TAGGED}", handle="lain", retweet_of=found)
    tagged(base, "tanpa tagar di Desa Jampu", handle="lain")
    for _ in range(2):
        await read_found(searching, client, me)

    assert [f"x:{found}:quiet"] == await threads(pool)
    with pytest.raises(Unasked):
        await send({"x": partial(x.reply, client)}, {}, "", notice_in(f"x:{found}:quiet"))


async def test_reply_to_a_found_post_is_added_and_answered_at_the_mention(
    base: str, client: Any, searching: Desk, pool: Pool
) -> None:
    me = await x.whoami(client)
    found = tagged(base)
    await read_found(searching, client, me)
    mention(base, "@LaporSoppeng tiangnya juga miring", in_reply_to=found)
    asked = mention(base, "@LaporSoppeng STATUS", in_reply_to=found)
    await read_mentions(searching, client, me)

    (row,) = await pool.fetch("SELECT jsonb_array_length(follow_ups) AS added FROM complaints")
    answers = await pool.fetch("SELECT thread FROM notices WHERE kind = 'answer'")
    assert (1, [f"x:{asked}"]) == (row["added"], [each["thread"] for each in answers])


async def test_search_finds_mentions_beyond_the_list_limit(
    base: str, client: Any, desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [mention(base, f"@LaporSoppeng lampu nomor {n} padam di Desa Jampu", handle=f"w{n}") for n in range(7)]
    listed = x.fetch_mentions

    async def newest_five(*given: Any, **more: Any) -> x.MentionsPage:
        page = await listed(*given, **more)
        return replace(page, posts=page.posts[-5:])

    monkeypatch.setattr(x, "fetch_mentions", newest_five)
    monkeypatch.setattr(x, "MOST_MENTIONS", 5)
    await read_mentions(desk, client, await x.whoami(client))

    assert sorted(f"x:{each}" for each in made) == await threads(pool)


async def test_beyond_the_budget_nothing_is_searched_and_mentions_are_read(
    base: str, client: Any, searching: Desk, pool: Pool, make_settings: Callable[..., SocialSettings]
) -> None:
    me = await x.whoami(client)
    poor = replace(searching, settings=make_settings(x_search="#LAPOR", x_budget_usd=0.001))
    tagged(base)
    mention(base)
    show_budget("x", poor.settings.x_budget_usd)
    await read_mentions(poor, client, me)
    await read_found(poor, client, me)

    assert 0.001 == REGISTRY.get_sample_value("lapor_intake_budget_dollars", {"channel": "x"})
    assert 1 == len(await threads(pool))
    assert float(PRICES["mention"]) == REGISTRY.get_sample_value("lapor_intake_spent_dollars", {"channel": "x"})


async def test_mention_read_again_costs_nothing(base: str, client: Any, desk: Desk, pool: Pool) -> None:
    me = await x.whoami(client)
    mention(base)
    for _ in range(3):
        await read_mentions(replace(desk, known={}), client, me)

    assert PRICES["mention"] == await pool.fetchval("SELECT usd FROM spending")


async def test_each_month_begins_at_nothing(pool: Pool) -> None:
    before = await spend(pool, "x", "found", 3, datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    after = await spend(pool, "x", "found", 1, datetime(2026, 12, 1, tzinfo=UTC))

    assert (3 * PRICES["found"], PRICES["found"]) == (before, after)


def test_a_reply_with_a_link_is_billed_as_one() -> None:
    assert ["reply", "reply_with_link"] == [reply_kind(text) for text in ("diterima", "lihat https://lapor/x")]


def test_a_budget_of_nothing_has_no_end() -> None:
    assert [True, True, False] == [is_left(PRICES["reply"], budget) for budget in (0, 0.02, 0.01)]


async def test_the_search_goes_on_beside_the_mentions(base: str, client: Any, searching: Desk, pool: Pool) -> None:
    tagged(base)
    mention(base)
    polling = asyncio.create_task(poll_x(searching, client))
    async with asyncio.timeout(60):
        while 2 > await pool.fetchval("SELECT count(*) FROM complaints"):
            await asyncio.sleep(0.02)
    polling.cancel()
    await finish(polling)


async def test_posts_that_are_gone_are_named(base: str, client: Any) -> None:
    stays, goes = mention(base), mention(base)
    async with httpx.AsyncClient() as http:
        await http.post(f"{base}/x/delete", json={"id": goes})

    assert [goes] == await x.find_gone(client, [stays, goes])


async def talk(base: str, client: Any, desk: Desk, pool: Pool) -> list[tuple[str, list[str]]]:
    """Read what is there. Return each complaint's words and its additions."""
    await read_mentions(replace(desk, known={}), client, await x.whoami(client))
    rows = await pool.fetch("SELECT text, follow_ups FROM complaints ORDER BY received_at, external_id")
    return [(row["text"], [each["text"] for each in json.loads(row["follow_ups"])]) for row in rows]


async def test_complaint_below_a_strangers_post_continues_below_our_answer(
    base: str, client: Any, desk: Desk, pool: Pool
) -> None:
    theirs = mention(base, "Selamat pagi warga Soppeng", handle="lain", mention="no")
    mention(base, "@LaporSoppeng jalan rusak di depan pasar Cabenge", in_reply_to=theirs)
    await read_mentions(desk, client, await x.whoami(client))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    say = partial(send, {"x": partial(x.reply, client)}, desk.texts.social, "")
    await send_while(pool, say, "SELECT EXISTS (SELECT FROM notices WHERE state = 'pending')")
    ours = await pool.fetchval("SELECT gateway_id FROM notices WHERE kind = 'receipt'")
    mention(base, "@LaporSoppeng dusun Lompengeng", in_reply_to=ours)
    mention(base, "@LaporSoppeng lubangnya makin dalam, ada motor jatuh", quote_of=ours)
    mention(base, "@LaporSoppeng di jalan kami juga begitu, di Lompulle lampu mati", handle="lain", in_reply_to=ours)

    mine, others = await talk(base, client, desk, pool)
    assert ["dusun Lompengeng", "lubangnya makin dalam, ada motor jatuh"] == mine[1]
    assert "Lompulle" in others[0]


@pytest.mark.parametrize("how", ["quote_of", "in_reply_to"])
@pytest.mark.parametrize(
    "words", ["@LaporSoppeng", "@LaporSoppeng tolong ditindak", "@LaporSoppeng cek ini dulu #LAPOR"]
)
async def test_brief_mention_takes_its_text_from_the_post_it_points_to(
    base: str, client: Any, desk: Desk, pool: Pool, words: str, how: str
) -> None:
    theirs = mention(base, "Jembatan Lajoa putus sejak kemarin", handle="lain", mention="no")
    mention(base, words, **{how: theirs})

    ((text, _),) = await talk(base, client, desk, pool)
    assert 'kiriman lain: "Jembatan Lajoa putus sejak kemarin"' in text
    assert float(PRICES["mention"] + PRICES["found"]) == float(await pool.fetchval("SELECT usd FROM spending"))


@pytest.mark.parametrize(
    "words", ["@LaporSoppeng sampah menumpuk di Takalala", "@LaporSoppeng terima kasih", "@LaporSoppeng STATUS"]
)
async def test_clear_mention_ignores_the_post_it_quotes(
    base: str, client: Any, desk: Desk, pool: Pool, words: str
) -> None:
    theirs = mention(base, "Jembatan Lajoa putus sejak kemarin", handle="lain", mention="no")
    mention(base, words, quote_of=theirs)

    assert not [text for text, _ in await talk(base, client, desk, pool) if "Jembatan" in text]
    assert PRICES["mention"] == await pool.fetchval("SELECT usd FROM spending")


async def test_deleted_posts_and_our_own_are_not_quoted(base: str, client: Any, desk: Desk, pool: Pool) -> None:
    ours = mention(base, "Lapor lewat SMS 1708", handle="LaporSoppeng", mention="no")
    mention(base, "@LaporSoppeng bagaimana ini", quote_of=ours)
    mention(base, "@LaporSoppeng tolong dilihat", quote_of="1999999999999999999", handle="lain")

    assert not [text for text, _ in await talk(base, client, desk, pool) if "kiriman lain" in text]


async def test_a_post_that_is_read_again_is_asked_for_nothing(base: str, client: Any, desk: Desk, pool: Pool) -> None:
    mention(
        base, "@LaporSoppeng tolong", quote_of=mention(base, "Jembatan putus di Lajoa", handle="lain", mention="no")
    )
    before = await talk(base, client, desk, pool), await pool.fetchval("SELECT usd FROM spending")

    assert before == (await talk(base, client, desk, pool), await pool.fetchval("SELECT usd FROM spending"))


async def test_post_refused_by_x_does_not_hold_up_other_mentions(
    base: str, client: Any, desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(_client: Any, _ids: Any) -> Any:
        raise SocialRefused("403")

    monkeypatch.setattr(x, "fetch_posts", refuses)
    mention(base, "@LaporSoppeng tolong ini", quote_of=mention(base, "Jembatan putus", handle="lain", mention="no"))
    mention(base, "@LaporSoppeng lampu mati di Jampu", handle="lagi")

    assert ["tolong ini", "lampu mati di Jampu"] == [text for text, _ in await talk(base, client, desk, pool)]
