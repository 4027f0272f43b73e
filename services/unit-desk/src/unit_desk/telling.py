"""The story of a complaint as people of a unit read it: what came, the replies, what the citizen was told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from contracts.events import UnitReplied, UnitRouted
from contracts.vocabulary import Action, Why
from unit_desk import words
from unit_desk.arrivals import key_of
from unit_desk.previews import preview
from unit_desk.rules import Rules

_said = msgspec.json.Decoder(UnitReplied)
#: The names of a reply's states, before its answer and after.
WAITS, SENT, TAKEN, REFUSED = "menunggu dikirim", "terkirim", "diterima", "ditolak"


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A reply from the desk. ``told`` is what the citizen read or will read; empty if it was refused. ``until``: the
    day until when it asks for more time; ``helper``: the unit that it asks to help."""

    id: UUID
    at: datetime
    person: UUID | None  # None: a program of the unit
    said: UnitReplied
    state: str
    code: str
    reason: str
    masked: Sequence[str]
    told: str
    until: date | None = None
    helper: str = ""

    @property
    def text(self) -> str:
        """The text that was written."""
        return self.said.message or self.said.reason or ""

    @property
    def did(self) -> str:
        """The act of the reply, in words."""
        if self.helper:
            return f"{words.did(self.said)} {self.helper}"
        return "meminta tambahan waktu" if self.until else words.did(self.said)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A line of the story: a word that came, a reply, or a note. ``detail`` is in somebody's own words; ``key`` says
    where a message about it belongs (:func:`unit_desk.arrivals.key_of`)."""

    at: datetime
    title: str
    detail: str = ""
    reply: Answered | None = None
    person: UUID | None = None
    instruction: bool = False
    key: str = ""


def read_replies(rows: Sequence[Mapping[str, Any]], told: UnitRouted, rules: Rules, *, waits: bool) -> list[Answered]:
    """Read the replies, the latest first; while something ``waits``, those without an answer count as not sent."""
    found = []
    for row in rows:
        said = _said.decode(row["said"])
        state = (TAKEN if row["accepted"] else REFUSED) if row["answered_at"] else (WAITS if waits else SENT)
        found.append(
            Answered(
                id=row["id"],
                at=row["at"],
                person=row["person"],
                said=said,
                state=state,
                code=row["code"] or "",
                reason=row["reason"] or "",
                masked=row["masked"],
                until=row["until"],
                helper=_asked(said, rules),
                told="" if state == REFUSED or not told.complaint else row["shown"] or preview(told, said, rules).text,
            )
        )
    return found


def _asked(said: UnitReplied, rules: Rules) -> str:
    return rules.short.get(said.unit or "", said.unit or "") if said.action == Action.ASK_HELP else ""


def story(
    events: Sequence[Mapping[str, Any]], replies: Sequence[Answered], notes: Sequence[Mapping[str, Any]], rules: Rules
) -> list[Step]:
    """Put the story together, the latest first. The answer to a reply of the desk is shown with the reply."""
    own = {str(each.id) for each in replies}
    steps = [_of_event(row, rules) for row in events if row["reply_id"] not in own]
    steps += [
        Step(
            at=each.at,
            title=each.did,
            reply=each,
            person=each.person,
            key=str(each.id),
        )
        for each in replies
    ]
    steps += [
        Step(
            at=row["at"],
            title="memberi arahan" if row["instruction"] else "mencatat, hanya di meja ini",
            detail=row["text"],
            person=row["person"],
            instruction=row["instruction"],
        )
        for row in notes
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def _of_event(row: Mapping[str, Any], rules: Rules) -> Step:
    why, status = row["why"], words.STATUS.get(row["status"], row["status"])
    title = words.WHY.get(why, why)
    if why == Why.ROUTED:
        title = f"Diteruskan ke {rules.short.get(row['lead'], row['lead'])}"
    if why == Why.REPLIED:
        title = f"Balasan dari program unit dijawab. Sekarang: {status.lower()}"
    if why == Why.UPDATED:
        title = f"Sekarang: {status.lower()}"
    stage = words.STAGE.get(row["stage"] or "", row["stage"] or "")
    title = f"{title} ({stage})" if stage else title
    return Step(at=row["at"], title=title, detail=row["reason"] or "", key=key_of(row))


def since(events: Sequence[Mapping[str, Any]], seen: int, rules: Rules) -> list[Step]:
    """List what happened after the step ``seen``, the earliest first."""
    return [_of_event(row, rules) for row in reversed(events) if row["seq"] > seen]
