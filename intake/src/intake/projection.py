"""Telling the story of a complaint, from the router's and the clock's events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from chassis.batch import Handler
from chassis.wire import Emit, Message
from contracts.events import ComplaintErased, ComplaintUpdated, SlaBreached, SlaUpdated
from contracts.topics import ERASED, SLA_BREACHED, SLA_UPDATED, UPDATED
from intake.complaint_view import APOLOGY, ASKED, DONE, HELD, ClockLine, Step, Story, load_stories, save_stories
from intake.notices import RECEIPT
from intake.texts import Texts

SOURCES = (UPDATED, SLA_UPDATED, SLA_BREACHED, ERASED)
#: The notes by which the reporter of an erased complaint hears that it is done; nothing else is told any more.
_FAREWELLS = frozenset({"rights_done", "erased"})
#: Whatever this intake tells, everybody reads.
PUBLIC = "intake-social"
_ASKED = "waiting_for_reporter"
_with = msgspec.structs.replace
Decide = Callable[[Mapping[str, "Story"], Message, datetime], tuple[dict[str, "Story"], list[Emit]]]


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Who tells: the words, the ``service``, and whether it answers messages, so that it has to ``notify``."""

    service: str
    texts: Texts
    notify: bool

    def on_update(self, story: Story, data: ComplaintUpdated, now: datetime) -> Story | None:
        """Keep the step, and tell the reporter of it; None for one that is known."""
        own = data.origin == self.service
        late = own and all(step.seq != data.seq for step in story.steps)  # a dead letter that was put back
        if data.seq <= story.seq and not late:
            return None
        if story.erased:
            return self._on_erased_update(story, data)
        text = self.texts.change(data, outline=self._in_public(story) or self._in_public(data)) if own else ""
        before = story
        story = _updated(story, data, now, text)
        if story.status in DONE:
            story = _without_apology(_with(story, moved=False))
        if self.notify and own and data.kind != "registered" and not self._told_today(before, data, now):
            story = self._announce(before, story, data, text)
        return story

    def _on_erased_update(self, story: Story, data: ComplaintUpdated) -> Story:
        """It goes on without a word; to whom it was the router says one more thing."""
        after = _with(story, seq=max(story.seq, data.seq), status=data.status if data.seq > story.seq else story.status)
        if self.notify and data.origin == self.service and data.note in _FAREWELLS:
            after = _with(after, notices=[(f"seq-{data.seq}", self.texts.change(data))])
        return after

    def on_erased(self, story: Story, data: ComplaintErased) -> Story | None:
        """Keep number and status, and have the rest deleted; whenever it is said, for a backup may know it no more."""
        bare = story  # that it is done is told already, perhaps in this very batch
        if not story.erased:
            bare = Story(
                ticket=story.ticket, seq=story.seq, status=story.status, registered=story.registered, erased=True
            )
        tell = self.notify and not data.done_at
        return _with(bare, erase=(data.complaint_id, tell) if data.origin == self.service else None)

    def _told_today(self, story: Story, data: ComplaintUpdated, now: datetime) -> bool:
        """Whether the last step was the same work in progress, on the same day: the page has all of them."""
        last = next((step for step in reversed(story.steps) if step.seq < data.seq), None)
        if last is None or (last.kind, data.kind) != ("in_progress", "in_progress"):
            return False
        return last.at.astimezone(self.texts.zone).date() == now.astimezone(self.texts.zone).date()

    def _in_public(self, about: Story | ComplaintUpdated) -> bool:
        """Whether what is told of it is confidential and stands where anybody reads it."""
        return about.rahasia and self.service == PUBLIC

    def _said(self, kind: str, story: Story) -> str:
        return self.texts.said_by_clock(kind, _with(story, unit=None) if self._in_public(story) else story)

    def _announce(self, before: Story, story: Story, data: ComplaintUpdated, text: str) -> Story:
        """Tell ``text``, with what the clock says to it; if the clock has not spoken yet it waits for that."""
        reason = f"seq-{data.seq}"
        if data.kind == _ASKED and story.paused_seq == data.seq:
            text = self._with_bound(text, story)
        elif story.moved and story.deadline_at:
            text = f"{text} {self._said('moved', story)}"
            story = _with(story, moved=False)
        elif starts := _waits_for_the_clock(before, data):
            reason = f"{starts}{data.seq}"
            story = _with(story, held=(reason, text))
        return _with(story, notices=[*story.notices, (reason, text)])

    def _with_bound(self, text: str, story: Story) -> str:
        return f"{text} {self.texts.said_of('answer_by', story.paused_until)}" if story.paused_until else text

    def on_clock(self, story: Story, data: SlaUpdated, now: datetime) -> Story | None:
        """Keep the deadline and what became of it; None for what is no concern of citizens."""
        if data.stage == "closing" and data.kind in ("started", "rescheduled"):
            return _with(story, reopen_until=data.deadline_at)
        if data.stage == "rights" and data.kind in ("met", "stopped", "retracted"):
            return self._on_right_kept(story, data, now)
        if data.stage != "completion" or data.round < story.round or _of_the_parent(story, data):
            return None
        match data.kind:
            case "started" | "resumed" | "rescheduled":
                return self._on_deadline(story, data, now)
            case "paused":
                return None if _missed(story, data) else self._on_paused(story, data, now)
            case "met" | "retracted":
                return self._on_kept(story, data, now)
        return None

    def _on_paused(self, story: Story, data: SlaUpdated, now: datetime) -> Story:
        story = _with(story, paused=True, paused_seq=data.based_on_seq, paused_until=data.paused_until or None)
        line = ClockLine(kind="paused", at=now, text=self._with_bound(self._said("paused", story), story))
        story = _with(story, lines=[*story.lines, line])
        reason, text = story.held
        if reason != f"{ASKED}{data.based_on_seq}":
            return story
        return _with(story, held=("", ""), revised=[*story.revised, (reason, self._with_bound(text, story))])

    def _on_deadline(self, story: Story, data: SlaUpdated, now: datetime) -> Story:
        first, missed = data.kind == "started" and data.round == 1, _missed(story, data)
        moved = not first and (data.round, data.deadline_at) != (story.round, story.deadline_at)
        moved = moved and (story.status not in DONE or data.round > story.round)
        story = _with(
            story,
            round=data.round,
            deadline_at=data.deadline_at,
            derivation=data.derivation,
            promise=data.promise or "",
            breached=missed,
            paused=False,
            moved=story.moved or moved,
        )
        if data.kind != "started" and not missed:
            story = self._line(story, data.kind, now)
        if first and self.notify:
            return _with(story, revised=[*story.revised, (RECEIPT, self.texts.receipt(self.service, story))])
        # Also when it is the same as before the question: the citizen was told that it stands.
        if not missed and (moved or data.kind == "resumed") and story.held[0].startswith(HELD):
            return self._with_due(story)
        return self._rescheduled(story, data) if moved and data.kind == "rescheduled" and self.notify else story

    def _rescheduled(self, story: Story, data: SlaUpdated) -> Story:
        """No step of the story goes with it that could carry the new date, so it is told by itself."""
        text = f"{story.ticket}: {self._said('rescheduled', story)}"
        reason = f"moved-{_promise(data)}-{len(story.lines)}"
        return _with(story, moved=False, notices=[*story.notices, (reason, text)])

    def _with_due(self, story: Story) -> Story:
        reason, text = story.held
        better = f"{text} {self._said('moved', story)}"
        return _with(story, held=("", ""), moved=False, revised=[*story.revised, (reason, better)])

    def _on_kept(self, story: Story, data: SlaUpdated, now: datetime) -> Story:
        promise, apology = _promise(data), _apology(story, data)
        story = _without_apology(story)
        if data.kind == "met":
            return _with(story, kept=[*story.kept, promise])
        if story.breached:
            story = self._corrected(self._line(story, "retracted", now), data, apology)
        return _with(story, breached=False, retracted={**story.retracted, promise: data.based_on_seq})

    def on_breach(self, story: Story, data: SlaBreached, now: datetime) -> Story | None:
        """Say so on the page and, once for each broken promise, to the reporter."""
        if data.stage == "rights" and not data.level:
            return self._on_right_late(story, data, now)
        if data.stage != "completion" or data.round < story.round or _of_the_parent(story, data):
            return None
        if _promise(data) in story.kept or data.based_on_seq < story.retracted.get(_promise(data), 0):
            return None
        if data.level:
            line = ClockLine(kind="escalated", at=now, text=self.texts.escalated(data))
            return _with(story, lines=[*story.lines, line])
        broken, days = data.deadline_at, data.derivation
        story = _with(
            story, round=data.round, breached=True, moved=False, paused=False, deadline_at=broken, derivation=days
        )
        story = self._line(story, "breached", now)
        if not self.notify or story.status in DONE:
            return story
        reason, form = _apology(story, data), self.texts.answers(self.service)["apology"]
        unit = self.texts.unit(None if self._in_public(story) else data.unit or story.unit)
        due = self.texts.day(data.deadline_at)
        text = form.format(ticket=story.ticket, due=due, unit=unit)
        return _with(story, apology=reason, notices=[*story.notices, (reason, text)])

    def _on_right_late(self, story: Story, data: SlaBreached, now: datetime) -> Story | None:
        """The clock of a right runs beside the complaint's; what was asked is its reporter's business alone."""
        if not story.steps or _promise(data) in story.kept:
            return None
        text = self.texts.said_of("rights_late", data.deadline_at)
        story = _with(story, lines=[*story.lines, ClockLine(kind="breached", at=now, text=text)])
        notice = f"{APOLOGY}{_promise(data)}", f"{story.ticket}: {text}"
        return _with(story, notices=[*story.notices, notice]) if self.notify else story

    def _on_right_kept(self, story: Story, data: SlaUpdated, now: datetime) -> Story:
        reason = f"{APOLOGY}{_promise(data)}"
        story = _with(story, kept=[*story.kept, _promise(data)], revised=[*story.revised, (reason, None)])
        if data.kind != "retracted":
            return story
        line = ClockLine(kind="retracted", at=now, text=self.texts.said_of("retracted", data.deadline_at))
        return self._corrected(_with(story, lines=[*story.lines, line]), data, reason)

    def _corrected(self, story: Story, data: SlaUpdated, wrong: str) -> Story:
        if not self.notify:
            return story
        form, due = self.texts.answers(self.service)["correction"], self.texts.day(data.deadline_at)
        return _with(story, corrections=[*story.corrections, (wrong, form.format(ticket=story.ticket, due=due))])

    def _line(self, story: Story, kind: str, now: datetime) -> Story:
        line = ClockLine(kind=kind, at=now, text=self._said(kind, story))
        return _with(story, lines=[*story.lines, line])


def tell(service: str, texts: Texts, *, notify: bool) -> Decide:
    """The decision of an intake: keep the story, and with ``notify`` tell the reporter of each change."""
    teller = Teller(service=service, texts=texts, notify=notify)

    def decide(stories: Mapping[str, Story], message: Message, now: datetime) -> tuple[dict[str, Story], list[Emit]]:
        data: Any = message.data
        story = stories.get(data.ticket) or Story(ticket=data.ticket)
        match data:
            case ComplaintUpdated():
                after = teller.on_update(story, data, now)
            case SlaUpdated() | SlaBreached() if story.erased:
                after = None
            case SlaUpdated():
                after = teller.on_clock(story, data, now)
            case SlaBreached():
                after = teller.on_breach(story, data, now)
            case ComplaintErased():
                after = teller.on_erased(story, data)
            case _:
                after = None
        return ({data.ticket: after} if after else {}), []

    return decide


def _waits_for_the_clock(story: Story, data: ComplaintUpdated) -> str:
    """What the clock will say to ``data``: a bound to a question, a deadline to its answer and to a new round."""
    if data.seq < story.seq or data.status in DONE or data.kind == "merged":
        return ""
    if data.kind == _ASKED:
        return "" if story.breached else ASKED
    answered = story.status == _ASKED and data.status != _ASKED and not story.breached
    return HELD if answered or data.kind in ("reopened", "unmerged") else ""


def _promise(data: SlaUpdated | SlaBreached) -> str:
    """Names one promise: a round, or a right, and its deadline."""
    return f"{'rights' if data.stage == 'rights' else data.round}-{data.deadline_at.timestamp():.0f}"


def _of_the_parent(story: Story, data: SlaUpdated | SlaBreached) -> bool:
    """Whether the clock of ``data`` stopped when the complaint was merged: the parent's counts for both."""
    return story.parent is not None and data.round == story.round


def _missed(story: Story, data: SlaUpdated) -> bool:
    """Whether ``data`` is about a deadline that is missed already: nothing stops or extends that any more."""
    return story.breached and (data.round, data.deadline_at) == (story.round, story.deadline_at)


def _apology(story: Story, data: SlaUpdated | SlaBreached) -> str:
    """The reason of the apology: once for each broken promise, and again after the breach was taken back."""
    since = story.retracted.get(_promise(data))
    return f"{APOLOGY}{_promise(data)}" + ("" if since is None else f"-{since}")


def _without_apology(story: Story) -> Story:
    if not story.apology:
        return story
    return _with(story, apology="", revised=[*story.revised, (story.apology, None)])


def _updated(story: Story, data: ComplaintUpdated, now: datetime, text: str) -> Story:
    if text:
        step = Step(seq=data.seq, kind=data.kind, at=now, unit=data.unit, text=text)
        story = _with(story, steps=sorted([*story.steps, step], key=lambda each: each.seq))
    if data.seq < story.seq:
        return story
    story = _with(story, seq=data.seq, status=data.status, unit=data.unit, support=data.support, registered=True)
    story = _with(story, rahasia=story.rahasia or data.rahasia)
    match data.kind:
        case "merged":
            story = _with(story, parent=data.parent or None, deadline_at=None, derivation=[], promise="")
            return _with(story, breached=False, paused=False, moved=False, held=("", ""))
        case "unmerged":
            return _with(story, parent=None)
        case "resolved" if text:
            return _with(story, evidence=data.evidence)
        case "reopened":
            return _with(story, evidence=[], reopen_until=None)
    return story


def _tickets(message: Message) -> list[str]:
    data: Any = message.data
    return [data.ticket]


def story_handler(
    service: str,
    texts: Texts,
    *,
    notify: bool,
    event_key: bytes = b"",
    receipt_wait_s: float = 0,
    apology_after_s: float = 0,
) -> Handler[Story]:
    """The handler an intake gives to its consumer; the three last as in its settings."""
    return Handler(
        service=service,
        keys=_tickets,
        load=load_stories,
        decide=tell(service, texts, notify=notify),
        save=partial(
            save_stories,
            service=service,
            event_key=event_key,
            receipt_wait_s=receipt_wait_s,
            apology_after_s=apology_after_s,
        ),
    )
