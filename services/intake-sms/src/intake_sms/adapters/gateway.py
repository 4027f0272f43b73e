"""Reads a gateway's request by the table of its dialect: a citizen's SMS, or a report on one of ours.

Sending is in :mod:`intake.gateway`.
"""

from __future__ import annotations

import codecs
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from contracts.codec import plain
from intake.dialect import Dialect, Message, ReportForm, Where
from intake.gateway import e164
from intake.reports import Report, ReportState
from intake.segments import decode_gsm
from intake_sms.domain import LongSms, Mo
from intake_sms.settings import SmsSettings

#: Charsets of an SMS, by Python's names. No gateway uses others, and some of Python's codecs are no charsets.
_CHARSETS = frozenset({"utf-8", "utf-16-be", "cp1252", "iso8859-1", "ascii"})
#: Decoders by SMPP's data coding (3.4, 5.2.19), for a text that comes as it was on air.
_CODINGS: Mapping[int, Callable[[bytes], str]] = {
    0: decode_gsm,
    1: decode_gsm,
    3: lambda data: data.decode("latin-1"),
    8: lambda data: data.decode("utf-16-be"),
}
#: More SMS or reports than any gateway puts into one request.
MOST_AT_ONCE = 1000
#: Parts that one SMS can have (3GPP TS 23.040, 9.2.3.24.1).
MOST_PARTS = 255
Fields = Mapping[str, bytes]


class Unreadable(ValueError):
    """No SMS can be read from a request of the gateway; says which part is wrong, never its content."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request of the gateway, as it came. ``target`` is its path with the query, ``secret`` the end of its path."""

    method: str = "GET"
    target: str = ""
    query: bytes = b""
    body: bytes = b""
    content_type: str = ""
    signature: str = ""
    secret: bytes = b""

    @cached_property
    def named(self) -> Fields:
        """The fields of the query."""
        return fields(self.query)

    @property
    def content(self) -> bytes:
        """The content that may be stored: query and body without the secret."""
        return b"\n".join(filter(None, (without_token(self.query), self.body)))


def fields(query: bytes) -> dict[str, bytes]:
    """Return the parameters of a query string, percent-decoded but as bytes; the first of each name counts."""
    found: dict[str, bytes] = {}
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        found.setdefault(
            unquote_to_bytes(name.replace(b"+", b" ")).decode("latin-1"), unquote_to_bytes(value.replace(b"+", b" "))
        )
    return found


def without_token(query: bytes) -> bytes:
    """Return the query string without the secret, so that it may be stored."""
    return b"&".join(part for part in query.split(b"&") if not part.startswith(b"token="))


def one_by_one(asked: Asked, listed: str) -> list[Asked]:
    """Split a request with several SMS or reports in the list ``listed`` into requests with one each, bytes unchanged.

    Without such a list it stays whole; reading it will say why.
    """
    names = listed.split(".") if listed else []
    try:
        inner = msgspec.Raw(asked.body)
        for name in names:
            inner = msgspec.json.decode(inner, type=dict[str, msgspec.Raw])[name]
        rows = msgspec.json.decode(inner, type=list[msgspec.Raw]) if names else []
    except (ValueError, KeyError, RecursionError):
        rows = []
    if not 1 < len(rows) <= MOST_AT_ONCE:
        return [asked]
    before = b"".join(b"{%b:" % msgspec.json.encode(name) for name in names)
    return [replace(asked, body=b"%b[%b]%b" % (before, row, b"}" * len(names))) for row in rows]


def given(asked: Asked, source: Where, listed: str = "") -> list[Fields]:
    """Return the fields of each SMS or report in the request. Names of nested JSON fields are joined by dots.

    Raises:
        Unreadable: it is not JSON, or has no such list.
    """
    if source == "any":
        form = "json" if "json" in asked.content_type else "form"
        source = "query" if asked.method == "GET" else form  # type: ignore[assignment]
    if source == "json":
        return _json(asked.body, listed)
    return [fields(asked.body) if source == "form" and asked.method == "POST" else asked.named]


def _json(body: bytes, listed: str) -> list[Fields]:
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is no JSON") from error
    for name in filter(None, listed.split(".")):
        found = found.get(name) if isinstance(found, dict) else None
    rows = found if listed else [found]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable(f"there is no list {listed!r}" if listed else "the body is no table")
    if len(rows) > MOST_AT_ONCE:
        raise Unreadable(f"more than {MOST_AT_ONCE} at once")
    return [dict(_flat(row)) for row in rows]


def _flat(row: dict[str, Any], under: str = "", depth: int = 0) -> list[tuple[str, bytes]]:
    flat: list[tuple[str, bytes]] = []
    for name, value in row.items():
        if isinstance(value, dict):
            flat += _flat(value, f"{under}{name}.", depth + 1) if depth < 5 else []
        elif value is not None and not isinstance(value, list):
            flat.append((f"{under}{name}", str(value).encode("utf-8", "replace")))
    return flat


def read_messages(asked: Asked, name: str, dialect: Dialect, settings: SmsSettings) -> list[Mo]:
    """Read the SMS in the request of the gateway ``name``; mostly one.

    Raises:
        Unreadable: no id, sender or text, a text not in its charset, or one for another number than ours.
    """
    form = dialect.message
    return [_message(row, name, form, settings) for row in given(asked, form.source, form.listed)]


def _message(row: Fields, name: str, form: Message, settings: SmsSettings) -> Mo:
    if _digits(row.get(form.to, b"")) not in (b"", _digits(settings.sms_short_code.encode())):
        raise Unreadable("to is another number than SMS_SHORT_CODE")
    sender = _decoded(row, form.sender, "UTF-8")
    part = _part(row, form)
    text = _text(row, form) if part else _text(row, form).strip()  # a part may end with the blank between two words
    mo_id = _decoded(row, form.id, "UTF-8") if form.id else _made_id(sender, text)
    in_full = form.international and sender.isascii() and sender.isdigit()
    number = e164(f"+{sender}" if in_full else sender, settings.sms_region)
    repliable = number is not None and number.startswith(settings.sms_reply_prefixes)
    return Mo(id=mo_id, gateway=name, sender=number or sender, repliable=repliable, text=text, part=part)


def _digits(number: bytes) -> bytes:
    return number.strip().removeprefix(b"+")


def _text(row: Fields, form: Message) -> str:
    if form.hex and row.get(form.hex):
        coding = row.get(form.coding, b"0").strip(b" ") or b"0"
        # Jasmin writes it as a byte, though its documentation says as a number.
        number = int(coding) if coding.isdigit() else coding[0]
        try:
            return plain(_CODINGS[number](bytes.fromhex(row[form.hex].decode("ascii"))))
        except KeyError as error:
            raise Unreadable(f"coding {number} is none of a text") from error
        except ValueError as error:  # also if it is not ASCII, or not UTF-16
            raise Unreadable(f"{form.hex} is no text of coding {number}") from error
    # The first field with a text; if there is no text, it is an SMS without words.
    name = next((name for name in form.text if row.get(name)), form.text[-1])
    charset = row.get(form.charset, b"").decode("latin-1") if form.charset else ""
    return _decoded(row, name, _charset(charset or "UTF-8"), may_be_empty=True, strip=False)


def _part(row: Fields, form: Message) -> LongSms | None:
    if form.part is None or not row.get(form.part.total):
        return None
    try:
        total, number = int(row[form.part.total]), int(row.get(form.part.number, b""))
    except ValueError as error:
        raise Unreadable(f"{form.part.number} or {form.part.total} is no number") from error
    if not 1 <= number <= total <= MOST_PARTS:
        raise Unreadable(f"part {number} of {total}")
    ref = row.get(form.part.ref, b"").decode("latin-1")
    return None if total == 1 else LongSms(ref=ref[:100], number=number, total=total)


def _made_id(sender: str, text: str) -> str:
    """Make an id where the gateway gives none: equal words of one sender within a minute are the same SMS."""
    return hashlib.sha256(f"{sender}\x1f{text}\x1f{time.time() // 60:.0f}".encode()).hexdigest()[:32]


def _charset(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: it contains a NUL
        known = ""
    if known not in _CHARSETS:
        raise Unreadable(f"charset {name[:20]!r} is none of {', '.join(sorted(_CHARSETS))}")
    return known


def _decoded(row: Fields, name: str, charset: str, *, may_be_empty: bool = False, strip: bool = True) -> str:
    try:
        value = plain(row.get(name, b"").decode(charset))
        value = value.strip() if strip else value
    except UnicodeError as error:
        raise Unreadable(f"{name} is not {charset}") from error
    if name not in row or not (value or may_be_empty):
        raise Unreadable(f"{name} is missing")
    return value


def read_reports(asked: Asked, form: ReportForm) -> list[Report]:
    """Read the reports in the request; those that tell nothing about the fate of an SMS are left out.

    Raises:
        Unreadable: without our id, or without a state.
    """
    reports = []
    for row in given(asked, form.source, form.listed):
        mine = row.get(form.own_id, b"") if form.own_id else asked.named.get("id", b"")
        state = row.get(form.state, b"").decode("latin-1").strip()
        if not mine or not state:
            raise Unreadable("a report names no SMS, or no state")
        known = form.states.get(state)
        if known is None:
            known = next(
                (to for word, to in form.states.items() if word[-1:] == "*" and state.startswith(word[:-1])), ""
            )
        if known:
            detail = "".join(filter(str.isprintable, row.get(form.detail, b"").decode("latin-1")))[:60]
            reports.append(Report(own_id=mine.decode("latin-1"), state=ReportState(known), detail=detail))
    return reports
