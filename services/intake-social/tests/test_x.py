"""The X adapter, by the real tweepy against the X stand-in."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from intake_social.adapters import x
from intake_social.adapters.errors import (
    CursorTooOld,
    SocialError,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
)
from testing.standins import X_SECRETS, mention


def fault(base: str, kind: str, times: int = 1) -> None:
    assert httpx.post(f"{base}/x/fault", json={"kind": kind, "times": times}).status_code == 201


def told(base: str) -> list[str]:
    return [each["text"] for each in httpx.get(f"{base}/sent").json()]


async def mentions(client: Any, since_id: str | None = None, token: str | None = None) -> x.MentionsPage:
    us = await x.whoami(client)
    return await x.fetch_mentions(client, us, since_id, token)


async def test_a_mention_arrives_with_all_we_need(base: str, client: Any) -> None:
    asked = mention(base, "@LaporSoppeng jalan rusak", handle="andi_soppeng")
    more = mention(base, "@LaporSoppeng masih rusak", in_reply_to=asked)
    first, second = (await mentions(client)).posts
    assert (asked, "andi_soppeng", "@LaporSoppeng jalan rusak", asked, False, (asked,)) == (
        first.id,
        first.handle,
        first.text,
        first.conversation_id,
        first.is_retweet,
        first.edit_history_ids,
    )
    assert datetime.now(UTC) - first.created_at < timedelta(minutes=1)
    assert (second.id, second.conversation_id) == (more, asked)


async def test_pages_are_read_with_the_token_and_the_newest_id_is_the_cursor(base: str, client: Any) -> None:
    ids = [mention(base, f"@LaporSoppeng nomor {n}") for n in range(103)]
    first = await mentions(client, ids[0])
    rest = await mentions(client, ids[0], first.next_token)
    nothing = await mentions(client, ids[-1])
    assert ids[1:] == [post.id for page in (rest, first) for post in page.posts]
    assert (first.newest_id, rest.next_token) == (ids[-1], None)
    assert nothing == x.MentionsPage(posts=[], next_token=None, newest_id=None)


async def test_edits_retweets_and_long_posts_are_told_apart(base: str, client: Any) -> None:
    asked = mention(base, "@LaporSoppeng jalan rsak")
    edited = mention(base, "@LaporSoppeng jalan rusak", edits=asked)
    shared = mention(base, "RT @LaporSoppeng jalan rusak", retweet_of=edited)
    long = mention(base, "@LaporSoppeng " + "panjang " * 60)
    posts = (await mentions(client)).posts
    assert [(edited, (asked, edited), False), (shared, (shared,), True), (long, (long,), False)] == [
        (post.id, post.edit_history_ids, post.is_retweet) for post in posts
    ]
    assert len(posts[2].text) > 400


@pytest.mark.parametrize("oddity", ["empty_newest_id", "no_millis", "post_names", "duplicate_page"])
async def test_odd_pages_are_read_all_the_same(base: str, client: Any, oddity: str) -> None:
    asked = mention(base, "@LaporSoppeng " + "panjang " * 60)
    expected = await mentions(client)
    fault(base, oddity)
    found = await mentions(client)
    assert (asked, [(asked, expected.posts[0].text, (asked,))]) == (
        found.newest_id,
        [(post.id, post.text, post.edit_history_ids) for post in found.posts],
    )


async def test_a_text_comes_as_it_was_written(base: str, client: Any) -> None:
    mention(base, "@LaporSoppeng Jl. Merdeka & Jl. Kayangan, air > 50 cm <sejak pagi>")
    (post,) = (await x.fetch_mentions(client, await x.whoami(client), None, None)).posts
    assert "@LaporSoppeng Jl. Merdeka & Jl. Kayangan, air > 50 cm <sejak pagi>" == post.text


async def test_reading_by_time_is_possible_when_the_cursor_is_too_old(base: str, client: Any) -> None:
    asked = mention(base)
    us = await x.whoami(client)
    fault(base, "since_too_old")
    with pytest.raises(CursorTooOld):
        await x.fetch_mentions(client, us, "1", None)
    week_ago = datetime.now(UTC) - timedelta(days=7) + timedelta(minutes=2)
    page = await x.fetch_mentions(client, us, None, None, start_time=week_ago)
    assert [post.id for post in page.posts] == [asked]


async def test_a_reply_reaches_the_citizen_and_a_repeat_is_recognised(base: str, client: Any) -> None:
    asked = mention(base)
    await x.reply(client, asked, "SPG-M7K4-2M9XA kami terima")
    await x.reply(client, asked, "SPG-M7K4-2M9XA kami terima")
    assert told(base) == ["SPG-M7K4-2M9XA kami terima"]


async def test_a_reply_whose_answer_was_lost_is_sent_once(base: str, client: Any) -> None:
    asked = mention(base)
    fault(base, "lost_answer")
    with pytest.raises(SocialUnavailable):
        await x.reply(client, asked, "SPG-M7K4-2M9XA kami terima")
    await x.reply(client, asked, "SPG-M7K4-2M9XA kami terima")
    assert len(told(base)) == 1


@pytest.mark.parametrize("text", ["halo", "panjang " * 60, ""])
async def test_a_reply_x_will_never_take_is_refused_with_the_reason(base: str, client: Any, text: str) -> None:
    silent = mention(base, "#LAPOR jalan rusak", mention="no")
    with pytest.raises(SocialRefused, match=r"not been mentioned|too long|required") as refused:
        await x.reply(client, silent, text)
    assert refused.value.reason


async def test_a_reply_to_a_deleted_post_is_refused(base: str, client: Any) -> None:
    asked = mention(base)
    deleted(base, asked)
    with pytest.raises(SocialRefused, match="deleted"):
        await x.reply(client, asked, "halo")


def deleted(base: str, post_id: str) -> None:
    assert httpx.post(f"{base}/x/delete", json={"id": post_id}).status_code == 200


@pytest.mark.parametrize("kind", ["throttle", "throttle_no_reset", "throttle_text", "throttle_v1"])
async def test_every_form_of_throttling_tells_until_when(base: str, client: Any, kind: str) -> None:
    fault(base, kind)
    with pytest.raises(SocialThrottled) as throttled:
        await x.whoami(client)
    assert timedelta(minutes=14) < throttled.value.reset_at - datetime.now(UTC) < timedelta(minutes=16)


@pytest.mark.parametrize("kind", ["html503", "json503", "hangup"])
async def test_trouble_on_the_way_is_temporary(base: str, client: Any, kind: str) -> None:
    fault(base, kind)
    with pytest.raises(SocialUnavailable):
        await x.whoami(client)
    assert await x.whoami(client)


async def test_an_answer_that_does_not_come_is_temporary(base: str, client: Any) -> None:
    fault(base, "slow")
    async with x.connect(**X_SECRETS, api_url=f"{base}/x", timeout_s=0.5) as hurried:
        with pytest.raises(SocialUnavailable):
            await x.whoami(hurried)
    assert await x.whoami(client)


async def test_nobody_listening_is_temporary() -> None:
    async with x.connect(**X_SECRETS, api_url="http://127.0.0.1:9/x") as client:
        with pytest.raises(SocialUnavailable):
            await x.whoami(client)


async def test_wrong_credentials_stop_us_and_stay_out_of_the_message(base: str) -> None:
    async with x.connect(**X_SECRETS | {"access_secret": "salah-sekali"}, api_url=f"{base}/x") as client:
        with pytest.raises(SocialUnauthorized) as refused:
            await x.whoami(client)
    assert refused.value.__cause__ is None
    assert "oauth" not in repr(refused.value).lower()


async def test_an_account_that_does_not_exist_is_not_an_empty_page(client: Any) -> None:
    with pytest.raises(SocialRefused, match="Could not find user"):
        await x.fetch_mentions(client, "12345", None, None)


async def test_the_signature_is_never_logged(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="root"):
        await x.whoami(client)
    assert "OAuth" not in caplog.text


def test_the_overlap_is_a_minute() -> None:
    assert x.overlap("2125287186050842624") == str(2125287186050842624 - 60_000 * 2**22)
    assert x.overlap("5") == "1"


def test_each_error_is_a_social_error() -> None:
    errors = (CursorTooOld, SocialRefused, SocialThrottled, SocialUnauthorized, SocialUnavailable)
    assert all(issubclass(error, SocialError) for error in errors)


ITEM = {"id": "5", "author_id": "7", "text": "lampu mati", "created_at": "2026-03-02T00:00:00Z"}


@pytest.mark.parametrize(
    "odd",
    [
        {**ITEM, "id": "\u0663"},
        {**ITEM, "id": "9" * 5000},
        {**ITEM, "id": None},
        {**ITEM, "created_at": 5},
        {**ITEM, "referenced_tweets": ["x"]},
        {**ITEM, "note_tweet": "x"},
        {"text": "no id"},
        "no object",
        None,
        [],
    ],
)
def test_an_item_that_cannot_be_read_stands_beside_the_others(odd: Any) -> None:
    page = x._page({"data": [odd, ITEM], "includes": {"users": ["x", {}, {"id": "7", "username": "w"}]}})
    assert (["5"], ["w"], 1) == ([p.id for p in page.posts], [p.handle for p in page.posts], len(page.unreadable))
    assert json.loads(page.unreadable[0].item) == odd


def _way(rate: Any, name: str, kind: str = "video/mp4") -> dict[str, Any]:
    return {"bit_rate": rate, "content_type": kind, "url": f"https://video.twimg.com/{name}"}


@pytest.mark.parametrize(
    ("seconds", "ways", "chosen"),
    [
        (30, [_way(256_000, "low"), _way(2_176_000, "high"), _way(832_000, "middle")], "high"),
        (50, [_way(832_000, "fits"), _way(10_368_000, "of 65 MB")], "fits"),
        (90, [_way(2_176_000, "high"), _way(256_000, "low")], "low"),
        (5, [_way(None, "list", "application/x-mpegURL"), _way("832000", "odd"), "x", None], "odd"),
        (5, [_way(10**400, "endless")], "endless"),
        (5, [_way(1, "list", "application/x-mpegURL")], ""),
        (5, "x", ""),
    ],
)
def test_best_mp4_within_the_size_limit_is_chosen(seconds: int, ways: Any, chosen: str) -> None:
    shown = [{"media_key": "7_1", "type": "video", "duration_ms": seconds * 1000, "variants": ways}]
    item = {**ITEM, "attachments": {"media_keys": ["7_1"]}}
    (post,) = x._page({"data": [item], "includes": {"media": shown}}).posts

    assert ([f"https://video.twimg.com/{chosen}"] if chosen else []) == list(post.videos)


class Answered:
    """A client for which X's answer is ``body``."""

    def __init__(self, body: str) -> None:
        self.body = body

    async def get_users_mentions(self, *_: Any, **__: Any) -> Any:
        return self

    async def text(self) -> str:
        return self.body


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        '{"meta": "x"}',
        '{"data": 7}',
        '{"includes": {"users": 7}}',
        '{"errors": ["x"]}',
        '{"errors": {"x": 1}}',
        pytest.param("[" * 100_000, id="deep"),
    ],
)
async def test_an_answer_of_another_form_is_said_in_our_words(body: str) -> None:
    client: Any = Answered(body)

    with pytest.raises(SocialError):
        await x.fetch_mentions(client, "1708", None, None)
