"""What the steps of a story make of the view of a complaint, and what its reporter is told of each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from chassis.batch import Handler
from chassis.wire import Emit, Message
from contracts.events import ComplaintErased, ComplaintUpdated, ResendAsked
from contracts.sentences import SentenceCode
from contracts.topics import ERASED, RESEND_ASKED, UPDATED
from contracts.vocabulary import (
    CLOCK_KINDS,
    FINAL,
    MOVES,
    UNPROMISED,
    NoArrival,
    Note,
    StageName,
    Status,
    UpdateKind,
    Urgency,
)
from intake.complaint_view import Also, ComplaintView, Pending, Step, load_views, save_views
from intake.notices import NewNotice, NoticeKind, Revision
from intake.texts import Texts

SOURCES = (UPDATED, ERASED, RESEND_ASKED)
#: The notes by which the reporter of an erased complaint hears that it is done; nothing else is told any more.
_FAREWELLS = frozenset({Note.RIGHTS_DONE, Note.ERASED})
#: Whatever this intake tells, everybody reads.
PUBLIC = "intake-social"
#: Whoever has the number of a complaint, by whatever channel it came, reads its story here.
PAGES = "intake-web"
_KINDS = frozenset[str](UpdateKind)
_ASKED = UpdateKind.WAITING_FOR_REPORTER
#: What answers a wish of the reporter, who hears it also after having stopped the news.
_WISHES = frozenset({UpdateKind.NOTED, UpdateKind.CANCELLED, UpdateKind.REOPENED, UpdateKind.APPEALED})
#: The sentences that ask for something that can be done until a last day.
_BY_LAST_DAY: tuple[SentenceCode, ...] = ("rated_resolved", "rated_bad")
#: What a reporter should act on.
_ACTS = frozenset({UpdateKind.WAITING_FOR_REPORTER, UpdateKind.RESOLVED})
#: How a complaint ends, for now at least, and what is asked of its reporter: no bound of a day keeps that back.
_UNBOUNDED = frozenset[str](FINAL) | {UpdateKind.RESOLVED, UpdateKind.WAITING_FOR_REPORTER}
#: What the rules make of a complaint at first.
_FIRST = frozenset({UpdateKind.ROUTED, UpdateKind.HANDED_OVER})
_DEADLINES = frozenset({UpdateKind.DEADLINE_SET, UpdateKind.RESUMED, UpdateKind.RESCHEDULED})
#: With these it is answered; what is closed was so before.
_ANSWERS = (FINAL - {Status.CLOSED}) | {UpdateKind.RESOLVED}
#: What is understood so soon may give another date than the one at first, before anybody was told one.
_MOMENTS = timedelta(seconds=30)
_with = msgspec.structs.replace
Decide = Callable[[Mapping[str, ComplaintView], Message, datetime], tuple[dict[str, ComplaintView], list[Emit]]]


def _set(view: ComplaintView, group: str, seq: int, **facts: Any) -> ComplaintView:
    """Set ``facts``, unless a later step than ``seq`` has set that ``group`` of them already."""
    if seq < view.set_by.get(group, -1):
        return view
    view = _with(view, set_by={**view.set_by, group: seq}, **facts)
    return _with(view, breached=view.missed is not None and view.missed == view.deadline_at)


@dataclass(frozen=True, kw_only=True)
class ComplaintProjection:
    """The rules of one intake; with ``notify`` it answers messages, so that it tells each change.

    A receipt, a question, its answer and a new round wait a while for what the clock says to them: ``wait_s``.
    """

    service: str
    texts: Texts
    notify: bool
    wait_s: float = 0

    def on_step(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
        """Keep the step, and tell the reporter of it. One that is known changes nothing."""
        if data.kind not in _KINDS:  # of a newer router: the next step that is known says how it stands
            return view
        if data.seq <= view.seq and any(step.seq == data.seq for step in view.steps):
            return view
        if view.erased:
            return self._after_erasure(view, data)
        view = _with(view, supporters=max(view.supporters, data.supporters or 0))
        if data.note == Note.SUPPORTED:
            return _with(view, seq=max(view.seq, data.seq))
        if data.note == Note.HELP_ASKED:
            return _moved(view, data)
        if data.kind in CLOCK_KINDS:
            return self._on_clock(_with(view, seq=max(view.seq, data.seq)), data, now)
        own = data.origin == self.service
        outline = self._in_public(view) or self._in_public(data)
        # What is answered to a wish of theirs, its reporter hears on their own channel.
        shown = own or (self.service == PAGES and data.kind != UpdateKind.NOTED)
        after = _counted(_moved(view, data), data, now)
        if shown:
            after = _told_on_page(after, data, now, self._worded(view, data, outline=outline, on_page=True))
        known = data.kind == UpdateKind.REGISTERED or data.code == "passed_on_told"
        if not (self.notify and own) or known:
            return after
        if self._told_today(view, data, now):
            return self._tell(after, NoticeKind.STEP, data.seq, "", untold=NoArrival.SAME_DAY)
        return self._announce(view, after, data, now, self._worded(view, data, outline=outline, on_page=False))

    def _worded(self, view: ComplaintView, data: ComplaintUpdated, *, outline: bool, on_page: bool) -> str:
        """What is said of a step, on the page or in a message."""
        text = self.texts.change(data, service=self.service, outline=outline, on_page=on_page)
        return self._until(text, view) if data.code in _BY_LAST_DAY else text

    def _after_erasure(self, view: ComplaintView, data: ComplaintUpdated) -> ComplaintView:
        """It goes on without a word; to whom it was the router says one more thing."""
        if data.seq <= view.seq:
            return view
        after = _with(view, seq=data.seq, status=data.status)
        if self.notify and data.origin == self.service and data.note in _FAREWELLS:
            return self._tell(after, NoticeKind.STEP, data.seq, self.texts.change(data), data, asked=True)
        return after

    def on_erased(self, view: ComplaintView, data: ComplaintErased) -> ComplaintView:
        """Keep number and status, and have the rest deleted; whenever it is said, for a backup may know it no more."""
        bare = view  # that it is done is told already, perhaps in this very batch
        if not view.erased:
            bare = ComplaintView(
                ticket=view.ticket, seq=view.seq, status=view.status, registered=view.registered, erased=True
            )
        tell = self.notify and not data.done_at
        return _with(bare, erase=(data.complaint_id, tell) if data.origin == self.service else None)

    def _told_today(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> bool:
        """Whether the last step was the same work in progress, on the same day: the page has all of them."""
        before = [step for step in view.steps if step.seq < data.seq and step.kind not in CLOCK_KINDS]
        last = before[-1] if before else None
        if last is None or (last.kind, data.kind) != (UpdateKind.IN_PROGRESS, UpdateKind.IN_PROGRESS):
            return False
        if len(before) > 1 and before[-2].kind == _ASKED:  # the reporter's answer has brought it back to work
            return False
        return last.at.astimezone(self.texts.zone).date() == now.astimezone(self.texts.zone).date()

    def _in_public(self, about: ComplaintView | ComplaintUpdated) -> bool:
        """Whether what is told of it is confidential and stands where anybody reads it."""
        return about.rahasia and self.service == PUBLIC

    def _tell(
        self,
        view: ComplaintView,
        kind: NoticeKind,
        key: object,
        text: str,
        data: ComplaintUpdated | None = None,
        **more: Any,
    ) -> ComplaintView:
        """Tell ``text``; with ``data`` it is that step, whatever else it says."""
        act = data is not None and data.kind in _ACTS
        ends = data is not None and (data.kind in _UNBOUNDED or data.note in _FAREWELLS)
        subject = self.texts.subject(self.service, data) if data else ""
        urgent = bool(view.danger)
        notice = NewNotice(
            view.ticket, kind, str(key), text, act=act, ends=ends, urgent=urgent, subject=subject, **more
        )
        return _with(view, notices=[*view.notices, notice])

    def _revise(self, view: ComplaintView, pending: Pending, text: str) -> ComplaintView:
        tells_deadline = pending.waits_for == "deadline"
        revision = Revision(view.ticket, NoticeKind.STEP, str(pending.seq), text, tells_deadline)
        return _with(view, pending=None, revisions=[*view.revisions, revision])

    def _announce(
        self, before: ComplaintView, view: ComplaintView, data: ComplaintUpdated, now: datetime, text: str
    ) -> ComplaintView:
        """Tell ``text``, with what the clock says to it; if the clock has not spoken yet it waits for that."""
        asked = data.kind in _WISHES
        if data.seq < before.seq:  # a dead letter that was put back
            return self._tell(view, NoticeKind.STEP, data.seq, text, data, asked=asked)
        if view.deadline_untold and not view.undated and view.deadline_at and view.deadline_at > now:
            text = f"{text} {self._said('moved', view)}"
            return self._tell(_with(view, deadline_untold=False), NoticeKind.STEP, data.seq, text, data, asked=asked)
        if self._begins(before, view, data):
            receipt = self.texts.receipt(self.service, view, text if data.kind != UpdateKind.ROUTED else "")
            hold = data.kind == UpdateKind.ROUTED and view.deadline_at is None
            revision = Revision(view.ticket, NoticeKind.RECEIPT, "", receipt, tells_deadline=False, hold=hold)
            view = _with(view, revisions=[*view.revisions, revision])
            return self._tell(view, NoticeKind.STEP, data.seq, text, data, in_receipt=True)
        waits_for, undoes = _waits_for(before, view, data), ""
        if data.note == Note.UNDONE:  # what was only noted since stays as it is
            undoes = next((str(each.seq) for each in reversed(before.steps) if each.kind in MOVES), "")
        if waits_for is None:
            return self._tell(view, NoticeKind.STEP, data.seq, text, data, asked=asked, undoes=undoes)
        view = _with(view, pending=Pending(seq=data.seq, text=text, waits_for=waits_for))  # type: ignore[arg-type]
        return self._tell(view, NoticeKind.STEP, data.seq, text, data, after_s=self.wait_s, asked=asked, undoes=undoes)

    def _begins(self, before: ComplaintView, view: ComplaintView, data: ComplaintUpdated) -> bool:
        """Whether nothing else was done with it before: its receipt, if that still waits, tells this too.

        In danger nothing waits, and where everybody reads it no unit is told.
        """
        first = data.kind in _FIRST and data.note is UNSET and _begun(before) == _steps(before) and view.parent is None
        return first and not view.danger and not self._in_public(view)

    def _on_clock(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
        """Keep the deadline and what became of it; the rest is no concern of citizens."""
        if data.stage == StageName.CLOSING and data.kind in _DEADLINES:
            view = _set(view, "reopening", data.seq, reopen_until=data.deadline_at or None)
            if view.pending and view.pending.waits_for == "last_day" and view.reopen_until:
                return self._revise(view, view.pending, self._until(view.pending.text, view))
            return view
        if data.stage == StageName.RIGHTS and data.origin == self.service:
            return self._on_rights(view, data, now)
        if data.stage != StageName.COMPLETION:
            return view
        match data.kind:
            case UpdateKind.DEADLINE_SET | UpdateKind.RESUMED | UpdateKind.RESCHEDULED:
                return self._on_deadline(view, data, now)
            case UpdateKind.PAUSED:
                return self._on_paused(view, data, now)
            case UpdateKind.BREACHED:
                return self._on_breached(view, data, now)
            case UpdateKind.RETRACTED:
                return self._on_retracted(view, data, now)
            case UpdateKind.ESCALATED:
                return _told_on_page(view, data, now, self.texts.escalated(data))
        return view

    def _on_paused(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
        bound = self.texts.said_by_clock("answer_by", data.paused_until) if data.paused_until else ""
        view = _told_on_page(view, data, now, f"{self._said(UpdateKind.PAUSED, view)} {bound}".strip())
        view = _set(view, "pause", data.seq, paused=True)
        if view.pending and view.pending.waits_for == "bound" and data.seq == view.seq:
            return self._revise(view, view.pending, f"{view.pending.text} {bound}".strip())
        return view

    def _on_deadline(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
        before = view
        missed = data.kind != UpdateKind.DEADLINE_SET and view.breached and view.deadline_at == data.deadline_at
        facts = {"deadline_at": data.deadline_at or None, "derivation": data.derivation, "promise": data.promise or ""}
        view = _set(view, "deadline", data.seq, **facts)
        if data.kind != UpdateKind.RESCHEDULED:
            view = _set(view, "pause", data.seq, paused=False)
        if data.kind != UpdateKind.DEADLINE_SET and not missed:
            # It goes on after a question, or because what had ended it was taken back.
            said = "moved" if data.kind == UpdateKind.RESUMED and not before.paused else data.kind
            view = _told_on_page(view, data, now, self._said(said, view))
        if data.seq < view.seq or not self.notify or missed or data.origin != self.service:
            return view
        if view.deadline_at and view.deadline_at <= now:  # the clock is behind: an apology follows, and no promise
            return view
        moved_at_once = data.kind == UpdateKind.RESCHEDULED and now - data.received_at < _MOMENTS
        first = data.kind == UpdateKind.DEADLINE_SET or moved_at_once
        if first and data.round == 1 and view.parent is None:
            if view.undated or view.status in UNPROMISED:  # told whom to call, or how it ended, and of no date
                return view
            if _has_moved_on(view):
                return _with(view, deadline_untold=True)
            receipt, waits_for_unit = self.texts.receipt(self.service, view), view.unit is None
            revision = Revision(view.ticket, NoticeKind.RECEIPT, "", receipt, hold=waits_for_unit)
            return _with(view, revisions=[*view.revisions, revision])
        return self._tell_deadline(view, data, moved=before.paused or view.deadline_at != before.deadline_at)

    def _tell_deadline(self, view: ComplaintView, data: ComplaintUpdated, *, moved: bool) -> ComplaintView:
        """With the notice that waits for it, or by itself where no step goes with it; else with the next notice.

        After a question it is told also when it is as before, for the citizen was told that it stands. While one is
        open nobody knows it.
        """
        if view.undated:
            if view.pending and data.kind != UpdateKind.RESCHEDULED:
                return self._revise(view, view.pending, view.pending.text)
            return view
        if view.parent is None and data.kind != UpdateKind.RESCHEDULED:
            if view.pending and view.pending.waits_for == "deadline":
                return self._revise(view, view.pending, f"{view.pending.text} {self._said('moved', view)}")
            if view.pending:  # no time was left for the question
                view = self._revise(view, view.pending, view.pending.text)
            return _with(view, deadline_untold=view.status not in UNPROMISED)
        if not moved or view.paused or view.status in UNPROMISED:
            return view
        said = self._said(UpdateKind.RESCHEDULED if data.kind == UpdateKind.RESCHEDULED else "moved", view)
        return self._tell(_with(view, deadline_untold=False), NoticeKind.DEADLINE, data.seq, f"{view.ticket}: {said}")

    def _on_breached(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
        """Say so on the page and, once for each broken promise, to the reporter."""
        view = _set(view, "deadline", data.seq, deadline_at=data.deadline_at or None, derivation=data.derivation)
        if not _is_retracted(view, data):
            view = _set(view, "breach", data.seq, missed=data.deadline_at or None)
        view = _set(view, "pause", data.seq, paused=False)
        view = _told_on_page(_with(view, deadline_untold=False), data, now, self._said(UpdateKind.BREACHED, view, data))
        if not self.notify or view.status in UNPROMISED or data.origin != self.service:
            return view
        waits = data.round == 1 and view.parent is None and not view.danger and not _has_moved_on(view)
        if waits and not _is_retracted(view, data):
            # A receipt that still waits must not promise what the apology behind it takes back.
            receipt = self.texts.receipt(self.service, _with(view, deadline_at=None))
            revision = Revision(view.ticket, NoticeKind.RECEIPT, "", receipt, tells_deadline=False)
            view = _with(view, revisions=[*view.revisions, revision])
        unit = None if self._in_public(view) else data.unit or view.unit
        text = self.texts.apology(self.service, view.ticket, data.deadline_at or None, unit)
        return self._apologize(view, data, text)

    def _apologize(self, view: ComplaintView, data: ComplaintUpdated, text: str) -> ComplaintView:
        if _is_retracted(view, data):
            return view
        view = _with(view, apologies={**view.apologies, _promise(data): data.seq})
        return self._tell(view, NoticeKind.APOLOGY, data.seq, text)

    def _on_retracted(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
        if data.level:
            return _told_on_page(view, data, now, self._said("not_escalated", view, data))
        view = _told_on_page(view, data, now, self._said(UpdateKind.RETRACTED, view, data))
        if data.deadline_at == view.missed:
            view = _set(view, "breach", data.seq, missed=None)
        return self._correct(view, data)

    def _on_rights(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
        """The clock of a right runs beside the complaint's; what was asked is its reporter's business alone."""
        if data.kind == UpdateKind.BREACHED:
            text = self._said("rights_late", view, data)
            view = _told_on_page(view, data, now, text, own=True)
            return self._apologize(view, data, f"{view.ticket}: {text}") if self.notify else view
        if data.kind == UpdateKind.RETRACTED and not data.level:
            view = _told_on_page(view, data, now, self._said(UpdateKind.RETRACTED, view, data), own=True)
            return self._correct(view, data)
        return view

    def _correct(self, view: ComplaintView, data: ComplaintUpdated) -> ComplaintView:
        """Take back the apology, before whoever was told it."""
        view = _set(view, _promise(data), data.seq)
        wrong = view.apologies.get(_promise(data))
        if wrong is None or wrong > data.seq:
            return view
        left = {promise: seq for promise, seq in view.apologies.items() if seq != wrong}
        form = self.texts.answers(self.service)["correction"]
        text = form.format(ticket=view.ticket, due=self.texts.day(data.deadline_at) if data.deadline_at else "")
        return self._tell(_with(view, apologies=left), NoticeKind.CORRECTION, data.seq, text, corrects=str(wrong))

    def _until(self, text: str, view: ComplaintView) -> str:
        """Behind ``text`` the last day on which it may be reopened, once that is known."""
        last = self.texts.said_by_clock("judge_by", view.reopen_until) if text and view.reopen_until else ""
        return f"{text} {last}".strip()

    def _said(self, kind: str, view: ComplaintView, data: ComplaintUpdated | None = None) -> str:
        """Word what the clock did, of the deadline of ``data`` or else the one that holds."""
        due = (data.deadline_at if data else None) or view.deadline_at
        return self.texts.said_by_clock(kind, due, None if self._in_public(view) else view.unit)


def _steps(view: ComplaintView) -> list[Step]:
    """What was done with it since it was registered."""
    return [each for each in view.steps if each.kind not in CLOCK_KINDS and each.kind != UpdateKind.REGISTERED]


def _begun(view: ComplaintView) -> list[Step]:
    """Those of them by which it came to who worked on it first."""
    return list(itertools.takewhile(lambda step: step.kind in _FIRST, _steps(view)))


def _has_moved_on(view: ComplaintView) -> bool:
    """Whether another unit has it than at first, of which its receipt tells."""
    return any(step.unit != view.unit for step in _steps(view)[len(_begun(view)) :])


def _moved(view: ComplaintView, data: ComplaintUpdated) -> ComplaintView:
    """What a step that is not the clock's changes of the complaint itself."""
    view = _with(view, seq=max(view.seq, data.seq), registered=True, rahasia=view.rahasia or data.rahasia)
    view = _set(view, "status", data.seq, status=data.status, unit=data.unit, lane=data.lane, support=data.support)
    view = _set(view, "urgency", data.seq, emergency=data.urgency == Urgency.DARURAT)
    if data.note == Note.URGENCY_CHANGED:
        view = _set(view, "calm", data.seq, calm=data.urgency != Urgency.DARURAT)
    if data.note == Note.UNDONE:  # what the act had brought is gone
        view = _set(view, "evidence", data.seq, evidence=[])
        view = _set(view, "reopening", data.seq, reopen_until=None)
        view = _set(view, "handover", data.seq, target=None, contact=None)
        view = _with(view, pending=None)
    if data.kind in MOVES or data.note == Note.CONFIRMED:
        view = _set(view, "confirmation", data.seq, to_confirm=data.note == Note.TO_CONFIRM)
    match data.kind:
        case UpdateKind.MERGED:  # the parent's clock counts for both
            facts = {"deadline_at": data.deadline_at or None, "derivation": data.derivation, "promise": ""}
            view = _set(view, "parent", data.seq, parent=data.parent or None)
            view = _set(view, "deadline", data.seq, **facts)
            late = data.code == "parent_late"
            view = _set(view, "breach", data.seq, missed=(data.deadline_at or None) if late else None)
            view = _set(view, "pause", data.seq, paused=data.code == "parent_paused")
            return _with(view, pending=None, deadline_untold=False)
        case UpdateKind.UNMERGED:
            return _set(view, "parent", data.seq, parent=None)
        case UpdateKind.HANDED_OVER:
            facts = {"target": data.target or None, "contact": data.contact or None}
            view = _set(view, "handover", data.seq, **facts)
        case UpdateKind.RESOLVED:
            view = _set(view, "evidence", data.seq, evidence=data.evidence)
        case UpdateKind.REOPENED:
            view = _set(view, "evidence", data.seq, evidence=[])
            view = _set(view, "reopening", data.seq, reopen_until=None)
    return _with(view, pending=None, deadline_untold=False) if view.status in UNPROMISED else view


def _counted(view: ComplaintView, data: ComplaintUpdated, now: datetime) -> ComplaintView:
    """What public lists and figures say of it. It is answered once it is resolved, or nothing more is to come."""
    where = {"listed": data.listed, "kecamatan": data.kecamatan or None, "desa": data.desa or None}
    view = _set(view, "counted", data.seq, received_at=data.received_at, category=data.category, **where)
    if data.kind in _ANSWERS:
        view = _set(view, "answered", data.seq, answered_at=now)
    elif data.kind == UpdateKind.REOPENED or data.note == Note.UNDONE:
        view = _set(view, "answered", data.seq, answered_at=None)
    return _set(view, "rating", data.seq, rating=data.rating) if data.rating else view


def _told_on_page(
    view: ComplaintView, data: ComplaintUpdated, now: datetime, text: str, *, own: bool = False
) -> ComplaintView:
    said = data.message or ""
    step = Step(seq=data.seq, kind=data.kind, at=now, unit=data.unit, text=text, message=said, own=own)
    return _with(view, steps=sorted([*view.steps, step], key=lambda each: each.seq))


def _waits_for(before: ComplaintView, view: ComplaintView, data: ComplaintUpdated) -> str | None:
    """What the clock will say to ``data``: a bound to a question, a deadline to its answer and to a new round, the last
    day on which what was resolved may be reopened."""
    if data.kind == UpdateKind.RESOLVED:
        return "last_day"
    if data.status in UNPROMISED or data.kind == UpdateKind.MERGED:
        return None
    if data.kind == _ASKED:
        return None if view.breached else "bound"
    if data.note == Note.UNDONE:
        return None if view.breached or before.status not in UNPROMISED else "deadline"
    answered = before.status == _ASKED and data.status != _ASKED and not view.breached
    return "deadline" if answered or data.kind in (UpdateKind.REOPENED, UpdateKind.UNMERGED) else None


def _promise(data: ComplaintUpdated) -> str:
    """Names one promise: a stage, and its deadline."""
    return f"{data.stage} {data.deadline_at.timestamp():.3f}" if data.deadline_at else str(data.stage)


def _is_retracted(view: ComplaintView, breach: ComplaintUpdated) -> bool:
    """Whether what took ``breach`` back was read before it: it was a dead letter."""
    return breach.seq < view.set_by.get(_promise(breach), -1)


def build_decide(service: str, texts: Texts, *, notify: bool, wait_s: float = 0) -> Decide:
    """The decision of an intake: keep what is public, and with ``notify`` tell the reporter of each change."""
    projection = ComplaintProjection(service=service, texts=texts, notify=notify, wait_s=wait_s)

    def decide(
        views: Mapping[str, ComplaintView], message: Message, _now: datetime
    ) -> tuple[dict[str, ComplaintView], list[Emit]]:
        data: Any = message.data
        view = views.get(data.ticket) or ComplaintView(ticket=data.ticket)
        after = view
        if isinstance(data, ComplaintUpdated):
            after = projection.on_step(view, data, _now)
        elif isinstance(data, ComplaintErased):
            after = projection.on_erased(view, data)
        elif isinstance(data, ResendAsked) and data.ticket in views:
            after = _with(view, again=[*view.again, data.message_id])
        if message.trace and after is not view:
            after = _with(after, notices=[n if n.trace else replace(n, trace=message.trace) for n in after.notices])
        return ({} if after is view else {data.ticket: after}), []

    return decide


def _tickets(message: Message) -> list[str]:
    data: Any = message.data
    return [data.ticket]


def story_handler(
    service: str, texts: Texts, *, notify: bool, event_key: bytes = b"", wait_s: float = 0, also: Also | None = None
) -> Handler[ComplaintView]:
    """The handler an intake gives to its consumer; ``wait_s`` as ``RECEIPT_WAIT_S`` in its settings, ``also`` as in
    :func:`intake.complaint_view.save_views`."""
    return Handler(
        service=service,
        keys=_tickets,
        load=load_views,
        decide=build_decide(service, texts, notify=notify, wait_s=wait_s),
        save=partial(save_views, service=service, event_key=event_key, also=also),
    )
