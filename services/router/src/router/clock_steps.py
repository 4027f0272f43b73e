"""Writes the clock's words into a complaint's story, and tells the units that work on it. Pure.

A word that time alone made true is held until the router has read all that units and citizens wrote by then, and until
the clock has taken in the resulting steps (:func:`release`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from contracts.dates import due_in_words
from contracts.events import SlaBreached, SlaUpdated, UnitRouted
from contracts.sentences import SentenceCode
from contracts.vocabulary import HEAD, WITH_A_UNIT, ClockKind, StageName, Status, UpdateKind, Why
from kabupaten.desks import last_unit
from router.case import Case, Out, advance, is_to_confirm, may_be_undone, waits
from router.clock_event import LADDER, ClockEvent
from router.rules import Rules, supervisor
from router.snapshot import tell_unit
from router.transfers import Result, kept_from, triage_unit_of
from router.unit_words import STAGE_WORDS

_replace = msgspec.structs.replace

#: The step's name for a word of the clock, where the two differ.
_STEPS: dict[str, str] = {ClockKind.STARTED: UpdateKind.DEADLINE_SET}
#: The promises that the unit deciding an appeal has to keep.
_OF_APPEAL = frozenset({StageName.APPEAL, StageName.APPEAL_ACKNOWLEDGEMENT})
#: The promises that a unit is shown beside the one to citizens, because it has to keep them.
_SHOWN = frozenset({StageName.ACKNOWLEDGEMENT, StageName.APPEAL, StageName.CONFIRMATION})
#: The words that make earlier words of their clock outdated. Warnings and breaches don't.
_SETS_THE_CLOCK = frozenset(
    {
        ClockKind.STARTED,
        ClockKind.PAUSED,
        ClockKind.RESUMED,
        ClockKind.RESCHEDULED,
        ClockKind.MET,
        ClockKind.STOPPED,
        ClockKind.LAPSED,
    }
)


def on_clock(rules: Rules, case: Case, data: SlaUpdated | SlaBreached) -> Result:
    """Tell a word of the clock, or hold it for :func:`release`: if time alone made it true, or if others are held.

    A word is also held while one with a lower number is missing: the clock's two topics have no common order.
    """
    word = ClockEvent.of(data)
    if case.received is None:
        return case, []
    in_turn = word.number <= case.heard + 1
    case = _replace(case, heard=max(case.heard, word.number))
    if case.held or word.due_at is not None or not in_turn:
        return _replace(case, held=sorted([*case.held, word], key=lambda each: each.number)), []
    return _say(rules, case, word)


def _standing(held: list[ClockEvent]) -> list[ClockEvent]:
    """Leave out words that a later one takes back: nobody was told of them, and nobody will be."""
    standing: list[ClockEvent] = []
    for word in held:
        if word.kind == ClockKind.RETRACTED:
            standing = [each for each in standing if not word.takes_back(each)]
        standing.append(word)
    return standing


def release(rules: Rules, case: Case, heard: int, *, at_once: bool = False) -> Result:
    """Tell the held words up to the number ``heard``, once the router has read all that was written before that word.

    If steps that happened before a breach came to light after it, the breach and all words behind it stay held until
    the clock has said ``upheld`` or ``retracted``. With ``at_once``, tell them without that.
    """
    outs: list[Out] = []
    case = _replace(case, held=_standing(case.held))
    while case.held and case.held[0].number <= heard and (at_once or not _is_undecided(case, case.held[0])):
        word, *held = case.held
        case, more = _say(rules, _replace(case, held=held), word)
        outs += more
    return case, outs


def _is_undecided(case: Case, word: ClockEvent) -> bool:
    if word.kind not in LADDER or word.due_at is None:
        return False
    upheld = [case.upheld, *((each.number, each.based_on_seq) for each in case.held if each.kind == ClockKind.UPHELD)]
    known = max([word.based_on_seq, *(seq for number, seq in upheld if number > word.number)])
    return any(seq > known and at <= word.due_at for seq, at in case.happened)


def _say(rules: Rules, case: Case, word: ClockEvent) -> Result:
    """Write ``word`` into the story and tell the units, unless it is outdated: a dead letter that was put back."""
    if word.kind == ClockKind.UPHELD:
        return _replace(case, upheld=max(case.upheld, (word.number, word.based_on_seq))), []
    of_parent = case.status == Status.MERGED and not _is_of_rights(word)  # the parent's clock counts for both
    of_clock, of_promise = {word.clock: (word.round, word.number)}, {f"late {word.about}": (0, word.number)}
    if word.kind == ClockKind.RETRACTED:  # it corrects what was told, whatever came since about other promises
        since, sets, of_parent = of_promise, of_promise, False
    elif word.kind in LADDER:
        since, sets = {**of_clock, **of_promise}, of_promise
    else:
        since, sets = of_clock, of_clock if word.kind in _SETS_THE_CLOCK else {}
    if of_parent or any(said < case.clocks.get(which, said) for which, said in since.items()):
        return case, []
    case = _replace(case, clocks={**case.clocks, **sets})
    effect = _EFFECTS.get(word.kind)
    return effect(rules, case, word) if effect else (case, [])


def _step(case: Case, word: ClockEvent, escalate_to: Sequence[str] = ()) -> Result:
    case, update = advance(
        case,
        _STEPS.get(word.kind, word.kind),
        case.status,
        stage=word.stage,
        round=word.round,
        deadline_at=word.deadline_at,
        derivation=word.derivation,
        promise=word.promise,
        paused_until=word.paused_until,
        level=word.level,
        escalate_to=list(escalate_to),
    )
    return case, [update]


def _deadline(rules: Rules, case: Case, word: ClockEvent) -> Result:
    """Tell that a deadline was set or moved."""
    case, outs = _step(case, word)
    if word.stage in _SHOWN:
        return _show(case, word, outs)
    if word.stage != StageName.COMPLETION:
        return case, outs
    case = _replace(case, deadline_at=word.deadline_at, derivation=word.derivation)
    return case, [*outs, *(tell_unit(case, Why.DEADLINE_SET, stage=word.stage) if case.status in WITH_A_UNIT else [])]


def _show(case: Case, word: ClockEvent, outs: list[Out]) -> Result:
    """Tell the unit that has to acknowledge, decide or confirm its deadline."""
    is_acknowledged = word.stage == StageName.ACKNOWLEDGEMENT and case.status != Status.ROUTED
    if is_acknowledged or not _runs(case, word):
        return case, outs
    if word.stage == StageName.ACKNOWLEDGEMENT:
        case = _replace(case, acknowledge_by=word.deadline_at)
    elif word.stage == StageName.APPEAL and case.appeal:
        case = _replace(case, appeal=_replace(case.appeal, deadline_at=word.deadline_at))
    elif case.to_confirm:
        case = _replace(case, to_confirm=_replace(case.to_confirm, deadline_at=word.deadline_at))
    return case, [*outs, *tell_unit(case, Why.DEADLINE_SET, unit=case.unit, stage=word.stage)]


def _paused(rules: Rules, case: Case, word: ClockEvent) -> Result:
    """Pause it for the last question, and tell the units that work on it until when."""
    case, outs = _step(case, word)
    if word.stage != StageName.COMPLETION or case.status != Status.WAITING_FOR_REPORTER:
        return case, outs
    case = _replace(case, paused_seq=max(case.paused_seq, word.based_on_seq), paused_until=word.paused_until)
    if case.paused_until is None or not waits(case):
        return case, outs
    until = due_in_words(case.paused_until, rules.zone)
    reason = f"tenggat berhenti sampai pelapor menjawab, paling lambat {until}"
    return case, [*outs, *tell_unit(case, Why.UPDATED, reason=reason)]


def _resumed(rules: Rules, case: Case, word: ClockEvent) -> Result:
    """Go on without an answer if the time for the last question is over, not just that for an earlier one."""
    if word.stage != StageName.COMPLETION:
        return _step(case, word)
    moved = case.deadline_at != word.deadline_at
    waited, waits_on = (
        waits(case),
        case.status == Status.WAITING_FOR_REPORTER and word.based_on_seq >= (case.asked_seq or 0),
    )
    case, outs = _deadline(rules, case, word) if moved else _step(case, word)
    if not waits_on:
        return case, outs
    # All questions of a round share one time limit: once it is used up, the clock does not pause again.
    said: tuple[SentenceCode, str] = (
        ("answer_time_over", "pelapor tidak menjawab")
        if waited
        else ("question_time_over", "waktu bertanya sudah habis; jawaban pelapor tidak ditunggu")
    )
    code, reason = said
    case, update = advance(case, UpdateKind.IN_PROGRESS, code=code)
    return case, [*outs, update, *tell_unit(case, Why.FOLLOWED_UP, reason=reason)]


def _warned(rules: Rules, case: Case, word: ClockEvent) -> Result:
    if not _runs(case, word):
        return case, []
    unit = triage_unit_of(rules, case) if _is_of_rights(word) else _instead(rules, case)
    case, outs = _step(case, word)
    if word.stage == StageName.COMPLETION:
        case = _replace(case, warned_of=word.deadline_at)
    told = tell_unit(case, Why.WARNED, unit=unit, reason=f"tenggat{_named(word)} sudah dekat", stage=word.stage)
    return case if case.unit else _alarm(case, word, told, level=-1), [*outs, *told]


def _late(rules: Rules, case: Case, word: ClockEvent) -> Result:
    """Tell that a promise was missed, or that a further step of the ladder is reached."""
    runs = _runs(case, word)
    if word.level in case.breach_recipients.get(word.about, {}):
        return case, []
    if not runs and (word.level or _is_of_rights(word)):
        return _untold(case, [*(case.undo.untold if case.undo else []), word]), []
    if word.stage == StageName.COMPLETION and not word.level and case.deadline_at != word.deadline_at:
        # The word that set this deadline may be a dead letter: the unit must still see which deadline was missed.
        case = _replace(case, deadline_at=word.deadline_at, derivation=word.derivation)
    # A missed promise stays missed, even if the answer has come since.
    case, outs = _step(case, word, _told_of(rules, case, word))
    told: list[Out] = []
    if runs:
        told = _told_of_escalation(rules, case, word) if word.level else _told_of_breach(rules, case, word)
    return _alarm(case, word, told, level=word.level), [*outs, *told]


def _untold(case: Case, words: list[ClockEvent]) -> Case:
    """Remember ``words``, which nobody has to hear after the last act: they are told if that act is undone."""
    return _replace(case, undo=_replace(case.undo, untold=words)) if case.undo and may_be_undone(case) else case


def _told_of_breach(rules: Rules, case: Case, word: ClockEvent) -> list[Out]:
    unit = triage_unit_of(rules, case) if _is_of_rights(word) else _instead(rules, case)
    return tell_unit(case, Why.BREACHED, unit=unit, reason=f"tenggat{_named(word)} terlewati", stage=word.stage)


def _told_of_escalation(rules: Rules, case: Case, word: ClockEvent) -> list[Out]:
    reason = f"tenggat {_promise(word)} terlewati sejak {due_in_words(word.deadline_at, rules.zone)}"
    told: list[Out] = []
    for unit in _ladder(rules, case, word):
        told += tell_unit(case, Why.ESCALATED, unit=unit, reason=f"{reason} (tingkat {word.level})", stage=word.stage)
    return told


def _alarm(case: Case, word: ClockEvent, told: list[Out], *, level: int) -> Case:
    """Remember the units that were told: they also hear of a retraction and, if nobody has it, of its first unit."""
    units = list(dict.fromkeys(out.unit for out in told if isinstance(out, UnitRouted)))
    if level < 0 and not units:
        return case
    return _replace(
        case,
        breach_recipients={
            **case.breach_recipients,
            word.about: {**case.breach_recipients.get(word.about, {}), level: units},
        },
    )


def _retracted(rules: Rules, case: Case, word: ClockEvent) -> Result:
    """Take back a breach, because an answer in time came to light late; if nobody was told of it, tell nothing."""
    levels = case.breach_recipients.get(word.about, {})
    case = _untold(case, [each for each in case.undo.untold if not word.takes_back(each)]) if case.undo else case
    if not any(level >= word.level for level in levels):
        return case, []
    left = {level: units for level, units in levels.items() if 0 <= level < word.level}
    rest = {promise: heard for promise, heard in case.breach_recipients.items() if promise != word.about}
    case, outs = _step(_replace(case, breach_recipients={**rest, word.about: left} if left else rest), word)
    barred, reason = kept_from(rules, case), f"tenggat {_promise(word)} ternyata tidak terlewati"
    if word.level:
        reason = f"tenggat {_promise(word)} belum sampai tingkat {word.level}"
    heard = dict.fromkeys(unit for level, units in levels.items() if level not in left for unit in units)
    for unit in heard:
        if unit in rules.units and unit not in barred:
            outs += tell_unit(case, Why.RETRACTED, unit=unit, reason=reason, stage=word.stage)
    return case, outs


def _lapsed(rules: Rules, case: Case, word: ClockEvent) -> Result:
    if case.status != Status.RESOLVED or word.based_on_seq < (case.resolved_seq or 0):
        return case, []
    if case.to_confirm and is_to_confirm(case):  # silence confirms nothing
        case = _replace(case, to_confirm=_replace(case.to_confirm, lapsed=True))
        reason = "pelapor tidak menanggapi lagi; ditutup begitu hasilnya dipastikan"
        return case, tell_unit(case, Why.UPDATED, unit=case.unit, reason=reason)
    case, update = advance(case, UpdateKind.CLOSED, code="lapsed")
    return case, [update, *tell_unit(case, Why.WITHDRAWN, reason="ditutup")]


_EFFECTS: dict[str, Callable[[Rules, Case, ClockEvent], Result]] = {
    ClockKind.STARTED: _deadline,
    ClockKind.RESCHEDULED: _deadline,
    ClockKind.PAUSED: _paused,
    ClockKind.RESUMED: _resumed,
    ClockKind.WARNED: _warned,
    ClockKind.BREACHED: _late,
    ClockKind.ESCALATED: _late,
    ClockKind.RETRACTED: _retracted,
    ClockKind.MET: lambda rules, case, word: _step(case, word),
    ClockKind.LAPSED: _lapsed,
}


def _promise(word: ClockEvent) -> str:
    return STAGE_WORDS.get(word.stage, word.stage)


def _named(word: ClockEvent) -> str:
    """Name the promise, except the one whose deadline the snapshot shows."""
    return "" if word.stage == StageName.COMPLETION else f" {_promise(word)}"


def _runs(case: Case, word: ClockEvent) -> bool:
    """Whether somebody still has to keep the promise that ``word`` is about."""
    if _is_of_rights(word):
        return bool(case.rights)
    if word.stage in _OF_APPEAL:
        return case.status == Status.APPEALED
    if word.stage == StageName.CONFIRMATION:
        return is_to_confirm(case)
    return case.status in WITH_A_UNIT or case.status == Status.REGISTERED


def _instead(rules: Rules, case: Case) -> str | None:
    """Return the triage unit if nobody has the complaint; None stands for the units that have it."""
    return None if case.unit else triage_unit_of(rules, case)


def _is_of_rights(word: ClockEvent) -> bool:
    """Whether it is about a legal request, whose clock runs even after the complaint's; the triage unit answers it."""
    return word.stage == StageName.RIGHTS


def _told_of(rules: Rules, case: Case, word: ClockEvent) -> list[str]:
    """Return the recipients as the story names them, each accused unit replaced by its stand-in."""
    barred, names = kept_from(rules, case), _above(rules, case, word)
    return list(dict.fromkeys(last_unit(rules, barred) if name in barred else name for name in names))


def _above(rules: Rules, case: Case, word: ClockEvent) -> list[str]:
    """Return the recipients that ``word`` names; the unit that decides an appeal is replaced by its supervisor."""
    if word.stage not in _OF_APPEAL or case.unit is None:
        return word.escalate_to
    return [supervisor(rules, name) if name == case.unit else name for name in word.escalate_to]


def _ladder(rules: Rules, case: Case, word: ClockEvent) -> list[str]:
    """Return the units that are told; the last resort stands in for units that have ended or may not see it."""
    heads = triage_unit_of(rules, case) if _is_of_rights(word) else case.unit or triage_unit_of(rules, case)
    units = [heads if name == HEAD else name for name in _above(rules, case, word)]
    barred = kept_from(rules, case)
    last = last_unit(rules, barred)
    return list(dict.fromkeys(unit if unit in rules.units and unit not in barred else last for unit in units))
