"""The endpoint for webhooks: who is admitted, and that 200 means stored."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient

from intake_social.adapters.errors import SocialUnavailable
from intake_social.adapters.graph_items import Hook, read_hook
from intake_social.adapters.hooks import MAX_BODY_BYTES, WRONG_SIGNATURES, Hooked, door, sign

PAGE, TOKEN, SECRET = "170800000000001", "kata-untuk-jabat-tangan", "app-secret"
ASKED = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": TOKEN}
BODY = b'{"object":"page","entry":[],"note":"l\\u00e4mpu"}'


class Taken:
    """Collects the bodies that are let in; raises ``failure`` if it is set."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.failure: Exception | None = None

    async def __call__(self, body: bytes) -> None:
        if self.failure:
            raise self.failure
        self.bodies.append(body)


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
async def http(taken: Taken) -> AsyncIterator[Any]:
    network = Hooked(channel="facebook", token=TOKEN, secret=SECRET, take=taken)
    async with AsyncTestClient(door({"facebook": network}, clock=lambda: 0)) as client:
        yield client


async def push(http: Any, body: bytes = BODY, signature: str | None = None) -> httpx.Response:
    headers = {"X-Hub-Signature-256": sign(SECRET, body) if signature is None else signature}
    answer: httpx.Response = await http.post("/hooks/facebook", content=body, headers=headers)
    return answer


async def test_webhook_challenge_is_returned_for_the_right_token(http: Any) -> None:
    answer = await http.get("/hooks/facebook", params=ASKED)

    assert (200, "1158201444", "text/plain; charset=utf-8") == (
        answer.status_code,
        answer.text,
        answer.headers["content-type"],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.verify_token": "lain"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>"}, {"hub.challenge": ""}, {"hub.challenge": "١٢"},
    ],
    ids=["word", "no-word", "mode", "markup", "no-challenge", "far-digits"],
)  # fmt: skip
async def test_a_handshake_that_is_wrong_in_anything_gets_nothing(http: Any, wrong: dict[str, str]) -> None:
    answer = await http.get("/hooks/facebook", params=ASKED | wrong)

    assert (403, "") == (answer.status_code, answer.text)


async def test_webhook_signed_over_its_exact_bytes_is_accepted(http: Any, taken: Taken) -> None:
    answer = await push(http)

    assert (200, [BODY]) == (answer.status_code, taken.bodies)


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha1=" + "0" * 40, sign("another", BODY), sign(SECRET, json.dumps(json.loads(BODY)).encode())],
    ids=["none", "empty", "old", "another-secret", "written-again"],
)
async def test_webhook_without_a_valid_signature_is_refused(http: Any, taken: Taken, signature: str) -> None:
    answer = await push(http, signature=signature)

    assert (403, []) == (answer.status_code, taken.bodies)


async def test_non_ascii_signature_is_refused(http: Any, taken: Taken) -> None:
    answer = await http.post("/hooks/facebook", content=BODY, headers=[(b"X-Hub-Signature-256", b"sha256=\xff\xfe")])

    assert (403, []) == (answer.status_code, taken.bodies)


async def test_wrong_signatures_are_throttled_and_the_network_is_still_accepted(http: Any, taken: Taken) -> None:
    heard = [(await push(http, signature="sha256=0")).status_code for _ in range(WRONG_SIGNATURES.burst + 1)]
    answer = await push(http)

    assert ([403, 429], 200) == ([heard[0], heard[-1]], answer.status_code)


@pytest.mark.parametrize("failure", [SocialUnavailable("Graph"), OSError("gone"), TimeoutError()])
async def test_webhook_that_fails_to_be_stored_is_answered_with_503(
    http: Any, taken: Taken, failure: Exception
) -> None:
    taken.failure = failure

    answer = await push(http)

    assert (503, "10") == (answer.status_code, answer.headers["retry-after"])


async def test_a_bug_of_ours_is_not_confirmed_either(http: Any, taken: Taken) -> None:
    taken.failure = RuntimeError("a bug")

    assert 500 == (await push(http)).status_code


async def test_another_network_and_a_body_too_large_are_refused(http: Any, taken: Taken) -> None:
    other = await http.post("/hooks/tiktok", content=BODY, headers={"X-Hub-Signature-256": sign(SECRET, BODY)})
    large = await push(http, b"x" * (MAX_BODY_BYTES + 1))

    assert (404, 413, []) == (other.status_code, large.status_code, taken.bodies)


# --- the content of webhooks


def change(**value: Any) -> dict[str, Any]:
    usual = {
        "item": "status", "verb": "add", "post_id": f"{PAGE}_7", "created_time": 1_790_000_000,
        "from": {"id": "42", "name": "Andi"}, "message": "lampu padam",
    }  # fmt: skip
    return {"field": value.pop("field", "feed"), "value": {**usual, **value}}


def hook(*changes: Any, of: str = PAGE, **entry: Any) -> Hook:
    told = {"object": "page", "entry": [{"id": of, "time": 1, "changes": list(changes), **entry}]}
    return read_hook(json.dumps(told).encode(), PAGE)


def message(**more: Any) -> dict[str, Any]:
    return {"sender": {"id": "9"}, "recipient": {"id": PAGE}, "timestamp": 1_790_000_000_000,
            "message": {"mid": "m_1", "text": "halo", **more}}  # fmt: skip


def test_posts_comments_mentions_and_messages_are_read_in_their_order() -> None:
    comment = change(item="comment", comment_id="7_8", parent_id="7_6")
    read = hook(change(), comment, change(field="mention", item="post", post_id=91), messaging=[message()])

    assert [
        ("post", f"{PAGE}_7", None, None),
        ("comment", "7_8", "7_6", f"{PAGE}_7"),
        ("mention", "91", None, None),
        ("message", "m_1", None, None),
    ] == [(each.kind, each.id, each.root, each.within) for each in read.written]
    assert ["lampu padam"] * 3 + ["halo"] == [each.text for each in read.written]


def test_our_own_words_likes_and_what_others_pages_are_told_are_left_out() -> None:
    ours = change(**{"from": {"id": PAGE, "name": "Kami"}})
    read = hook(ours, change(item="reaction"), {"field": "ratings"}, messaging=[message(is_echo=True)])

    assert ([], []) == (read.written, read.unreadable)
    assert [] == hook(change(), of="1").written


def test_a_photo_says_something_and_a_raised_thumb_does_not() -> None:
    photo = message(text=None, attachments=[{"type": "image", "payload": {"url": "https://x"}}])
    thumb = message(text=None, attachments=[{"type": "image", "payload": {"url": "https://x", "sticker_id": 369}}])

    assert [True, False] == [each.says for each in hook(messaging=[photo, thumb]).written]


@pytest.mark.parametrize(
    ("answered", "quotes"),
    [({"mid": "m_0"}, "m_0"), ({"mid": 7}, ""), ({"story": {"id": "1"}}, ""), ("m_0", ""), (None, "")],
    ids=["a message", "a number", "a story", "no object", "none"],
)
def test_which_message_another_answers_is_read(answered: Any, quotes: str) -> None:
    (said,) = hook(messaging=[message(reply_to=answered)]).written
    assert quotes == said.quotes


def test_webhook_names_deleted_posts_and_gives_edited_ones_again() -> None:
    read = hook(
        change(verb="remove"),
        change(verb="remove", item="comment", comment_id="7_8"),
        change(verb="edited", message="x"),
    )

    assert ([f"{PAGE}_7", "7_8"], ["x"]) == (read.removed, [each.text for each in read.written])


def test_one_change_that_cannot_be_read_holds_up_no_other() -> None:
    odd, far = change(created_time="kemarin"), change(created_time=1864712049423024120)
    read = hook(odd, far, change(), None, messaging=[{"message": {"mid": "m_2"}}])

    assert 1 == len(read.written)
    assert [odd, far, None, {"message": {"mid": "m_2"}}] == [json.loads(each.item) for each in read.unreadable]


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"object":"user"}', b'{"object":"page"}', b"[" * 100_000])
def test_a_body_that_is_no_webhook_is_put_aside_whole(body: bytes) -> None:
    read = read_hook(body, PAGE)

    assert ([], [body]) == (read.written, [each.item for each in read.unreadable])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=9), deeper, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    ["item", "verb", "post_id", "comment_id", "parent_id", "created_time", "from", "message", "field", "value"]
)
_CHANGES = st.builds(
    lambda given, whole: whole if whole is not None else change(**given), st.dictionaries(_NAMES, _JSON), _JSON
)


@settings(max_examples=500)  # more of them in tests/parsers
@given(
    st.lists(_CHANGES | st.dictionaries(st.sampled_from(["message", "sender", "timestamp"]), _JSON), max_size=3), _JSON
)
def test_any_content_of_a_webhook_is_read_or_put_aside(changes: list[Any], entry: Any) -> None:
    told = {"object": "page", "entry": [{"id": PAGE, "changes": changes}, {"id": PAGE, "messaging": changes}, entry]}

    read = read_hook(json.dumps(told).encode(), PAGE)

    assert all(isinstance(each.item, bytes) for each in read.unreadable)


@settings(max_examples=500)  # more of them in tests/parsers
@given(st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_that_is_no_webhook_is_put_aside(body: bytes) -> None:
    assert [] == read_hook(body, PAGE).written
