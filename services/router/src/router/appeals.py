"""Appeals: a reporter objects to a unit's resolution, and the unit's supervisor decides. Pure.

Until the decision the supervisor has the complaint, in the triage lane. An accused unit never decides, nor does the one
whose work it is about.
"""

from __future__ import annotations

import msgspec

from contracts.events import FollowUp, Support
from contracts.sentences import SentenceCode
from contracts.vocabulary import BAD, FINAL, Lane, Note, Status, UpdateKind, Why
from kabupaten.desks import CONDUCT_CATEGORY
from router.case import Appealed, Case, Out, advance, supporters
from router.rules import Assignment, Rules, conduct_desk, judge, supervisor, triage
from router.snapshot import tell_unit
from router.transfers import Result, kept_from, noted, route

_replace = msgspec.structs.replace


def why_not(case: Case, item: FollowUp, mark: int | None) -> SentenceCode | None:
    """Return the sentence that says why ``item`` can't be an appeal about ``case``; None if it can.

    The mark in ``item`` counts before ``mark``, which its reporter gave earlier.
    """
    if case.status in FINAL:
        return "ended"
    if case.appeal:
        return "appeal_again"
    if case.status != Status.RESOLVED or case.unit is None:
        return "appeal_open"
    return None if 0 < (item.rating or mark or 0) <= BAD else "appeal_mark"


def appeal(rules: Rules, case: Case, item: FollowUp, mark: int | None) -> Result:
    """Give ``case`` to the unit that decides; ``why_not`` has found nothing against it."""
    judged, stars = case.unit or "", item.rating or mark or BAD
    before = [judged, *supporters(case)]
    taken = Appealed(id=item.id, at=item.at, unit=judged, lane=case.lane, support=supporters(case), rating=stars)
    case = _replace(case, appeal=taken, mark=stars, resolved_seq=None, support=[])
    reason = f"pelapor menilai {stars} dari 5 dan keberatan atas penyelesaian {judged}"
    return _give(rules, case, before, reason, rating=item.rating or None)


def pass_on(rules: Rules, case: Case, reason: str) -> Result:
    """Give it to another unit, because the one that was to decide no longer may."""
    assert case.appeal is not None  # noqa: S101  (only asked for what is appealed)
    case = _replace(case, appeal=_replace(case.appeal, acknowledged=False))
    return _give(rules, case, [case.unit or ""], reason)


def judge_of(rules: Rules, case: Case) -> str:
    """Return the unit that decides the appeal of ``case``: the supervisor or, about conduct, the conduct unit."""
    assert case.appeal is not None  # noqa: S101  (only asked for what is appealed)
    judged = rules.heirs.get(case.appeal.unit, case.appeal.unit)
    first = rules.conduct if case.category == CONDUCT_CATEGORY else supervisor(rules, judged)
    return judge(rules, kept_from(rules, case), [case.appeal.unit, judged], first)


def _give(rules: Rules, case: Case, before: list[str], reason: str, *, rating: int | None = None) -> Result:
    to = judge_of(rules, case)
    case, update = advance(_replace(case, unit=to, lane=Lane.TRIAGE), UpdateKind.APPEALED, rating=rating)
    outs: list[Out] = [update, *tell_unit(case, Why.APPEALED, reason=reason)]
    for unit in dict.fromkeys(before):
        if unit != to:
            outs += tell_unit(case, Why.WITHDRAWN, unit=unit, reason=f"pelapor keberatan; {to} memutuskan")
    return case, outs


def away_from_accused(rules: Rules, case: Case) -> Result:
    """Pass it on if a late classification accuses the unit that was to decide, or may accuse it."""
    if case.unit not in kept_from(rules, case) or case.unit == judge_of(rules, case):
        return case, []
    return pass_on(rules, case, f"laporan ini ternyata tentang {case.unit}")


def on_judge_ended(rules: Rules, case: Case) -> Result:
    """Pass it on if the unit that was to decide has ended."""
    if case.unit in rules.units:
        return case, []
    return pass_on(rules, case, f"{case.unit} tidak berlaku lagi")


def acknowledge(case: Case, message: str | None, *, by: str) -> Result:
    """Tell its reporter that the deciding unit has read it."""
    assert case.appeal is not None  # noqa: S101  (only asked for what is appealed)
    case = _replace(case, appeal=_replace(case.appeal, acknowledged=True))
    return noted(case, Note.APPEAL_ACKNOWLEDGED, message=message, by=by)


def uphold(rules: Rules, case: Case, to: Assignment | None, reason: str, message: str | None, *, by: str) -> Result:
    """Have it done again: by the same unit and its helpers, or by the units that ``to`` names."""
    case, judged = _decided(case, by, upheld=True)
    reason = f"keberatan pelapor diterima {by}: {reason}"
    to = to or Assignment(lane=judged.lane or Lane.UNIT, unit=judged.unit, reason="", support=judged.support)
    unit, barred = rules.heirs.get(to.unit, to.unit), kept_from(rules, case)
    if unit in barred or unit not in rules.units:
        home = conduct_desk if case.category == CONDUCT_CATEGORY else triage
        to = home(rules, barred, reason)
        unit = to.unit
    case, update = advance(
        _replace(case, mark=None), UpdateKind.REOPENED, note=Note.APPEAL_UPHELD, message=message, by=by
    )
    case, outs = route(rules, case, Assignment(lane=to.lane, unit=unit, reason=reason, support=to.support), by=by)
    return case, [update, *outs]


def dismiss(rules: Rules, case: Case, message: str, *, by: str) -> Result:
    """Let the resolution stand, and tell its reporter why."""
    had = case.unit
    case, judged = _decided(case, by, upheld=False)
    barred = kept_from(rules, case)
    support = [Support(unit=unit) for unit in judged.support if unit in rules.units and unit not in barred]
    case = _replace(case, unit=judged.unit, lane=judged.lane, support=support)
    case, update = advance(case, UpdateKind.CLOSED, note=Note.APPEAL_DISMISSED, message=message, by=by)
    outs: list[Out] = [update]
    if judged.unit in rules.units and judged.unit not in barred:
        reason = f"keberatan pelapor tidak diterima {by}: {message}"
        outs += tell_unit(case, Why.UPDATED, unit=judged.unit, reason=reason)
    if had and had != by:
        outs += tell_unit(case, Why.WITHDRAWN, unit=had, reason=f"sudah diputuskan {by}")
    return case, outs


def _decided(case: Case, by: str, *, upheld: bool) -> tuple[Case, Appealed]:
    assert case.appeal is not None  # noqa: S101  (only asked for what is appealed)
    return _replace(case, appeal=_replace(case.appeal, by=by, upheld=upheld)), case.appeal
