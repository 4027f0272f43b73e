"""Adds to a complaint, in one transaction. Words that may accuse its handlers become a complaint of their own."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chassis import tracing
from chassis.database import Connection, Pool
from chassis.faults import crash_point
from chassis.wire import Emit, outgoing, traced
from contracts import codec, ticket
from contracts.events import ComplaintFollowedUp, ComplaintReceived, Evidence, FollowUp
from contracts.ids import complaint_id
from contracts.masking import mask
from contracts.topics import FOLLOWED_UP, RECEIVED
from contracts.vocabulary import FollowUpKind, Status
from intake import metrics
from intake.accesses import note_asked
from intake.complaint_view import ComplaintView, SentWith, load_views
from intake.evidence import Chosen, attach, choose
from intake.notices import NewNotice, NoticeKind, add_notices
from intake.submissions import (
    Accepted,
    AlsoStore,
    IntakeSettings,
    KeyReused,
    TextProblem,
    clean,
    door_span,
    fingerprint_key,
    publish_signed,
    store,
)

#: Bytes. All additions to one complaint travel together, in one event and in each snapshot (codec.MAX_BYTES). With
#: those of merged complaints (router/follow_ups.py) and the complaint itself they must still fit.
MAX_ADDED = 650_000
_ADDED_TO = """
SELECT complaint_id, follow_ups, r.address, c.channel, gateway, reporter_ref, secret_hash, thread, received_event
FROM complaints c JOIN reporters r USING (reporter_ref)
WHERE ticket = $1 AND erased_at IS NULL FOR UPDATE OF c"""
_FINGERPRINT = "SELECT fingerprint FROM complaints WHERE ticket = $1 AND erased_at IS NULL"
_ADD = "UPDATE complaints SET follow_ups = $2 WHERE ticket = $1"

#: Items whose words would reach the people working on the complaint, and are taken apart if they may accuse them. An
#: appeal is decided by somebody else.
_APART_KINDS = (FollowUpKind.ADDITION, FollowUpKind.REOPEN, FollowUpKind.RATING)


class Added(FollowUp, frozen=True, kw_only=True):
    """An item as it is stored. ``apart`` is the ticket of the complaint that its words became; units never see it."""

    apart: str | UnsetType = UNSET

    @property
    def is_told(self) -> bool:
        """Whether others hear of it: a wish is passed on even without its words, an addition is not."""
        return not self.apart or self.kind != FollowUpKind.ADDITION

    def told_as(self) -> FollowUp:
        """Return the item as others read it, without ``apart``."""
        return FollowUp(**{name: getattr(self, name) for name in FollowUp.__struct_fields__})


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The outcome for an item. ``apart``: the ticket of the complaint that its words became; "" if they were added."""

    apart: str = ""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How to take words apart from the complaint they are added to.

    ``accuses`` says whether the words may accuse the people working on the complaint, given what is known of it.
    ``receipt`` words the receipt of the new complaint; ``still_asked`` says that the question about the first is still
    open. ``thread`` is where the words were posted.
    """

    accuses: Callable[[ComplaintView, str], bool]
    receipt: Callable[[ComplaintView], str]
    still_asked: str
    thread: str | None = None


async def follow_up(
    pool: Pool,
    settings: IntakeSettings,
    origin: str,
    number: str,
    item: FollowUp,
    *,
    address: str | None = None,
    most: int | None = None,
    wake: Callable[[], None] = lambda: None,
    keep: Collection[str] = (),
    uploads: Sequence[str] = (),
    evidence_url: str = "",
    also: AlsoStore | None = None,
    apart: Apart | None = None,
) -> Taken | None:
    """Add ``item`` to the complaint with ticket ``number``; repeating it changes nothing.

    With ``address`` only that complaint's own reporter may; ``most`` limits the number of items; ``keep`` is not
    masked. ``uploads`` are attached to it, and are below ``evidence_url``. ``also`` stores more with a new item. With
    ``apart``, words that may accuse the complaint's handlers become a complaint of their own, together with the
    attachments. Returns None for an unknown ticket and for a stranger alike.

    Raises:
        TextProblem: empty or too long, too long together with earlier additions, or more than ``most`` items.
        KeyReused: an item with that id says something else.
        EvidenceProblem: an upload can't be attached.
        asyncpg.PostgresError, OSError, TimeoutError: not stored.
    """
    async with pool.acquire() as db, db.transaction():
        row = await db.fetchrow(_ADDED_TO, number)
        if row is None or (address is not None and row["address"] != address):
            return None
        items = msgspec.json.decode(row["follow_ups"], type=list[Added])
        text, cid = clean(item.text) if item.text else "", row["complaint_id"]
        item = msgspec.structs.replace(item, text=mask(text, keep) if text else UNSET)
        same = next((known for known in items if known.id == item.id), None)
        splits = apart if text and await _is_apart(db, number, same, item, apart) else None
        if splits:
            cid = _id_of_apart(settings, row, item)
        chosen = await choose(db, uploads, cid)
        if same:
            if not await _says_the_same(db, settings, same, item, text, chosen):
                chosen.check()
                raise KeyReused(item.id)
            return Taken(apart=same.apart or "")
        chosen.check()
        span, files, outs = door_span(RECEIVED if splits else FOLLOWED_UP, cid), chosen.evidence(evidence_url), []
        kept = Added(**{name: getattr(item, name) for name in FollowUp.__struct_fields__})
        if splits:
            new = _NewApart(settings, origin, row, number, item, text, files, span)
            accepted = await _take_apart(db, new, splits)
            kept = msgspec.structs.replace(kept, text=UNSET, danger=UNSET, place=UNSET, apart=accepted.ticket)
        else:
            kept = msgspec.structs.replace(kept, evidence=files)
        items.append(kept)
        if (most is not None and len(items) > most) or len(msgspec.json.encode(items)) > MAX_ADDED:
            raise TextProblem("too_many")
        await db.execute(_ADD, number, msgspec.json.encode(items).decode())
        await attach(db, chosen, cid)
        await note_asked(db, number, kept)
        if also:
            await also(db, cid)
        if kept.is_told:
            told = [each.told_as() for each in items if each.is_told]
            data = ComplaintFollowedUp(complaint_id=row["complaint_id"], ticket=number, items=told)
            emit = Emit(topic=FOLLOWED_UP, subject=row["complaint_id"], data=data)
            outs = outgoing([emit], service=origin, cause=item.id, now=item.at, trace=span.traceparent)
            await publish_signed(db, settings, outs)
    span.end()
    if splits:
        metrics.ACKNOWLEDGED.labels(row["channel"]).inc()
    crash_point("ack.after_commit_before_response")
    wake()
    return Taken(apart=kept.apart or "")


async def _is_apart(db: Connection, number: str, same: Added | None, item: FollowUp, apart: Apart | None) -> bool:
    """Whether the words of ``item`` become a complaint of their own. A repeated item stays what it was."""
    if same:
        return bool(same.apart)
    if apart is None or item.kind not in _APART_KINDS:
        return False
    view = (await load_views(db, [number])).get(number) or ComplaintView(ticket=number)
    return apart.accuses(view, str(item.text))


def _id_of_apart(settings: IntakeSettings, row: Mapping[str, Any], item: FollowUp) -> str:
    """Return the id of the complaint that ``item`` becomes. A repeated item gets the same id."""
    here = {"channel": row["channel"], "gateway": row["gateway"], "external_id": item.id}
    return complaint_id(settings.installation_namespace, **here)


async def _says_the_same(
    db: Connection, settings: IntakeSettings, same: Added, item: FollowUp, text: str, chosen: Chosen
) -> bool:
    if same.apart:
        fingerprint = await db.fetchval(_FINGERPRINT, same.apart)
        # An erased complaint has no fingerprint (None or empty).
        return not fingerprint or fingerprint == _print_of_apart(settings, item, text, chosen.contents)
    before = msgspec.structs.replace(
        same.told_as(), at=item.at, place=item.place, told=item.told, danger=item.danger, evidence=[]
    )
    return before == item and [each.sha256 for each in same.evidence] == chosen.contents


def _print_of_apart(settings: IntakeSettings, item: FollowUp, text: str, contents: Sequence[str]) -> bytes:
    sent = [item.id, item.kind, text, item.rating or None, *contents]
    return hmac.digest(fingerprint_key(settings.installation_namespace), msgspec.json.encode(sent), "sha256")


@dataclass(frozen=True)
class _NewApart:
    """The ``item`` about the complaint ``number``, stored as ``row``. ``text`` is as typed, before masking."""

    settings: IntakeSettings
    origin: str
    row: Mapping[str, Any]
    number: str
    item: FollowUp
    text: str
    files: list[Evidence]
    span: tracing.Span


async def _take_apart(db: Connection, new: _NewApart, apart: Apart) -> Accepted:
    """Store the item as a complaint of its own by the same reporter, in the caller's transaction.

    It is as confidential as the first complaint is by now, and opens to everybody who may open the first.
    """
    settings, row, item = new.settings, new.row, new.item
    first: Any = codec.decode(row["received_event"]).data
    view = (await load_views(db, [new.number])).get(new.number) or ComplaintView(ticket=new.number)
    rahasia = first.rahasia or view.rahasia  # a victim's name may be recognised only after intake
    cid, now = _id_of_apart(settings, row, item), datetime.now(UTC)
    accepted = None
    while accepted is None:  # retry: the minted number may be taken
        number = ticket.mint(row["channel"])
        received = ComplaintReceived(
            complaint_id=cid,
            ticket=number,
            channel=row["channel"],
            origin=new.origin,
            text=str(item.text),
            received_at=now,
            reporter_ref=row["reporter_ref"],
            anonim=first.anonim,
            rahasia=rahasia,
            danger=list(item.danger or ()),
            evidence=new.files,
            part_of=new.number,
        )
        emit = Emit(topic=RECEIVED, subject=cid, data=received)
        (out,) = outgoing([emit], service=new.origin, cause=cid, now=now)
        fingerprint = _print_of_apart(settings, item, new.text, [each.sha256 for each in new.files])
        given = (row["channel"], row["gateway"], cid if first.anonim else item.id, row["reporter_ref"], new.text)
        kept = (*given, fingerprint, row["secret_hash"], row["thread"], out.value, now)
        if await store(db, cid, number, *kept):
            await publish_signed(db, settings, [traced(out, new.span.traceparent)])
            accepted = Accepted(ticket=number, complaint_id=cid, received_at=now, fresh=True)
    sent = SentWith(anonim=first.anonim, danger=list(item.danger or ()), part_of=new.number)
    child = ComplaintView(ticket=accepted.ticket, rahasia=rahasia, sent=sent)
    await _confirm_apart(db, new, child, apart, asked=view.status == Status.WAITING_FOR_REPORTER)
    return accepted


async def _confirm_apart(db: Connection, new: _NewApart, child: ComplaintView, apart: Apart, *, asked: bool) -> None:
    """Confirm it with a receipt; if the first complaint waits for an answer (``asked``), say that it still does."""
    kind, after_s = (NoticeKind.DANGER, 0.0) if child.sent.danger else (NoticeKind.RECEIPT, new.settings.receipt_wait_s)
    text, trace = apart.receipt(child), new.span.traceparent
    more: dict[str, Any] = {"thread": apart.thread, "after_s": after_s, "act": bool(child.sent.danger), "trace": trace}
    notices = [NewNotice(child.ticket, kind, "", text, **more)]
    if asked:
        still = apart.still_asked.format(ticket=new.number)
        notices.append(NewNotice(new.number, NoticeKind.ADDED, new.item.id, still, trace=trace))
    await add_notices(db, notices)
