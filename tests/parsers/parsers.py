"""Every parser of strangers' input, the errors that it documents, and our own inputs to begin with.

A parser's input is bytes: of a request, a hook, a record or a text. Any undocumented error is a bug.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.exceptions import HTTPException

from contracts import codec
from contracts.codec import InvalidEvent
from contracts.topics import TOPICS_DIR
from intake.dialect import NAMES, Auth, Dialect, read_dialect
from intake_sms import domain as sms_words
from intake_sms.adapters.gateway import Asked, Unreadable, one_by_one, read_messages, read_reports
from intake_sms.adapters.signatures import is_authentic
from intake_sms.settings import SmsSettings
from intake_social import domain as social_words
from intake_social.adapters import graph_items, whatsapp, x
from intake_social.adapters.errors import CursorTooOld, SocialError
from intake_social.adapters.items import read_each
from intake_web import domain as web
from intake_web.browsing import read_cursor, read_months
from intake_web.handlers.api import json_of
from intake_web.handlers.forms import read_form
from intake_web.handlers.problems import Problem
from testing.fixtures import UNREACHABLE


@dataclass(frozen=True)
class Parser:
    """``read`` is the parser, ``documented`` the errors that it may raise; it can read all ``seeds``."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    documented: tuple[type[Exception], ...] = ()

    def try_it(self, data: bytes) -> None:
        """Parse ``data``. Raises: any undocumented error."""
        with suppress(*self.documented):
            self.read(data)


def run(waiting: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits, since all its input is there."""
    try:
        waiting.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waits for something")


# --- SMS gateways. The first byte says how the rest comes: q, by GET; f, a form; j, JSON.

_KINDS = {b"f": "application/x-www-form-urlencoded", b"j": "application/json"}
_OWN = """
call = {method = "GET", body = "query", fields = {msisdn = "{digits}", sms = "{text}"}}
message = {source = "any", methods = ["GET", "POST"], from = "msisdn", text = ["sms", "teks"], charset = "cs"}
report = {source = "any", methods = ["GET"], state = "status", detail = "why", states = {1 = "delivered", "2*" = "failed"}}
answer = {body = "0"}
"""  # noqa: E501
_SMS = SmsSettings(
    **{
        **UNREACHABLE,
        "kafka_username": "intake-sms",
        "region_dir": "/nowhere",
        "sms_listen_port": 9,
        "sms_mo_token": "a-token-of-the-test",
        "sms_public_url": "https://sms.example.id",
        "sms_send_password": "a-password",
        "sms_signing_secret": "a-secret-to-sign-with",
    }
)
_MESSAGES: Mapping[str, tuple[bytes, ...]] = {
    "kannel": (b"qfrom=%2B6281234567890&to=1708&text=SOPPENG+jalan+rusak&charset=UTF-8&coding=0&id=a1&smsc=s",),
    "jasmin": (b"fid=a1&from=081234567890&to=1708&content=x&binary=0041&coding=8", b"fid=a&from=62811&binary=41"),
    "twilio": (b"fMessageSid=SM1&From=%2B6281234567890&To=%2B1708&Body=jalan+rusak&NumMedia=0",),
    "vonage": (
        b"qmessageId=a1&msisdn=6281234567890&to=1708&text=rusak&concat=true&concat-ref=7&concat-total=3&concat-part=2",
        b'j{"messageId":"a1","msisdn":"6281234567890","to":"1708","text":"rusak","sig":"0"}',
    ),
    "infobip": (
        b'j{"results":[{"messageId":"a1","from":"6281234567890","to":"1708","text":"rusak","price":{"per":0}}]}',
    ),
    "generic": (b"qmsisdn=6281234567890&sms=%00r&cs=UTF-16BE", b"qmsisdn=62811&teks=jalan"),
}
_REPORTS: Mapping[str, tuple[bytes, ...]] = {
    "kannel": (b"qid=7-0&state=1", b"qid=7-0&state=16"),
    "jasmin": (b"fid=c7&level=2&message_status=UNDELIV&err=27", b"fid=c7&level=1&message_status=ESME_ROK"),
    "twilio": (b"fMessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003",),
    "vonage": (b"qclient-ref=7-0&status=delivered&err-code=0", b'j{"client-ref":"7-0","status":"expired"}'),
    "infobip": (b'j{"results":[{"messageId":"7-0","status":{"groupName":"UNDELIVERABLE"},"error":{"name":"EC"}}]}',),
    "generic": (b"qid=7-0&status=1", b"qid=7-0&status=27&why=mati"),
}


def _asked(data: bytes) -> Asked:
    kind, body = data[:1], data[1:]
    query = b"id=7-0" if kind in _KINDS else body
    return Asked(
        method="POST" if kind in _KINDS else "GET",
        target="/sms?" + query.decode("latin-1"),
        query=query,
        body=body if kind in _KINDS else b"",
        content_type=_KINDS.get(kind, ""),
    )


def _table(name: str) -> Dialect:
    return msgspec.convert(tomllib.loads(_OWN), Dialect) if name == "generic" else read_dialect(name)


def _mo(name: str, dialect: Dialect, data: bytes) -> None:
    asked, auth = _asked(data), dialect.message.auth
    ways: tuple[Auth, ...] = ("token", auth)
    for way in ways:
        is_authentic(asked, way, _SMS)
    for one in one_by_one(asked, dialect.message.listed):
        read_messages(one, name, dialect, _SMS)


def _dlr(dialect: Dialect, data: bytes) -> None:
    if dialect.report:
        for one in one_by_one(_asked(data), dialect.report.listed):
            read_reports(one, dialect.report)


def _gateways() -> Iterator[tuple[str, Parser]]:
    for name in NAMES:
        table = _table(name)
        yield f"sms-{name}", Parser(partial(_mo, name, table), _MESSAGES[name], (Unreadable,))
        yield f"report-{name}", Parser(partial(_dlr, table), _REPORTS[name], (Unreadable,))


# --- messages of people: no text is an error


def _sms_text(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    sms_words.read(text, _SMS.sms_keywords)
    sms_words.read_complaint(text, _SMS.sms_keywords)


def _social_text(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for known in ("", "SPG-W0AB-12CDS"):
        social_words.read(text, known)
        social_words.said(text, known)
    social_words.calls_us(text)


def _typed(data: bytes) -> None:
    """Parse text typed into an address, a field or a header of the website."""
    text = data.decode("utf-8", "replace")
    web.number_in(text)
    read_cursor(text)
    for read in (web.read_key, web.read_secret, lambda given: read_months(dict(parse_qsl(given)), _TODAY)):
        with suppress(web.Invalid):
            read(text)


# --- networks

_PAGE, _NUMBER, _AT = "170800000000001", "170800000000003", 1_790_000_000
_FEED = {
    "item": "comment", "verb": "add", "post_id": f"{_PAGE}_7", "comment_id": "7_8", "parent_id": "7_6",
    "created_time": _AT, "from": {"id": "42", "name": "Andi"}, "message": "lampu padam",
}  # fmt: skip
_SENT = {"sender": {"id": "9"}, "timestamp": _AT * 1000, "message": {"mid": "m_1", "text": "halo", "attachments": [{}]}}
_FEED_MEDIA = [
    {**_FEED, "photo": "https://a.fbcdn.net/1"},
    {**_FEED, "video": "https://a.fbcdn.net/2"},
    {**_FEED, "item": "video", "link": "https://a.fbcdn.net/3"},
    {**_FEED, "item": "status", "photos": ["https://a.fbcdn.net/4"]},
]
_SENT_MEDIA = {
    "sender": {"id": "9"},
    "timestamp": _AT * 1000,
    "message": {
        "mid": "m_2",
        "attachments": [
            {"type": kind, "payload": {"url": f"https://a.fbsbx.com/{kind}"}}
            for kind in ("image", "video", "audio", "file")
        ],
    },
}
_ENTRY = {
    "id": _PAGE,
    "changes": [{"field": "feed", "value": value} for value in (_FEED, *_FEED_MEDIA)],
    "messaging": [_SENT, _SENT_MEDIA, {"sender": {"id": "9"}, "message": {"mid": "m_1", "is_deleted": True}}],
}
_PAGES_HOOK = {"object": "page", "entry": [_ENTRY]}
_LISTED = {
    "id": f"{_PAGE}_7", "from": {"id": "42", "name": "Andi"}, "message": "lampu padam", "parent": {"id": "7_6"},
    "created_time": "2026-11-26T08:00:00+0000", "attachments": {"data": [{}]},
}  # fmt: skip
_FILM = {
    "type": "video_inline",
    "media": {"image": {"src": "https://a.fbcdn.net/5"}, "source": "https://a.fbcdn.net/6"},
}
_PICTURE = {"type": "photo", "media": {"image": {"src": "https://a.fbcdn.net/7"}}}
_LISTED_MEDIA = [
    {**_LISTED, "attachments": {"data": [_FILM, {"subattachments": {"data": [_PICTURE]}}]}, "attachment": _PICTURE},
    {**_LISTED, "attachments": {"data": [
        {"mime_type": "image/jpeg", "image_data": {"url": "https://a.fbsbx.com/8"}},
        {"mime_type": "video/mp4", "video_data": {"url": "https://a.fbsbx.com/9"}},
        {"mime_type": "audio/mpeg", "file_url": "https://a.fbsbx.com/10"},
    ]}},
]  # fmt: skip
_VALUE = {
    "metadata": {"phone_number_id": _NUMBER},
    "contacts": [{"wa_id": "6281234567890", "profile": {"name": "Andi"}}],
    "messages": [
        {"from": "6281234567890", "id": "w1", "timestamp": str(_AT), "type": "text", "text": {"body": "lampu mati"}},
        {"from": "62", "id": "w2", "timestamp": "1", "type": "location", "location": {"latitude": -4, "longitude": 1}},
        {"from": "62", "id": "w3", "timestamp": "1", "type": "interactive", "interactive": {"list_reply": {}}},
        {"from": "62", "id": "w4", "timestamp": "1", "type": "image", "image": {"id": "1", "caption": "lampu"}},
        {"from": "62", "id": "w5", "timestamp": "1", "type": "video", "video": {"id": "2", "mime_type": "video/mp4"}},
        {"from": "62", "id": "w6", "timestamp": "1", "type": "document", "document": {"mime_type": "image/png"}},
        {"from": "62", "id": "w8", "timestamp": "1", "type": "revoke", "revoke": {"original_message_id": "w1"}},
        {"from": "62", "id": "w7", "timestamp": "1", "type": "audio", "audio": {"id": "4", "mime_type": "audio/ogg"}},
    ],
    "statuses": [{"status": "failed", "errors": [{"code": 131047}]}],
}  # fmt: skip
_CHANGES = [{"field": "messages", "value": _VALUE}]
_NUMBERS_HOOK = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": _CHANGES}]}
_POST = {
    "id": "2000000000000000000", "author_id": "42", "text": "@LaporSoppeng jalan &amp; rusak",
    "created_at": "2026-11-26T08:00:00.000Z", "conversation_id": "2000000000000000000",
    "edit_history_tweet_ids": ["2000000000000000000"], "referenced_tweets": [{"type": "replied_to", "id": "1"}],
    "note_tweet": {"text": "panjang"}, "attachments": {"media_keys": ["3_1", "7_2"]},
}  # fmt: skip
_VARIANT = {"bit_rate": 832_000, "content_type": "video/mp4", "url": "https://video.twimg.com/2.mp4"}
_SHOWN = [
    {"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/media/1.jpg"},
    {"media_key": "7_2", "type": "video", "duration_ms": 2_000, "variants": [_VARIANT, {"url": "list"}]},
]
_ANSWER = {
    "data": [_POST],
    "includes": {"users": [{"id": "42", "username": "andi"}], "media": _SHOWN},
    "meta": {"newest_id": "1", "next_token": "t"},
}


def _as_json(value: object) -> bytes:
    return json.dumps(value).encode()


class _Answered:
    """A client of tweepy for which X's answer is ``body``."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def get_users_mentions(self, *_: Any, **__: Any) -> _Answered:
        return self

    async def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def _x(data: bytes) -> None:
    client: Any = _Answered(data)
    run(x.fetch_mentions(client, "1708", None, None))


def _graph(data: bytes) -> None:
    """Parse a list of items as decoded by Graph's library."""
    try:
        items = json.loads(data)
    except (ValueError, RecursionError):
        return
    items = items if isinstance(items, list) else [items]
    for read in (graph_items.read_post, partial(graph_items.read_comment, post_id="7"), graph_items.read_message):
        read_each(items, read)


# --- the website. The first byte of a form tells its encoding: m, in parts; anything else, as in a link.

_TODAY = date(2026, 11, 28)
_BOUNDARY = b"--b\r\nContent-Disposition: form-data; name="
_FORM = (
    _BOUNDARY + b'"text"\r\n\r\njalan rusak\r\n' + _BOUNDARY + b'"photo"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\nJFIF\r\n" + _BOUNDARY + b'"phone"\r\n\r\n081234567890\r\n--b--\r\n'
)
_COMPLAINT = {
    "text": "Jalan rusak di Cabenge", "name": "Andi", "phone": "+62 812-3456-7890", "email": "andi@example.id",
    "place": "Cabenge", "kind": "complaint", "category": "jalan", "anonim": False, "rahasia": True,
    "uploads": ["AAAAAAAAAAAAAAAAAAAAAA"], "channel": "web",
}  # fmt: skip
_ADDITION = {"kind": "rating", "text": "sudah baik", "rating": 5, "reasons": ["fast"], "right": "erasure"}


class _Request:
    """A request with ``content``, in pieces of 100 bytes."""

    def __init__(self, content: bytes, content_type: str = "") -> None:
        self.content, self.headers = content, {"content-type": content_type}

    async def body(self) -> bytes:
        return self.content

    async def stream(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.content), 100):
            yield self.content[start : start + 100]


class _Upload:
    id = "A" * 22


class _Visit:
    """Does not keep a form's photos."""

    async def upload(self, content: AsyncIterator[bytes]) -> _Upload:
        async for _ in content:
            pass
        return _Upload()


def _read_all(raw: Mapping[str, object]) -> None:
    """Parse a body as the handlers do; each names the mistakes in its own part."""
    for read in (web.read_complaint, web.read_addition, web.read_uploads, web.read_channel):
        with suppress(web.Invalid):
            read(raw)


def _form(data: bytes) -> None:
    in_parts = data[:1] == b"m"
    kind = "multipart/form-data; boundary=b" if in_parts else "application/x-www-form-urlencoded"
    request: Any = _Request(data[1:], kind)
    visit: Any = _Visit()
    _read_all(run(read_form(request, visit)).typed)


def _content_type(data: bytes) -> None:
    request: Any = _Request(_FORM, data.decode("latin-1"))
    visit: Any = _Visit()
    _read_all(run(read_form(request, visit)).typed)


def _api(data: bytes) -> None:
    request: Any = _Request(data)
    _read_all(run(json_of(request)))


# --- units


def _reply(data: bytes) -> None:
    list(codec.unknown_words(codec.decode(data).data))


def _replies() -> tuple[bytes, ...]:
    folder: Path = TOPICS_DIR / "unit.replied.v1" / "examples"
    return tuple(path.read_bytes() for path in sorted(folder.glob("*.json")))


PARSERS: Mapping[str, Parser] = {
    **dict(_gateways()),
    "sms-text": Parser(_sms_text, (b"SOPPENG jalan rusak", b"RAHASIA ada pungli", b"NILAI SPG-S0AB-12CDS 5 bagus")),
    "social-text": Parser(_social_text, (b"@LaporSoppeng #JalanRusak di #Cabenge", b"STATUS SPG-M000-0000C #rahasia")),
    "facebook-hook": Parser(partial(graph_items.read_hook, page_id=_PAGE), (_as_json(_PAGES_HOOK),)),
    "whatsapp-hook": Parser(partial(whatsapp.read_hook, phone_number_id=_NUMBER), (_as_json(_NUMBERS_HOOK),)),
    "graph-items": Parser(_graph, (_as_json([_LISTED, *_LISTED_MEDIA]),)),
    "x-items": Parser(_x, (_as_json(_ANSWER),), (SocialError, CursorTooOld)),
    "unit-replies": Parser(_reply, _replies(), (InvalidEvent,)),
    "web-form": Parser(_form, (b"m" + _FORM, b"utext=jalan+rusak&phone=081234567890&uploads=A+B"), (HTTPException,)),
    "web-content-type": Parser(
        _content_type, (b"multipart/form-data; boundary=b", b"application/x-www-form-urlencoded"), (HTTPException,)
    ),
    "web-api": Parser(_api, (_as_json(_COMPLAINT), _as_json(_ADDITION)), (Problem,)),
    "web-typed": Parser(_typed, (b"SPG-W0AB-12CDS", b"spgw0ab12cds", b"1790.SPG-W0AB-12CDS", b"from=2026-01&to=x")),
}  # fmt: skip
