"""The router's cases in PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from chassis.database import Connection
from chassis.retention import ages
from contracts.vocabulary import FINAL, WITH_SOMEBODY, Status, Urgency
from router.case import Case, known

log = logging.getLogger(__name__)

# Lock the complaint and its parent first: while the parent's row is locked, no complaint joins or leaves the family.
# A transaction locks a child only when it holds the parent, so that two transactions never wait for each other.
_ROOTS = """
SELECT ticket FROM cases
WHERE ticket = ANY($1 || ARRAY(SELECT parent FROM cases WHERE ticket = ANY($1) AND parent IS NOT NULL))
ORDER BY parent IS NOT NULL, ticket FOR UPDATE"""
# A parent and the complaints merged into it are one story, so a complaint is loaded with its whole family.
_LOAD = "SELECT ticket, body FROM cases WHERE ticket = ANY($1) OR parent = ANY($1) ORDER BY ticket FOR UPDATE"
# unrouted_since is set when a complaint is registered, and cleared by its first routing.
_SAVE = """
INSERT INTO cases (ticket, complaint_id, status, unit, parent, body, erased_at, held_since, unrouted_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN now() END,
        CASE WHEN $3 = 'registered' THEN clock_timestamp() END)
ON CONFLICT (ticket) DO UPDATE SET
    complaint_id = excluded.complaint_id, status = excluded.status, unit = excluded.unit, parent = excluded.parent,
    body = excluded.body, erased_at = excluded.erased_at, updated_at = now(),
    held_since = CASE WHEN $8 THEN coalesce(cases.held_since, now()) END,
    unrouted_since = CASE WHEN excluded.status = 'registered'
                          THEN coalesce(cases.unrouted_since, clock_timestamp()) END"""
_DUE = """
SELECT ticket FROM cases WHERE unrouted_since < clock_timestamp() - $1::interval AND ticket <> ALL($2)
ORDER BY unrouted_since LIMIT 100"""
_ERASED = """
SELECT ticket FROM cases WHERE erased_at < now() - $1::interval AND ticket <> ALL($2) ORDER BY erased_at LIMIT 100"""
_WAITING = """
SELECT ticket, extract(epoch FROM now() - held_since)::float8 AS age_s, body->>'seq' AS seq,
       (body->>'heard')::int AS heard
FROM cases
WHERE held_since IS NOT NULL AND ticket <> ALL($1) ORDER BY held_since LIMIT 100"""
# Written out as in the partial indexes: PostgreSQL would not use them for a parameter.
_IN_WORK, _ENDED = (
    "(" + ", ".join(f"'{each}'" for each in sorted(s)) + ")" for s in (WITH_SOMEBODY | {Status.MERGED}, FINAL)
)
_HELD_BY = f"""
WITH held AS MATERIALIZED (
    SELECT ticket, unit, body FROM cases WHERE unit = ANY($1) AND status IN {_IN_WORK}
    UNION
    SELECT ticket, unit, body FROM cases WHERE body->'support' <> '[]' AND status IN {_IN_WORK}
      AND jsonb_path_query_array(body, '$.support[*].unit') ?| $1)
SELECT ticket, concat_ws(':', unit, body->>'seq', jsonb_path_query_array(body, '$.support[*].unit')) AS moment
FROM held WHERE ticket <> ALL($2) ORDER BY ticket LIMIT 100"""
#: The next thing a complaint waits for: the router, a person who names its unit, that unit's first word, an answer.
WAITS_FOR = ("routing", "disposition", "acknowledgement", "answer")
_OPEN = """
SELECT status, coalesce(unit, '') AS unit, coalesce(body->'classified'->'place'->>'kecamatan', '') AS kecamatan,
       CASE WHEN status = 'registered' THEN 'routing'
            WHEN status = 'returned' OR (status, body->>'lane') = ('routed', 'triage') THEN 'disposition'
            WHEN status = 'routed' THEN 'acknowledgement' ELSE 'answer' END AS waits_for,
       count(*) AS count, coalesce(min(came), now()) AS oldest,
       count(*) FILTER (WHERE status NOT IN ('appealed', 'waiting_for_reporter')
                        AND (body->>'deadline_at')::timestamptz < now()) AS late,
       count(*) FILTER (WHERE status NOT IN ('appealed', 'waiting_for_reporter')
                        AND body->>'warned_of' = body->>'deadline_at'
                        AND (body->>'deadline_at')::timestamptz >= now()) AS at_risk,
       count(*) FILTER (WHERE (body->>'reopened')::int > 0) AS reopened,
       count(*) FILTER (WHERE status <> 'appealed' AND (body->'follow_ups'->-1->>'at')::timestamptz > coalesce(
           (SELECT max((past->>'at')::timestamptz) FROM jsonb_array_elements(body->'history') AS past
            WHERE past ? 'by'), '-infinity')) AS unheard,
       passed, coalesce(coalesce(body->>'urgency', body->'classified'->>'urgency') = $2, false) AS emergency
FROM cases, LATERAL (SELECT (body->'received'->>'received_at')::timestamptz AS came) AS of_case,
     LATERAL (SELECT count(*) AS passed FROM unnest($1::int[]) AS days WHERE came < now() - make_interval(days => days))
         AS of_age
WHERE status IN ('acknowledged', 'appealed', 'in_progress', 'registered', 'reopened', 'returned', 'routed',
                 'waiting_for_reporter')
GROUP BY 1, 2, 3, 4, passed, emergency"""
_UNCOMPARED = """
SELECT ticket, body FROM cases WHERE uncompared AND status NOT IN ('unknown', 'registered') ORDER BY ticket LIMIT 100"""
# The newest 30 of each key, and of those the 80 that share the most keys: so the cost is bounded.
_CANDIDATES = """
WITH near AS MATERIALIZED (
    SELECT f.ticket FROM unnest($1::text[]) AS given CROSS JOIN LATERAL (
        SELECT ticket, received_at FROM fingerprints
        WHERE key = hashtextextended(given, 0) AND received_at BETWEEN $2 AND $3
        ORDER BY received_at DESC LIMIT 30) AS f
    WHERE f.ticket <> $5 GROUP BY f.ticket ORDER BY count(*) DESC, max(f.received_at) DESC LIMIT 80)
SELECT ticket, body FROM near JOIN cases USING (ticket) WHERE status = ANY($4)"""
_REMEMBER = """
INSERT INTO fingerprints (key, received_at, ticket)
SELECT DISTINCT hashtextextended(given, 0), $2::timestamptz, $3 FROM unnest($1::text[]) AS given
ON CONFLICT DO NOTHING"""
_COMPARED = "UPDATE cases SET uncompared = false WHERE ticket = $1"
# Cases that ended long ago and still have their words. A restricted case may only be kept, so it is left out.
_OLD = f"""
SELECT old.* FROM unnest($1::text[], $2::interval[]) AS kept (state, age), LATERAL (
    SELECT ticket, body FROM cases WHERE status = kept.state AND status IN {_ENDED} AND updated_at < now() - kept.age
      AND NOT silent AND NOT coalesce((body->>'restricted')::boolean, false)
    ORDER BY updated_at LIMIT 500 FOR UPDATE SKIP LOCKED) AS old LIMIT 500"""
_SILENCE = "UPDATE cases SET silent = true, body = coalesce($2, body) WHERE ticket = $1"
_NUMBER = """
UPDATE cases SET body = jsonb_set(body, '{seq}', to_jsonb(told.seq))
FROM unnest($1::text[], $2::int[]) AS told (ticket, seq)
WHERE cases.ticket = told.ticket AND coalesce((body->>'seq')::int, -1) < told.seq"""
_FORGET = "DELETE FROM fingerprints WHERE received_at < now() - $1::interval"


async def load(db: Connection, tickets: list[str]) -> dict[str, Case]:
    """Lock and load the cases of ``tickets``, of their parents, and of all complaints merged into either."""
    roots = [row["ticket"] for row in await db.fetch(_ROOTS, tickets)]
    rows = await db.fetch(_LOAD, roots)
    return {row["ticket"]: _case(row["body"]) for row in rows}


def _case(body: str) -> Case:
    return msgspec.json.decode(body, type=Case)


async def save(db: Connection, cases: dict[str, Case]) -> None:
    """Write ``cases``."""
    rows = []
    for ticket in sorted(cases):
        case = cases[ticket]
        complaint_id = case.received.complaint_id if case.received else ""
        body = msgspec.json.encode(case).decode()
        order = case.erasure
        erased_at = order.done_at if order and not order.repeated else None
        rows.append((ticket, complaint_id, case.status, case.unit, case.parent, body, erased_at, bool(case.held)))
    await db.executemany(_SAVE, rows)


async def number_after(db: Connection, told: Mapping[str, int]) -> None:
    """Number the next step of each story after the highest number that was ``told`` of it, by ticket."""
    await db.execute(_NUMBER, list(told), list(told.values()))


async def unrouted(db: Connection, after_s: float, but: Collection[str] = ()) -> list[str]:
    """List tickets that have been with nobody for ``after_s`` seconds, except ``but``: at most 100, oldest first."""
    rows = await db.fetch(_DUE, timedelta(seconds=after_s), list(but))
    return [row["ticket"] for row in rows]


@dataclass(frozen=True, kw_only=True)
class OpenGroup:
    """``count`` open complaints with the same status, unit, kecamatan ("" if unknown) and ``waits_for``.

    ``oldest`` is when the oldest of them came. ``late`` of them are past the promised date, and ``at_risk`` were
    warned of by their clocks and are not late yet. ``reopened`` were reopened by their reporters, and ``unheard`` have
    something that their reporter added after a unit's last word. All have ``passed`` that many of the ages asked for.
    ``emergency``: they are *darurat*.
    """

    status: str
    unit: str
    kecamatan: str
    waits_for: str
    count: int
    oldest: datetime
    late: int
    at_risk: int
    reopened: int
    unheard: int
    passed: int
    emergency: bool


async def open_groups(db: Connection, ages: Sequence[int]) -> list[OpenGroup]:
    """Count the open complaints by group, also by how many of ``ages`` (days) they have passed.

    The cost grows with the open complaints, not with the stored ones.
    """
    return [OpenGroup(**row) for row in await db.fetch(_OPEN, ages, Urgency.DARURAT)]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A complaint with words of its clock that have been held for ``age_s``; ``cause`` names its present state.

    ``heard`` is the highest number among the clock's words so far.
    """

    ticket: str
    age_s: float
    heard: int
    cause: str


async def waiting(db: Connection, but: Collection[str] = ()) -> list[Waiting]:
    """List the 100 complaints whose clock's words have been held longest, except ``but``."""
    rows = await db.fetch(_WAITING, list(but))
    return [
        Waiting(ticket=r["ticket"], age_s=r["age_s"], heard=r["heard"], cause=f"{r['ticket']}:held:{r['seq']}")
        for r in rows
    ]


async def erased_before(db: Connection, age: timedelta, but: Collection[str] = ()) -> list[str]:
    """List tickets erased longer than ``age`` ago whose order was not repeated, except ``but``: at most 100."""
    return [row["ticket"] for row in await db.fetch(_ERASED, age, list(but))]


async def held_by(db: Connection, units: Collection[str], but: Collection[str] = ()) -> dict[str, str]:
    """List open or merged tickets that any of ``units`` has, or helps with, except ``but``: at most 100.

    Each ticket comes with a name of its present state.
    """
    rows = await db.fetch(_HELD_BY, list(units), list(but))
    return {row["ticket"]: row["moment"] for row in rows}


async def uncompared(db: Connection) -> dict[str, Case | None]:
    """Return up to 100 routed complaints that the sweep has not compared, by ticket; None for an unreadable row."""
    return {row["ticket"]: _read(row["ticket"], row["body"]) for row in await db.fetch(_UNCOMPARED)}


def _read(ticket: str, body: str) -> Case | None:
    try:
        return _case(body)
    except msgspec.MsgspecError:
        log.exception("case_unreadable", extra={"ticket": ticket})
        return None


async def candidates(
    db: Connection, case: Case, keys: list[str], window: timedelta, statuses: frozenset[str]
) -> list[Case]:
    """Return the newest cases that share a key with ``case`` and came within ``window`` of it."""
    at = known(case).received_at
    rows = await db.fetch(_CANDIDATES, keys, at - window, at + window, sorted(statuses), case.ticket)
    return [found for row in rows if (found := _read(row["ticket"], row["body"]))]


async def remember(db: Connection, case: Case, keys: list[str]) -> None:
    """Mark ``case`` as compared, and let others find it by ``keys`` from now on."""
    await db.execute(_REMEMBER, keys, known(case).received_at, case.ticket)
    await pass_over(db, case.ticket)


async def pass_over(db: Connection, ticket: str) -> None:
    """Mark ``ticket`` as compared: the sweep does not look at it again."""
    await db.execute(_COMPARED, ticket)


async def silence(db: Connection, kept: Mapping[str, timedelta], redacted: Callable[[Case], Case]) -> dict[str, int]:
    """Redact up to 500 cases that ended longer ago than ``kept`` allows, and return how many they were.

    An unreadable row keeps its body and is passed over from now on.
    """
    rows = await db.fetch(_OLD, *ages(kept), timeout=60)
    for row in rows:
        case = _read(row["ticket"], row["body"])
        await db.execute(_SILENCE, row["ticket"], msgspec.json.encode(redacted(case)).decode() if case else None)
    return {"cases": len(rows)}


async def forget(db: Connection, older_than: timedelta) -> None:
    """Drop the keys of complaints that are too old to be compared with new ones."""
    await db.execute(_FORGET, older_than)
