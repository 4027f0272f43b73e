"""The actions that a unit may take on its own complaints, as a table; all others are refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

import msgspec

from contracts import ticket as tickets
from contracts.events import UnitReplied, UnitRouted
from contracts.vocabulary import (
    ACTIVE,
    FINAL,
    WITH_A_UNIT,
    Action,
    ComplaintType,
    Lane,
    Note,
    Right,
    Status,
    UpdateKind,
    Why,
)
from kabupaten.desks import CONDUCT_CATEGORY, MOST_RETURNS, last_unit
from kabupaten.routing import Target
from router import appeals, confirming, erasure, merging, powers, undoing
from router.ask_help import ask_help
from router.case import Case, Erasure, Out, about_units, advance, is_rahasia, supporters
from router.handover import is_handed_to, target, why_not
from router.masked import brief, masked
from router.proof import bad_evidence
from router.refusal import Refusal, missing, no_resolution, wrong_status
from router.reply_context import Act, Outcome, ReplyContext, Rule, named_units
from router.rules import OF_CONDUCT, Assignment, Rules, conduct_desk, triage
from router.snapshot import answer, tell_support, tell_unit
from router.support_replies import on_help
from router.transfers import Changes, hand_over, kept_from, noted, release, route, triage_unit_of
from router.unit_words import STATUS_WORDS

_replace = msgspec.structs.replace

_TYPES: tuple[str, ...] = tuple(ComplaintType)
_ANYTIME = frozenset(STATUS_WORDS)
#: These actions tell the helpers themselves.
_TELLS_HELPERS = frozenset({Action.INSTRUCT, Action.PRIORITIZE, Action.UNDO, Action.REDO})
_APPEALED, _RESOLVED = frozenset({Status.APPEALED}), frozenset({Status.RESOLVED})


def on_replied(
    rules: Rules, cases: Mapping[str, Case], unit: str, reply_id: str, data: UnitReplied, now: datetime
) -> tuple[Changes, list[Out]]:
    """Carry out ``unit``'s reply or refuse it; either way it is answered exactly once. Its words are masked first."""
    data, tokens = masked(rules, data)
    number = tickets.parse(data.ticket)
    case = cases.get(number) if number else None
    if case is None or case.received is None:
        return {}, [_not_yours(unit, reply_id, data)]
    given = ReplyContext(rules=rules, cases=cases, case=case, by=unit, data=data, now=now)
    outcome: Outcome
    if case.unit == unit or _as_admin(given) or powers.is_from_above(given) or undoing.is_by_actor(given):
        outcome = _refusal(given) or bad_evidence(rules, data.evidence) or _carry_out(given)
    elif unit in supporters(case):
        helped = bad_evidence(rules, data.evidence) or on_help(rules, case, unit, data)
        outcome = helped if isinstance(helped, Refusal) else ({case.ticket: helped[0]}, helped[1])
    else:
        return {}, [_not_yours(unit, reply_id, data)]
    if isinstance(outcome, Refusal):
        return {}, [answer(unit, reply_id, case, outcome)]
    changes, outs = outcome
    return changes, [*outs, answer(unit, reply_id, changes[case.ticket], masked=tokens)]


def _not_yours(unit: str, reply_id: str, data: UnitReplied) -> UnitRouted:
    why_not = f"laporan {brief(data.ticket)} bukan milik {unit} saat ini"
    return answer(unit, reply_id, None, Refusal("not_yours", why_not))


def _as_admin(given: ReplyContext) -> bool:
    """Whether the triage unit replied, with an act that it may take whichever unit has the complaint."""
    case, data = given.case, given.data
    if given.by != triage_unit_of(given.rules, case):
        return False
    match data.action:
        case Action.ERASE:
            return True
        case Action.RIGHTS_DONE | Action.RIGHTS_DECLINE:
            return bool(case.rights)
        case Action.MERGE:
            into = tickets.parse(data.into or "")
            found = [given.cases.get(each.ticket) or Case(ticket=each.ticket) for each in case.similar]
            return into is not None and any(into in (other.ticket, other.parent) for other in found)
        case Action.UNMERGE:
            return case.status == Status.MERGED
        case Action.REASSIGN | Action.PRIORITIZE | Action.UNDO | Action.RELAY:
            return True
        case Action.CORRECT:
            return not data.category
    return False


def _refusal(given: ReplyContext) -> Refusal | None:
    case, data = given.case, given.data
    if case.erasure and data.action != Action.ERASE:
        return Refusal("erased", "data laporan ini sudah dihapus, tidak ada lagi yang dapat dikerjakan")
    rule = ACTIONS.get(data.action)
    if rule is None:
        why_not = f"tindakan {brief(data.action)!r} tidak dikenal; yang ada: {', '.join(ACTIONS)}"
        return Refusal("unknown_action", why_not)
    own_type = data.action == Action.CORRECT and not data.category and given.by == case.unit
    if rule.triage and case.lane != Lane.TRIAGE and not own_type and not _as_admin(given):
        return Refusal("not_triage", f"tindakan {data.action} hanya untuk laporan di meja triase")
    if case.status not in rule.statuses:
        return wrong_status(case.status, data.action)
    for name in rule.needs:
        if not (getattr(data, name) or "").strip():
            return missing(data.action, name)
    return None


def _carry_out(given: ReplyContext) -> Outcome:
    """Carry out the reply. The unit that replied gets its answer and no second record; the helpers hear the result."""
    before, outcome = given.case, ACTIONS[given.data.action].act(given)
    if isinstance(outcome, Refusal):
        return outcome
    changes, outs = outcome
    changes[before.ticket] = undoing.remembered(given, changes[before.ticket])
    outs = [out for out in outs if not (isinstance(out, UnitRouted) and _is_double(out, given.by))]
    after = changes[before.ticket]
    told_already = given.data.action in _TELLS_HELPERS
    if before.support and after.support == before.support and not told_already:
        words = f"{given.by}: {STATUS_WORDS[after.status]}"
        if after.status in FINAL:
            changes[before.ticket], told = release(after, words)
        else:
            told = tell_support(after, Why.UPDATED, reason=words)
        outs = [*outs, *told]
    return changes, outs


def _is_double(out: UnitRouted, by: str) -> bool:
    return out.unit == by and out.why == Why.WITHDRAWN


def _mark_human_decision(case: Case) -> Case:
    """Remember that a person acted on it: no late classification moves it any more."""
    return _replace(case, triage_acted=True)


def _step(kind: str) -> Act:
    def act(given: ReplyContext) -> Outcome:
        case, data = given.case, given.data
        if kind == UpdateKind.ACKNOWLEDGED and case.status != Status.ROUTED:
            return Refusal("already_done", f"laporan sudah {STATUS_WORDS[case.status]}")
        case, update = advance(
            _mark_human_decision(case), kind, message=data.message or None, reason=data.reason or None, by=given.by
        )
        return {case.ticket: case}, [update]

    return act


def _acknowledge(given: ReplyContext) -> Outcome:
    """Say that it was seen: by the unit that works on it, or by the one that decides an appeal."""
    case = given.case
    if case.status != Status.APPEALED:
        return _step(UpdateKind.ACKNOWLEDGED)(given)
    if case.appeal and case.appeal.acknowledged:
        return Refusal("already_done", "keberatan ini sudah ditandai dibaca")
    case, outs = appeals.acknowledge(case, given.data.message or None, by=given.by)
    return {case.ticket: case}, outs


def _resolve(given: ReplyContext) -> Outcome:
    case, data = given.case, given.data
    if refused := no_resolution(given.rules, case.classified, data.message or ""):
        return refused
    # Anybody with the address of a proof can see it, so a confidential complaint doesn't need one.
    if case.category in given.rules.proved and not data.evidence and not is_rahasia(case):
        return Refusal("missing_field", "kategori ini diselesaikan dengan bukti: isi evidence")
    to_confirm = confirming.demanded(given)
    case, update = advance(
        _mark_human_decision(case),
        UpdateKind.RESOLVED,
        message=data.message,
        evidence=data.evidence,
        note=Note.TO_CONFIRM if to_confirm else None,
        by=given.by,
    )
    return {case.ticket: _replace(case, resolved_seq=case.seq, to_confirm=to_confirm)}, [update]


def _home(case: Case) -> Callable[[Rules, Collection[str], str], Assignment]:
    """Return the desk that gets it back. An unsure guess that accuses no unit is no work for the conduct unit."""
    guessed = case.classified is not None and case.classified.abstained and case.category == case.classified.category
    conduct = case.category == CONDUCT_CATEGORY and bool(about_units(case) or not guessed)
    return conduct_desk if conduct else triage


def _return(given: ReplyContext) -> Outcome:
    case, rules, reason = given.case, given.rules, given.data.reason
    here, barred = (case.lane, case.unit), kept_from(rules, case)
    case, update = advance(_replace(case, returns=case.returns + 1), UpdateKind.RETURNED, reason=reason, by=given.by)
    to = _home(case)(rules, barred, f"dikembalikan oleh {case.unit}: {reason}")
    if case.returns >= MOST_RETURNS or (to.lane, to.unit) == here:
        reason = f"{to.reason} (pengembalian ke-{case.returns})"
        to = Assignment(lane=Lane.TRIAGE, unit=last_unit(rules, barred), reason=reason)
    if (to.lane, to.unit) == here:
        return Refusal("last_desk", "sudah di meja terakhir; laporan ini harus ditangani atau dilimpahkan")
    case, outs = route(rules, _mark_human_decision(case), to, by=given.by)
    return {case.ticket: case}, [update, *outs]


def _hand_over(given: ReplyContext) -> Outcome:
    rules, case, to, reason = given.rules, given.case, given.data.to or "", given.data.reason or ""
    if refused := why_not(rules, to, reason, triage=case.lane == Lane.TRIAGE):
        return refused
    found = target(rules, to)
    to_office = found or Target(name=to.strip())
    case, outs = hand_over(rules, case, to_office, reason, message=given.data.message, by=given.by)
    return {case.ticket: case}, outs


def _relay(given: ReplyContext) -> Outcome:
    """Tell the citizen, in the name of the office outside, what it answered; the complaint stays handed over."""
    case, to = given.case, given.data.to or ""
    if not is_handed_to(given.rules, case.target, to):
        return Refusal("unknown_target", f"laporan ini dilimpahkan ke {case.target}, bukan ke {brief(to)!r}")
    case, outs = noted(case, Note.PARTY_ANSWERED, message=given.data.message, target=case.target, by=given.by)
    return {case.ticket: case}, outs


def _dispose(given: ReplyContext) -> Outcome:
    to = named_units(given, given.data.reason or f"disposisi oleh {given.by}")
    if isinstance(to, Refusal):
        return to
    case, outs = route(given.rules, _mark_human_decision(given.case), to, by=given.by)
    return {case.ticket: case}, outs


def _correct(given: ReplyContext) -> Outcome:
    """Correct its type, its category, or both."""
    kind, category = (given.data.type or "").strip(), (given.data.category or "").strip()
    if not kind and not category:
        return missing(given.data.action, "category atau type")
    if kind and kind not in _TYPES:
        return Refusal("unknown_type", f"jenis {brief(kind)!r} tidak ada; yang ada: {', '.join(_TYPES)}")
    if not kind:
        return _correct_category(given)
    case = given.case
    found = case.classified and _replace(case.classified, type=kind)
    case = _replace(_mark_human_decision(case), classified=found, type=kind)
    case, update = advance(case, UpdateKind.CORRECTED, case.status, note=Note.TYPE_CORRECTED, by=given.by)
    outs: list[Out] = [update]
    if given.by != case.unit:
        outs += tell_unit(case, Why.UPDATED, unit=case.unit, reason=f"jenisnya {kind}, menurut {given.by}")
    if not category:
        return {case.ticket: case}, outs
    outcome = _correct_category(replace(given, case=case))
    return outcome if isinstance(outcome, Refusal) else (outcome[0], [*outs, *outcome[1]])


def _correct_category(given: ReplyContext) -> Outcome:
    rules, case, category = given.rules, given.case, (given.data.category or "").strip()
    if category not in rules.unit_of_category:
        return Refusal("unknown_category", f"kategori {brief(category)!r} tidak ada")
    barred = kept_from(rules, case)
    to = conduct_desk(rules, barred, f"{OF_CONDUCT}, menurut {given.by}")
    given_back = case.category == category and case.unit == last_unit(rules, barred)
    sure = case.classified and _replace(case.classified, abstained=False)
    case = _mark_human_decision(_replace(case, category=category, classified=sure))
    case, update = advance(case, UpdateKind.CORRECTED, case.status, by=given.by)
    if category != CONDUCT_CATEGORY or case.unit == to.unit or given_back:
        return {case.ticket: case}, [update]
    case, outs = route(rules, case, to, by=given.by)
    return {case.ticket: case}, [update, *outs]


def _merge(given: ReplyContext) -> Outcome:
    case, into = given.case, given.data.into or ""
    parent = given.cases.get(tickets.parse(into) or "")
    if parent is None or parent.received is None:
        return Refusal("unknown_ticket", f"laporan {brief(into)!r} tidak ada")
    if refused := merging.why_not(given.rules, case, parent):
        return refused
    changes, outs = merging.merge(
        given.rules, _mark_human_decision(case), parent, by=given.by, reason=given.data.reason or None
    )
    if case.unit != given.by:
        told = tell_unit(changes[case.ticket], Why.WITHDRAWN, unit=case.unit, reason=f"digabung dengan {parent.ticket}")
        outs = [*outs, *told]
    return changes, outs


def _unmerge(given: ReplyContext) -> Outcome:
    reason = given.data.reason or "gabungan dibatalkan"
    return merging.unmerge(given.rules, given.cases, given.case, reason, by=given.by)


def _wrong_desk(given: ReplyContext) -> Refusal | None:
    """Refuse every unit but the triage unit, which alone answers requests under the data protection law."""
    first = triage_unit_of(given.rules, given.case)
    return None if given.by == first else Refusal("not_desk", f"permintaan hak dijawab oleh {first}")


def _erase(given: ReplyContext) -> Outcome:
    if refused := _wrong_desk(given):
        return refused
    if given.case.erasure:
        return {given.case.ticket: given.case}, erasure.again(given.rules, given.case)
    order = Erasure(by=given.by, reason=given.data.reason or "", asked_at=given.now)
    return erasure.erase(given.rules, given.cases, given.case, order)


def _rights_done(given: ReplyContext) -> Outcome:
    """Grant the oldest request: each has its own clock, and an answer stops the oldest of them.

    An erasure is reported to the citizen when it is complete, not by this reply.
    """
    if refused := _not_asked(given) or _wrong_desk(given):
        return refused
    message = given.data.message or ""
    if given.case.rights[0] == Right.ERASURE:
        order = Erasure(by=given.by, reason=message, asked_at=given.now)
        return erasure.erase(given.rules, given.cases, given.case, order)
    case, outs = erasure.restrict(given.case, message, by=given.by)
    return {case.ticket: case}, outs


def _rights_decline(given: ReplyContext) -> Outcome:
    """Decline the oldest request, and say why: the law has its exceptions."""
    if refused := _not_asked(given) or _wrong_desk(given):
        return refused
    case = _replace(given.case, rights=given.case.rights[1:])
    case, outs = noted(case, Note.RIGHTS_DECLINED, message=given.data.message, by=given.by)
    return {case.ticket: case}, outs


def _not_asked(given: ReplyContext) -> Refusal | None:
    if given.case.rights:
        return None
    return Refusal("no_request", "tidak ada permintaan hak yang menunggu pada laporan ini")


ACTIONS: dict[str, Rule] = {
    Action.ACKNOWLEDGE: Rule(act=_acknowledge, statuses=ACTIVE | {Status.APPEALED}),
    Action.PROGRESS: Rule(act=_step(UpdateKind.IN_PROGRESS)),
    Action.ASK: Rule(act=_step(UpdateKind.WAITING_FOR_REPORTER), needs=("message",)),
    Action.ASK_HELP: Rule(act=ask_help, statuses=WITH_A_UNIT, needs=("unit", "reason")),
    Action.RESOLVE: Rule(act=_resolve, needs=("message",)),
    Action.RETURN: Rule(act=_return, needs=("reason",)),
    Action.HAND_OVER: Rule(act=_hand_over, needs=("to", "reason")),
    Action.CONFIRM: Rule(act=confirming.confirm, statuses=_RESOLVED),
    Action.REDO: Rule(act=confirming.redo, statuses=_RESOLVED, needs=("reason",)),
    Action.DISPOSE: Rule(act=_dispose, needs=("unit",), triage=True),
    Action.CORRECT: Rule(act=_correct, triage=True),
    Action.REJECT: Rule(act=_step(UpdateKind.REJECTED), needs=("reason",), triage=True),
    Action.MERGE: Rule(act=_merge, needs=("into",), triage=True),
    Action.UNMERGE: Rule(act=_unmerge, statuses=frozenset({Status.MERGED}), triage=True),
    Action.UPHOLD: Rule(act=powers.uphold, statuses=_APPEALED, needs=("reason",)),
    Action.DISMISS: Rule(act=powers.dismiss, statuses=_APPEALED, needs=("message",)),
    Action.REASSIGN: Rule(act=powers.reassign, statuses=WITH_A_UNIT, needs=("unit", "reason")),
    Action.INSTRUCT: Rule(act=powers.instruct, statuses=WITH_A_UNIT, needs=("reason",)),
    Action.PRIORITIZE: Rule(act=powers.prioritize, statuses=WITH_A_UNIT, needs=("urgency", "reason")),
    Action.UNDO: Rule(act=undoing.undo, statuses=_ANYTIME),
    Action.RELAY: Rule(act=_relay, statuses=frozenset({Status.HANDED_OVER}), needs=("to", "message"), triage=True),
    Action.ERASE: Rule(act=_erase, statuses=_ANYTIME, needs=("reason",)),
    Action.RIGHTS_DONE: Rule(act=_rights_done, statuses=_ANYTIME, needs=("message",)),
    Action.RIGHTS_DECLINE: Rule(act=_rights_decline, statuses=_ANYTIME, needs=("message",)),
}
