"""What the clock says of a complaint, written as steps of its story and told to those who work on it. Pure.

What time alone made true is held until the router has read what units and citizens wrote until then, and until the
clock itself has taken in what the router made of that (:func:`release`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from contracts.dates import due_in_words
from contracts.events import SlaBreached, SlaUpdated, UnitRouted
from contracts.sentences import SentenceCode
from contracts.vocabulary import HEAD, WITH_A_UNIT, ClockKind, StageName, Status, UpdateKind, Why
from kabupaten.desks import last_unit
from router.case import Case, Out, advance, is_to_confirm, may_be_undone, tell_unit, waits
from router.clock_word import LADDER, ClockWord
from router.rules import Rules, supervisor
from router.transfers import Result, kept_from, triage_unit_of
from router.unit_words import STAGE_WORDS

_replace = msgspec.structs.replace

#: What a word of the clock is called in the story, where it is not called the same.
_STEPS: dict[str, str] = {ClockKind.STARTED: UpdateKind.DEADLINE_SET}
#: The promises of who decides about an appeal.
_OF_APPEAL = frozenset({StageName.APPEAL, StageName.APPEAL_ACKNOWLEDGEMENT})
#: What is shown beside the promise to citizens, to who has to keep it.
_SHOWN = frozenset({StageName.ACKNOWLEDGEMENT, StageName.APPEAL, StageName.CONFIRMATION})
#: The words after which those before them are no longer true. A warning or a breach says nothing about others.
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
    """Say what the clock said. What waits for :func:`release`: what time alone made true, and all that follows it.

    So does what comes before something that the clock said earlier: its two topics have no order among each other.
    """
    word = ClockWord.of(data)
    if case.received is None:
        return case, []
    in_turn = word.number <= case.heard + 1
    case = _replace(case, heard=max(case.heard, word.number))
    if case.held or word.due_at is not None or not in_turn:
        return _replace(case, held=sorted([*case.held, word], key=lambda each: each.number)), []
    return _say(rules, case, word)


def _standing(held: list[ClockWord]) -> list[ClockWord]:
    """Leave out what is taken back by something that follows: nobody was told of it, and nobody will be."""
    standing: list[ClockWord] = []
    for word in held:
        if word.kind == ClockKind.RETRACTED:
            standing = [each for each in standing if not word.takes_back(each)]
        standing.append(word)
    return standing


def release(rules: Rules, case: Case, heard: int, *, at_once: bool = False) -> Result:
    """Say what is held, to the number ``heard``, once the router has read all that was written until that was said.

    A breach stays held, and what comes after it, while the clock has not said whether it stands with the steps that
    happened by then and came to light later: ``upheld`` or ``retracted``. With ``at_once`` nothing is waited for.
    """
    outs: list[Out] = []
    case = _replace(case, held=_standing(case.held))
    while case.held and case.held[0].number <= heard and (at_once or not _is_undecided(case, case.held[0])):
        word, *held = case.held
        case, more = _say(rules, _replace(case, held=held), word)
        outs += more
    return case, outs


def _is_undecided(case: Case, word: ClockWord) -> bool:
    if word.kind not in LADDER or word.due_at is None:
        return False
    upheld = [case.upheld, *((each.number, each.based_on_seq) for each in case.held if each.kind == ClockKind.UPHELD)]
    known = max([word.based_on_seq, *(seq for number, seq in upheld if number > word.number)])
    return any(seq > known and at <= word.due_at for seq, at in case.happened)


def _say(rules: Rules, case: Case, word: ClockWord) -> Result:
    """Write ``word`` into the story and tell the units; not what is out of date: a dead letter that was put back."""
    if word.kind == ClockKind.UPHELD:
        return _replace(case, upheld=max(case.upheld, (word.number, word.based_on_seq))), []
    of_parent = case.status == Status.MERGED and not _is_of_rights(word)  # whose clock counts for both
    of_clock, of_promise = {word.clock: (word.round, word.number)}, {f"late {word.about}": (0, word.number)}
    if word.kind == ClockKind.RETRACTED:  # what was told is corrected, whatever was said since of other promises
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


def _step(case: Case, word: ClockWord, escalate_to: Sequence[str] = ()) -> Result:
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


def _deadline(rules: Rules, case: Case, word: ClockWord) -> Result:
    """It was set, or moved."""
    case, outs = _step(case, word)
    if word.stage in _SHOWN:
        return _show(case, word, outs)
    if word.stage != StageName.COMPLETION:
        return case, outs
    case = _replace(case, deadline_at=word.deadline_at, derivation=word.derivation)
    return case, [*outs, *(tell_unit(case, Why.DEADLINE_SET, stage=word.stage) if case.status in WITH_A_UNIT else [])]


def _show(case: Case, word: ClockWord, outs: list[Out]) -> Result:
    """Tell who is to acknowledge, to decide or to confirm, by when."""
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


def _paused(rules: Rules, case: Case, word: ClockWord) -> Result:
    """It stands for the question that was asked last; show those who work on it until when."""
    case, outs = _step(case, word)
    if word.stage != StageName.COMPLETION or case.status != Status.WAITING_FOR_REPORTER:
        return case, outs
    case = _replace(case, paused_seq=max(case.paused_seq, word.based_on_seq), paused_until=word.paused_until)
    if case.paused_until is None or not waits(case):
        return case, outs
    until = due_in_words(case.paused_until, rules.zone)
    reason = f"tenggat berhenti sampai pelapor menjawab, paling lambat {until}"
    return case, [*outs, *tell_unit(case, Why.UPDATED, reason=reason)]


def _resumed(rules: Rules, case: Case, word: ClockWord) -> Result:
    """Go on without the answer, if it is this question's bound that passed and not an earlier one's."""
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
    # All questions of a round share one bound: when it is used up the clock does not stand for another.
    said: tuple[SentenceCode, str] = (
        ("answer_time_over", "pelapor tidak menjawab")
        if waited
        else ("question_time_over", "waktu bertanya sudah habis; jawaban pelapor tidak ditunggu")
    )
    code, reason = said
    case, update = advance(case, UpdateKind.IN_PROGRESS, code=code)
    return case, [*outs, update, *tell_unit(case, Why.FOLLOWED_UP, reason=reason)]


def _warned(rules: Rules, case: Case, word: ClockWord) -> Result:
    if not _runs(case, word):
        return case, []
    unit = triage_unit_of(rules, case) if _is_of_rights(word) else _instead(rules, case)
    case, outs = _step(case, word)
    if word.stage == StageName.COMPLETION:
        case = _replace(case, warned_of=word.deadline_at)
    told = tell_unit(case, Why.WARNED, unit=unit, reason=f"tenggat{_named(word)} sudah dekat", stage=word.stage)
    return case if case.unit else _alarm(case, word, told, level=-1), [*outs, *told]


def _late(rules: Rules, case: Case, word: ClockWord) -> Result:
    """It is missed, or a further step of the ladder is reached."""
    runs = _runs(case, word)
    if word.level in case.breach_recipients.get(word.about, {}):
        return case, []
    if not runs and (word.level or _is_of_rights(word)):
        return _untold(case, [*(case.undo.untold if case.undo else []), word]), []
    if word.stage == StageName.COMPLETION and not word.level and case.deadline_at != word.deadline_at:
        # The word that set this deadline may be a dead letter: who has it still sees which one was missed.
        case = _replace(case, deadline_at=word.deadline_at, derivation=word.derivation)
    # A promise that was missed was, though the answer has come since.
    case, outs = _step(case, word, _told_of(rules, case, word))
    told: list[Out] = []
    if runs:
        told = _told_of_escalation(rules, case, word) if word.level else _told_of_breach(rules, case, word)
    return _alarm(case, word, told, level=word.level), [*outs, *told]


def _untold(case: Case, words: list[ClockWord]) -> Case:
    """Remember ``words``: they are said if the act is taken back after which nobody had to hear them."""
    return _replace(case, undo=_replace(case.undo, untold=words)) if case.undo and may_be_undone(case) else case


def _told_of_breach(rules: Rules, case: Case, word: ClockWord) -> list[Out]:
    unit = triage_unit_of(rules, case) if _is_of_rights(word) else _instead(rules, case)
    return tell_unit(case, Why.BREACHED, unit=unit, reason=f"tenggat{_named(word)} terlewati", stage=word.stage)


def _told_of_escalation(rules: Rules, case: Case, word: ClockWord) -> list[Out]:
    reason = f"tenggat {_promise(word)} terlewati sejak {due_in_words(word.deadline_at, rules.zone)}"
    told: list[Out] = []
    for unit in _ladder(rules, case, word):
        told += tell_unit(case, Why.ESCALATED, unit=unit, reason=f"{reason} (tingkat {word.level})", stage=word.stage)
    return told


def _alarm(case: Case, word: ClockWord, told: list[Out], *, level: int) -> Case:
    """Remember who heard: they hear too when it is taken back, or when somebody has what nobody had."""
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


def _retracted(rules: Rules, case: Case, word: ClockWord) -> Result:
    """An answer that was in time came to light late: nobody is to blame. Of what was not said nothing is."""
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


def _lapsed(rules: Rules, case: Case, word: ClockWord) -> Result:
    if case.status != Status.RESOLVED or word.based_on_seq < (case.resolved_seq or 0):
        return case, []
    if case.to_confirm and is_to_confirm(case):  # silence confirms nothing
        case = _replace(case, to_confirm=_replace(case.to_confirm, lapsed=True))
        reason = "pelapor tidak menanggapi lagi; ditutup begitu hasilnya dipastikan"
        return case, tell_unit(case, Why.UPDATED, unit=case.unit, reason=reason)
    case, update = advance(case, UpdateKind.CLOSED, code="lapsed")
    return case, [update, *tell_unit(case, Why.WITHDRAWN, reason="ditutup")]


_EFFECTS: dict[str, Callable[[Rules, Case, ClockWord], Result]] = {
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


def _promise(word: ClockWord) -> str:
    return STAGE_WORDS.get(word.stage, word.stage)


def _named(word: ClockWord) -> str:
    """The deadline that a snapshot shows needs no name."""
    return "" if word.stage == StageName.COMPLETION else f" {_promise(word)}"


def _runs(case: Case, word: ClockWord) -> bool:
    """Whether somebody still has to do what it measures."""
    if _is_of_rights(word):
        return bool(case.rights)
    if word.stage in _OF_APPEAL:
        return case.status == Status.APPEALED
    if word.stage == StageName.CONFIRMATION:
        return is_to_confirm(case)
    return case.status in WITH_A_UNIT or case.status == Status.REGISTERED


def _instead(rules: Rules, case: Case) -> str | None:
    """The triage unit, for what nobody has: nothing is nobody's. None: those who have it."""
    return None if case.unit else triage_unit_of(rules, case)


def _is_of_rights(word: ClockWord) -> bool:
    """Its clock runs beside the complaint's, also when that is over; the triage unit sees to it."""
    return word.stage == StageName.RIGHTS


def _told_of(rules: Rules, case: Case, word: ClockWord) -> list[str]:
    """The ladder as the story tells it: in place of who is accused, who hears of it instead."""
    barred, names = kept_from(rules, case), _above(rules, case, word)
    return list(dict.fromkeys(last_unit(rules, barred) if name in barred else name for name in names))


def _above(rules: Rules, case: Case, word: ClockWord) -> list[str]:
    """Whom ``word`` names; above who decides about an appeal itself is its supervisor."""
    if word.stage not in _OF_APPEAL or case.unit is None:
        return word.escalate_to
    return [supervisor(rules, name) if name == case.unit else name for name in word.escalate_to]


def _ladder(rules: Rules, case: Case, word: ClockWord) -> list[str]:
    """Who hears of it; in place of who may not see it, or is not there, the last resort."""
    heads = triage_unit_of(rules, case) if _is_of_rights(word) else case.unit or triage_unit_of(rules, case)
    units = [heads if name == HEAD else name for name in _above(rules, case, word)]
    barred = kept_from(rules, case)
    last = last_unit(rules, barred)
    return list(dict.fromkeys(unit if unit in rules.units and unit not in barred else last for unit in units))
