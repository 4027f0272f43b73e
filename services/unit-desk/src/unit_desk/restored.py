"""Tells nobody a second time, here or outside, what they were told before the database was restored from a backup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from chassis.catch_up import Places
from chassis.database import Connection
from chassis.wire import Message
from unit_desk import party_letters
from unit_desk.adapters import notices as kept
from unit_desk.dispatch import Office, send_morning
from unit_desk.notices import AT_ONCE, DANGER_FRESH, UNTOUCHED, Kind


@dataclass(kw_only=True)
class Before:
    """What the lost database had taken in, as far as its group had ``read``, the last of it at ``alive``.

    ``fresh`` are the words that it never knew: of them people are told as ever.
    """

    read: Places
    alive: datetime | None = None
    fresh: set[str] = field(default_factory=set)

    def note(self, message: Message) -> None:
        """See whether ``message`` was taken in before; a run that was stopped may have handled it already."""
        record, at = message.record, message.time
        if record.offset < self.read.get(TopicPartition(record.topic, record.partition), 0):
            self.alive = max(self.alive or at, at)
        else:
            self.fresh.add(message.event.id)


async def settle(db: Connection, office: Office, before: Before) -> None:
    """Take back what had been told by the time that the database was lost, once all is read again."""
    if before.alive is None:
        return
    rows = await kept.unsettled(db)
    known = [row for row in rows if row["event_id"] not in before.fresh]
    async with db.transaction():
        await kept.drop(db, [row["id"] for row in known if _was_told(office, row, before.alive)])
        await kept.perhaps_sent(db, before.alive)
        await party_letters.settle(db, office.rules, before.alive)
        local = office.local(before.alive)
        if local.date() == office.local(office.clock()).date() and local.time() >= office.rules.notices.morning_at:
            await send_morning(db, office, dropped="restored")


def _was_told(office: Office, row: Mapping[str, Any], alive: datetime) -> bool:
    """Whether it went out while the lost database was ``alive``. A danger that nobody touched is told rather twice."""
    if row["kind"] == Kind.DANGER and row["status"] in UNTOUCHED:
        return bool(office.clock() - row["at"] > DANGER_FRESH)
    if row["kind"] == Kind.DANGER:
        return True
    ripe = row["at"] if row["kind"] in AT_ONCE else row["at"] + office.rules.notices.gathered
    return (office.rules.calendar.quiet_until(ripe) or ripe) <= alive
