"""What a unit may do with a complaint that is its own: a table of actions, and a refusal in words for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from contracts import ticket as tickets
from contracts.events import ComplaintUpdated, UnitReplied
from router.case import ACTIVE, FINAL, Case, Out, about_units, advance, answer
from router.domain import must_not_judge, route
from router.rules import Assignment, Rules, last_unit, triage

_replace = msgspec.structs.replace
Changes = dict[str, Case]
Action = Callable[[Rules, Mapping[str, Case], Case, UnitReplied], "tuple[Changes, list[Out]] | str"]

#: Parent's steps that each merged complaint repeats; the rest is between the parent and its unit.
REPEATED = frozenset({"acknowledged", "in_progress", "resolved", "closed", "reopened", "handed_over", "rejected"})
THIRD_RETURN = 3
#: Letters that a resolution has at least: the citizen reads what was done.
SUBSTANCE = 10


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``needs`` are the fields a reply must carry; ``triage`` actions are for whoever holds it in the triage lane."""

    act: Action
    statuses: frozenset[str] = ACTIVE
    needs: tuple[str, ...] = ()
    triage: bool = False


def on_replied(
    rules: Rules, cases: Mapping[str, Case], unit: str, reply_id: str, data: UnitReplied
) -> tuple[Changes, list[Out]]:
    """Carry out ``unit``'s reply or refuse it; either way it is answered exactly once."""
    number = tickets.parse(data.ticket)
    case = cases.get(number) if number else None
    if case is None or case.received is None or case.unit != unit:
        return {}, [answer(unit, reply_id, None, f"laporan {data.ticket[:40]} bukan milik {unit} saat ini")]
    refusal = _refusal(case, data)
    outcome = refusal or ACTIONS[data.action].act(rules, cases, case, data)
    if isinstance(outcome, str):
        return {}, [answer(unit, reply_id, case, outcome)]
    changes, outs = outcome
    return changes, [*outs, answer(unit, reply_id, changes[case.ticket])]


def _refusal(case: Case, data: UnitReplied) -> str | None:
    rule = ACTIONS.get(data.action)
    if rule is None:
        return f"tindakan {data.action[:40]!r} tidak dikenal; yang ada: {', '.join(ACTIONS)}"
    if rule.triage and case.lane != "triage":
        return f"tindakan {data.action} hanya untuk laporan di meja triase"
    if case.status not in rule.statuses:
        return f"laporan berstatus {case.status}, tidak dapat {data.action}"
    for name in rule.needs:
        if not (getattr(data, name) or "").strip():
            return f"tindakan {data.action} perlu {name}"
    return None


def _step(kind: str) -> Action:
    def act(rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied) -> tuple[Changes, list[Out]] | str:
        if kind == "acknowledged" and case.status != "routed":
            return f"laporan sudah berstatus {case.status}"
        case, update = advance(
            _replace(case, triage_acted=True), kind, message=data.message or None, reason=data.reason or None
        )
        return {case.ticket: case}, [update]

    return act


def _resolve(rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied) -> tuple[Changes, list[Out]] | str:
    if len((data.message or "").strip()) < SUBSTANCE:
        return f"pesan penyelesaian terlalu singkat: tulis apa yang sudah dikerjakan ({SUBSTANCE} huruf atau lebih)"
    case, update = advance(_replace(case, triage_acted=True), "resolved", message=data.message or None)
    return {case.ticket: _replace(case, resolved_seq=case.seq)}, [update]


def _return(rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied) -> tuple[Changes, list[Out]] | str:
    case, update = advance(_replace(case, returns=case.returns + 1), "returned", reason=data.reason or None)
    about, here = about_units(case), (case.lane, case.unit)
    to = triage(rules, about, f"dikembalikan oleh {case.unit}: {data.reason}")
    if case.returns >= THIRD_RETURN or (to.lane, to.unit) == here:
        reason = f"{to.reason} (pengembalian ke-{case.returns})"
        to = Assignment(lane="triage", unit=last_unit(rules, about), reason=reason)
    if (to.lane, to.unit) == here:
        return "sudah di meja terakhir; laporan ini harus ditangani atau dilimpahkan"
    case, outs = route(_replace(case, triage_acted=True), to)
    # The one who returned it gets the answer to its reply, no second record that says the same.
    return {case.ticket: case}, [update, *(out for out in outs if getattr(out, "why", "") != "withdrawn")]


def _hand_over(
    rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied
) -> tuple[Changes, list[Out]] | str:
    case, update = advance(case, "handed_over", target=data.to or None, reason=data.reason or None)
    return {case.ticket: case}, [update]


def _dispose(rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied) -> tuple[Changes, list[Out]] | str:
    unit = (data.unit or "").strip().upper()
    if unit not in rules.units:
        return f"unit {unit[:40]!r} tidak ada"
    if must_not_judge(case, unit):
        return f"laporan ini tentang {unit}, tidak dapat diteruskan ke {unit}"
    to = Assignment(lane="unit", unit=unit, reason=data.reason or f"disposisi oleh {case.unit}")
    case, outs = route(_replace(case, triage_acted=True), to)
    return {case.ticket: case}, [out for out in outs if getattr(out, "why", "") != "withdrawn"]


def _correct(rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied) -> tuple[Changes, list[Out]] | str:
    category = (data.category or "").strip()
    if category not in rules.unit_of_category:
        return f"kategori {category[:40]!r} tidak ada"
    case, update = advance(_replace(case, category=category, triage_acted=True), "corrected", case.status)
    return {case.ticket: case}, [update]


def _merge(rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied) -> tuple[Changes, list[Out]] | str:
    number = tickets.parse(data.into or "")
    parent = cases.get(number) if number else None
    if parent is None or parent.received is None:
        return f"laporan {(data.into or '')[:40]!r} tidak ada"
    if parent.ticket == case.ticket:
        return "laporan tidak dapat digabung dengan dirinya sendiri"
    if parent.parent:
        return f"{parent.ticket} sudah digabung; pakai induknya, {parent.parent}"
    if parent.status in FINAL or parent.status == "resolved":
        return f"{parent.ticket} sudah {parent.status}"
    if any(other.parent == case.ticket for other in cases.values()):
        return f"{case.ticket} sendiri induk laporan lain"
    case, update = advance(_replace(case, parent=parent.ticket, triage_acted=True), "merged", parent=parent.ticket)
    return {case.ticket: case}, [update]


def _unmerge(rules: Rules, cases: Mapping[str, Case], case: Case, data: UnitReplied) -> tuple[Changes, list[Out]] | str:
    case, outs = unmerge(rules, case, data.reason or "gabungan dibatalkan")
    return {case.ticket: case}, outs


def unmerge(rules: Rules, case: Case, reason: str) -> tuple[Case, list[Out]]:
    """On its own again, and with a person: never with nobody."""
    case, update = advance(_replace(case, parent=None), "unmerged", reason=reason)
    case, outs = route(case, triage(rules, about_units(case), reason))
    return case, [update, *outs]


def follow_parent(
    rules: Rules, cases: Mapping[str, Case], outs: list[Out], *, by_unit: bool
) -> tuple[Changes, list[Out]]:
    """Repeat the steps of parents among ``outs`` in the story of each complaint merged into them.

    Words are repeated only when they are a unit's (``by_unit``): the rest is between us and the parent's reporter.
    """
    changes: Changes = {}
    more: list[Out] = []
    for out in outs:
        if not isinstance(out, ComplaintUpdated):
            continue
        for ticket in sorted(cases):
            child = changes.get(ticket, cases[ticket])
            if child.parent != out.ticket or child.status != "merged":
                continue
            if out.kind == "cancelled":
                changes[ticket], told = unmerge(rules, child, "laporan induk dibatalkan pelapornya")
                more += told
            elif out.kind in REPEATED:
                changes[ticket], step = _repeat(child, out, words=by_unit or out.kind == "handed_over")
                more.append(step)
    return changes, more


def _repeat(child: Case, out: ComplaintUpdated, *, words: bool) -> tuple[Case, Out]:
    status = out.kind if out.kind in FINAL else "merged"
    facts = {"message": out.message, "reason": out.reason, "target": out.target} if words else {}
    child, step = advance(child, out.kind, status, **facts)
    # The citizen is told who works on it; the child itself stays with those who can unmerge it.
    return child, _replace(step, unit=out.unit, lane=out.lane)


ACTIONS: dict[str, Rule] = {
    "acknowledge": Rule(act=_step("acknowledged")),
    "progress": Rule(act=_step("in_progress")),
    "ask": Rule(act=_step("waiting_for_reporter"), needs=("message",)),
    "resolve": Rule(act=_resolve, needs=("message",)),
    "return": Rule(act=_return, needs=("reason",)),
    "hand-over": Rule(act=_hand_over, needs=("to", "reason")),
    "dispose": Rule(act=_dispose, needs=("unit",), triage=True),
    "correct": Rule(act=_correct, needs=("category",), triage=True),
    "reject": Rule(act=_step("rejected"), needs=("reason",), triage=True),
    "merge": Rule(act=_merge, needs=("into",), triage=True),
    "unmerge": Rule(act=_unmerge, statuses=frozenset({"merged"}), triage=True),
}
