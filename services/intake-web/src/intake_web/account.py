"""A citizen's account: its tokens and codes, how often a code may be requested, and what the citizen should do."""

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

#: Minutes that a code is valid, wrong tries per code, and codes per contact and hour: OWASP ASVS 5.0, 6.5.5 and 6.6.3.
CODE_MINUTES, TRIES, AN_HOUR = 10, 5, 3
#: Minutes that somebody who typed the right code has to read and accept the consent text.
GO_ON_MINUTES = 30
#: Seconds to wait after an unused code before the next: after the first of a day, the second and so on. The pause grows
#: but never becomes a lock: somebody who asks in a stranger's name delays that stranger, and locks nobody out (ASVS
#: 6.1.1).
PAUSES_S = (30, 120, 600, 1200, 1800, 3600, 7200)
#: The cookies of a session, and of a browser that has asked for a code.
SESSION, ATTEMPT = "sesi", "kode"
#: Retention in days: sessions, accounts that nobody uses, and the log of accesses to identities.
SESSION_DAYS, UNUSED_DAYS, ACCESS_DAYS = 30, 730, 5 * 365
#: Days that a message is kept, so that the messages of a day can be counted.
MESSAGE_DAYS = 3
#: The most complaints that an account's page lists, the newest first.
MOST_LISTED = 200
_HOUR_S, _DAY_S = 3600, 24 * 3600
_CODE = re.compile(r"[\s.-]*(?:\d[\s.-]*){6}")


class Kind(StrEnum):
    """The occasion of a message to an account's contact."""

    ENTER = "enter"
    NEW = "new"  # to a contact that the account is to get
    OWN = "own"  # to a contact that the account has, before it gets another
    LEAVE = "leave"
    CHANGED = "changed"  # has no code


class Access(StrEnum):
    """An action with an identity, as the access log names it."""

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
    """The result of typing codes, as texts.yaml names it below `account`."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    SPENT = "spent"


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A contact for ``medium``; ``address`` is in the form that messages are sent to."""

    medium: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """The signed-in citizen's account. ``contacts`` are addresses by medium, ``consent`` the version last agreed to."""

    account_id: str
    name: str | None
    contacts: Mapping[str, str]
    consent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A code that a browser asked for, as far as the page shows it."""

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
    """A code requested ``age_s`` seconds ago; ``used``: somebody typed it."""

    age_s: float
    used: bool


@dataclass(frozen=True, kw_only=True)
class Mine:
    """A complaint of an account: the start of its text, and its state. ``anonim`` complaints are never among them."""

    ticket: str
    received_at: datetime
    text: str
    view: ComplaintView
    todo: str = field(default="")


def cookie(name: str, public_url: str) -> str:
    """Return the full name of a cookie; under https with the prefix that no sibling domain can set (RFC 6265bis)."""
    return f"__Host-{name}" if public_url.startswith("https:") else name


def hash_of(token: str) -> bytes:
    """Hash a random ``token`` for storage: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def code_of(installation: UUID, seed: bytes) -> str:
    """Derive the six digits for ``seed``: the database alone is not enough to compute them."""
    made = hmac.digest(installation.bytes, b"intake-web account code\x1f" + seed, "sha256")
    return f"{int.from_bytes(made, 'big') % 1_000_000:06}"


def read_code(typed: str | None) -> str | None:
    """Return the six digits in ``typed``, with or without blanks or hyphens between them; None for anything else."""
    return re.sub(r"\D", "", typed) if typed and typed.isascii() and _CODE.fullmatch(typed) else None


def read_contact(typed: str, media: Collection[str], region: str, prefixes: tuple[str, ...]) -> Reached | None:
    """Return the contact in ``typed`` for one of ``media``; None if we can't send there.

    Numbers abroad are refused: anybody could make us pay for those messages.
    """
    typed = typed.strip()
    if "@" in typed:
        return Reached(medium=Medium.EMAIL, address=typed) if Medium.EMAIL in media and is_email(typed) else None
    number = mobile(typed, region) if Medium.SMS in media else None
    return Reached(medium=Medium.SMS, address=number) if number and number.startswith(prefixes) else None


def wait_s(asked: Sequence[Asked]) -> float:
    """Return the seconds until a contact may be sent another code, given the codes ``asked`` for; 0: now.

    Three codes an hour are allowed, with a growing pause after each unused one.
    """
    last_hour = sorted(each.age_s for each in asked if each.age_s < _HOUR_S)
    wait = _HOUR_S - last_hour[AN_HOUR - 1] if len(last_hour) >= AN_HOUR else 0.0
    unused = [each.age_s for each in asked if not each.used and each.age_s < _DAY_S]
    if unused:
        wait = max(wait, PAUSES_S[min(len(unused), len(PAUSES_S)) - 1] - min(unused))
    return max(0.0, wait)


def verdict_of(sent: Sequence[Sent]) -> Verdict | None:
    """Say why no code of ``sent`` is accepted any longer; None: they still are."""
    if not sent or any(each.expired for each in sent):
        return Verdict.EXPIRED
    return Verdict.SPENT if any(each.tries >= TRIES for each in sent) else None


def todo(view: ComplaintView, *, asks_place: bool) -> str:
    """Name what the reporter should do about the complaint of ``view``, as texts.yaml names it; empty: nothing."""
    if view.status == Status.WAITING_FOR_REPORTER:
        return "todo_answer"
    if view.status == Status.RESOLVED:
        return "todo_judge"
    return "todo_place" if asks_place else ""
