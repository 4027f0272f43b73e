"""Applies the steps of a story to the view of a complaint, and decides what its reporter is told of each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
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
from intake.channel import CHANNELS
from intake.complaint_view import Also, ComplaintView, Pending, Step
from intake.effects import Decided, Effects, joined, load_decided, save_decided
from intake.notices import NewNotice, NoticeKind, Revision
from intake.texts import Texts

SOURCES = (UPDATED, ERASED, RESEND_ASKED)
#: The notes that tell the reporter of an erased complaint that it is done; nothing else is told any longer.
_FAREWELLS = frozenset({Note.RIGHTS_DONE, Note.ERASED})
_KINDS = frozenset[str](UpdateKind)
_ASKED = UpdateKind.WAITING_FOR_REPORTER
#: Replies to a wish of the reporter, sent even after they have stopped the news.
_WISHES = frozenset({UpdateKind.NOTED, UpdateKind.CANCELLED, UpdateKind.REOPENED, UpdateKind.APPEALED})
#: The sentences that offer something which is possible until a last day.
_BY_LAST_DAY: tuple[SentenceCode, ...] = ("rated_resolved", "rated_bad")
#: Steps that the reporter should act on.
_ACTS = frozenset({UpdateKind.WAITING_FOR_REPORTER, UpdateKind.RESOLVED})
#: The end of a complaint, at least for now, and questions to its reporter: sent whatever the bounds.
_UNBOUNDED = frozenset[str](FINAL) | {UpdateKind.RESOLVED, UpdateKind.WAITING_FOR_REPORTER}
#: The first steps of a complaint, made by the rules.
_FIRST = frozenset({UpdateKind.ROUTED, UpdateKind.HANDED_OVER})
_DEADLINES = frozenset({UpdateKind.DEADLINE_SET, UpdateKind.RESUMED, UpdateKind.RESCHEDULED})
#: Steps that answer a complaint; a closed one was answered before.
_ANSWERS = (FINAL - {Status.CLOSED}) | {UpdateKind.RESOLVED}
#: A deadline rescheduled this soon after the intake counts as the first one: nobody was told another.
_MOMENTS = timedelta(seconds=30)
_with = msgspec.structs.replace
Decide = Callable[[Mapping[str, Decided], Message, datetime], tuple[dict[str, Decided], list[Emit]]]


def _set(view: ComplaintView, group: str, seq: int, **facts: Any) -> ComplaintView:
    """Set ``facts``, unless a step later than ``seq`` has already set that ``group`` of facts."""
    if seq < view.set_by.get(group, -1):
        return view
    return _with(view, set_by={**view.set_by, group: seq}, **facts)


@dataclass(frozen=True, kw_only=True)
class ComplaintProjection:
    """The rules of one intake; with ``notify`` it sends messages, and so tells each change.

    A receipt, a question, its answer and a new round wait up to ``wait_s`` seconds for the date that the clock adds.
    """

    service: str
    texts: Texts
    notify: bool
    wait_s: float = 0

    def on_step(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> Decided:
        """Apply the step; return the view after it, and what tells the reporter of it. A known step changes nothing."""
        if data.kind not in _KINDS:  # from a newer router; the next known step has the status, too
            return Decided(view)
        if data.seq <= view.seq and any(step.seq == data.seq for step in view.steps):
            return Decided(view)
        if view.erased:
            return self._after_erasure(view, data)
        view = _with(view, supporters=max(view.supporters, data.supporters or 0))
        if data.note == Note.SUPPORTED:
            return Decided(_with(view, seq=max(view.seq, data.seq)))
        if data.note == Note.HELP_ASKED:
            return Decided(_moved(view, data))
        if data.kind in CLOCK_KINDS:
            return self._on_clock(_with(view, seq=max(view.seq, data.seq)), data, now)
        own = data.origin == self.service
        outline = self._in_public(view) or self._in_public(data)
        # The reply to a wish is told on the reporter's own channel only.
        shown = own or (CHANNELS[self.service].pages and data.kind != UpdateKind.NOTED)
        after = _counted(_moved(view, data), data, now)
        if shown:
            after = _told_on_page(after, data, now, self._worded(view, data, outline=outline, on_page=True))
        known = data.kind == UpdateKind.REGISTERED or data.code == "passed_on_told"
        if not (self.notify and own) or known:
            return Decided(after)
        if self._told_today(view, data, now):
            return self._tell(after, NoticeKind.STEP, data.seq, "", untold=NoArrival.SAME_DAY)
        return self._announce(view, after, data, now, self._worded(view, data, outline=outline, on_page=False))

    def _worded(self, view: ComplaintView, data: ComplaintUpdated, *, outline: bool, on_page: bool) -> str:
        """Word a step, for the page or for a message."""
        text = self.texts.change(data, service=self.service, outline=outline, on_page=on_page)
        return self._until(text, view) if data.code in _BY_LAST_DAY else text

    def _after_erasure(self, view: ComplaintView, data: ComplaintUpdated) -> Decided:
        """Follow an erased complaint without storing words; the router's last word still goes to its reporter."""
        if data.seq <= view.seq:
            return Decided(view)
        after = _with(view, seq=data.seq, status=data.status)
        if self.notify and data.origin == self.service and data.note in _FAREWELLS:
            return self._tell(after, NoticeKind.STEP, data.seq, self.texts.change(data), data, asked=True)
        return Decided(after)

    def on_erased(self, view: ComplaintView, data: ComplaintErased) -> Decided:
        """Return a view of number and status alone, and the order to delete the rest, at every order: a restored
        backup may not know of the first."""
        bare = ComplaintView(
            ticket=view.ticket, seq=view.seq, status=view.status, registered=view.registered, erased=True
        )
        tell = self.notify and not data.done_at
        return Decided(bare, Effects(erase=(data.complaint_id, tell) if data.origin == self.service else None))

    def _told_today(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> bool:
        """Whether the last step was the same work in progress, on the same day: only the page shows each."""
        before = [step for step in view.steps if step.seq < data.seq and step.kind not in CLOCK_KINDS]
        last = before[-1] if before else None
        if last is None or (last.kind, data.kind) != (UpdateKind.IN_PROGRESS, UpdateKind.IN_PROGRESS):
            return False
        if len(before) > 1 and before[-2].kind == _ASKED:  # the reporter's answer has brought it back to work
            return False
        return last.at.astimezone(self.texts.zone).date() == now.astimezone(self.texts.zone).date()

    def _in_public(self, about: ComplaintView | ComplaintUpdated) -> bool:
        """Whether it is confidential and told where everybody can read it."""
        return about.rahasia and CHANNELS[self.service].public

    def _tell(
        self,
        view: ComplaintView,
        kind: NoticeKind,
        key: object,
        text: str,
        data: ComplaintUpdated | None = None,
        revisions: Sequence[Revision] = (),
        **more: Any,
    ) -> Decided:
        """Add a notice with ``text``, and ``revisions`` of others; with ``data`` it tells that step, whatever else it
        says."""
        act = data is not None and data.kind in _ACTS
        ends = data is not None and (data.kind in _UNBOUNDED or data.note in _FAREWELLS)
        subject = self.texts.subject(self.service, data) if data else ""
        urgent = bool(view.sent.danger)
        notice = NewNotice(
            view.ticket, kind, str(key), text, act=act, ends=ends, urgent=urgent, subject=subject, **more
        )
        return Decided(view, Effects(notices=[notice], revisions=list(revisions)))

    def _revise(self, view: ComplaintView, pending: Pending, text: str) -> Decided:
        tells_deadline = pending.waits_for == "deadline"
        revision = Revision(view.ticket, NoticeKind.STEP, str(pending.seq), text, tells_deadline)
        return Decided(_with(view, pending=None), Effects(revisions=[revision]))

    def _announce(
        self, before: ComplaintView, view: ComplaintView, data: ComplaintUpdated, now: datetime, text: str
    ) -> Decided:
        """Tell ``text`` with the date that the clock adds; if that is not known yet, the notice waits for it."""
        asked = data.kind in _WISHES
        if data.seq < before.seq:  # a replayed dead letter
            return self._tell(view, NoticeKind.STEP, data.seq, text, data, asked=asked)
        if view.deadline_untold and not view.undated and view.deadline_at and view.deadline_at > now:
            text = f"{text} {self._said('moved', view)}"
            return self._tell(_with(view, deadline_untold=False), NoticeKind.STEP, data.seq, text, data, asked=asked)
        if self._begins(before, view, data):
            receipt = self.texts.receipt(self.service, view, text if data.kind != UpdateKind.ROUTED else "")
            hold = data.kind == UpdateKind.ROUTED and view.deadline_at is None
            revision = Revision(view.ticket, NoticeKind.RECEIPT, "", receipt, tells_deadline=False, hold=hold)
            return self._tell(view, NoticeKind.STEP, data.seq, text, data, revisions=[revision], in_receipt=True)
        waits_for, undoes = _waits_for(before, view, data), ""
        if data.note == Note.UNDONE:  # mere notes since then stay as they are
            undoes = next((str(each.seq) for each in reversed(before.steps) if each.kind in MOVES), "")
        if waits_for is None:
            return self._tell(view, NoticeKind.STEP, data.seq, text, data, asked=asked, undoes=undoes)
        view = _with(view, pending=Pending(seq=data.seq, text=text, waits_for=waits_for))  # type: ignore[arg-type]
        return self._tell(view, NoticeKind.STEP, data.seq, text, data, after_s=self.wait_s, asked=asked, undoes=undoes)

    def _begins(self, before: ComplaintView, view: ComplaintView, data: ComplaintUpdated) -> bool:
        """Whether nothing else was done with it before: a receipt that still waits then tells this step, too.

        In danger nothing waits, and where everybody can read it no unit is named.
        """
        first = data.kind in _FIRST and data.note is UNSET and _begun(before) == _steps(before) and view.parent is None
        return first and not view.sent.danger and not self._in_public(view)

    def _on_clock(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> Decided:
        """Keep the deadline and what became of it; other steps of the clock do not concern citizens."""
        if data.stage == StageName.CLOSING and data.kind in _DEADLINES:
            view = _set(view, "reopening", data.seq, reopen_until=data.deadline_at or None)
            if view.pending and view.pending.waits_for == "last_day" and view.reopen_until:
                return self._revise(view, view.pending, self._until(view.pending.text, view))
            return Decided(view)
        if data.stage == StageName.RIGHTS and data.origin == self.service:
            return self._on_rights(view, data, now)
        if data.stage != StageName.COMPLETION:
            return Decided(view)
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
                return Decided(_told_on_page(view, data, now, self.texts.escalated(data)))
        return Decided(view)

    def _on_paused(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> Decided:
        bound = self.texts.said_by_clock("answer_by", data.paused_until) if data.paused_until else ""
        view = _told_on_page(view, data, now, f"{self._said(UpdateKind.PAUSED, view)} {bound}".strip())
        view = _set(view, "pause", data.seq, paused=True)
        if view.pending and view.pending.waits_for == "bound" and data.seq == view.seq:
            return self._revise(view, view.pending, f"{view.pending.text} {bound}".strip())
        return Decided(view)

    def _on_deadline(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> Decided:
        before = view
        missed = data.kind != UpdateKind.DEADLINE_SET and view.breached and view.deadline_at == data.deadline_at
        facts = {"deadline_at": data.deadline_at or None, "derivation": data.derivation, "promise": data.promise or ""}
        view = _set(view, "deadline", data.seq, **facts)
        if data.kind != UpdateKind.RESCHEDULED:
            view = _set(view, "pause", data.seq, paused=False)
        if data.kind != UpdateKind.DEADLINE_SET and not missed:
            # The clock runs again after a question, or because the end of the complaint was taken back.
            said = "moved" if data.kind == UpdateKind.RESUMED and not before.paused else data.kind
            view = _told_on_page(view, data, now, self._said(said, view))
        if data.seq < view.seq or not self.notify or missed or data.origin != self.service:
            return Decided(view)
        if view.deadline_at and view.deadline_at <= now:  # the clock is behind: an apology follows, not a promise
            return Decided(view)
        moved_at_once = data.kind == UpdateKind.RESCHEDULED and now - data.received_at < _MOMENTS
        first = data.kind == UpdateKind.DEADLINE_SET or moved_at_once
        if first and data.round == 1 and view.parent is None:
            if view.undated or view.status in UNPROMISED:  # was told whom to call, or the outcome, and no date
                return Decided(view)
            if _has_moved_on(view):
                return Decided(_with(view, deadline_untold=True))
            receipt, waits_for_unit = self.texts.receipt(self.service, view), view.unit is None
            revision = Revision(view.ticket, NoticeKind.RECEIPT, "", receipt, hold=waits_for_unit)
            return Decided(view, Effects(revisions=[revision]))
        return self._tell_deadline(view, data, moved=before.paused or view.deadline_at != before.deadline_at)

    def _tell_deadline(self, view: ComplaintView, data: ComplaintUpdated, *, moved: bool) -> Decided:
        """Tell the deadline in the notice that waits for it, on its own if it comes with no step, else in the next
        notice.

        After a question it is told even if unchanged, because the citizen was told that the clock stands still. While a
        question is open the deadline is unknown.
        """
        if view.undated:
            if view.pending and data.kind != UpdateKind.RESCHEDULED:
                return self._revise(view, view.pending, view.pending.text)
            return Decided(view)
        if view.parent is None and data.kind != UpdateKind.RESCHEDULED:
            if view.pending and view.pending.waits_for == "deadline":
                return self._revise(view, view.pending, f"{view.pending.text} {self._said('moved', view)}")
            view = _with(view, deadline_untold=view.status not in UNPROMISED)
            # If a question still waits, no time was left for it.
            return self._revise(view, view.pending, view.pending.text) if view.pending else Decided(view)
        if not moved or view.paused or view.status in UNPROMISED:
            return Decided(view)
        said = self._said(UpdateKind.RESCHEDULED if data.kind == UpdateKind.RESCHEDULED else "moved", view)
        return self._tell(_with(view, deadline_untold=False), NoticeKind.DEADLINE, data.seq, f"{view.ticket}: {said}")

    def _on_breached(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> Decided:
        """Show the breach on the page and, once for each broken promise, apologise to the reporter."""
        view = _set(view, "deadline", data.seq, deadline_at=data.deadline_at or None, derivation=data.derivation)
        if not _is_retracted(view, data):
            view = _set(view, "breach", data.seq, missed=data.deadline_at or None)
        view = _set(view, "pause", data.seq, paused=False)
        view = _told_on_page(_with(view, deadline_untold=False), data, now, self._said(UpdateKind.BREACHED, view, data))
        if not self.notify or view.status in UNPROMISED or data.origin != self.service:
            return Decided(view)
        revisions = list[Revision]()
        if data.round == 1 and view.parent is None and not view.sent.danger and not _has_moved_on(view):
            # A receipt that still waits must not promise the date that the apology behind it takes back.
            receipt = self.texts.receipt(self.service, _with(view, deadline_at=None))
            revisions = [Revision(view.ticket, NoticeKind.RECEIPT, "", receipt, tells_deadline=False)]
        unit = None if self._in_public(view) else data.unit or view.unit
        text = self.texts.apology(self.service, view.ticket, data.deadline_at or None, unit)
        return self._apologize(view, data, text, revisions)

    def _apologize(
        self, view: ComplaintView, data: ComplaintUpdated, text: str, revisions: Sequence[Revision] = ()
    ) -> Decided:
        if _is_retracted(view, data):
            return Decided(view)
        view = _with(view, apologies={**view.apologies, _promise(data): data.seq})
        return self._tell(view, NoticeKind.APOLOGY, data.seq, text, revisions=revisions)

    def _on_retracted(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> Decided:
        if data.level:
            return Decided(_told_on_page(view, data, now, self._said("not_escalated", view, data)))
        view = _told_on_page(view, data, now, self._said(UpdateKind.RETRACTED, view, data))
        if data.deadline_at == view.missed:
            view = _set(view, "breach", data.seq, missed=None)
        return self._correct(view, data)

    def _on_rights(self, view: ComplaintView, data: ComplaintUpdated, now: datetime) -> Decided:
        """Follow the clock of a right, which runs beside the complaint's. Only the reporter may read of the request."""
        if data.kind == UpdateKind.BREACHED:
            text = self._said("rights_late", view, data)
            view = _told_on_page(view, data, now, text, own=True)
            return self._apologize(view, data, f"{view.ticket}: {text}") if self.notify else Decided(view)
        if data.kind == UpdateKind.RETRACTED and not data.level:
            view = _told_on_page(view, data, now, self._said(UpdateKind.RETRACTED, view, data), own=True)
            return self._correct(view, data)
        return Decided(view)

    def _correct(self, view: ComplaintView, data: ComplaintUpdated) -> Decided:
        """Take back the apology, towards everybody who got it."""
        view = _set(view, _promise(data), data.seq)
        wrong = view.apologies.get(_promise(data))
        if wrong is None or wrong > data.seq:
            return Decided(view)
        left = {promise: seq for promise, seq in view.apologies.items() if seq != wrong}
        form = self.texts.answers(self.service)["correction"]
        text = form.format(ticket=view.ticket, due=self.texts.day(data.deadline_at) if data.deadline_at else "")
        return self._tell(_with(view, apologies=left), NoticeKind.CORRECTION, data.seq, text, corrects=str(wrong))

    def _until(self, text: str, view: ComplaintView) -> str:
        """Append to ``text`` the last day for reopening, once it is known."""
        last = self.texts.said_by_clock("judge_by", view.reopen_until) if text and view.reopen_until else ""
        return f"{text} {last}".strip()

    def _said(self, kind: str, view: ComplaintView, data: ComplaintUpdated | None = None) -> str:
        """Word what the clock did about the deadline of ``data``, or else about the current one."""
        due = (data.deadline_at if data else None) or view.deadline_at
        return self.texts.said_by_clock(kind, due, None if self._in_public(view) else view.unit)


def _steps(view: ComplaintView) -> list[Step]:
    """List what was done with it since it was registered."""
    return [each for each in view.steps if each.kind not in CLOCK_KINDS and each.kind != UpdateKind.REGISTERED]


def _begun(view: ComplaintView) -> list[Step]:
    """List the first of these steps, up to its arrival at the first unit."""
    return list(itertools.takewhile(lambda step: step.kind in _FIRST, _steps(view)))


def _has_moved_on(view: ComplaintView) -> bool:
    """Whether another unit has it than the first one, which its receipt names."""
    return any(step.unit != view.unit for step in _steps(view)[len(_begun(view)) :])


def _moved(view: ComplaintView, data: ComplaintUpdated) -> ComplaintView:
    """Apply what a step, other than the clock's, changes about the complaint itself."""
    view = _with(view, seq=max(view.seq, data.seq), registered=True, rahasia=view.rahasia or data.rahasia)
    view = _set(view, "status", data.seq, status=data.status, unit=data.unit, lane=data.lane, support=data.support)
    view = _set(view, "urgency", data.seq, emergency=data.urgency == Urgency.DARURAT)
    if data.note == Note.URGENCY_CHANGED:
        view = _set(view, "calm", data.seq, calm=data.urgency != Urgency.DARURAT)
    if data.note == Note.UNDONE:  # drop the results of that act
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
    """Set what public lists and figures say of it. It is answered once it is resolved or nothing more is to come."""
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
    """Return what the clock will add to ``data``: a time limit to a question, a deadline to its answer and to a new
    round, the last day for reopening to a resolution."""
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
    """Return the name of a promise: its stage and deadline."""
    return f"{data.stage} {data.deadline_at.timestamp():.3f}" if data.deadline_at else str(data.stage)


def _is_retracted(view: ComplaintView, breach: ComplaintUpdated) -> bool:
    """Whether the retraction of ``breach`` was read before it, because ``breach`` was a dead letter."""
    return breach.seq < view.set_by.get(_promise(breach), -1)


def build_decide(service: str, texts: Texts, *, notify: bool, wait_s: float = 0) -> Decide:
    """Build the decision function of an intake: store what is public, and with ``notify`` tell each change."""
    projection = ComplaintProjection(service=service, texts=texts, notify=notify, wait_s=wait_s)

    def decide(
        stories: Mapping[str, Decided], message: Message, now: datetime
    ) -> tuple[dict[str, Decided], list[Emit]]:
        data: Any = message.data
        known = stories.get(data.ticket) or Decided(ComplaintView(ticket=data.ticket))
        view, effects = known.view, Effects()
        if isinstance(data, ComplaintUpdated):
            view, effects = projection.on_step(view, data, now)
        elif isinstance(data, ComplaintErased):
            view, effects = projection.on_erased(view, data)
        elif isinstance(data, ResendAsked) and data.ticket in stories:
            effects = Effects(again=[data.message_id])
        if view is known.view and effects == Effects():
            return {}, []
        effects = _with(effects, notices=[replace(notice, trace=message.trace) for notice in effects.notices])
        # An erasure leaves nothing to do of what came before it in its batch.
        earlier = Effects() if view.erased and not known.view.erased else known.effects
        return {data.ticket: Decided(view, joined(earlier, effects))}, []

    return decide


def _tickets(message: Message) -> list[str]:
    data: Any = message.data
    return [data.ticket]


def story_handler(
    service: str, texts: Texts, *, notify: bool, event_key: bytes = b"", wait_s: float = 0, also: Also | None = None
) -> Handler[Decided]:
    """Build the handler for an intake's consumer; ``wait_s`` is ``RECEIPT_WAIT_S`` of its settings, ``also`` is as in
    :func:`intake.complaint_view.save_views`."""
    return Handler(
        service=service,
        keys=_tickets,
        load=load_decided,
        decide=build_decide(service, texts, notify=notify, wait_s=wait_s),
        save=partial(save_decided, service=service, event_key=event_key, also=also),
    )
