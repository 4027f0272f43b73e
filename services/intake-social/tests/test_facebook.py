"""The Facebook adapter, by the real facebook-sdk against the Graph stand-in."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import facebook
import httpx
import pytest

from intake_social.adapters.errors import SocialRefused, SocialThrottled, SocialUnauthorized, SocialUnavailable
from intake_social.adapters.facebook import FacebookPage
from testing.standins import post

PAGE = "170800000000001"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def page(base: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FacebookPage]:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", facebook.FACEBOOK_GRAPH_URL)
    opened = FacebookPage(
        page_id=PAGE, token="standin-page-token", app_id="app", app_secret="app-secret", graph_url=f"{base}/graph"
    )
    yield opened
    await opened.close()


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
    posts = (await page.fetch_posts(LONG_AGO)).posts
    assert ids == sorted((post.id for post in posts), key=lambda post_id: int(post_id.split("_")[1]))
    assert (posts[0].author, str(posts[0].created_at.tzinfo)) == ("Andi", "UTC")
    assert (await page.fetch_posts(datetime.now(UTC) + timedelta(hours=1))).posts == []


async def test_a_post_without_its_author_is_still_a_post(base: str, page: FacebookPage) -> None:
    made = visitor_posts(base, "sampah menumpuk")
    fault(base, "no_from")
    assert [(post.id, post.author) for post in (await page.fetch_posts(LONG_AGO)).posts] == [(made, "")]


async def test_a_comment_is_written_once(base: str, page: FacebookPage) -> None:
    made = visitor_posts(base, "sampah menumpuk")
    first = await page.comment(made, "SPG-M7K4-2M9XA kami terima")
    assert await page.comment(made, "SPG-M7K4-2M9XA kami terima") == first
    assert told(base) == [("Andi", "SPG-M7K4-2M9XA kami terima")]


async def test_a_comment_whose_answer_was_lost_is_written_once(base: str, page: FacebookPage) -> None:
    made = visitor_posts(base, "sampah menumpuk")
    fault(base, "lost_answer")
    with pytest.raises(SocialUnavailable):
        await page.comment(made, "SPG-M7K4-2M9XA kami terima")
    await page.comment(made, "SPG-M7K4-2M9XA kami terima")
    assert len(told(base)) == 1


@pytest.mark.parametrize("kind", ["temporary", "html502", "no_content_type"])
async def test_trouble_on_the_way_is_temporary(base: str, page: FacebookPage, kind: str) -> None:
    fault(base, kind)
    with pytest.raises(SocialUnavailable):
        await page.fetch_posts(LONG_AGO)
    assert (await page.fetch_posts(LONG_AGO)).posts == []


@pytest.mark.parametrize("kind", ["expired", "forbidden"])
async def test_a_dead_token_or_a_missing_permission_stops_us(base: str, page: FacebookPage, kind: str) -> None:
    fault(base, kind)
    with pytest.raises(SocialUnauthorized):
        await page.fetch_posts(LONG_AGO)


@pytest.mark.parametrize(("kind", "wait"), [("throttle", timedelta(minutes=7)), ("blocked", timedelta(hours=24))])
async def test_throttling_tells_until_when(base: str, page: FacebookPage, kind: str, wait: timedelta) -> None:
    fault(base, kind)
    with pytest.raises(SocialThrottled) as throttled:
        await page.fetch_posts(LONG_AGO)
    assert abs(throttled.value.reset_at - datetime.now(UTC) - wait) < timedelta(minutes=1)


async def test_a_comment_on_what_is_gone_is_refused(page: FacebookPage) -> None:
    with pytest.raises(SocialRefused, match="does not exist"):
        await page.comment(f"{PAGE}_1", "halo")


async def test_an_unreachable_graph_is_temporary_and_its_address_tells_no_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", facebook.FACEBOOK_GRAPH_URL)
    page = FacebookPage(
        page_id=PAGE, token="rahasia-sekali", app_id="app", app_secret="sangat-rahasia", graph_url="http://127.0.0.1:9"
    )
    for ask in (partial(page.fetch_posts, LONG_AGO), page.expires_at):
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
async def test_a_token_ends_when_it_ends_or_may_read_no_more(
    base: str, page: FacebookPage, told: dict[str, int], ends: int | None
) -> None:
    token_ends(base, told)

    found = await page.expires_at()

    assert ends == (found and found.timestamp())


async def test_who_is_not_the_app_is_told_nothing_of_the_token(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
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
    monkeypatch.setattr(page, "_feed", lambda paging: {"data": [odd, item]})
    feed = await page.fetch_posts(LONG_AGO)
    assert (["1_3"], [odd]) == ([post.id for post in feed.posts], [json.loads(each.item) for each in feed.unreadable])
