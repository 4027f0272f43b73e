"""Decides who is told what, and when: danger immediately, what can wait hourly, open work each morning."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from chassis.database import TIMER_LOCK, Connection, Pool, holding
from unit_desk import metrics
from unit_desk.adapters import arrivals
from unit_desk.adapters import notices as kept
from unit_desk.notices import (
    CLIMBING,
    LATE,
    LEVELS,
    MORNING,
    UNTOUCHED,
    Kind,
    Medium,
    Staff,
    at_level,
    is_at_once,
    is_stale,
)
from unit_desk.people import Role
from unit_desk.projection import NEVER
from unit_desk.rules import Rules

_EVERY_S = 0.5
#: How long news waits that can't be told now, until it is looked at again.
_AGAIN = timedelta(minutes=1)
#: After noon nobody needs the morning's list.
_NOON = time(12)
ALARM, GATHERED = "alarm", "gathered"
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Office:
    """The rules and the clock of decisions; ``media`` are the available ways to tell people."""

    rules: Rules
    media: tuple[str, ...]
    clock: Clock = _now

    def local(self, at: datetime) -> datetime:
        """Convert ``at`` to the kabupaten's own time."""
        return at.astimezone(self.rules.zone)


async def dispatch(pool: Pool, office: Office) -> None:
    """Run until cancelled: decide whom to tell, in one process at a time.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    morning_of: date | None = None
    metrics.nothing()  # another process may have settled what this one showed last
    async with holding(pool, TIMER_LOCK) as db:
        while True:
            await tell(db, office)
            await climb(db, office)
            if (today := office.local(office.clock()).date()) != morning_of and await send_morning(db, office):
                morning_of = today
            await show(db, office)
            await asyncio.sleep(_EVERY_S)


async def tell(db: Connection, office: Office) -> None:
    """Tell people what is due, each unit in a transaction of its own."""
    for unit in await kept.due_units(db, office.clock()):
        async with db.transaction():
            rows = await kept.new(db, unit)
            await _tell_unit(db, office, unit, rows)


async def _tell_unit(db: Connection, office: Office, unit: str, rows: Sequence[Mapping[str, Any]]) -> None:
    now = office.clock()
    over = [row["id"] for row in rows if _is_over(office, row)]
    left = [row for row in rows if row["id"] not in over]
    await kept.drop(db, over)
    people = await kept.people(db, [unit])
    at_once = [row for row in left if _at_once(office, row)]
    gathered = [row for row in left if not _at_once(office, row)]
    for row in at_once:
        await _tell_at_once(db, office, people, row, now)
    ripe = [row for row in gathered if row["next_at"] > row["at"]]
    fresh = [row for row in gathered if row["next_at"] <= row["at"]]
    if fresh:
        # The first notice of an hour sets when the hour ends; later ones join it.
        until = min((row["next_at"] for row in ripe), default=now + office.rules.notices.gathered)
        await kept.wait(db, [row["id"] for row in fresh], max(until, now))
    if any(row["next_at"] <= now for row in ripe):
        await _tell_gathered(db, office, people, [*ripe, *fresh], now)


def _at_once(office: Office, row: Mapping[str, Any]) -> bool:
    """Whether a notice is told by itself, immediately; one that was read late is gathered, except danger."""
    late = row["recorded_at"] - row["at"] > LATE
    if row["person"]:
        return _weight(row) > 0
    return row["kind"] == Kind.DANGER or (not late and is_at_once(row["kind"], row["unit"], office.rules.sorting))


def _is_over(office: Office, row: Mapping[str, Any]) -> bool:
    """Whether nobody has to be told any longer: it is done, is another's, was seen, or is old news."""
    if row["standing"] is None or (row["opened_at"] and row["kind"] != Kind.DANGER):
        return True
    # A complaint that was handed over is nobody's work, but the silence of its office is still news.
    if row["standing"] == "rest" and row["kind"] != Kind.SILENT:
        return True
    if row["kind"] == Kind.ASSIGNED and row["person"] != row["assignee"]:
        return True
    return is_stale(row["kind"], office.local(row["at"]), office.local(row["recorded_at"]), row["status"])


async def _tell_at_once(
    db: Connection, office: Office, people: Sequence[Staff], row: Mapping[str, Any], now: datetime
) -> None:
    kind = row["kind"]
    if kind != Kind.DANGER and _weight(row) < 2 and office.rules.calendar.quiet_until(now):
        await kept.wait(db, [row["id"]], now + _AGAIN)
        return
    if row["person"]:
        await _write(db, office, _named(people, row), ALARM, [row], now)
        await kept.told(db, [row["id"]], 0, None)
    elif kind in CLIMBING:
        await _give(db, office, row, 0, now)
    elif there := at_level(0, people, [], office.local(now)):
        await _write(db, office, there, ALARM, [row], now)
        await kept.told(db, [row["id"]], 0, None)
    else:
        await kept.wait(db, [row["id"]], now + _AGAIN)


async def _tell_gathered(
    db: Connection, office: Office, people: Sequence[Staff], rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    there = at_level(0, people, [], office.local(now))
    quiet = office.rules.calendar.quiet_until(now)
    held = [row["id"] for row in rows if quiet or not (there or row["person"])]
    await kept.wait(db, held, now + _AGAIN)
    given = [row for row in rows if row["id"] not in held]
    of_all: dict[Staff, list[Mapping[str, Any]]] = defaultdict(list)
    for row in given:
        # The assignee is told, on duty or not.
        for each in _named(people, row) if row["person"] else {*there, *(p for p in people if p.id == row["assignee"])}:
            of_all[each].append(row)
    for person, its in of_all.items():
        await _write(db, office, [person], GATHERED, its, now)
    await kept.told(db, [row["id"] for row in given], 0, None)


def _weight(row: Mapping[str, Any]) -> int:
    """Return the urgency of a notice for one person; any other notice is as urgent as its kind."""
    return (row["weight"] or 0) if row.get("person") else 0


def _named(people: Sequence[Staff], row: Mapping[str, Any]) -> list[Staff]:
    """Return the one person that the notice is for, on duty or not."""
    return [each for each in people if each.id == row["person"]]


async def climb(db: Connection, office: Office) -> None:
    """Pass notices that nobody opened for too long to the next level."""
    now = office.clock()
    async with db.transaction():
        for row in await kept.climbing(db, now):
            handled = row["kind"] == Kind.DANGER and row["status"] not in UNTOUCHED
            if row["standing"] in (None, "rest") or handled:
                await kept.told(db, [row["id"]], row["level"], None)
            elif row["kind"] != Kind.DANGER and office.rules.calendar.quiet_until(now):
                await kept.told(db, [row["id"]], row["level"], now + _AGAIN)
            else:
                await _give(db, office, row, row["level"] + 1, now)


async def _give(db: Connection, office: Office, row: Mapping[str, Any], level: int, now: datetime) -> None:
    """Pass ``row`` to the people at ``level``, or at the next level where somebody can be reached."""
    people = await kept.people(db, [row["unit"]])
    operators = [each for each in await kept.people(db, [office.rules.sorting]) if each.role == Role.OPERATOR]
    know = await kept.who_know(db, row["id"])
    while level < LEVELS:
        there = [each for each in at_level(level, people, operators, office.local(now)) if each.id not in know]
        if await _write(db, office, there, ALARM, [row], now):
            break
        level += 1
    after = office.rules.notices.climb_minutes
    minutes = after.danger if row["kind"] == Kind.DANGER else after.escalation
    # At the last level it stops climbing; it is counted until somebody opens it.
    climb_at = now + timedelta(minutes=minutes) if level < LEVELS else NEVER
    await kept.told(db, [row["id"]], min(level, LEVELS - 1), climb_at)


async def _write(
    db: Connection, office: Office, to: Sequence[Staff], kind: str, rows: Sequence[Mapping[str, Any]], now: datetime
) -> int:
    """Queue messages about ``rows`` to the people ``to``; return how many of them are told."""
    reached = set()
    for person in to:
        by_medium: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            for medium in person.media(row["kind"], office.media, _weight(row)):
                if medium == Medium.EMAIL or kind == ALARM:
                    by_medium[medium].append(row)
        for medium, its in by_medium.items():
            danger = any(row["kind"] == Kind.DANGER or _weight(row) == 2 for row in its)
            too_much = not danger and await _is_too_much(db, office, person, medium, now)
            ids = [row["id"] for row in its]
            why = "limit" if too_much else None
            await kept.write(db, person.id, medium, kind, now, weight=2 * danger, notices=ids, dropped=why)
            if not too_much:
                reached.add(person.id)
    return len(reached)


async def _is_too_much(db: Connection, office: Office, person: Staff, medium: str, now: datetime) -> bool:
    sent = await kept.sent_since(db, person.id, medium, now - timedelta(days=1))
    return sent >= office.rules.notices.most_a_day


async def send_morning(db: Connection, office: Office, dropped: str | None = None) -> bool:
    """Queue each person's list of open work, each working day; return True when that is settled for today.

    With ``dropped`` nothing is sent; that reason is recorded instead.
    """
    now = office.clock()
    at = office.local(now)
    if not office.rules.calendar.is_working(at.date()) or at.time() >= _NOON:
        return True
    if at.time() < office.rules.notices.morning_at:
        return False
    async with db.transaction():
        for person in await kept.people(db, await kept.units_with_work(db)):
            if Medium.EMAIL in person.media(MORNING, office.media):
                once = kept.once_a_day(person.id, at.date())
                await kept.write(db, person.id, Medium.EMAIL, MORNING, now, once=once, dropped=dropped)
    return True


async def show(db: Connection, office: Office) -> None:
    """Show how long the oldest message waits, how many notices nobody opens, and how much did not reach citizens."""
    now, waits = office.clock(), await kept.oldest(db)
    for medium in Medium:
        since = waits.get(medium)
        metrics.OLDEST_S.labels(medium).set((now - since).total_seconds() if since else 0)
    metrics.UNOPENED.set(await kept.unopened(db) if office.media else 0)
    metrics.UNTOLD.set(await arrivals.how_many_missing(db))
