"""Put complaints of earlier times into the databases of the services, to measure what it costs that they are stored.

Their documents are copies of existing ones under other numbers, so the system must have had a few complaints.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import psycopg

from contracts import ticket
from contracts.vocabulary import Status
from lapor.system.installation import database_name

#: How many of them are open, however many are stored; each twentieth is joined to the one before it.
OPEN = 2_000
_CHANNELS = ("sms", "web", "x")
_YEARS = timedelta(days=700)
_WORLD = """
CREATE TEMP TABLE world (
    n int PRIMARY KEY, channel text, ticket text, parent text, id text, status text, at timestamptz, open bool)"""
_NEXT = """
SELECT coalesce(max(substr(reporter_ref, 8)::int) + 1, 0) FROM reporters WHERE reporter_ref LIKE 'stored %'"""
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
# The bands of each text are unique; a few hundred complaints share its category and place.
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
# A photo of each complaint, opened once; some are still on their way.
_UPLOADS = """
INSERT INTO uploads (id, name, folder, length, state, media_type, sha256, bytes, complaint_id, attached_at, position,
                     expires_at)
SELECT 'upload ' || w.n, 'photo ' || w.n, 'aa/bb/' || w.n, 1, CASE WHEN mod(w.n, 50) = 0 THEN 'coming' ELSE 'ready' END,
       'image/jpeg', 'x', 1, CASE WHEN mod(w.n, 50) > 0 THEN w.id END, w.at, 1, now() + interval '1 day'
FROM world w WHERE w.channel = ANY(%s) AND (mod(w.n, 50) > 0 OR w.open)"""
# Media of networks: each was fetched recently, or waits a day to be fetched.
_MEDIA = """
INSERT INTO media (id, mark, channel, complaint_id, reference, said_at, kept_at, state, upload_id, next_try_at)
SELECT 'media ' || w.n, convert_to('mark ' || w.n, 'UTF8'), w.channel, w.id, '', w.at, now(),
       CASE WHEN mod(w.n, 50) = 0 AND w.open THEN 'waiting' ELSE 'done' END, 'upload ' || w.n, now() + interval '1 day'
FROM world w WHERE w.channel = ANY(%s) AND w.channel IN ('x', 'facebook', 'whatsapp')"""
_OPENINGS = """
INSERT INTO evidence_openings (ticket, name, unit, at)
SELECT w.ticket, 'photo ' || w.n, 'PUPR', w.at FROM world w WHERE w.channel = ANY(%s)"""
_ACCESSES = """
INSERT INTO reporter_accesses (ticket, who, what, at)
SELECT w.ticket, 'operator', 'exported', w.at FROM world w WHERE w.channel = ANY(%s)"""
# Notices of open complaints that wait do so for a day.
_NOTICES = """
INSERT INTO notices (ticket, kind, key, address, thread, text, state, attempts, next_try_at, created_at, sent_at, said)
SELECT w.ticket, kind, key, '+6290' || lpad(w.n::text, 8, '0'), w.channel || ':' || w.n, repeat('Laporan ', 15),
       CASE WHEN waits THEN 'pending' ELSE 'sent' END, 1, CASE WHEN waits THEN now() + interval '1 day' ELSE w.at END,
       w.at, CASE WHEN NOT waits THEN w.at END, CASE WHEN waits THEN 'waits' ELSE 'taken' END
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
FROM world, LATERAL (VALUES ('all', ''), ('unit', 'U' || mod(n, 30))) AS told (kind, code) GROUP BY 1, 2, 3
ON CONFLICT (month, kind, code) DO UPDATE SET received = public_figures.received + excluded.received"""
_GROUPS = """
INSERT INTO public_groups
SELECT kecamatan, category, unit, open, status, count(*) FROM public_complaints WHERE listed GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (kecamatan, category, unit, open, status) DO UPDATE SET n = excluded.n"""
# An account of each complaint of the website, with all that goes with it; messages are kept for days.
_ACCOUNTS = """
WITH w AS (SELECT *, 'account ' || n AS account_id, convert_to('mark ' || n, 'UTF8') AS mark FROM world
           WHERE channel = ANY(%s)),
a AS (INSERT INTO accounts (account_id, name, used_at) SELECT account_id, 'Warga', at FROM w),
k AS (INSERT INTO account_contacts (account_id, medium, address, mark)
      SELECT account_id, 'email', 'warga' || n || '@contoh.id', mark FROM w),
c AS (INSERT INTO account_consents (account_id, version, text)
      SELECT account_id, '2026-11', repeat('Saya ', 60) FROM w),
s AS (INSERT INTO account_sessions (token_hash, account_id, ends_at)
      SELECT convert_to('token ' || n, 'UTF8'), account_id, now() + interval '30 days' FROM w),
r AS (INSERT INTO account_reporters (account_id, reporter_ref) SELECT account_id, 'stored ' || n FROM w),
m AS (INSERT INTO account_messages (kind, attempt, medium, address, mark, seed, created_at, expires_at, state)
      SELECT 'enter', convert_to('attempt ' || n, 'UTF8'), 'email', 'warga' || n || '@contoh.id', mark, mark,
             now() - interval '2 days', now() - interval '2 days', 'sent' FROM w)
INSERT INTO identity_accesses (account_id, ticket, who, what, at)
SELECT account_id, ticket, 'owner', 'signed in', at FROM w"""
_INBOX = """
INSERT INTO inbox (topic, event_id, at)
SELECT 'complaint.updated.v1', gen_random_uuid()::text, at FROM world, generate_series(1, 2)
WHERE at > now() - interval '120 days'"""
# Two events of each complaint, all too young to be deleted.
_PUBLISHED = """
INSERT INTO published (seq, topic, key, value, headers, at)
SELECT nextval('outbox_seq_seq'), 'complaint.updated.v1', convert_to(id, 'UTF8'), convert_to(repeat('x', 600), 'UTF8'),
       '[]', now() - interval '6 days' + n * interval '1 ms'
FROM world, generate_series(1, 2)"""
# For the desk all belong to one unit, and each was answered, discussed and viewed.
_DESK = """
INSERT INTO complaints (unit, complaint_id, ticket, seq, told_at, received_at, lead, role, lane, status, why, due,
                        weight, kecamatan, standing, rahasia, erased, words, told)
SELECT 'PUPR', w.id, w.ticket, k.seq, w.at, w.at, k.lead, k.role, k.lane, w.status, k.why, w.at + interval '3 days', 0,
       k.kecamatan, CASE WHEN w.open THEN 'work' ELSE 'rest' END, false, false,
       to_tsvector('simple', 'jalan ' || w.ticket), k.told
FROM world w, (SELECT * FROM complaints LIMIT 1) AS k"""
_DESK_EVENTS = """
INSERT INTO events (unit, complaint_id, event_id, at, seq, why, status, lead)
SELECT 'PUPR', id, id || step, at, step, 'updated', status, 'PUPR' FROM world, generate_series(1, 3) AS step"""
_DESK_ARRIVALS = """
INSERT INTO arrivals (message_id, complaint_id, kind, seq, channel, state, at, said_at, early)
SELECT id || step, id, 'step', step, 'sms', 'delivered', at, at, false FROM world, generate_series(1, 3) AS step"""
_DESK_REPLIES = """
INSERT INTO replies (id, unit, complaint_id, person, at, said)
SELECT gen_random_uuid(), 'PUPR', w.id, p.id, w.at, '{}' FROM world w, people p"""
_DESK_NOTES = """
INSERT INTO notes (id, unit, complaint_id, person, at, instruction, text)
SELECT gen_random_uuid(), 'PUPR', w.id, p.id, w.at, false, 'catatan' FROM world w, people p"""
_DESK_HANDOVERS = """
INSERT INTO handovers (id, unit, complaint_id, ticket, party, at, expires_at, letter, sent_at, answered_at)
SELECT gen_random_uuid(), 'PUPR', id, ticket, 'PLN', at, at + interval '30 days', 'sent', at,
       CASE WHEN NOT open THEN at END FROM world"""
_DESK_PARTIES = """
INSERT INTO party_answers (id, handover, at, text) SELECT gen_random_uuid(), id, at, 'jawaban' FROM handovers"""
_DESK_AUDIT = """
INSERT INTO audit (at, person, act, unit, ticket)
SELECT w.at, p.id, 'buka', 'PUPR', w.ticket FROM world w, people p, generate_series(1, 3)"""
_DESK_TOLD = """
WITH told AS (
    INSERT INTO notices (unit, complaint_id, ticket, kind, event_id, at, recorded_at, next_at, state, opened_at)
    SELECT 'PUPR', id, ticket, 'new', id || 'new', at, at, at, 'told', at FROM world RETURNING id, at),
sent AS (
    INSERT INTO messages (id, person, medium, kind, state, next_try_at, created_at, fresh_at, sent_at)
    SELECT md5(t.id::text)::uuid, p.id, 'email', 'gathered', 'sent', t.at, t.at, t.at, t.at FROM told t, people p
    RETURNING id)
INSERT INTO message_notices (message, notice)
SELECT s.id, t.id FROM sent s JOIN told t ON s.id = md5(t.id::text)::uuid"""
# Programs of the unit have read each record and were notified about it; all are too young to be deleted.
_DESK_LOG = """
INSERT INTO log (unit, n, event_id, complaint_id, at, value)
SELECT 'PUPR', 1000 + w.n * 3 + step, id || step, id, now() - interval '80 days' + w.n * interval '1 ms', '{}'
FROM world w, generate_series(1, 3) AS step"""
_DESK_HEADS = "UPDATE log_heads SET n = (SELECT max(n) FROM log)"
_DESK_DELIVERIES = """
INSERT INTO deliveries (webhook, kind, at, ticket, complaint_id, event_id, tries, last_at, delivered_at, result)
SELECT v.id, 'unit.routed', age.at, w.ticket, w.id, w.id || 1, 1, age.at, age.at, '204'
FROM world w, webhooks v, LATERAL (SELECT now() - interval '20 days' + w.n * interval '1 ms' AS at) AS age"""
#: Statements by database, and the channels that they are about where it matters.
_INTAKE = (_STORIES, _REPORTERS, _COMPLAINTS, _UPLOADS, _MEDIA, _OPENINGS, _ACCESSES, _NOTICES, _INBOX, _PUBLISHED)
_STATEMENTS = {
    "router": (_CASES, _FINGERPRINTS, _INBOX, _PUBLISHED),
    "sla_monitor": (_CLOCKS, _INBOX, _PUBLISHED),
    "intake_sms": _INTAKE,
    "intake_web": (*_INTAKE, _ACCOUNTS, _PUBLIC, _FIGURES, _GROUPS),
    "intake_social": _INTAKE,
    "unit_desk": (
        *(_DESK, _DESK_EVENTS, _DESK_REPLIES, _DESK_NOTES, _DESK_HANDOVERS, _DESK_PARTIES, _DESK_AUDIT, _DESK_TOLD),
        *(_INBOX, _PUBLISHED, _DESK_LOG, _DESK_HEADS, _DESK_DELIVERIES, _DESK_ARRIVALS),
    ),
}
_OF = {"intake_sms": ["sms"], "intake_web": ["web"], "intake_social": ["x"]}
DATABASES = tuple(_STATEMENTS)

Row = tuple[int, str, str, str | None, str, str, datetime, bool]


def complaints(count: int, most_open: int = OPEN, first: int = 0) -> list[Row]:
    """Make up ``count`` complaints of the last two years, at most ``most_open`` of them open.

    The same list goes into each database. ``first`` is the number of the first one: so many are stored already.
    """
    now, rows, known, before = datetime.now(UTC), list[Row](), set[str](), ""
    for n, channel in zip(range(count), itertools.cycle(_CHANNELS), strict=False):
        while (number := ticket.mint(channel)) in known:
            pass
        known.add(number)
        open_, follows = n < most_open, n % 20 == 19
        age = timedelta(days=20) * (n / most_open) if open_ else _YEARS * (n / count)
        status = (Status.MERGED if follows else Status.ROUTED) if open_ else Status.CLOSED
        rows.append(
            (first + n, channel, number, before if follows else None, str(uuid.uuid4()), status, now - age, open_)
        )
        before = number
    return rows


def fill_all(databases: Mapping[str, str], count: int, most_open: int, say: Callable[[str], None]) -> None:
    """Store ``count`` complaints more in the databases of the running system: addresses by service.

    Raises:
        psycopg.Error: a database refused.
    """
    first = max(_stored(dsn) for service, dsn in databases.items() if database_name(service) in _OF)
    rows = complaints(count, most_open, first)
    for service, dsn in databases.items():
        say(f"{service}: {count} complaints are put into its database")
        fill(dsn, database_name(service), rows)


def _stored(dsn: str) -> int:
    with psycopg.connect(dsn, connect_timeout=10) as db:
        found = db.execute(_NEXT).fetchone()
    return int(found[0]) if found else 0


def fill(dsn: str, database: str, rows: list[Row]) -> None:
    """Store ``rows`` in ``database``, one of ``DATABASES``, at ``dsn``, without updating its statistics.

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
    """Run VACUUM and ANALYZE, as the server would have done while all those rows came in."""
    with psycopg.connect(dsn, connect_timeout=10, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
