"""Writes mail and SMS to people of the desk. They contain no citizen's text, name or contact."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import Any
from uuid import UUID

from jinja2 import Environment

from contracts.dates import day_in_words
from contracts.events import UnitRouted
from intake.mail import mailbox
from intake.segments import GSM
from intake.texts import ONE_SMS
from look import templates
from unit_desk import words
from unit_desk.notices import Kind
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

#: Servers get ASCII, whatever the letters: not every server accepts more (RFC 6152).
_LINES = SMTP.clone(cte_type="7bit")
#: The most complaints that a message names; the desk shows the rest.
MOST_LINES = 12
CODE_MINUTES = 10


@dataclass(frozen=True, kw_only=True)
class Line:
    """A complaint in a message: its news, its place, and when it is due. ``apart``: its reader has no page of it."""

    ticket: str
    unit: str
    kinds: tuple[str, ...]
    place: str
    due: str
    link: str
    apart: bool = False

    @property
    def says(self) -> str:
        """The news in words."""
        return "; ".join(words.NOTICE[kind] for kind in self.kinds)


def lines_of(
    rows: Sequence[Mapping[str, Any]], told: Sequence[UnitRouted], rules: Rules, site: str, now: datetime, unit: str
) -> list[Line]:
    """Make a line for each complaint of ``rows`` that still is somebody's; ``told`` are their latest words, in order.

    ``unit`` is the reader's. A complaint that this unit was never told of has no page to link to.
    """
    made: dict[str, Line] = {}
    for row, word in zip(rows, told, strict=True):
        complaint = word.complaint
        if not complaint or row["erased"] or (row["standing"] == "rest" and row["kind"] != Kind.SILENT):
            continue
        before = made.get(row["ticket"])
        kinds = tuple(dict.fromkeys([*(before.kinds if before else ()), row["kind"]]))
        place = complaint.place or None
        apart = row["unit"] != unit and not row["shown"]
        made[row["ticket"]] = Line(
            ticket=row["ticket"],
            unit=row["unit"],
            kinds=kinds,
            # Beside its kind, the place of a confidential complaint would say too much.
            place="" if complaint.rahasia else (place.kecamatan or "") if place else "",
            due=words.due_dated(complaint, now, rules.zone),
            link=f"{site}/" if apart else f"{site}/laporan/{row['ticket']}",
            apart=apart,
        )
    return list(made.values())


def sms(lines: Sequence[Line], site: str, rules: Rules) -> str:
    """Write one SMS about ``lines``; details are dropped until it fits, but never the link."""
    first = lines[0]
    more = f" dan {len(lines) - 1} lainnya" if len(lines) > 1 else ""
    link = f"{site}/" if more else first.link
    head = f"LAPOR! {words.NOTICE[first.kinds[0]].upper()}: {first.ticket}"
    where = f", {first.place}" if first.place else ""
    unit = f" ({rules.short.get(first.unit, first.unit)})" if first.apart else ""
    due = f". {first.due}" if first.due else ""
    for said in (f"{head}{unit}{where}{more}{due}", f"{head}{unit}{where}{more}", f"{head}{more}", head):
        text = f"{said}. {link}"
        if len(text) <= ONE_SMS and GSM.issuperset(text):
            return text
    return f"LAPOR! {first.ticket} {link}"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail: its subject and its text."""

    subject: str
    text: str


def letter(template: str, rules: Rules, **context: Any) -> Letter:
    """Render the mail of ``template``."""
    return letter_of(_templates().get_template(f"surat/{template}.txt").render(rules=rules, **context))


def letter_of(said: str) -> Letter:
    """Make a mail of rendered text: its first line is the subject."""
    subject, _, text = said.partition("\n")
    return Letter(subject=" ".join(subject.split()), text=text.strip() + "\n")


@cache
def _templates() -> Environment:
    # No escaping: mail is plain text, and mail programs show it as it is.
    environment = templates.environment("unit_desk", autoescape=False)
    environment.globals |= {"words": words, "most": MOST_LINES, "danger": Kind.DANGER, "minutes": CODE_MINUTES}
    environment.filters |= {"day": day_in_words}
    return environment


def envelope(letter_: Letter, message: UUID, to: str, settings: DeskSettings, now: datetime) -> EmailMessage:
    """Make the message of ``letter_``; sent twice, it has the same Message-ID."""
    sender = mailbox(settings.mail_from)
    made = EmailMessage(policy=_LINES)
    made["From"], made["To"] = sender, Address(addr_spec=to)
    made["Subject"] = letter_.subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message}@{sender.domain}>"
    if settings.mail_reply_to:
        made["Reply-To"] = mailbox(settings.mail_reply_to)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834
    made.set_content(letter_.text)
    made["Content-Language"] = "id"  # set last: setting the content removes earlier Content-* headers
    return made


def code_in(key: bytes, message: UUID) -> str:
    """Derive the six-digit code that ``message`` brings; it is stored nowhere."""
    digest = hmac.digest(key, f"login code {message}".encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


def token_in(key: bytes, message: UUID) -> str:
    """Derive the secret of the invitation that ``message`` brings; it is stored nowhere."""
    return urlsafe_b64encode(hmac.digest(key, f"invitation {message}".encode(), hashlib.sha256)[:24]).decode()
