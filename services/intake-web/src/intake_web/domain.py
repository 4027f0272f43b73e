"""The input that a citizen may send, and what to correct in it: plain values in, plain values out."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import msgspec

from contracts import ticket
from contracts.codec import plain
from contracts.events import Position
from contracts.vocabulary import (
    CONTENT,
    CONTENT_REASONS,
    DONE,
    FINAL,
    ComplaintType,
    FollowUpKind,
    MarkReason,
    Right,
    Status,
)
from intake.contacts import Medium
from intake.mail import is_email
from intake_web.photos import MAX_FILES

MAX_TEXT = 10_000
MAX_FOLLOW_UP = 4_000
# Every event of a complaint repeats all earlier additions: at four bytes a letter they must fit in one record.
MAX_FOLLOW_UPS = 40
#: Days that a browser may add to its complaint: more than the promise, the ten working days to reopen and holidays.
PASS_DAYS = 45
OPEN = frozenset(Status) - DONE - {Status.MERGED}
#: Closed for good: the router refuses every addition.
FINISHED = FINAL | {Status.ARCHIVED}
#: The channels of complaints sent here: the website's own, and the counters', which requires a key.
WEB = "web"
CHANNELS = (WEB, ticket.COUNTER)
KINDS, RIGHTS = tuple(FollowUpKind), tuple(Right)
_TYPES = tuple(ComplaintType)

_LIMITS = {"name": 200, "place": 500, "occurred": 200, "phone": 40, "email": 254}
_MAX_CODE = 100
_CONTACTS = {"phone": Medium.SMS, "email": Medium.EMAIL}
_PHONE = re.compile(r"\+?\d{8,15}")
_NUMBER = re.compile(r"SPG[\s-]*[0-9A-Z]{4}[\s-]*[0-9A-Z]{5}(?![0-9A-Z])", re.IGNORECASE)
_BETWEEN = re.compile(r"[\W_]+")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_SECRET = re.compile(r"[\x21-\x7e]{16,200}")
#: An access code is in Crockford's base32: 80 bits, in four groups. Guesses are limited (``limits.py``), and no code
#: can be tried offline.
_CODE_LETTERS, _LETTERS = 16, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{22}")


class Said(NamedTuple):
    """A sentence for people: its ``name`` below `web` in texts.yaml, and the ``values`` that fill it."""

    name: str
    values: Mapping[str, object]


def say(name: str, **values: object) -> Said:
    """Choose a sentence of texts.yaml."""
    return Said(name, values)


class Invalid(ValueError):
    """The input can't be accepted. ``problems`` says for each field what to correct."""

    def __init__(self, problems: Mapping[str, Said]) -> None:
        super().__init__(", ".join(problems))
        self.problems = dict(problems)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A complaint that can be accepted.

    ``kind``, a ``ComplaintType``, and ``category``, one of the region's, are the sender's own choices.
    """

    text: str
    name: str | None
    phone: str | None
    email: str | None
    place: str | None
    occurred: str | None
    anonim: bool
    rahasia: bool
    kind: str | None = None
    category: str | None = None
    position: Position | None = None


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Something that a reporter adds to a complaint.

    ``rating`` is from 1 to 5; ``right`` belongs to a rights request, ``reasons`` to a rating.
    """

    kind: str
    text: str | None
    rating: int | None
    right: str | None = None
    reasons: tuple[str, ...] = ()


def read_complaint(raw: Mapping[str, object], media: Collection[str] = tuple(Medium)) -> Draft:
    """Read the complaint in ``raw``; ignore unknown fields, and contacts for media that are not among ``media``.

    Raises:
        Invalid: names every field to correct.
    """
    problems: dict[str, Said] = {}
    text = _text(raw, "text", MAX_TEXT, problems)
    if text is None and "text" not in problems:
        problems["text"] = say("empty")
    unasked = {field for field, medium in _CONTACTS.items() if medium not in media}
    optional = {
        field: None if field in unasked else _text(raw, field, limit, problems) for field, limit in _LIMITS.items()
    }
    if (phone := optional["phone"]) and not _PHONE.fullmatch(re.sub(r"[\s.()-]", "", phone)):
        problems["phone"] = say("phone")
    if (email := optional["email"]) and not is_email(email):
        problems["email"] = say("email")
    anonim, rahasia = (_flag(raw, field, problems) for field in ("anonim", "rahasia"))
    kind = raw.get("kind")
    if kind is not None and kind not in _TYPES:
        problems["kind"] = say("one_of", choices=", ".join(_TYPES))
    category = _text(raw, "category", _MAX_CODE, problems)
    where = _position(raw, problems)
    if problems or text is None:
        raise Invalid(problems)
    kind = str(kind) if kind else None
    return Draft(text=text, anonim=anonim, rahasia=rahasia, kind=kind, category=category, position=where, **optional)


def _position(raw: Mapping[str, object], problems: dict[str, Said]) -> Position | None:
    if (given := raw.get("position")) is None:
        return None
    try:
        return msgspec.convert(given, Position)
    except msgspec.ValidationError:
        problems["position"] = say("bad_position")
        return None


def read_addition(raw: Mapping[str, object]) -> Addition:
    """Read what ``raw`` adds to a complaint.

    Raises:
        Invalid: names every field to correct.
    """
    problems: dict[str, Said] = {}
    kind, rating = raw.get("kind"), raw.get("rating")
    if kind not in KINDS:
        problems["kind"] = say("one_of", choices=", ".join(KINDS))
    text = _text(raw, "text", MAX_FOLLOW_UP, problems)
    attached = raw.get("uploads")
    if kind == FollowUpKind.ADDITION and text is None and "text" not in problems and not attached:
        problems["text"] = say("empty_addition")
    if kind == FollowUpKind.APPEAL and text is None and "text" not in problems:
        problems["text"] = say("no_reason")
    if rating is not None and (isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5):
        problems["rating"] = say("bad_rating_number")
    elif kind == FollowUpKind.RATING and rating is None:
        problems["rating"] = say("no_rating")
    given = raw.get("reasons") or []
    reasons = given if isinstance(given, list) else None
    if reasons is None or not all(each in tuple(MarkReason) for each in reasons):
        problems["reasons"] = say("one_of", choices=", ".join(MarkReason))
    right = raw.get("right") if kind == FollowUpKind.RIGHTS_REQUEST else None
    if kind == FollowUpKind.RIGHTS_REQUEST and right not in RIGHTS:
        problems["right"] = say("one_of", choices=", ".join(RIGHTS))
    if problems:
        raise Invalid(problems)
    number = rating if isinstance(rating, int) else None
    why = tuple(each for each in reasons_for(number) if each in (reasons or ())) if kind == FollowUpKind.RATING else ()
    return Addition(kind=str(kind), text=text, rating=number, right=str(right) if right else None, reasons=why)


def reasons_for(rating: int | None) -> list[MarkReason]:
    """List the reasons that may be given for ``rating``; reasons left over from another rating are dropped."""
    content = rating is not None and rating >= CONTENT
    return [each for each in MarkReason if (each in CONTENT_REASONS) == content]


def read_uploads(raw: Mapping[str, object]) -> list[str]:
    """Read the ids of the uploads in ``raw``: a list, or a text with blanks between them.

    Raises:
        Invalid: something is not an id, or there are too many.
    """
    given = raw.get("uploads")
    ids = given.split() if isinstance(given, str) else given or []
    if not isinstance(ids, list) or not all(isinstance(each, str) and _UPLOAD.fullmatch(each) for each in ids):
        raise Invalid({"uploads": say("uploads_list")})
    if len(set(ids)) > MAX_FILES:
        raise Invalid({"uploads": say("photos_too_many", most=MAX_FILES)})
    return list(dict.fromkeys(ids))


def read_channel(raw: Mapping[str, object]) -> str:
    """Read the channel of a complaint from ``raw``; the website's by default.

    Raises:
        Invalid: the website does not take this channel.
    """
    channel = raw.get("channel") or WEB
    if channel not in CHANNELS:
        raise Invalid({"channel": say("one_of", choices=", ".join(CHANNELS))})
    return str(channel)


def read_key(header: str | None) -> str:
    """Read the idempotency key, with or without the quotes of a structured header.

    Raises:
        Invalid: it is missing, too long, or not printable ASCII.
    """
    key = (header or "").strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not key:
        raise Invalid({"Idempotency-Key": say("no_key")})
    if not _KEY.fullmatch(key):
        raise Invalid({"Idempotency-Key": say("bad_key")})
    return key


def read_secret(header: str | None) -> str | None:
    """Read the access secret; None if it was not sent.

    Raises:
        Invalid: it is too short, too long, or not printable ASCII.
    """
    if header is None:
        return None
    if not _SECRET.fullmatch(header):
        raise Invalid({"Access-Secret": say("bad_secret")})
    return header


def number_in(typed: str) -> str | None:
    """Find the ticket in ``typed``, in any form: in a link, with a full stop, in lower case, without `SPG`."""
    return ticket.parse(_number_like(typed))


def is_mistyped(typed: str) -> bool:
    """Whether ``typed`` is a whole ticket with a wrong letter, in any form."""
    return ticket.is_mistyped(_number_like(typed))


def _number_like(typed: str) -> str:
    found = _NUMBER.search(typed)
    return found[0] if found else f"SPG{_BETWEEN.sub('', typed)}"


def pass_for(installation: UUID, ticket: str) -> str:
    """Return the cookie that the sender's browser shows later in place of the secret, which no answer repeats."""
    return hmac.digest(installation.bytes, f"intake-web pass\x1f{ticket}".encode(), "sha256").hex()


def is_pass(installation: UUID, ticket: str, given: str | None) -> bool:
    """Check whether ``given`` is the pass for ``ticket``."""
    return hmac.compare_digest(pass_for(installation, ticket).encode(), (given or "").encode())


def code_for(installation: UUID, ticket: str) -> str:
    """Derive the access code of ``ticket``, such as ``K7M2-9QXD-4T0W-VB3H``, from the installation's secret."""
    made = int.from_bytes(hmac.digest(installation.bytes, f"intake-web code\x1f{ticket}".encode(), "sha256"), "big")
    letters = "".join(_LETTERS[made >> 5 * n & 31] for n in range(_CODE_LETTERS))
    return "-".join(letters[n : n + 4] for n in range(0, _CODE_LETTERS, 4))


def is_code(installation: UUID, ticket: str, given: str) -> bool:
    """Whether ``given`` is the access code of ``ticket``, in any case, with O for 0 and I or L for 1."""
    read = re.sub(r"[\s-]", "", given).upper().translate(str.maketrans("OIL", "011"))
    right = code_for(installation, ticket).replace("-", "")
    return hmac.compare_digest(right.encode(), read.encode())


def trace_of(installation: UUID, ticket: str, key: str, draft: Draft) -> str:
    """Return the cookie that makes a browser remember the complaint it sent; the text can't be read from it."""
    return ".".join((ticket, _digest(installation, ticket, key), _digest(installation, ticket, repr(draft))))


def sent_as(installation: UUID, trace: str | None, key: str, draft: Draft) -> str | None:
    """Return the ticket of ``draft`` if ``trace`` says that it was sent before, with a form other than ``key``'s."""
    number, _, rest = (trace or "").partition(".")
    form, _, content = rest.partition(".")
    same = hmac.compare_digest(content.encode(), _digest(installation, number, repr(draft)).encode())
    # The same form again is a double click or a reload, which its idempotency key handles.
    return number if same and form != _digest(installation, number, key) else None


def sentence(ticket: str, text: str) -> str:
    """Return ``text`` without the leading ticket, for a place where the ticket is known."""
    rest = text.removeprefix(ticket).lstrip(" :.")
    return rest[:1].upper() + rest[1:]


def kinds_for(status: str, *, appealed: bool = False, rahasia: bool = False) -> list[str]:
    """List what a reporter may add in ``status``, the likeliest first. The router has the last word.

    ``appealed``, ``rahasia``: the reporter did that already, and can't again.
    """
    kinds = _kinds_for(status, appealed=appealed)
    return [*kinds, *([] if rahasia else [FollowUpKind.CONFIDENTIAL])]


def _kinds_for(status: str, *, appealed: bool) -> Iterator[str]:
    if status == Status.RESOLVED:
        yield from (FollowUpKind.RATING, FollowUpKind.REOPEN)
        if not appealed:
            yield FollowUpKind.APPEAL
    if status not in FINISHED:
        yield FollowUpKind.ADDITION
    if status in OPEN:
        yield FollowUpKind.CANCEL
    yield from RIGHTS


def _digest(installation: UUID, *parts: str) -> str:
    return hmac.digest(installation.bytes, "\x1f".join(("intake-web trace", *parts)).encode(), "sha256").hex()


def _text(raw: Mapping[str, object], field: str, limit: int, problems: dict[str, Said]) -> str | None:
    value = raw.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        problems[field] = say("no_text")
        return None
    value = plain(value).strip()
    if len(value) > limit:
        problems[field] = say("field_too_long", length=_number(len(value)), most=_number(limit))
    return value or None


def _flag(raw: Mapping[str, object], field: str, problems: dict[str, Said]) -> bool:
    value = raw.get(field)
    if value is not None and not isinstance(value, bool):
        problems[field] = say("no_flag")
    return value is True


def _number(n: int) -> str:
    return f"{n:,}".replace(",", ".")
