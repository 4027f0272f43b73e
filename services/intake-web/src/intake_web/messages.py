"""Words e-mails and SMS to citizens, from a notice and the state of its complaint at the time of sending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from contracts.vocabulary import UpdateKind
from intake.complaint_view import ComplaintView
from intake.contacts import Medium, mark_of, token_of
from intake.notices import Notice, NoticeKind
from intake.noting import NOT_ASKED
from intake.texts import Texts
from intake_web.domain import OPEN, PASS_DAYS

#: Sent as ASCII, because not every server accepts more (RFC 6152).
_LINES = SMTP.clone(cte_type="7bit")
#: The first message about a complaint: later ones are replies to it.
_FIRST = frozenset({NoticeKind.RECEIPT, NoticeKind.DANGER})
#: Steps that ask the reporter to use the secret link: to answer, or to give a mark.
_TO_DO = frozenset({UpdateKind.WAITING_FOR_REPORTER, UpdateKind.RESOLVED})


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Writes messages. ``address`` is the sender's, and ``site`` the website's, without a trailing slash."""

    texts: Texts
    site: str
    installation: UUID
    address: Address | None = None
    reply_to: Address | None = None

    def page(self, ticket: str) -> str:
        """Return the address of the complaint's page."""
        return f"{self.site}/laporan/{ticket}"

    def last(self, ticket: str) -> str:
        """Return the sentence added to the last message of a day."""
        return self.texts.news["last"].format(page=self.page(ticket))

    def more(self, ticket: str) -> str:
        """Return the sentence that says where to read a text that three SMS can't hold."""
        return self.texts.news["sms_page"].format(page=self.page(ticket))

    def sms(self, notice: Notice, view: ComplaintView | None) -> str:
        """Word ``notice`` as an SMS."""
        say = self.texts.news
        text = say["sms_hidden"].format(ticket=notice.ticket) if _hidden(view) else notice.text
        says_stop = _is_first(notice) or _is_follower(notice)
        stop = [say["sms_stop"].format(stop=self._stop(Medium.SMS, notice.address))] if says_stop else []
        return " ".join([text, self.more(notice.ticket), *stop])

    def mail(self, notice: Notice, view: ComplaintView | None, link: str | None, now: datetime) -> EmailMessage:
        """Word ``notice`` as a message to its address; ``link`` is the token of the secret link, if it has one."""
        say, stop = self.texts.news, self._stop(Medium.EMAIL, notice.address)
        message, domain = EmailMessage(policy=_LINES), self.address.domain if self.address else ""
        thread = f"<{notice.ticket}@{domain}>".lower()
        message["From"] = self.address
        message["To"] = Address(addr_spec=notice.address)
        message["Subject"] = " ".join(self._subject(notice, view).split())
        message["Date"] = format_datetime(now)
        message["Message-ID"] = thread if _is_first(notice) else f"<{notice.kind}-{notice.key}.{thread[1:]}"
        if not _is_first(notice):
            message["In-Reply-To"] = message["References"] = thread
        if self.reply_to:
            message["Reply-To"] = self.reply_to
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        own = [say["mail_own"].format(link=f"{self.site}/masuk/{notice.ticket}/{link}", days=PASS_DAYS)] if link else []
        why, where = ("mail_why_followed", "sms_page") if _is_follower(notice) else ("mail_why", "mail_page")
        end = [say[why].format(ticket=notice.ticket), say["mail_stop"].format(stop=stop), say["mail_signed"]]
        asks = [say["mail_asks"].format(yes=self._yes(notice.address))] if notice.asks else []
        parts = [*asks, *self._says(notice, view), say[where].format(page=self.page(notice.ticket)), *own]
        message.set_content("\n\n".join([*parts, "-- \n" + "\n".join(end)]) + "\n")
        message["Content-Language"] = "id"  # set after the content, which brings its own headers
        return message

    def _subject(self, notice: Notice, view: ComplaintView | None) -> str:
        if notice.subject and not _hidden(view):
            return notice.subject
        name = "hidden" if _hidden(view) else notice.kind if f"subject_{notice.kind}" in self.texts.news else "noted"
        return self.texts.news[f"subject_{name}"].format(ticket=notice.ticket, unit="", parent="")

    def _says(self, notice: Notice, view: ComplaintView | None) -> Iterator[str]:
        """Yield the notice, and the current deadline if the notice does not name it."""
        say = self.texts.news
        if _hidden(view):
            yield say["mail_hidden"].format(ticket=notice.ticket)
            return
        yield notice.text
        day = view.deadline_at if view and view.status in OPEN else None
        if view and day and not (view.sent.danger or view.paused or view.breached):
            until = self.texts.day(day)
            if until not in notice.text:
                yield say["mail_due"].format(due=until)

    def _stop(self, medium: Medium, address: str) -> str:
        return f"{self.site}/berhenti/{token_of(mark_of(self.installation, medium, address))}"

    def _yes(self, address: str) -> str:
        return f"{self.site}/kabari/{token_of(mark_of(self.installation, Medium.EMAIL, address))}"


def followed(texts: Texts, form: str, ticket: str, status: str) -> tuple[str, str]:
    """Word a message to a supporter of ``ticket`` by its status alone; the unit's words are on the page only.

    ``form`` is `followed`, for the first message, or `followed_step`.
    """
    said = texts.news[form].format(ticket=ticket, status=texts.statuses.get(status, status))
    return said, texts.news["subject_followed"].format(ticket=ticket)


def has_link(notice: Notice, view: ComplaintView | None) -> bool:
    """Check whether ``notice`` carries the secret link: the first does, and any that asks for an answer or a mark.

    Confidential complaints get no link: a mistyped address would show everything to a stranger.
    """
    return view is not None and not _hidden(view) and (_is_first(notice) or _asks(notice, view))


def _is_first(notice: Notice) -> bool:
    return notice.kind in _FIRST and not notice.key


def _asks(notice: Notice, view: ComplaintView) -> bool:
    steps = (step.kind for step in view.steps if str(step.seq) == notice.key)
    return notice.kind == NoticeKind.STEP and not _TO_DO.isdisjoint(steps)


def _is_follower(notice: Notice) -> bool:
    """Check whether it goes to a supporter, who has no complaint."""
    return notice.kind == NoticeKind.FOLLOWED


def _hidden(view: ComplaintView | None) -> bool:
    """Check whether messages must not reveal what the complaint is about.

    Others may read them, also those to somebody who reports abuse or despair.
    """
    return view is not None and (view.rahasia or not NOT_ASKED.isdisjoint(view.sent.danger))
