"""After a restore: nobody stays logged in by a session that may have ended since, or is told old news again."""

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
from unit_desk.adapters import accounts, login_codes
from unit_desk.adapters import notices as kept
from unit_desk.dispatch import Office, send_morning
from unit_desk.notices import AT_ONCE, DANGER_FRESH, UNTOUCHED, Kind


@dataclass(kw_only=True)
class Before:
    """The words that the lost database had read, up to the offsets ``read`` by its group; the last one at ``alive``.

    ``fresh`` are the words that it never knew: people are told about them as usual.
    """

    read: Places
    alive: datetime | None = None
    fresh: set[str] = field(default_factory=set)

    def note(self, message: Message) -> None:
        """Record whether ``message`` was taken in before; an earlier run that stopped may have handled it already."""
        record, at = message.record, message.time
        if record.offset < self.read.get(TopicPartition(record.topic, record.partition), 0):
            self.alive = max(self.alive or at, at)
        else:
            self.fresh.add(message.event.id)


async def shut(db: Connection) -> str:
    """End all sessions, codes and invitations, as the backup reopens those that ended since; say how many.

    Nothing tells what became of people, passwords and keys since: an operator looks through them.
    """
    async with db.transaction():
        sessions, invitations = await accounts.end_everybodys(db)
        ended = f"{sessions} sessions, {await login_codes.end_all(db)} codes and {invitations} invitations"
        await accounts.note(db, None, "akhiri semua sesi", about="pemulihan basis data")
    return f"{ended} were ended"


async def settle(db: Connection, office: Office, before: Before) -> None:
    """Take back notices that were told before the database was lost, once everything is read again."""
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
    """Whether it was told while the lost database was ``alive``. A danger that nobody touched is rather told twice."""
    if row["kind"] == Kind.DANGER and row["status"] in UNTOUCHED:
        return bool(office.clock() - row["at"] > DANGER_FRESH)
    if row["kind"] == Kind.DANGER:
        return True
    ripe = row["at"] if row["kind"] in AT_ONCE else row["at"] + office.rules.notices.gathered
    return (office.rules.calendar.quiet_until(ripe) or ripe) <= alive
