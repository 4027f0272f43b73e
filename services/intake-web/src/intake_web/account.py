"""The account of a citizen: what stands for a code and a session, how often a code may be asked for, what is due."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.vocabulary import Status
from intake.complaint_view import ComplaintView
from intake.contacts import Medium
from intake.gateway import mobile
from intake.mail import is_email

#: Minutes of a code, wrong tries of one, and codes an hour for a contact: OWASP ASVS 5.0, 6.5.5 and 6.6.3.
CODE_MINUTES, TRIES, AN_HOUR = 10, 5, 3
#: Minutes in which who has typed the right code may go on, reading what they agree to.
GO_ON_MINUTES = 30
#: Seconds from a code that nobody used to the next, after the first of a day, the second and so on. It grows and never
#: ends: who asks in a stranger's name delays that stranger, and locks nobody out (ASVS 6.1.1).
PAUSES_S = (30, 120, 600, 1200, 1800, 3600, 7200)
#: The cookies of who is signed in, and of who has asked for a code.
SESSION, ATTEMPT = "sesi", "kode"
#: Days of a session, of an account that nobody uses, and of what tells who looked at whose identity.
SESSION_DAYS, UNUSED_DAYS, ACCESS_DAYS = 30, 730, 5 * 365
#: Days that a message is kept: those of a day are counted.
MESSAGE_DAYS = 3
#: Complaints that are listed, the newest.
MOST_LISTED = 200
_HOUR_S, _DAY_S = 3600, 24 * 3600
_CODE = re.compile(r"[\s.-]*(?:\d[\s.-]*){6}")


class Kind(StrEnum):
    """What a message to an account's contact is about."""

    ENTER = "enter"
    NEW = "new"  # to a contact that is to be the account's
    OWN = "own"  # to one that is already, before it gets another
    LEAVE = "leave"
    CHANGED = "changed"  # has no code


class Access(StrEnum):
    """What was done with an identity, where that is noted."""

    BEGUN = "begun"
    SIGNED_IN = "signed in"
    SIGNED_OUT_EVERYWHERE = "signed out everywhere"
    NAMED = "name changed"
    SHOWN = "shown"
    CONTACT_ASKED = "contact change asked"
    CONTACT = "contact changed"
    EXPORTED = "exported"
    END_ASKED = "deletion asked"
    ENDED = "deleted"
    UNUSED = "deleted unused"


class Verdict(StrEnum):
    """What became of the codes that were typed, as texts.yaml calls it below `account`."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    SPENT = "spent"


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A contact by ``medium``; ``address`` as messages are sent there."""

    medium: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who is signed in. ``contacts`` are addresses by medium, ``consent`` the version agreed to last."""

    account_id: str
    name: str | None
    contacts: Mapping[str, str]
    consent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A code that a browser asked for, as far as its page tells of it."""

    kind: str
    medium: str
    address: str
    tries: int
    expired: bool
    used: bool
    also: bool = False
    account_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A code that was asked for: seconds ago, and whether somebody typed it."""

    age_s: float
    used: bool


@dataclass(frozen=True, kw_only=True)
class Mine:
    """A complaint of an account: how its text begins, and how it stands. ``anonim`` ones are never among them."""

    ticket: str
    received_at: datetime
    text: str
    view: ComplaintView
    todo: str = field(default="")


def cookie(name: str, public_url: str) -> str:
    """Name a cookie of an account: under https one that no neighbour under the same domain can set (RFC 6265bis)."""
    return f"__Host-{name}" if public_url.startswith("https:") else name


def hash_of(token: str) -> bytes:
    """Make what is kept of a random ``token``: of 256 bits nobody needs a slow hash."""
    return hashlib.sha256(token.encode()).digest()


def code_of(installation: UUID, seed: bytes) -> str:
    """Make the six digits for ``seed``: who has only the database does not know them."""
    made = hmac.digest(installation.bytes, b"intake-web account code\x1f" + seed, "sha256")
    return f"{int.from_bytes(made, 'big') % 1_000_000:06}"


def read_code(typed: str | None) -> str | None:
    """Give the six digits in ``typed``, with blanks or hyphens between them or without; None: it is something else."""
    return re.sub(r"\D", "", typed) if typed and typed.isascii() and _CODE.fullmatch(typed) else None


def read_contact(typed: str, media: Collection[str], region: str, prefixes: tuple[str, ...]) -> Reached | None:
    """Give the contact in ``typed``, by one of ``media``; None if messages reach nobody there.

    A number abroad would make us send what somebody else pays.
    """
    typed = typed.strip()
    if "@" in typed:
        return Reached(medium=Medium.EMAIL, address=typed) if Medium.EMAIL in media and is_email(typed) else None
    number = mobile(typed, region) if Medium.SMS in media else None
    return Reached(medium=Medium.SMS, address=number) if number and number.startswith(prefixes) else None


def wait_s(asked: Sequence[Asked]) -> float:
    """Give the seconds until a contact may be sent another code after those that were ``asked`` for; 0 is now.

    Three an hour, and after each that nobody used a pause that grows.
    """
    last_hour = sorted(each.age_s for each in asked if each.age_s < _HOUR_S)
    wait = _HOUR_S - last_hour[AN_HOUR - 1] if len(last_hour) >= AN_HOUR else 0.0
    unused = [each.age_s for each in asked if not each.used and each.age_s < _DAY_S]
    if unused:
        wait = max(wait, PAUSES_S[min(len(unused), len(PAUSES_S)) - 1] - min(unused))
    return max(0.0, wait)


def verdict_of(sent: Sequence[Sent]) -> Verdict | None:
    """Tell why no code of ``sent`` is taken any more; None: it still is."""
    if not sent or any(each.expired for each in sent):
        return Verdict.EXPIRED
    return Verdict.SPENT if any(each.tries >= TRIES for each in sent) else None


def todo(view: ComplaintView, *, asks_place: bool) -> str:
    """Name what the reporter should do about the complaint of ``view``, as texts.yaml calls it; empty: nothing."""
    if view.status == Status.WAITING_FOR_REPORTER:
        return "todo_answer"
    if view.status == Status.RESOLVED:
        return "todo_judge"
    return "todo_place" if asks_place else ""
