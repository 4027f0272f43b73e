"""Takes a complaint: one transaction {reporter, complaint, outbox, receipt}, and only then the ticket."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET
from pydantic import Field, SecretStr

from chassis import outbox, tracing
from chassis.database import Connection, Pool
from chassis.faults import crash_point
from chassis.settings import NEVER_EMPTY, DatabaseSettings
from chassis.wire import Emit, Outgoing, outgoing, traced
from contracts import codec, signature, ticket
from contracts.canary import is_canary
from contracts.events import ComplaintReceived, Evidence, Position
from contracts.ids import complaint_id
from contracts.masking import mask
from contracts.topics import RECEIVED
from contracts.vocabulary import DONE, DangerKind
from intake import metrics
from intake.canaries import pass_on
from intake.complaint_view import SENT_WITH, ComplaintView, SentWith
from intake.contacts import keep_contacts
from intake.evidence import Chosen, attach, choose
from intake.notices import NewNotice, NoticeKind, add_notices

log = logging.getLogger(__name__)
MAX_TEXT = 10_000

# Makes the same message, arriving twice concurrently, one complaint.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))"
_KNOWN = "SELECT ticket, received_at, fingerprint, erased_at FROM complaints WHERE complaint_id = $1"
_STORE = """
INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text, fingerprint,
                        secret_hash, thread, received_event, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (ticket) DO NOTHING RETURNING 1"""
# A transaction in one statement. It waits for a concurrent insert of the same message, and then stores nothing.
_STORE_AT_ONCE = f"""
WITH stored AS (
    INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text, fingerprint,
                            secret_hash, thread, received_event, received_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING 1),
reported AS (
    INSERT INTO reporters (reporter_ref, channel, name, phone, email) SELECT $6, $3, $13, $14, $15 FROM stored)
INSERT INTO outbox ({outbox.COLUMNS}) SELECT $16, $17, $18, $19, $20 FROM stored RETURNING 1"""
# The same where the reporter is already stored.
_STORE_WITH_EVENT = f"""
WITH stored AS (
    INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text, fingerprint,
                            secret_hash, thread, received_event, received_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING 1)
INSERT INTO outbox ({outbox.COLUMNS}) SELECT $13, $14, $15, $16, $17 FROM stored RETURNING 1"""
_REPORTER = """
INSERT INTO reporters (reporter_ref, channel, address, name, phone, email) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (channel, address) DO UPDATE SET name = coalesce(excluded.name, reporters.name)
RETURNING reporter_ref"""
_ASKED = """
SELECT c.ticket FROM complaints c JOIN reporters r USING (reporter_ref) JOIN stories s USING (ticket)
WHERE r.channel = $1 AND r.address = $2
  AND (c.follow_ups @> $3 OR s.body->>'status' = 'waiting_for_reporter')
  AND NOT EXISTS (SELECT FROM complaints WHERE (channel, gateway, external_id) = ($1, $4, $5))
ORDER BY c.follow_ups @> $3 DESC, (s.body->'steps'->-1->>'at')::timestamptz DESC NULLS LAST LIMIT 1"""
_SAID_BEFORE = f"""
SELECT ticket FROM complaints c JOIN reporters r USING (reporter_ref) LEFT JOIN stories s USING (ticket)
WHERE r.channel = $1 AND r.address = $2 AND c.text = $3 AND received_at > now() - interval '24 h'
  AND coalesce(s.body->>'status', 'received') <> ALL($6) AND {SENT_WITH.format("rahasia")} = $7
  AND NOT EXISTS (SELECT FROM complaints WHERE (channel, gateway, external_id) = ($1, $4, $5))
ORDER BY received_at LIMIT 1"""
_HASH = "SELECT secret_hash FROM complaints WHERE ticket = $1"
_ADDRESS = "SELECT address FROM complaints JOIN reporters USING (reporter_ref) WHERE ticket = $1"
_REPUBLISH = """
UPDATE complaints SET republished_at = now() WHERE complaint_id = ANY(ARRAY(
    SELECT complaint_id FROM complaints WHERE registered_at IS NULL AND erased_at IS NULL
      AND now() - greatest(received_at, republished_at)
          > greatest(make_interval(secs => $1),
                     least(coalesce(republished_at, received_at) - received_at, interval '6 h'))
    ORDER BY received_at LIMIT 500 FOR UPDATE SKIP LOCKED))
RETURNING complaint_id, received_event"""


#: Stores more about what is taken, in its transaction, given the complaint's id.
AlsoStore: TypeAlias = Callable[[Connection, str], Awaitable[None]]


class IntakeSettings(DatabaseSettings):
    """The settings of every intake."""

    installation_namespace: UUID = Field(description="secret of the installation: ids of complaints derive from it")
    event_key: SecretStr = Field(min_length=16, description="secret with which this intake signs its events")
    canary_key: Annotated[SecretStr | None, NEVER_EMPTY] = Field(
        None, min_length=16, description="secret of the prober; without it no canary is passed on"
    )
    repair_after_s: float = Field(600, gt=0, description="seconds unseen by the router until published again")
    receipt_wait_s: float = Field(10, ge=0, description="seconds that a receipt may wait for its due date")
    quiet_hours: bool = Field(
        True, description="no telephone is written to of what can wait in the region's quiet hours"
    )

    @property
    def signing_key(self) -> bytes:
        """The key with which this intake signs its events."""
        return self.event_key.get_secret_value().encode()


class KeyReused(ValueError):
    """The same external id came with other content."""


class TextProblem(ValueError):
    """The text can't be taken. ``code`` is the answer in texts.yaml that says what to mend, ``values`` fill it in:
    `empty`, `too_long` (length, most), or `too_many`, which is about all additions together."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class _NotNew(Exception):
    """It is already stored, or its number is taken: what was stored with it is rolled back."""


#: Fields left out of the fingerprint: those derived from other fields, and the uploads, whose content counts.
_UNDERSTOOD = ("danger", "faint", "place_asked", "uploads", "contacts")
#: Fields that came later: empty ones are left out, so that old fingerprints still match.
_LATER = ("suggested_type", "suggested_category", "position")


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A complaint as it came in. ``external_id`` stays the same when the same message comes again."""

    channel: str
    gateway: str
    external_id: str
    text: str
    address: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    place: str | None = None
    position: Position | None = None
    occurred: str | None = None
    anonim: bool = False
    rahasia: bool = False
    secret: str | None = None
    thread: str | None = None
    danger: Sequence[DangerKind] = ()  # recognised in the words; like `place_asked` not in the fingerprint
    faint: bool = False  # but too faintly to alarm anybody
    place_asked: bool = False  # the words do not say where
    suggested_type: str | None = None  # the sender's choice of its type
    suggested_category: str | None = None  # and of its category
    uploads: Sequence[str] = ()  # its attachments, by the ids of intake.evidence
    contacts: Mapping[str, str] = field(default_factory=dict)  # by medium: `phone` and `email`, normalised

    def fingerprint(self, installation: UUID, contents: Sequence[str] = ()) -> bytes:
        """Return the HMAC-SHA256 of the submission; without the installation's secret nobody can guess its content.

        ``contents`` are the SHA-256 of the attachments.
        """
        given = msgspec.to_builtins(self).items()
        sent = {name: value for name, value in given if name not in _UNDERSTOOD and (value or name not in _LATER)}
        if contents:
            sent["contents"] = list(contents)
        return hmac.digest(fingerprint_key(installation), msgspec.json.encode(sent), "sha256")

    def kept(self) -> Submission:
        """Strip an anonymous submission of everything that leads to its sender; leave others unchanged."""
        gone: Any = dict.fromkeys(("address", "name", "phone", "email", "thread"))
        return replace(self, **gone, contacts={}) if self.anonim else self


@lru_cache
def fingerprint_key(installation: UUID) -> bytes:
    """Return the key of this installation's fingerprints."""
    return hmac.digest(installation.bytes, b"intake fingerprint", "sha256")


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An accepted complaint. ``fresh`` is False if the same message was accepted before."""

    ticket: str
    complaint_id: str
    received_at: datetime
    fresh: bool


def _storable(text: str) -> str:
    """Remove control characters, and replace lone surrogates, which UTF-8 can't encode."""
    return codec.plain(text).encode(errors="replace").decode()


def _all_storable(submission: Submission) -> Submission:
    typed = ("text", "name", "phone", "email", "place", "occurred")
    given: dict[str, Any] = {name: _storable(value) for name in typed if (value := getattr(submission, name))}
    return replace(submission, **given)


def clean(text: str) -> str:
    """Strip ``text`` of characters that can't be stored, and of outer blanks.

    Raises:
        TextProblem: nothing left, or longer than ``MAX_TEXT`` characters.
    """
    text = _storable(text).strip()
    if not text:
        raise TextProblem("empty")
    if len(text) > MAX_TEXT:
        raise TextProblem("too_long", length=len(text), most=MAX_TEXT)
    return text


async def accept(
    pool: Pool,
    settings: IntakeSettings,
    origin: str,
    submission: Submission,
    receipt: Callable[[ComplaintView], str] | None = None,
    wake: Callable[[], None] = lambda: None,
    keep: Collection[str] = (),
    evidence_url: str = "",
    also: AlsoStore | None = None,
) -> Accepted:
    """Store ``submission`` durably, or raise. ``receipt`` makes the text of the receipt, which is sent when the due
    date is known (:mod:`intake.complaint_view`) or ``receipt_wait_s`` have passed. ``keep`` are contacts of offices,
    which are not masked; attachments are below ``evidence_url``. ``also`` stores more about a new complaint.

    Raises:
        TextProblem: see :func:`clean`.
        EvidenceProblem: an upload can't be attached.
        KeyReused: the external id is known with other content.
        asyncpg.PostgresError, OSError, TimeoutError: not stored; give no ticket.
    """
    submission = _all_storable(submission)
    cid = complaint_id(
        settings.installation_namespace,
        channel=submission.channel,
        gateway=submission.gateway,
        external_id=submission.external_id,
    )
    text, kept = clean(submission.text), submission.kept()
    if is_canary(text):
        await pass_on(pool, settings.canary_key, origin, submission.channel, text, wake)
        number, now = ticket.mint(submission.channel), datetime.now(UTC)
        return Accepted(ticket=number, complaint_id=cid, received_at=now, fresh=False)
    span = door_span(RECEIVED, cid)
    new = _New(settings, origin, kept, cid, text, keep, span)
    with metrics.STORE_S.labels(submission.channel).time():
        async with pool.acquire() as db:
            accepted = None if also else await _accept_at_once(db, new, submission, receipt)
            if accepted is None:
                async with db.transaction():
                    accepted = await _accept(db, new, submission, receipt, evidence_url)
                    if also and accepted.fresh:
                        await also(db, cid)
    metrics.REQUESTS.labels(submission.channel, "accepted" if accepted.fresh else "repeated").inc()
    if accepted.fresh:
        span.end()
        metrics.ACKNOWLEDGED.labels(submission.channel).inc()
        metrics.LAST.labels(submission.channel).set_to_current_time()
    crash_point("ack.after_commit_before_response")
    wake()
    return accepted


def door_span(topic: str, cid: str) -> tracing.Span:
    """Begin the hop that takes a citizen's words, and with it a trace.

    The trace is always new, and a ``traceparent`` from the caller is ignored: otherwise a stranger would choose the
    trace in which our work is shown, and nobody here has the other end of it.
    """
    span = tracing.begin(
        f"create {topic}", "PRODUCER", {"messaging.system": "kafka", "messaging.destination.name": topic}
    )
    span.about([cid])
    return span


def _view(number: str, submission: Submission) -> ComplaintView:
    """Return the view of a complaint whose story has not begun."""
    sent = SentWith(anonim=submission.anonim, danger=list[str](submission.danger), place_asked=submission.place_asked)
    return ComplaintView(ticket=number, rahasia=submission.rahasia, sent=sent)


async def _known(db: Connection, cid: str, external_id: str, fingerprint: bytes, chosen: Chosen) -> Accepted | None:
    row = await db.fetchrow(_KNOWN, cid)
    if row is None:
        return None
    # An empty fingerprint was stored before there was a key.
    if row["erased_at"] is None and row["fingerprint"] not in (fingerprint, b""):
        chosen.check()  # with a deleted upload the content only seems to differ
        raise KeyReused(external_id)
    return Accepted(ticket=row["ticket"], complaint_id=cid, received_at=row["received_at"], fresh=False)


async def store(db: Connection, *values: Any) -> bool:
    """Store a complaint, in the caller's transaction; return False if its number is taken."""
    return bool(await db.fetchval(_STORE, *values))


async def publish_signed(db: Connection, settings: IntakeSettings, records: Iterable[Outgoing]) -> None:
    """Put ``records`` into the outbox, signed: the router accepts a complaint from its own intake only."""
    await outbox.put(db, [_signed(settings, record) for record in records])


def _signed(settings: IntakeSettings, record: Outgoing) -> Outgoing:
    return replace(record, headers=[*record.headers, signature.sign(settings.signing_key, record.key, record.value)])


async def _accept_at_once(
    db: Connection, new: _New, submission: Submission, receipt: Callable[[ComplaintView], str] | None
) -> Accepted | None:
    """Store a complaint without attachments, as most are, in few round trips to the database.

    For a reporter with neither address nor contact it takes a single one. None: nothing was stored, because it is
    known, its number is taken, or something is attached.
    """
    kept = new.kept
    if kept.uploads:
        return None
    fingerprint = kept.fingerprint(new.settings.installation_namespace)
    with contextlib.suppress(_NotNew):
        async with db.transaction() if submission.address or submission.contacts else contextlib.nullcontext():
            reporter = await _reporter(db, kept) if kept.address else _new_reference()
            number, now, row, out = new.rows(reporter, fingerprint, [])
            if kept.address:
                stored = await db.fetchval(_STORE_WITH_EVENT, *row, *outbox.row_of(out))
            else:
                reported = kept.name, kept.phone, kept.email
                stored = await db.fetchval(_STORE_AT_ONCE, *row, *reported, *outbox.row_of(out))
            if not stored:
                raise _NotNew
            accepted = Accepted(ticket=number, complaint_id=new.cid, received_at=now, fresh=True)
            if kept.contacts:
                await keep_contacts(db, new.settings.installation_namespace, reporter, kept.contacts)
            await _confirm(db, new, submission, accepted, receipt)
        return accepted
    return None


async def _accept(
    db: Connection,
    new: _New,
    submission: Submission,
    receipt: Callable[[ComplaintView], str] | None,
    evidence_url: str,
) -> Accepted:
    """Store a complaint of any kind, or find it stored before, in the caller's transaction."""
    settings, kept, cid = new.settings, new.kept, new.cid
    await db.execute(_LOCK, cid)
    chosen = await choose(db, kept.uploads, cid)
    fingerprint = kept.fingerprint(settings.installation_namespace, chosen.contents)
    accepted = await _known(db, cid, submission.external_id, fingerprint, chosen)
    if accepted is None:
        chosen.check()
        reporter, files = await _reporter(db, kept), chosen.evidence(evidence_url)
        if kept.contacts:
            await keep_contacts(db, settings.installation_namespace, reporter, kept.contacts)
        while accepted is None:  # retry: the minted number may be taken
            number, now, row, out = new.rows(reporter, fingerprint, files)
            if await store(db, *row):
                await outbox.put(db, [out])
                accepted = Accepted(ticket=number, complaint_id=cid, received_at=now, fresh=True)
        await attach(db, chosen, cid)
        await _confirm(db, new, submission, accepted, receipt)
    return accepted


@dataclass(frozen=True)
class _New:
    """A complaint to be stored: ``kept`` is the part of the submission that is stored, ``keep`` is not masked."""

    settings: IntakeSettings
    origin: str
    kept: Submission
    cid: str
    text: str
    keep: Collection[str]
    span: tracing.Span

    def rows(
        self, reporter: str, fingerprint: bytes, files: list[Evidence]
    ) -> tuple[str, datetime, tuple[Any, ...], Outgoing]:
        """Return its new number, the time, the values of its row, and its event."""
        kept, now, number = self.kept, datetime.now(UTC), ticket.mint(self.kept.channel)
        received = ComplaintReceived(
            complaint_id=self.cid,
            ticket=number,
            channel=kept.channel,
            origin=self.origin,
            text=mask(self.text, self.keep),
            received_at=now,
            reporter_ref=reporter,
            anonim=kept.anonim,
            rahasia=kept.rahasia,
            place=mask(kept.place, self.keep) if kept.place else UNSET,
            position=kept.position or UNSET,
            occurred=mask(kept.occurred, self.keep) if kept.occurred else UNSET,
            danger=list(kept.danger),
            faint=kept.faint,
            place_asked=kept.place_asked,
            suggested_type=kept.suggested_type or UNSET,
            suggested_category=kept.suggested_category or UNSET,
            evidence=files,
        )
        emit = Emit(topic=RECEIVED, subject=self.cid, data=received)
        (out,) = outgoing([emit], service=self.origin, cause=self.cid, now=now)
        row = (
            self.cid,
            number,
            kept.channel,
            kept.gateway,
            self.cid if kept.anonim else kept.external_id,  # the network's id would show who wrote the post
            reporter,
            self.text,
            fingerprint,
            _secret_hash(self.settings, kept.secret) if kept.secret else None,
            kept.thread,
            out.value,
            now,
        )
        return number, now, row, _signed(self.settings, traced(out, self.span.traceparent))


async def _confirm(
    db: Connection,
    new: _New,
    submission: Submission,
    accepted: Accepted,
    receipt: Callable[[ComplaintView], str] | None,
) -> None:
    """Add the receipt. It waits for its due date, and later notices wait behind it; in danger it does not wait."""
    if receipt and (submission.address or submission.contacts):
        text = receipt(_view(accepted.ticket, submission))
        to, thread, forget = submission.address, submission.thread, submission.anonim
        wait_s = new.settings.receipt_wait_s
        kind, after_s = (NoticeKind.DANGER, 0) if submission.danger else (NoticeKind.RECEIPT, wait_s)
        more: dict[str, Any] = {"after_s": after_s, "forget": forget, "act": bool(submission.danger)}
        notice = NewNotice(accepted.ticket, kind, "", text, to, thread, **more, trace=new.span.traceparent)
        await add_notices(db, [notice])


def _new_reference() -> str:
    return secrets.token_urlsafe(16)


async def _reporter(db: Connection, submission: Submission) -> str:
    """Store the reporter, or find the one with the same address; return the reference."""
    ref: str = await db.fetchval(
        _REPORTER,
        _new_reference(),
        submission.channel,
        submission.address,
        submission.name,
        submission.phone,
        submission.email,
    )
    return ref


async def find_awaiting_reply(pool: Pool, submission: Submission, item_id: str) -> str | None:
    """Return the complaint whose question this message may answer: the reporter's last one that waits for an answer.

    Used for messages without a ticket. A repeated message keeps its first meaning: ``item_id`` is the id it was added
    as.
    """
    number: str | None = await pool.fetchval(
        _ASKED,
        submission.channel,
        submission.address,
        msgspec.json.encode([{"id": item_id}]).decode(),
        submission.gateway,
        submission.external_id,
    )
    return number


async def find_same_text_today(pool: Pool, submission: Submission) -> str | None:
    """Return the complaint with the same text by this reporter within a day: phones that answer automatically repeat
    it.

    A finished one does not count, because repeating it asks for it to be taken up again. Nor does one whose RAHASIA
    differs.
    """
    if submission.anonim:  # must not be linked to a reporter
        return None
    number: str | None = await pool.fetchval(
        _SAID_BEFORE,
        submission.channel,
        submission.address,
        submission.text.strip(),
        submission.gateway,
        submission.external_id,
        sorted(DONE),
        submission.rahasia,
    )
    return number


def _secret_hash(settings: IntakeSettings, secret: str) -> bytes:
    """Hash a secret for storage: it can't be guessed from the database alone."""
    return hmac.digest(settings.installation_namespace.bytes, f"access secret\x1f{secret}".encode(), "sha256")


async def is_owner(pool: Pool, settings: IntakeSettings, number: str, secret: str) -> bool:
    """Whether ``secret`` is the one that the complaint was made with; compared in constant time."""
    stored = await pool.fetchval(_HASH, number)
    return stored is not None and hmac.compare_digest(stored, _secret_hash(settings, secret))


async def is_reporter(pool: Pool, number: str, address: str) -> bool:
    """Whether the complaint was made here from ``address``; an anonymous one belongs to nobody."""
    given: str | None = await pool.fetchval(_ADDRESS, number)
    return given is not None and given == address


async def republish_unregistered(pool: Pool, settings: IntakeSettings, wake: Callable[[], None]) -> None:
    """Publish again, with the same ids and until cancelled, what the router has not registered in time.

    Each pause is twice the last, up to six hours, so that what the router set aside does not come back all at once,
    again and again.
    """
    while True:
        await asyncio.sleep(min(settings.repair_after_s, 60))
        async with pool.acquire() as db, db.transaction():
            rows = await db.fetch(_REPUBLISH, settings.repair_after_s)
            again = [Outgoing(RECEIVED, r["complaint_id"].encode(), r["received_event"], codec.HEADERS) for r in rows]
            spans = [tracing.timer(r["complaint_id"]) for r in rows]
            await publish_signed(db, settings, map(traced, again, (span.traceparent for span in spans)))
        for span in spans:
            span.end()
        if rows:
            log.warning("published_again", extra={"complaints": len(rows)})
            wake()
