"""Erasing what a complaint says of anybody, and restricting its use: UU 27/2022, pasal 8, 11, 41 to 43. Pure.

The case stays, with its unit, its times and its outcome, and without a person. The order goes to every service; each
that held a text writes a tombstone where it was, and when the last has come the erasure is done, and said to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET

from chassis.wire import Tombstone
from contracts.events import ComplaintClassified, ComplaintErased, ComplaintFollowedUp, ComplaintReceived, UnitRouted
from contracts.topics import CLASSIFIED, FOLLOWED_UP, RECEIVED
from contracts.vocabulary import FINAL, Note, Status, UpdateKind, Why
from router import merging
from router.case import Case, Erasure, Out, StepGone, advance, known, snapshot, tell_unit, wordless
from router.rules import Rules
from router.transfers import Changes, Result, noted

_replace = msgspec.structs.replace

#: What was written over may be cleaned so long after (max.compaction.lag.ms of the topics), and a little more.
CLEANED_AFTER = timedelta(hours=48, minutes=15)
#: Where each complaint has a text, but for the units' topics, which the router itself writes.
HELD_ON = (CLASSIFIED, FOLLOWED_UP, RECEIVED)
_TELL_UNITS = "data pribadi dihapus menurut UU PDP; hapus juga salinan di sistem Anda"


def erase(rules: Rules, cases: Mapping[str, Case], case: Case, order: Erasure) -> tuple[Changes, list[Out]]:
    """Delete the texts of ``case`` here and order the others to; one that is open is cancelled by it."""
    changes: Changes = {}
    outs: list[Out] = []
    case = _replace(redacted(case), erasure=_replace(order, waits=list(HELD_ON), steps=case.seq + 1))
    if case.status == Status.MERGED and case.parent:  # its additions are its parent's too
        changes, outs = merging.unmerge(rules, {**cases, case.ticket: case}, case, "laporannya dihapus", by=order.by)
        case = redacted(changes[case.ticket])
    if case.to_confirm and case.to_confirm.lapsed:  # nobody can look at it any more
        case, update = advance(case, UpdateKind.CLOSED, code="lapsed")
        outs = [*outs, update]
    case = _replace(case, to_confirm=None)
    if case.status not in FINAL and case.status != Status.RESOLVED:
        case, update = advance(case, UpdateKind.CANCELLED, by=order.by)
        outs = [*outs, update, *tell_unit(case, Why.WITHDRAWN, reason="dibatalkan, datanya dihapus")]
    return {**changes, case.ticket: case}, [*outs, *again(rules, case)]


def again(rules: Rules, case: Case) -> list[Out]:
    """Repeat the order: what is written then closes the segments of the topics in which the text still lies.

    Kafka cleans closed segments alone, and closes one only when something is written behind it.
    """
    return [_order(case), *(_copy(case, unit) for unit in case.told if unit in rules.units), *_gone(case)]


def _gone(case: Case) -> list[Out]:
    """All steps that were told before it was erased, and what an older release had keyed by the complaint alone."""
    steps = case.erasure.steps if case.erasure else 0
    about = {"complaint_id": known(case).complaint_id, "ticket": case.ticket}
    return [StepGone(seq=seq, **about) for seq in range(-1, steps)]


def repeated(rules: Rules, case: Case) -> Result:
    """Give the order once more, when what was written over can be cleaned."""
    order = case.erasure
    if order is None or order.repeated:
        return case, []
    return _replace(case, erasure=_replace(order, repeated=True)), again(rules, case)


def redacted(case: Case) -> Case:
    """``case`` without a word or an address of anybody; ids of what was added stay, so that none is added again."""
    return _replace(
        case,
        received=_silent(case.received) if case.received else None,
        classified=_replace(
            case.classified,
            top=[_replace(each, evidence=[]) for each in case.classified.top],
            place=_replace(case.classified.place, stated=None),
        )
        if case.classified
        else None,
        followed_up=None,
        follow_ups=[_replace(item, text=UNSET, evidence=[], deleted=UNSET) for item in case.follow_ups],
        support=[_replace(each, message=UNSET, request=UNSET) for each in case.support],
        history=[wordless(each) for each in case.history],
        question=None,
        similar=[],
    )


def _silent(received: ComplaintReceived) -> ComplaintReceived:
    return _replace(received, text="", place=UNSET, position=UNSET, occurred=UNSET, evidence=[], reporter_ref="")


def _order(case: Case) -> ComplaintErased:
    order = case.erasure
    assert order is not None  # noqa: S101  (only asked for what is being erased)
    return ComplaintErased(
        complaint_id=known(case).complaint_id,
        ticket=case.ticket,
        origin=known(case).origin,
        by=order.by,
        reason=order.reason,
        asked_at=order.asked_at,
        done_at=order.done_at or UNSET,
        erased=order.erased,
    )


def _copy(case: Case, unit: str) -> UnitRouted:
    """The record that takes the place of all that ``unit`` was told: its topic is compacted by the complaint's id."""
    return UnitRouted(why=Why.ERASED, unit=unit, complaint=snapshot(case, unit), reason=_TELL_UNITS)


def on_tombstone(case: Case, topic: str, about: Tombstone) -> Result:
    """One more place holds nothing of it; after the last it is done. Nobody else's tombstone erases anything here."""
    order = case.erasure
    if order is None or topic not in order.waits:
        return case, []
    waits = [each for each in order.waits if each != topic]
    order = _replace(order, waits=waits, erased={**order.erased, **about.erased})
    return _replace(case, erasure=order), []


def finished(case: Case, now: datetime) -> Result:
    """Say that it is done, on the ledger and to the reporter, if nothing is left to wait for."""
    order = case.erasure
    if order is None or order.waits or order.done_at or case.received is None:
        return case, []
    notes = [Note.RIGHTS_DONE for _ in case.rights] or [Note.ERASED]  # whatever else was asked for is granted by it
    case = _replace(case, erasure=_replace(order, done_at=now), rights=[])
    outs: list[Out] = [_order(case)]
    for note in notes:
        case, more = noted(case, note, code="erased", by=order.by)
        outs += more
    return case, outs


def on_erased(rules: Rules, cases: Mapping[str, Case], case: Case, data: ComplaintErased) -> tuple[Changes, list[Out]]:
    """What the ledger says is erased stays so: a restored backup, or an old record put back, may know it no more."""
    if case.erasure is not None:
        return {}, []
    done_at = data.done_at or None
    order = Erasure(by=data.by, reason=data.reason, asked_at=data.asked_at, erased=data.erased, done_at=done_at)
    if case.received is None:
        return {case.ticket: _replace(redacted(case), erasure=order)}, []
    changes, outs = erase(rules, cases, case, order)
    return changes, [out for out in outs if not isinstance(out, ComplaintErased)]


def on_text_again(case: Case, data: ComplaintReceived | ComplaintClassified | ComplaintFollowedUp) -> Result:
    """A record of what is erased came after all: nothing of what it said is kept, and the order is given again."""
    if case.received is None and isinstance(data, ComplaintReceived):
        case = _replace(case, received=_silent(data), status=Status.CANCELLED)
    return case, [_order(case)] if case.received else []


def restrict(case: Case, message: str, *, by: str) -> Result:
    """Keep it out of whatever is not needed to answer it: training, comparing, the open page."""
    return noted(_replace(case, restricted=True, rights=case.rights[1:]), Note.RIGHTS_DONE, message=message, by=by)
