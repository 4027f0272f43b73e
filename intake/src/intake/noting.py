"""Notes in a complaint, and in what is added to it, what its words say, and which of them accuse its handlers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import msgspec
from msgspec import UNSET

from contracts.events import FollowUp, Place
from contracts.vocabulary import DangerKind, Lane, Status
from intake.additions import Apart
from intake.complaint_view import ComplaintView
from intake.reading.reader import Reader, Reading
from intake.submissions import Submission
from intake.texts import Texts

#: Reporters of these are not asked where: they may not be alone.
NOT_ASKED = frozenset({DangerKind.ABUSE, DangerKind.DESPAIR})


def noted(submission: Submission, reading: Reading, reader: Reader) -> Submission:
    """Note in ``submission`` the danger in its words and, if the sender can be asked, that they do not say where.

    A faint sign of danger is enough to tell the sender whom to call, but alarms nobody else. An anonymous sender with
    an address can't be asked, because the address is forgotten.
    """
    danger = reading.danger
    asks = not (submission.anonim and submission.address) and not submission.place
    asks = asks and not NOT_ASKED.intersection(danger)
    asked = asks and reader.talk.lacks_place(submission.text, in_danger=bool(danger))
    return replace(submission, danger=danger, faint=bool(danger) and not reading.alarms, place_asked=asked)


def noted_in(item: FollowUp, reading: Reading, reader: Reader) -> FollowUp:
    """Note in ``item`` the place that its text names, if any, and the danger that it tells of, if that alarms."""
    place = reader.place_in(item.text) if item.text else Place()
    alarm: Sequence[DangerKind] = reading.danger if item.text and reading.alarms else ()
    return msgspec.structs.replace(item, place=UNSET if place == Place() else place, danger=list(alarm) or UNSET)


def accuses(reader: Reader, triage: str, story: ComplaintView, text: str) -> bool:
    """Whether ``text``, added to ``story``, may accuse the people who work on that complaint, or will.

    An accusation belongs to a complaint that is with somebody who judges others, or that was itself taken apart, unless
    a unit works on it, it is appealed, or it is merged. The unit for victims is told who did it, even an official,
    because nobody else may read that: only words that name this unit, or those that help it, are kept from it.
    ``triage`` is the unit that sorts.
    """
    if readers := _readers_of_victim(reader, story):
        return reader.may_accuse(text) and not readers.isdisjoint(reader.offices_in(text))
    looked_at = story.lane != Lane.UNIT and story.status not in (Status.MERGED, Status.APPEALED)
    judged = story.lane == Lane.TRIAGE and story.unit not in (None, triage)
    belongs = looked_at and (judged or story.sent.part_of is not None)
    return not belongs and reader.may_accuse(text)


def _readers_of_victim(reader: Reader, story: ComplaintView) -> frozenset[str]:
    """Return the units that look after the victim of ``story``, or will; empty if there are no such units."""
    if story.status == Status.MERGED or story.sent.part_of:
        return frozenset()
    if story.lane == Lane.UNIT and story.unit in reader.guardians:
        return frozenset({story.unit, *story.support})
    return reader.guardians if story.unit is None and DangerKind.ABUSE in story.sent.danger else frozenset()


def taken_apart(texts: Texts, service: str, thread: str | None = None) -> Apart:
    """Return how an intake takes accusing words apart; ``thread`` is where they were posted."""
    return Apart(
        accuses=partial(accuses, texts.reader, texts.triage),
        receipt=partial(texts.receipt, service),
        still_asked=texts.answers(service)["still_asked"],
        thread=thread,
    )
