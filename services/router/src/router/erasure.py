"""Erases the personal data of a complaint, or restricts their use: UU 27/2022, pasal 8, 11, 41 to 43. Pure.

The case stays, with its unit, its times and its outcome, but names no person. The order goes to every service; each one
that held a text writes a tombstone in its place. When the last tombstone has come, the erasure is reported as done.
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
from router.case import Case, Erasure, Out, StepGone, advance, known
from router.rules import Rules
from router.snapshot import snapshot, tell_unit, wordless
from router.transfers import Changes, Result, noted

_replace = msgspec.structs.replace

#: When overwritten records may be cleaned (max.compaction.lag.ms of the topics), and a little more.
CLEANED_AFTER = timedelta(hours=48, minutes=15)
#: The topics with texts of each complaint, except the units' topics, which the router itself writes.
HELD_ON = (CLASSIFIED, FOLLOWED_UP, RECEIVED)
_TELL_UNITS = "data pribadi dihapus menurut UU PDP; hapus juga salinan di sistem Anda"


def erase(rules: Rules, cases: Mapping[str, Case], case: Case, order: Erasure) -> tuple[Changes, list[Out]]:
    """Delete the texts of ``case`` here, and order the other services to do so; an open complaint is cancelled."""
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
    """Repeat the order: its records close the segments in which the text still lies.

    Kafka cleans only closed segments, and closes one only when something is written behind it.
    """
    return [_order(case), *(_copy(case, unit) for unit in case.told if unit in rules.units), *_gone(case)]


def _gone(case: Case) -> list[Out]:
    """Delete all steps told before the order, and those that an older release keyed by the complaint alone."""
    steps = case.erasure.steps if case.erasure else 0
    about = {"complaint_id": known(case).complaint_id, "ticket": case.ticket}
    return [StepGone(seq=seq, **about) for seq in range(-1, steps)]


def repeated(rules: Rules, case: Case) -> Result:
    """Give the order once more, when overwritten records can be cleaned."""
    order = case.erasure
    if order is None or order.repeated:
        return case, []
    return _replace(case, erasure=_replace(order, repeated=True)), again(rules, case)


def redacted(case: Case) -> Case:
    """Return ``case`` without anybody's words and addresses; follow-ups keep their ids, so as not to be repeated."""
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
    """Build the record that replaces all that ``unit`` was told: its topic is compacted by the complaint's id."""
    return UnitRouted(why=Why.ERASED, unit=unit, complaint=snapshot(case, unit), reason=_TELL_UNITS)


def on_tombstone(case: Case, topic: str, about: Tombstone) -> Result:
    """Note that one more topic holds nothing of it. A tombstone that no order waits for changes nothing."""
    order = case.erasure
    if order is None or topic not in order.waits:
        return case, []
    waits = [each for each in order.waits if each != topic]
    order = _replace(order, waits=waits, erased={**order.erased, **about.erased})
    return _replace(case, erasure=order), []


def finished(case: Case, now: datetime) -> Result:
    """Say that the erasure is done, on the ledger and to the reporter, if no tombstone is missing."""
    order = case.erasure
    if order is None or order.waits or order.done_at or case.received is None:
        return case, []
    notes = [Note.RIGHTS_DONE for _ in case.rights] or [Note.ERASED]  # it grants all open requests
    case = _replace(case, erasure=_replace(order, done_at=now), rights=[])
    outs: list[Out] = [_order(case)]
    for note in notes:
        case, more = noted(case, note, code="erased", by=order.by)
        outs += more
    return case, outs


def on_erased(rules: Rules, cases: Mapping[str, Case], case: Case, data: ComplaintErased) -> tuple[Changes, list[Out]]:
    """Keep erased what the ledger says is erased: a restored backup, or an old record put back, may not know it."""
    if case.erasure is not None:
        return {}, []
    done_at = data.done_at or None
    order = Erasure(by=data.by, reason=data.reason, asked_at=data.asked_at, erased=data.erased, done_at=done_at)
    if case.received is None:
        return {case.ticket: _replace(redacted(case), erasure=order)}, []
    changes, outs = erase(rules, cases, case, order)
    return changes, [out for out in outs if not isinstance(out, ComplaintErased)]


def on_text_again(case: Case, data: ComplaintReceived | ComplaintClassified | ComplaintFollowedUp) -> Result:
    """Keep no text of a record about an erased complaint that came after all, and give the order again."""
    if case.received is None and isinstance(data, ComplaintReceived):
        case = _replace(case, received=_silent(data), status=Status.CANCELLED)
    return case, [_order(case)] if case.received else []


def restrict(case: Case, message: str, *, by: str) -> Result:
    """Keep it out of all uses that its answer does not need: training, comparing, the open page."""
    return noted(_replace(case, restricted=True, rights=case.rights[1:]), Note.RIGHTS_DONE, message=message, by=by)
