"""The Facebook adapter, by the real facebook-sdk against the Graph stand-in."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import facebook
import httpx
import pytest
import requests
from prometheus_client import REGISTRY

from intake_social.adapters import facebook as adapter
from intake_social.adapters.errors import SocialRefused, SocialThrottled, SocialUnauthorized, SocialUnavailable
from intake_social.adapters.facebook import FacebookPage
from intake_social.adapters.graph_items import TO_PERSON
from intake_social.page import watch_token
from lapor.standins.state import user_id
from testing.standins import post

PAGE = "170800000000001"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def visitor_posts(base: str, text: str, name: str = "Andi") -> str:
    return str(post(f"{base}/graph/post", name=name, text=text)["id"])


def fault(base: str, kind: str) -> None:
    assert httpx.post(f"{base}/graph/fault", json={"kind": kind}).status_code == 201


def token_ends(base: str, told: dict[str, int]) -> None:
    assert httpx.post(f"{base}/graph/token", json=told).status_code == 201


def told(base: str) -> list[tuple[str, str]]:
    return [(each["to"], each["text"]) for each in httpx.get(f"{base}/sent").json()]


async def test_visitors_posts_arrive_oldest_first_across_pages(base: str, page: FacebookPage) -> None:
    ids = [visitor_posts(base, f"laporan {n}") for n in range(103)]
    posts = (await page.fetch(LONG_AGO)).posts
    assert ids == sorted((post.id for post in posts), key=lambda post_id: int(post_id.split("_")[1]))
    assert (posts[0].author, str(posts[0].created_at.tzinfo)) == ("Andi", "UTC")
    assert (await page.fetch(datetime.now(UTC) + timedelta(hours=1))).posts == []


async def test_a_post_without_its_author_is_still_a_post(base: str, page: FacebookPage) -> None:
    made = visitor_posts(base, "sampah menumpuk")
    fault(base, "no_from")
    assert [(post.id, post.author) for post in (await page.fetch(LONG_AGO)).posts] == [(made, "")]


async def test_a_comment_is_written_once(base: str, page: FacebookPage) -> None:
    made = visitor_posts(base, "sampah menumpuk")
    first = await page.answer(made, "SPG-M7K4-2M9XA kami terima")
    assert await page.answer(made, "SPG-M7K4-2M9XA kami terima") == first
    assert told(base) == [("Andi", "SPG-M7K4-2M9XA kami terima")]


async def test_a_comment_whose_answer_was_lost_is_written_once(base: str, page: FacebookPage) -> None:
    made = visitor_posts(base, "sampah menumpuk")
    fault(base, "lost_answer")
    with pytest.raises(SocialUnavailable):
        await page.answer(made, "SPG-M7K4-2M9XA kami terima")
    await page.answer(made, "SPG-M7K4-2M9XA kami terima")
    assert len(told(base)) == 1


@pytest.mark.parametrize("kind", ["temporary", "html502", "no_content_type"])
async def test_trouble_on_the_way_is_temporary(base: str, page: FacebookPage, kind: str) -> None:
    fault(base, kind)
    with pytest.raises(SocialUnavailable):
        await page.fetch(LONG_AGO)
    assert (await page.fetch(LONG_AGO)).posts == []


@pytest.mark.parametrize("kind", ["expired", "forbidden"])
async def test_a_dead_token_or_a_missing_permission_stops_us(base: str, page: FacebookPage, kind: str) -> None:
    fault(base, kind)
    with pytest.raises(SocialUnauthorized):
        await page.fetch(LONG_AGO)


@pytest.mark.parametrize(("kind", "wait"), [("throttle", timedelta(minutes=7)), ("blocked", timedelta(hours=24))])
async def test_throttling_tells_until_when(base: str, page: FacebookPage, kind: str, wait: timedelta) -> None:
    fault(base, kind)
    with pytest.raises(SocialThrottled) as throttled:
        await page.fetch(LONG_AGO)
    assert abs(throttled.value.reset_at - datetime.now(UTC) - wait) < timedelta(minutes=1)


async def test_a_comment_on_what_is_gone_is_refused(page: FacebookPage) -> None:
    with pytest.raises(SocialRefused, match="does not exist"):
        await page.answer(f"{PAGE}_1", "halo")


async def test_an_unreachable_graph_is_temporary_and_its_address_tells_no_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", facebook.FACEBOOK_GRAPH_URL)
    page = FacebookPage(
        page_id=PAGE, token="rahasia-sekali", app_id="app", app_secret="sangat-rahasia", graph_url="http://127.0.0.1:9"
    )
    for ask in (partial(page.fetch, LONG_AGO), page.expires_at):
        with pytest.raises(SocialUnavailable) as failed:
            await ask()
        assert "access_token=***" in str(failed.value)
        assert "rahasia" not in str(failed.value)
    await page.close()


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ({"expires_at": 0, "data_access_expires_at": 0}, None),
        ({"expires_at": 1_800_000_000, "data_access_expires_at": 1_700_000_000}, 1_700_000_000),
        ({"expires_at": 1_600_000_000}, 1_600_000_000),
    ],
    ids=["never", "data-access", "token"],
)
async def test_token_ends_when_it_or_its_data_access_expires(
    base: str, page: FacebookPage, told: dict[str, int], ends: int | None
) -> None:
    token_ends(base, told)

    found = await page.expires_at()

    assert ends == (found and found.timestamp())
    await watch_token(page)
    shown = REGISTRY.get_sample_value("lapor_intake_token_expires_timestamp_seconds", {"channel": "facebook"})
    assert (ends or float("inf")) == shown


async def test_wrong_app_credentials_reveal_nothing_about_the_token(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", facebook.FACEBOOK_GRAPH_URL)
    page = FacebookPage(
        page_id=PAGE, token="standin-page-token", app_id="app", app_secret="wrong", graph_url=f"{base}/graph"
    )
    with pytest.raises(SocialUnauthorized):
        await page.expires_at()
    await page.close()


@pytest.mark.parametrize(
    "odd", [{"id": "1_2"}, {"created_time": 5, "id": "1_2"}, {"from": "x", "id": "1"}, "x", None, []]
)
async def test_an_item_that_cannot_be_read_stands_beside_the_others(
    page: FacebookPage, odd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = {"id": "1_3", "message": "lampu mati", "created_time": "2026-03-02T00:00:00+0000"}
    monkeypatch.setattr(page, "_get", lambda path, **_: {"data": [odd, item] if path.endswith("/feed") else []})
    feed = await page.fetch(LONG_AGO)
    assert (["1_3"], [odd]) == ([post.id for post in feed.posts], [json.loads(each.item) for each in feed.unreadable])


def messages(base: str, text: str, name: str = "Andi") -> str:
    post(f"{base}/graph/message", name=name, text=text)
    return f"{TO_PERSON}{user_id(name)}"


async def test_a_message_is_answered_once_though_the_answer_was_lost(base: str, page: FacebookPage) -> None:
    person = messages(base, "lampu padam")
    fault(base, "lost_answer")
    with pytest.raises(SocialUnavailable):
        await page.answer(person, "SPG-M7K4-2M9XA kami terima")
    await page.answer(person, "SPG-M7K4-2M9XA kami terima")

    assert [("Andi", "SPG-M7K4-2M9XA kami terima")] == told(base)


async def test_facebook_message_cannot_be_answered_after_a_day(base: str, page: FacebookPage) -> None:
    person = messages(base, "lampu padam")
    fault(base, "outside_window")

    with pytest.raises(SocialRefused, match="outside of allowed window"):
        await page.answer(person, "selesai")


async def test_comments_and_messages_of_others_arrive_with_what_they_answer(base: str, page: FacebookPage) -> None:
    made = visitor_posts(base, "lampu padam")
    comment = str(post(f"{base}/graph/post", name="Budi", text="di Jampu", parent=made)["id"])
    messages(base, "halo", name="Citra")
    await page.answer(comment, "kami terima")

    found = (await page.fetch(LONG_AGO)).posts

    assert [("post", "Andi", None), ("comment", "Budi", made), ("message", "Citra", None)] == [
        (each.kind, each.author, each.root) for each in found
    ]


async def test_author_of_a_post_is_looked_up_only_once(
    base: str, page: FacebookPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = visitor_posts(base, "pengumuman", name="LaporSoppeng"), visitor_posts(base, "lampu padam")

    assert [True, False, False] == [await page.is_ours(each) for each in (ours, theirs, f"{PAGE}_9")]
    monkeypatch.setattr(page, "_owner", None)
    assert await page.is_ours(ours)


async def test_page_is_read_without_permission_for_tagged_posts(
    base: str, page: FacebookPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor_posts(base, "lampu padam")
    ask = page._get

    def get(path: str, **asked: str) -> Any:
        if path.endswith("/tagged"):
            raise facebook.GraphAPIError({"error": {"code": 10, "message": "not permitted"}})
        return ask(path, **asked)

    monkeypatch.setattr(page, "_get", get)

    assert 1 == len((await page.fetch(LONG_AGO)).posts)


# --- a window of any size


async def test_each_request_has_the_time_that_a_call_may_take(
    base: str, page: FacebookPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [visitor_posts(base, f"laporan {n}") for n in range(103)]
    person, guarded, send = messages(base, "halo"), page._guarded, requests.Session.send
    requested, of_calls = threading.local(), list[int]()

    def counted(*given: Any) -> Any:
        requested.count = 0
        try:
            return guarded(*given)
        finally:
            of_calls.append(requested.count)

    def sent(*given: Any, **more: Any) -> Any:
        requested.count += 1
        return send(*given, **more)

    monkeypatch.setattr(page, "_guarded", counted)
    monkeypatch.setattr(requests.Session, "send", sent)
    assert 104 == len((await page.fetch(LONG_AGO)).posts)
    for target in (made[0], person):
        await page.answer(target, "kami terima")

    assert (True, {1}) == (len(of_calls) > 103, set(of_calls))


async def test_a_window_that_breaks_off_goes_on_there_and_says_when_it_began(
    base: str, page: FacebookPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [visitor_posts(base, f"laporan {n}") for n in range(12)]
    comments = [str(post(f"{base}/graph/post", name="Budi", text="benar", parent=each)["id"]) for each in made]
    asked, get = Counter[str](), page._get

    def breaks_off(path: str, **given: str) -> Any:
        asked[path] += 1
        if asked.total() % 6 == 0:
            raise facebook.GraphAPIError({"error": {"code": 2, "message": "try later"}})
        return get(path, **given)

    monkeypatch.setattr(page, "_get", breaks_off)
    before = datetime.now(UTC)
    with pytest.raises(SocialUnavailable):
        await page.fetch(LONG_AGO)
    broke_off, found = datetime.now(UTC), None
    for _ in range(9):
        try:
            found = await page.fetch(LONG_AGO)
            break
        except SocialUnavailable:
            pass

    assert found
    assert {*made, *comments} == {each.id for each in found.posts}
    assert before <= found.until <= broke_off
    monkeypatch.setattr(page, "_get", get)
    assert [] == (await page.fetch(datetime.now(UTC) + timedelta(hours=1))).posts


async def test_changes_are_read_again_after_an_interrupted_fetch(
    base: str, page: FacebookPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, get = visitor_posts(base, "lampu padam"), page._get
    changed = "2026-03-01T00:00:00+0000"

    def inbox_is_away(path: str, **given: str) -> Any:
        if path.endswith("/conversations"):
            raise facebook.GraphAPIError({"error": {"code": 2, "message": "try later"}})
        return as_changed(path, **given)

    def as_changed(path: str, **given: str) -> Any:
        told = get(path, **given)
        return {"data": [{**each, "updated_time": changed} for each in told["data"]]}

    monkeypatch.setattr(page, "_get", inbox_is_away)
    with pytest.raises(SocialUnavailable):
        await page.fetch(LONG_AGO)
    comment, changed = str(post(f"{base}/graph/post", name="Budi", text="benar", parent=made)["id"]), "later"
    monkeypatch.setattr(page, "_get", as_changed)

    assert [made, comment] == [each.id for each in (await page.fetch(LONG_AGO)).posts]


async def test_answers_wait_for_no_look_that_hangs(
    base: str, page: FacebookPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, get, let_go = visitor_posts(base, "lampu padam"), page._get, threading.Event()

    def feed_hangs(path: str, **given: str) -> Any:
        if path.endswith("/feed"):
            let_go.wait(60)
        return get(path, **given)

    monkeypatch.setattr(page, "_get", feed_hangs)
    monkeypatch.setattr(adapter, "_CALL_TIMEOUT_S", 0.1)
    for _ in range(5):
        with pytest.raises(SocialUnavailable):
            await page.fetch(LONG_AGO)
    monkeypatch.setattr(adapter, "_CALL_TIMEOUT_S", 10.0)
    try:
        await page.answer(made, "kami terima")
    finally:
        let_go.set()

    assert [("Andi", "kami terima")] == told(base)
