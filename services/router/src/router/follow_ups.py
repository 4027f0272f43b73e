"""Applies what the citizen adds. Pure. A wish that can't be granted is answered by ``noted``, never by silence."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from contracts.events import ComplaintFollowedUp, ComplaintSupported, FollowUp, UnitRouted
from contracts.sentences import SentenceCode
from contracts.vocabulary import BAD, CONTENT, FINAL, FollowUpKind, Note, Right, Status, UpdateKind, Why
from kabupaten.desks import last_unit
from router import appeals
from router.by_rule import move_to_its_place, raise_alarm
from router.case import Case, Out, advance, is_rahasia, supporters
from router.confirming import back_to_work, by_mark
from router.rules import Rules, supervisor
from router.snapshot import snapshot, tell_unit
from router.transfers import Changes, Result, accused_units, alarmed_units, kept_from, noted, triage_unit_of

_replace = msgspec.structs.replace

#: Bytes that a parent may collect from merged complaints, since its units are told all of it each time. An intake
#: limits the additions of its own reporter, and together they fit into one event (codec.MAX_BYTES).
MAX_COLLECTED = 150_000
_KINDS = frozenset[str](FollowUpKind)
_RIGHTS: dict[str, str] = {
    Right.ERASURE: "penghapusan data pribadi",
    Right.RESTRICTION: "pembatasan pemrosesan data pribadi",
}


def on_followed_up(
    rules: Rules, cases: Mapping[str, Case], case: Case, data: ComplaintFollowedUp
) -> tuple[Changes, list[Out]]:
    """Apply the citizen's new items, in order; those of a merged complaint go to its parent's units."""
    if case.received is None:
        # A later event contains the items of an earlier one, but may come before it.
        if case.followed_up and len(case.followed_up.items) >= len(data.items):
            return {}, []
        return {case.ticket: _replace(case, followed_up=data)}, []
    changes: Changes = {case.ticket: case}
    outs: list[Out] = []
    for item in data.items:
        case = changes[case.ticket]
        if item.id in {known.id for known in case.follow_ups} or not _is_known(item):
            continue
        urgency = None if item.danger else case.urgency  # danger outranks an urgency set before
        case = _replace(case, follow_ups=[*_without(case, item), item], urgency=urgency)
        parent = changes.get(case.parent or "") or cases.get(case.parent or "")
        secret = item.kind == FollowUpKind.CONFIDENTIAL  # it also hides the items that the parent has
        if parent and case.status == Status.MERGED and (secret or not _accuses(rules, case, parent)):
            case, parent, more = _of_merged(rules, case, parent, item)
            changes[parent.ticket] = parent
        else:
            case, more = _follow_up(rules, case, item)
        changes[case.ticket] = case
        outs += more
        if item.danger:
            at_it, more = raise_alarm(rules, changes.get(case.parent or "", case))
            changes[at_it.ticket] = at_it
            outs += more
    return changes, outs


def on_supported(_rules: Rules, case: Case, data: ComplaintSupported) -> Result:
    """Note how many people support it. The highest number is the newest, in any order of reading.

    Each of the first nine is told, then each ten, each hundred …: 999 supporters make at most 27 steps of a story.
    """
    before, now = case.supported_by, data.supporters
    if case.received is None or now <= before:
        return case, []
    case = _replace(case, supported_by=now)
    if _rounded(now) == _rounded(before) or case.status in FINAL or case.status == Status.MERGED:
        return case, []
    case, outs = noted(case, Note.SUPPORTED)
    return case, [*outs, *tell_unit(case, Why.FOLLOWED_UP, reason=f"{now} warga lain mendukung laporan ini")]


def _rounded(n: int) -> int:
    """``n`` with all its digits but the first as zero."""
    return int(str(n)[0].ljust(len(str(n)), "0"))


def _is_known(item: FollowUp) -> bool:
    """Whether this version knows what ``item`` wants; an updated router applies it when the next item comes."""
    return item.kind in _KINDS and (item.right is UNSET or item.right in _RIGHTS)


def _accuses(rules: Rules, case: Case, parent: Case) -> bool:
    """Whether it accuses a unit that works on its parent, as only a classification after the merging can show."""
    return not {parent.unit, *supporters(parent)}.isdisjoint(accused_units(rules, case))


def _follow_up(rules: Rules, case: Case, item: FollowUp) -> Result:
    match item.kind:
        case FollowUpKind.CANCEL:
            return _cancel(case)
        case FollowUpKind.REOPEN:
            return _reopen(rules, case)
        case FollowUpKind.RATING:
            case, outs = _rate(rules, case, case, item)
            case, more = by_mark(case, item.rating or 0)
            return case, [*outs, *more]
        case FollowUpKind.RIGHTS_REQUEST:
            return _rights(rules, case, item)
        case FollowUpKind.CONFIDENTIAL:
            case, outs = noted(case, Note.CONFIDENTIAL, code="made_confidential")
            return case, [*outs, *_withhold(rules, case, "pelapor minta dirahasiakan")]
        case FollowUpKind.APPEAL:
            if refused := appeals.why_not(case, item, case.mark):
                return noted(case, Note.REFUSED, code=refused)
            return appeals.appeal(rules, case, item, case.mark)
        case _:
            return _add(rules, case, item)


def _of_merged(rules: Rules, case: Case, parent: Case, item: FollowUp) -> tuple[Case, Case, list[Out]]:
    """Apply an item of a merged complaint: its reporter speaks to the units that work on the parent."""
    item = _replace(item, rahasia=is_rahasia(case) or UNSET)
    if item.late:
        longer = _append(parent, item)
        reason = f"{_what_is_late(item)} pelapor {case.ticket}, yang digabung"
        return case, longer or parent, tell_unit(longer, Why.FOLLOWED_UP, reason=reason) if longer else []
    match item.kind:
        case FollowUpKind.REOPEN if parent.status == Status.RESOLVED:
            # The parent's steps are repeated in the child's story, so its reporter is answered by them.
            return case, *_reopen(rules, _append(parent, item) or parent)
        case FollowUpKind.APPEAL:
            if refused := appeals.why_not(parent, item, case.mark):
                case, outs = noted(case, Note.REFUSED, code=refused, parent=case.parent)
                return case, parent, outs
            return case, *appeals.appeal(rules, _append(parent, item) or parent, item, case.mark)
        case FollowUpKind.ADDITION:
            longer = _append(parent, item)
            if longer is None:
                case, outs = noted(case, Note.REFUSED, code="too_many_merged")
                return case, parent, outs
            case, outs = noted(case, Note.ADDITION, code="passed_on")
            outs += tell_unit(longer, Why.FOLLOWED_UP, reason=f"tambahan dari pelapor {case.ticket}, yang digabung")
            return case, longer, outs
        case FollowUpKind.CONFIDENTIAL:
            its = {each.id for each in case.follow_ups}
            hidden = [_replace(each, rahasia=True) if each.id in its else each for each in parent.follow_ups]
            parent = _replace(parent, follow_ups=hidden)
            case, outs = _follow_up(rules, case, item)
            return case, parent, [*outs, *_withhold(rules, parent, f"pelapor {case.ticket} minta dirahasiakan")]
        case FollowUpKind.RATING:
            case, outs = _rate(rules, case, parent, item)
            parent, more = by_mark(parent, item.rating or 0)
            return case, parent, [*outs, *more]
        case _:
            case, outs = _follow_up(rules, case, item)
            return case, parent, outs


def _withhold(rules: Rules, case: Case, reason: str) -> list[Out]:
    """Tell the units that handle it, and overwrite the snapshots of all other units with one without words."""
    handle = {case.unit, *supporters(case)}
    others = (unit for unit in case.told if unit in rules.units and unit not in handle)
    return [
        *tell_unit(case, Why.FOLLOWED_UP, reason=reason),
        *(out for unit in others for out in tell_unit(case, Why.UPDATED, unit=unit)),
    ]


def _append(parent: Case, item: FollowUp) -> Case | None:
    """Return the parent with ``item``, or None if it has collected too much already."""
    collected = [*_without(parent, item), item]
    parent = _replace(parent, urgency=None) if item.danger else parent
    return _replace(parent, follow_ups=collected) if len(msgspec.json.encode(collected)) <= MAX_COLLECTED else None


def _without(case: Case, item: FollowUp) -> list[FollowUp]:
    """Return the items of ``case`` without the files that ``item`` says are deleted: no link may lead to them."""
    gone = frozenset(item.deleted or ())
    if not gone:
        return case.follow_ups
    return [
        _replace(each, evidence=[file for file in each.evidence if file.sha256 not in gone]) for each in case.follow_ups
    ]


def _what_is_late(item: FollowUp) -> str:
    return "foto dihapus" if item.deleted else "foto dari"


def _heard(case: Case, note: str, code: SentenceCode) -> Result:
    """Note it, and show it to the units that work on it."""
    case, outs = noted(case, note, code=code, parent=case.parent)
    return case, [*outs, *tell_unit(case, Why.FOLLOWED_UP)]


def _add(rules: Rules, case: Case, item: FollowUp) -> Result:
    if item.late:
        return case, [] if case.status in FINAL else tell_unit(
            case, Why.FOLLOWED_UP, reason=f"{_what_is_late(item)} pelapor"
        )
    if case.question and case.status not in FINAL:
        case = _replace(case, question=_replace(case.question, answered=True))
    if case.status == Status.WAITING_FOR_REPORTER:
        case, update = advance(case, UpdateKind.IN_PROGRESS, code="answer_passed_on")
        return case, [update, *tell_unit(case, Why.FOLLOWED_UP, reason="pelapor menjawab")]
    if case.status in FINAL:
        return noted(case, Note.REFUSED, code="ended")
    code: SentenceCode = "passed_on_resolved" if case.status == Status.RESOLVED else "passed_on"
    case, outs = _heard(case, Note.ADDITION, "passed_on_told" if item.told else code)
    case, more = move_to_its_place(rules, case) if item.place else (case, [])
    return case, [*outs, *more]


def _cancel(case: Case) -> Result:
    if case.status == Status.MERGED:
        return _heard(case, Note.REFUSED, "cancel_merged")
    if case.status in FINAL or case.status == Status.RESOLVED:
        return noted(case, Note.REFUSED, code="cancel_ended")
    reason = "dibatalkan pelapor"
    case, update = advance(case, UpdateKind.CANCELLED)
    outs: list[Out] = [update, *tell_unit(case, Why.WITHDRAWN, reason=reason)]
    for unit in [] if case.unit else alarmed_units(case):
        outs += tell_unit(case, Why.WITHDRAWN, unit=unit, reason=reason)
    return case, outs


def _reopen(rules: Rules, case: Case) -> Result:
    if case.status != Status.RESOLVED or case.unit is None:
        return noted(case, Note.REFUSED, code="ended" if case.status in FINAL else "reopen_open")
    case = _replace(case, reopened=case.reopened + 1)
    if case.reopened == 1:
        return back_to_work(rules, case, "dibuka kembali oleh pelapor")
    # A unit that has twice said that it is done is not asked a third time: a person looks first.
    return back_to_work(rules, case, f"dibuka kembali oleh pelapor {case.reopened} kali", at_triage=True)


def _rate(rules: Rules, case: Case, judged: Case, item: FollowUp) -> Result:
    """Note a mark. ``judged`` is the complaint whose unit it is for: the parent, if ``case`` was merged."""
    stars = item.rating or None
    if judged.status == Status.RESOLVED:
        case = _replace(case, mark=stars)
    # One reporter's mark must not close the complaints of others: the clock closes a parent.
    if case.status == Status.RESOLVED and stars and stars >= CONTENT and not case.merged:
        case, update = advance(case, UpdateKind.CLOSED, code="rated_closed", rating=stars)
        return case, [update, *tell_unit(case, Why.WITHDRAWN, reason=f"ditutup, pelapor puas (nilai {stars})")]
    code: SentenceCode = "rated"
    if case.status == Status.RESOLVED and (stars or 0) < CONTENT:
        code = "rated_bad" if (stars or 0) <= BAD and case.appeal is None else "rated_resolved"
    case, outs = noted(case, Note.RATING, code=code, rating=stars)
    judged = case if judged.ticket == case.ticket else judged
    if stars and case.status in (Status.RESOLVED, Status.APPEALED):
        outs += tell_unit(case, Why.FOLLOWED_UP, reason=f"pelapor menilai {stars} dari 5")
    if stars and stars <= BAD and judged.unit and judged.status != Status.APPEALED:
        outs.append(_rated(rules, judged, stars))
    return case, outs


def _rated(rules: Rules, case: Case, stars: int) -> UnitRouted:
    to = supervisor(rules, case.unit or "")
    if to in kept_from(rules, case):
        to = last_unit(rules, kept_from(rules, case))
    return UnitRouted(
        why=Why.RATED, unit=to, complaint=snapshot(case, to), reason=f"pelapor menilai {stars} dari 5 ({case.unit})"
    )


def _rights(rules: Rules, case: Case, item: FollowUp) -> Result:
    """Pass a request under the data protection law to the triage unit, whichever unit has the complaint."""
    right = item.right if item.right is not UNSET else Right.ERASURE
    case = _replace(case, rights=[*case.rights, right])
    case, outs = noted(case, Note.RIGHTS_REQUESTED, code="rights_passed_on")
    return case, [
        *outs,
        *tell_unit(
            case,
            Why.RIGHTS_REQUESTED,
            unit=triage_unit_of(rules, case),
            reason=f"hak pelapor (UU PDP): {_RIGHTS[right]}",
        ),
    ]
