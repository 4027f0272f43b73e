"""Merged complaints: a child follows its parent, one work item for all who reported it. Pure, and reversible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from contracts.events import ComplaintUpdated
from contracts.sentences import SentenceCode
from contracts.vocabulary import CLOCK_KINDS, FINAL, Note, StageName, Status, UpdateKind, Why
from router.case import Case, Out, about_units, advance, is_rahasia, supporters, waits
from router.clock_event import promise
from router.refusal import Refusal
from router.rules import Rules, triage
from router.snapshot import tell_unit
from router.transfers import Changes, Result, accused_units, kept_from, release, route
from router.unit_words import STATUS_WORDS

_replace = msgspec.structs.replace

#: A parent's steps that each merged complaint repeats; the others are between the parent and its unit. Clock steps
#: about the promise to citizens are repeated too, because the parent's clock counts for both.
REPEATED = frozenset(
    {
        UpdateKind.ACKNOWLEDGED,
        UpdateKind.IN_PROGRESS,
        UpdateKind.RESOLVED,
        UpdateKind.CLOSED,
        UpdateKind.REOPENED,
        UpdateKind.APPEALED,
        UpdateKind.HANDED_OVER,
        UpdateKind.REJECTED,
    }
)


#: The steps of a parent that set its children free, with the word for each. Children stay with a parent that is
#: resolved or over; if it is confidential, its later steps are repeated without words.
_PARTS: dict[str, str] = {UpdateKind.CANCELLED: "dibatalkan", Note.CONFIDENTIAL: "dirahasiakan"}


_STAYS = frozenset({Status.RESOLVED, Status.APPEALED, *FINAL} - {Status.CANCELLED})


def why_not(rules: Rules, case: Case, parent: Case) -> Refusal | None:
    """Say why ``case`` can't be merged into ``parent``; None if it can."""
    if parent.ticket == case.ticket:
        return Refusal("not_mergeable", "laporan tidak dapat digabung dengan dirinya sendiri")
    if parent.parent:
        return Refusal("not_mergeable", f"{parent.ticket} sudah digabung; pakai induknya, {parent.parent}")
    if parent.status in FINAL | {Status.RESOLVED, Status.APPEALED}:
        return Refusal("not_mergeable", f"{parent.ticket} sudah {STATUS_WORDS[parent.status]}")
    if case.merged:
        return Refusal("not_mergeable", f"{case.ticket} sendiri induk laporan lain")
    if is_rahasia(parent):
        sentence = f"{parent.ticket} rahasia, langkahnya tidak boleh terbaca di laporan lain; jawab masing-masing"
        return Refusal("not_mergeable", sentence)
    working = {parent.unit, *supporters(parent)}
    if accusing := working.intersection(accused_units(rules, case)):
        who = ", ".join(sorted(filter(None, accusing)))
        return Refusal("accused", f"laporan ini tentang {who}, yang menangani {parent.ticket}")
    return None


def merge(
    rules: Rules, case: Case, parent: Case, *, by: str | None = None, reason: str | None = None
) -> tuple[Changes, list[Out]]:
    """Let ``case`` follow ``parent`` from now on; the units that work on the parent see how many reported it."""
    case, update = advance(
        _replace(case, parent=parent.ticket),
        UpdateKind.MERGED,
        parent=parent.ticket,
        by=by,
        reason=reason,
        **_due(parent),
    )
    case, outs = release(case, f"digabung dengan {parent.ticket}")
    parent = _replace(
        parent,
        merged=sorted({*parent.merged, case.ticket}),
        also_about=list(dict.fromkeys([*parent.also_about, *about_units(case)])),
    )
    outs += tell_unit(parent, Why.UPDATED, reason=f"{case.ticket} digabung ke sini; {1 + len(parent.merged)} pelapor")
    return {case.ticket: case, parent.ticket: parent}, [update, *outs]


def _due(parent: Case) -> dict[str, Any]:
    """Return the parent's promised deadline, because its clock counts for all complaints that follow it."""
    if parent.deadline_at is None:
        return {}
    facts: dict[str, Any] = {
        "stage": StageName.COMPLETION,
        "deadline_at": parent.deadline_at,
        "derivation": parent.derivation,
    }
    late = 0 in parent.breach_recipients.get(promise(StageName.COMPLETION, parent.deadline_at), {})
    code: SentenceCode = "parent_paused" if waits(parent) else "parent_late" if late else "parent_due"
    return {**facts, "code": code}


def unmerge(
    rules: Rules, cases: Mapping[str, Case], case: Case, reason: str, *, by: str | None = None
) -> tuple[Changes, list[Out]]:
    """Separate it from its parent, which forgets what it had from it, and give it to a person."""
    parent = cases.get(case.parent or "")
    changes: Changes = {}
    told: list[Out] = []
    if parent:
        parent = _without(cases, parent, case)
        changes[parent.ticket] = parent
        if parent.status not in FINAL:
            told = tell_unit(parent, Why.UPDATED, reason=f"{case.ticket} tidak lagi digabung ke sini")
    changes[case.ticket], outs = _part(rules, case, reason, by)
    return changes, [*outs, *told]


def understood(rules: Rules, cases: Mapping[str, Case], case: Case) -> tuple[Changes, list[Out]]:
    """Act on accusations of a merged complaint that are known only now: bar those units from its parent, or unmerge."""
    parent = cases.get(case.parent or "")
    if parent is None or parent.status in FINAL or not about_units(case):
        return {}, []
    working = {parent.unit, *supporters(parent)}
    if accusing := working.intersection(accused_units(rules, case)):
        return unmerge(rules, cases, case, f"laporan ini ternyata tentang {', '.join(sorted(filter(None, accusing)))}")
    also = list(dict.fromkeys([*parent.also_about, *about_units(case)]))
    return {parent.ticket: _replace(parent, also_about=also)}, []


def _without(cases: Mapping[str, Case], parent: Case, child: Case) -> Case:
    merged = [ticket for ticket in parent.merged if ticket != child.ticket]
    others = (unit for ticket in merged if ticket in cases for unit in about_units(cases[ticket]))
    its = {item.id for item in child.follow_ups}
    return _replace(
        parent,
        merged=merged,
        also_about=list(dict.fromkeys(others)),
        follow_ups=[item for item in parent.follow_ups if item.id not in its],
    )


def _part(rules: Rules, case: Case, reason: str, by: str | None) -> Result:
    case, update = advance(_replace(case, parent=None), UpdateKind.UNMERGED, reason=reason, by=by)
    case, outs = route(rules, case, triage(rules, kept_from(rules, case), reason), by=by)
    return case, [update, *outs]


def follow_parent(rules: Rules, cases: Mapping[str, Case], outs: list[Out]) -> tuple[Changes, list[Out]]:
    """Repeat the steps of parents among ``outs`` in the story of each complaint merged into them.

    A unit's words are repeated; a ``code`` is not, because its sentence is for the parent's reporter.
    """
    changes: Changes = {}
    more: list[Out] = []
    for out in outs:
        if not isinstance(out, ComplaintUpdated) or out.note == Note.UNDONE:  # see undoing.undo
            continue
        for ticket in sorted(ticket for ticket, case in cases.items() if case.parent == out.ticket):
            child = changes.get(ticket, cases[ticket])
            if child.parent != out.ticket or (child.status != Status.MERGED and out.kind != UpdateKind.RETRACTED):
                continue
            if (parts := _PARTS.get(out.note or out.kind)) and out.status not in _STAYS:
                told_changes, told = unmerge(rules, {**cases, **changes}, child, f"laporan induk {parts} pelapornya")
                changes |= told_changes
                more += told
            elif out.kind in CLOCK_KINDS and out.stage == StageName.COMPLETION:
                changes[ticket], step = _repeat_clock(child, out)
                more.append(step)
            elif out.kind in REPEATED:
                changes[ticket], step = _repeat(child, out)
                more.append(step)
    return changes, more


def _repeat(child: Case, out: ComplaintUpdated) -> tuple[Case, Out]:
    status = out.kind if out.kind in FINAL else Status.MERGED
    # If the parent is confidential by now, nobody else reads its words.
    told = ("target", "contact") if out.rahasia else ("message", "reason", "target", "contact", "evidence")
    facts = {name: getattr(out, name) for name in told}
    if out.note == Note.TO_CONFIRM:
        facts["note"] = out.note
    if out.kind == UpdateKind.REOPENED:
        child = _replace(child, mark=None)
    child, step = advance(child, out.kind, status, **facts)
    # The citizen is told which units work on it and which one acted; the child stays with the unit that can unmerge it.
    return child, _replace(step, unit=out.unit, lane=out.lane, support=out.support, by=out.by)


def _repeat_clock(child: Case, out: ComplaintUpdated) -> tuple[Case, Out]:
    """Repeat the parent's clock step. A retraction also reaches a child that has ended: it was told of the breach."""
    facts = {
        name: getattr(out, name)
        for name in ("stage", "round", "deadline_at", "derivation", "promise", "paused_until", "level", "escalate_to")
    }
    child, step = advance(child, out.kind, child.status, **facts)
    return child, _replace(step, unit=out.unit, lane=out.lane, support=out.support)
