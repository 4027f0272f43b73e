"""Encodes the events of this package as CloudEvents 1.0 in structured JSON mode, and decodes them.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar, get_type_hints

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from contracts import events
from contracts.events import Data, Time

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
HEADERS: list[tuple[str, bytes]] = [("content-type", CONTENT_TYPE.encode())]
#: Larger records are refused before they reach the outbox: the broker's limit is 1 MiB.
MAX_BYTES = 900_000
#: Larger records are not parsed: a compressed one may unpack to anything.
MAX_READ = 1024 * 1024

D = TypeVar("D", covariant=True)

_STRUCTS: dict[str, type[Data]] = {
    "complaint.received.v1": events.ComplaintReceived,
    "complaint.classified.v1": events.ComplaintClassified,
    "complaint.followed-up.v1": events.ComplaintFollowedUp,
    "complaint.updated.v1": events.ComplaintUpdated,
    "complaint.sla-updated.v1": events.SlaUpdated,
    "complaint.sla-breached.v1": events.SlaBreached,
    "complaint.erased.v1": events.ComplaintErased,
    "complaint.supported.v1": events.ComplaintSupported,
    "complaint.told.v1": events.ComplaintTold,
    "complaint.resend-asked.v1": events.ResendAsked,
    "canary.passed.v1": events.CanaryPassed,
    "unit.routed.v1": events.UnitRouted,
    "unit.replied.v1": events.UnitReplied,
}
_TYPE_OF = {struct: name for name, struct in _STRUCTS.items()}


class InvalidEvent(ValueError):
    """Bytes that fit no schema of this package. They belong in a dead-letter topic."""


class TooLarge(InvalidEvent):
    """An event larger than a record may be: its accumulated history may grow that far without anybody's mistake."""


class Envelope(Struct, Generic[D], frozen=True, kw_only=True):
    """The CloudEvents attributes around ``data``. ``subject`` is the complaint id, and the Kafka key."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    source: str
    type: str
    subject: str
    time: Time
    data: D
    specversion: Literal["1.0"]
    datacontenttype: Literal["application/json"] | UnsetType = UNSET
    dataschema: str | UnsetType = UNSET
    causationid: str | UnsetType = UNSET


Event = Envelope[Data]
_raw = msgspec.json.Decoder(Envelope[Raw])
_data = {struct: msgspec.json.Decoder(struct) for struct in _STRUCTS.values()}
_encoder = msgspec.json.Encoder()
#: Nobody means to send these: PostgreSQL has no NUL, a terminal obeys C0 and C1, and bidirectional controls (UAX #9)
#: show a text in another order than it has.
_BEYOND_C0 = r"\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f{_BEYOND_C0}]")
# The same characters as JSON may contain them: raw, …
_RAW = re.compile(f"[{_BEYOND_C0}]")
# … or escaped. The first alternative skips an escaped backslash, the second finds half an escape.
_ESCAPED = re.compile(
    r"\\(?:(?P<meant>\\)|(?P<half>u[0-9a-fA-F]{0,3}(?![0-9a-fA-F]))"
    r"|u(?:00(?:0[0-8bBcCeEfF]|[189][0-9a-fA-F]|7[fF])|202[a-eA-E]|206[6-9])|[bf])"
)


def base_type(event_type: str) -> str:
    """Return the type without its kind: ``complaint.updated.routed.v1`` → ``complaint.updated.v1``."""
    noun, *rest = event_type.split(".")
    return f"{noun}.{rest[0]}.{rest[-1]}" if rest else event_type


def type_of(data: Data) -> str:
    """Return the CloudEvents type; the two with kinds insert theirs: ``complaint.sla-updated.warned.v1``."""
    name = _TYPE_OF[type(data)]
    if isinstance(data, events.ComplaintUpdated | events.SlaUpdated):
        stem, version = name.rsplit(".", 1)
        return f"{stem}.{data.kind}.{version}"
    return name


def schema_name(data: Data) -> str:
    """Return the folder under ``topics/`` that holds the schema of ``data``."""
    return _TYPE_OF[type(data)]


def envelope(
    data: Data,
    *,
    event_id: str,
    source: str,
    subject: str,
    time: datetime,
    causation_id: str | UnsetType = UNSET,
) -> Event:
    """Wrap ``data``. ``time`` is aware; ``source`` is ``/`` and the name of the service or unit."""
    return Envelope(
        id=event_id,
        source=source,
        type=type_of(data),
        subject=subject,
        time=time,
        data=data,
        specversion="1.0",
        datacontenttype="application/json",
        dataschema=f"/schemas/{schema_name(data)}.json",
        causationid=causation_id,
    )


def plain(text: str) -> str:
    """Return ``text`` with line feeds as line ends, and without control characters other than tabs."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _without_controls(value: bytes) -> bytes | str:
    # Most events have no character that could be one, and the search costs more than reading the event.
    if value.isascii() and b"\\" not in value and b"\x7f" not in value:
        return value
    return _ESCAPED.sub(_meant, _RAW.sub("", value.decode()))


def _meant(escape: re.Match[str]) -> str:
    # Removing a character must not join half an escape to its other half: `\u!` makes that invalid JSON.
    return escape[0] if escape["meant"] else r"\u!" if escape["half"] else ""


def encode(event: Event) -> bytes:
    """Return the bytes for the wire, checked against the schema: constructors of msgspec do not validate.

    Raises:
        InvalidEvent: the event does not fit its schema; TooLarge: it is larger than ``MAX_BYTES``.
    """
    value = _encoder.encode(event)
    if len(value) > MAX_BYTES:
        raise TooLarge(f"event of {len(value)} bytes, {MAX_BYTES} allowed")
    decode(value)
    return value


def decode(value: bytes) -> Event:
    """Read an event from the wire, ignoring unknown fields and removing control characters from all texts.

    Raises:
        InvalidEvent: not CloudEvents JSON, an unknown type, or data that does not fit; TooLarge: over ``MAX_READ``.
    """
    if len(value) > MAX_READ:
        raise TooLarge(f"event of {len(value)} bytes, {MAX_READ} allowed")
    try:
        raw = _raw.decode(_without_controls(value))
        struct = _STRUCTS.get(base_type(raw.type))
        if struct is None:
            raise InvalidEvent(f"unknown type {raw.type!r}")
        data = _data[struct].decode(raw.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:  # nested too deeply is invalid too
        raise InvalidEvent(str(error)) from error
    return Envelope(**{f: getattr(raw, f) for f in raw.__struct_fields__ if f != "data"}, data=data)


@cache
def _vocabulary(struct: type[Struct]) -> dict[str, frozenset[str]]:
    """Map each field of ``struct`` that has a word of the vocabulary to the words known today."""
    found: dict[str, frozenset[str]] = {}
    for name, hint in get_type_hints(struct, include_extras=True).items():
        for each in getattr(hint, "__metadata__", ()):
            if isinstance(each, Meta) and each.extra:
                found[name] = frozenset(each.extra["words"])
    return found


def unknown_words(data: Any) -> Iterator[str]:
    """Name each field of ``data``, at any depth, whose word is not in the vocabulary."""
    if isinstance(data, list | tuple):
        for each in data:
            yield from unknown_words(each)
    elif isinstance(data, Struct):
        known = _vocabulary(type(data))
        for name in data.__struct_fields__:
            value = getattr(data, name)
            if isinstance(value, str) and value not in known.get(name, {value}):
                yield f"{type(data).__name__}.{name}"
            else:
                yield from unknown_words(value)
