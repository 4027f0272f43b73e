"""Complaints of earlier times, put into the databases of the services: what does it cost that they are stored?

Their documents are copies of those that are there already, under other numbers, so a system must have had a few.
"""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta

import psycopg

from contracts import ticket

#: So many of them are open, however many are stored; each twentieth follows the one before it.
OPEN = 2_000
_CHANNELS = ("sms", "web", "x")
_YEARS = timedelta(days=700)
_WORLD = """
CREATE TEMP TABLE world (
    n int PRIMARY KEY, channel text, ticket text, parent text, id text, status text, at timestamptz, open bool)"""
_CASES = """
WITH known AS (SELECT *, row_number() OVER () - 1 AS nth, count(*) OVER () AS of FROM (
    SELECT ticket, complaint_id, unit, body::text AS body FROM cases WHERE unit IS NOT NULL AND erased_at IS NULL
    ORDER BY updated_at DESC LIMIT 50) AS latest)
INSERT INTO cases (ticket, complaint_id, status, unit, parent, body, updated_at, uncompared)
SELECT w.ticket, w.id, w.status, k.unit, w.parent,
       replace(replace(k.body, k.ticket, w.ticket), k.complaint_id, w.id)::jsonb
           || jsonb_build_object('status', w.status, 'parent', w.parent, 'merged', '[]'::jsonb, 'similar', '[]'::jsonb),
       w.at, false
FROM world w JOIN known k ON mod(w.n, k.of) = k.nth"""
# Its texts' bands are nobody else's; what it is about, and where, is that of some hundred others.
_FINGERPRINTS = """
INSERT INTO fingerprints (key, received_at, ticket)
SELECT hashtextextended(CASE WHEN band < 9 THEN band || ticket ELSE 'place' || band || mod(n, 200) END, 0), at, ticket
FROM world, generate_series(1, 10) AS band WHERE at > now() - interval '28 days'"""
_CLOCKS = """
WITH known AS (SELECT *, row_number() OVER () - 1 AS nth, count(*) OVER () AS of FROM (
    SELECT complaint_id, body, body::jsonb ->> 'ticket' AS ticket, waiting_unit FROM clocks
    ORDER BY changed_at DESC LIMIT 50) AS latest)
INSERT INTO clocks (complaint_id, next_due_at, waiting_unit, waiting_since, word_unit, word_at, word_after_s, risk,
                    body, changed_at)
SELECT w.id, CASE WHEN w.open THEN now() + interval '20 days' + w.n * interval '1 min' END, k.waiting_unit,
       CASE WHEN w.open AND mod(w.n, 2) = 0 THEN w.at END, nullif(k.waiting_unit, ''), w.at + interval '1 h', 3600,
       CASE WHEN w.open AND mod(w.n, 10) = 0 THEN 'at_risk' END,
       CASE WHEN w.open THEN b.body ELSE (b.body::jsonb - 'running' - 'waiting_since')::text END, w.at
FROM world w JOIN known k ON mod(w.n, k.of) = k.nth,
     LATERAL (SELECT replace(replace(k.body, k.ticket, w.ticket), k.complaint_id, w.id) AS body) AS b"""
_STORIES = """
WITH known AS (SELECT *, row_number() OVER () - 1 AS nth, count(*) OVER () AS of FROM (
    SELECT ticket, body::text AS body FROM stories WHERE body ->> 'status' IS NOT NULL LIMIT 50) AS few)
INSERT INTO stories (ticket, body, parent, final_at)
SELECT w.ticket,
       replace(k.body, k.ticket, w.ticket)::jsonb || jsonb_build_object('status', w.status, 'parent', w.parent),
       w.parent, CASE WHEN NOT w.open AND w.at > now() - interval '120 days' THEN w.at END
FROM world w JOIN known k ON mod(w.n, k.of) = k.nth"""
_REPORTERS = """
INSERT INTO reporters (reporter_ref, channel, address, name)
SELECT 'stored ' || w.n, w.channel, CASE WHEN w.channel <> 'web' THEN '+6290' || lpad(w.n::text, 8, '0') END, 'Warga'
FROM world w WHERE w.channel = ANY(%s)"""
_COMPLAINTS = """
WITH known AS (SELECT *, row_number() OVER () - 1 AS nth, count(*) OVER () AS of FROM (
    SELECT ticket, complaint_id, text, convert_from(received_event, 'UTF8') AS event, secret_hash FROM complaints
    WHERE erased_at IS NULL LIMIT 50) AS few)
INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text, fingerprint,
                        secret_hash, thread, received_event, received_at, registered_at, ended_as, ended_at)
SELECT w.id, w.ticket, w.channel, 'stored', w.n, 'stored ' || w.n, k.text || ' ' || w.n, '\\x00', k.secret_hash,
       w.channel || ':' || w.n, convert_to(replace(replace(k.event, k.ticket, w.ticket), k.complaint_id, w.id), 'UTF8'),
       w.at, w.at, CASE WHEN NOT w.open THEN w.status END, CASE WHEN NOT w.open THEN w.at END
FROM world w JOIN known k ON mod(w.n, k.of) = k.nth WHERE w.channel = ANY(%s)"""
# A photo of each complaint, opened once; and some that are on their way.
_UPLOADS = """
INSERT INTO uploads (id, name, folder, length, state, media_type, sha256, bytes, complaint_id, attached_at, position,
                     expires_at)
SELECT 'upload ' || w.n, 'photo ' || w.n, 'aa/bb/' || w.n, 1, CASE WHEN mod(w.n, 50) = 0 THEN 'coming' ELSE 'ready' END,
       'image/jpeg', 'x', 1, CASE WHEN mod(w.n, 50) > 0 THEN w.id END, w.at, 1, now() + interval '1 day'
FROM world w WHERE w.channel = ANY(%s) AND (mod(w.n, 50) > 0 OR w.open)"""
_OPENINGS = """
INSERT INTO evidence_openings (ticket, name, unit, at)
SELECT w.ticket, 'photo ' || w.n, 'PUPR', w.at FROM world w WHERE w.channel = ANY(%s)"""
# Those of open complaints that wait do so for a day.
_NOTICES = """
INSERT INTO notices (ticket, kind, key, address, thread, text, state, attempts, next_try_at, created_at, sent_at)
SELECT w.ticket, kind, key, '+6290' || lpad(w.n::text, 8, '0'), w.channel || ':' || w.n, repeat('Laporan ', 15),
       CASE WHEN waits THEN 'pending' ELSE 'sent' END, 1, CASE WHEN waits THEN now() + interval '1 day' ELSE w.at END,
       w.at, CASE WHEN NOT waits THEN w.at END
FROM world w CROSS JOIN (VALUES ('receipt', ''), ('step', '1'), ('step', '3')) AS told (kind, key),
     LATERAL (SELECT w.open AND key = '3' AND mod(w.n, 10) = 0 AS waits) AS it
WHERE w.channel = ANY(%s) AND w.channel <> 'web' AND w.at > now() - interval '120 days'"""
# As the services count them: by month, for all and for each unit.
_PUBLIC = """
INSERT INTO public_complaints (ticket, listed, received_at, month, status, open, category, unit, kecamatan, late)
SELECT ticket, mod(n, 10) > 0, at, date_trunc('month', at)::date, status, open, 'c' || mod(n, 22), 'U' || mod(n, 30),
       'k' || mod(n, 8), mod(n, 9) = 0
FROM world"""
_FIGURES = """
INSERT INTO public_figures (month, kind, code, received, open, answered, in_time, late, rated, satisfied)
SELECT date_trunc('month', at)::date, kind, code, count(*), 0, 0, 0, 0, 0, 0
FROM world, LATERAL (VALUES ('all', ''), ('unit', 'U' || mod(n, 30))) AS told (kind, code) GROUP BY 1, 2, 3"""
_INBOX = """
INSERT INTO inbox (topic, event_id, at)
SELECT 'complaint.updated.v1', gen_random_uuid()::text, at FROM world, generate_series(1, 2)
WHERE at > now() - interval '120 days'"""
# Two of each, and none so old that it is deleted.
_PUBLISHED = """
INSERT INTO published (seq, topic, key, value, headers, at)
SELECT nextval('outbox_seq_seq'), 'complaint.updated.v1', convert_to(id, 'UTF8'), convert_to(repeat('x', 600), 'UTF8'),
       '[]', now() - interval '6 days' + n * interval '1 ms'
FROM world, generate_series(1, 2)"""
#: What is stored where: statements, and the channels that they are about where it matters.
_INTAKE = (_STORIES, _REPORTERS, _COMPLAINTS, _UPLOADS, _OPENINGS, _NOTICES, _INBOX, _PUBLISHED)
_STATEMENTS = {
    "router": (_CASES, _FINGERPRINTS, _INBOX, _PUBLISHED),
    "sla_monitor": (_CLOCKS, _INBOX, _PUBLISHED),
    "intake_sms": _INTAKE,
    "intake_web": (*_INTAKE, _PUBLIC, _FIGURES),
    "intake_social": _INTAKE,
}
_OF = {"intake_sms": ["sms"], "intake_web": ["web"], "intake_social": ["x"]}
DATABASES = tuple(_STATEMENTS)

Row = tuple[int, str, str, str | None, str, str, datetime, bool]


def complaints(count: int) -> list[Row]:
    """Make up ``count`` complaints of the last two years, of which at most ``OPEN`` are open.

    The same list goes into each database.
    """
    now, rows, known, before = datetime.now(UTC), list[Row](), set[str](), ""
    for n, channel in zip(range(count), itertools.cycle(_CHANNELS), strict=False):
        while (number := ticket.mint(channel)) in known:
            pass
        known.add(number)
        open_, follows = n < OPEN, n % 20 == 19
        age = timedelta(days=20) * (n / OPEN) if open_ else _YEARS * (n / count)
        status = ("merged" if follows else "routed") if open_ else "closed"
        rows.append((n, channel, number, before if follows else None, str(uuid.uuid4()), status, now - age, open_))
        before = number
    return rows


def fill(dsn: str, database: str, rows: list[Row]) -> None:
    """Store ``rows`` in ``database``, one of ``DATABASES``, at ``dsn``; its statistics are left as they are.

    Raises:
        psycopg.Error: the database refused.
    """
    with psycopg.connect(dsn, connect_timeout=10) as db:
        db.execute(_WORLD)
        with db.cursor().copy("COPY world FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        db.execute("ANALYZE world")
        for statement in _STATEMENTS[database]:
            db.execute(statement, *([_OF[database]],) if "ANY(%s)" in statement else ())


def vacuum(dsn: str) -> None:
    """Do what the server would have done by itself while all that came in: VACUUM and ANALYZE."""
    with psycopg.connect(dsn, connect_timeout=10, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
