"""The records of a sender at an intake: their complaints, their last addition, and whether they want news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from chassis.database import Connection, Pool
from intake.complaint_view import APART
from intake.reading.commands import Command
from intake.reading.reader import Reader
from intake.reading.talk import AskedBack, Meant, Own, Talk, as_addition
from intake.submissions import Submission, find_awaiting_reply

#: How long after a call for help a second message may add where the danger is.
JUST_NOW = timedelta(minutes=30)
#: How long an addition may still be made a complaint of its own, and the question which complaint is meant be answered.
A_DAY = timedelta(days=1)

_OWN = f"""
SELECT c.ticket, c.text, c.received_at, c.follow_ups @> $3 AS named,
       NOT c.follow_ups @? '$[*] ? (!exists(@.late) && !exists(@.apart))' AND (convert_from(
           nullif(c.received_event, ''), 'UTF8')::json #>> '{{data,place_asked}}')::bool IS TRUE AS place_asked,
       {APART} AS apart,
       coalesce(s.body->>'status', CASE WHEN c.registered_at IS NULL THEN 'received' ELSE 'archived' END) AS status
FROM complaints c JOIN reporters r USING (reporter_ref) LEFT JOIN stories s USING (ticket)
WHERE r.channel = $1 AND r.address = $2 AND c.erased_at IS NULL
ORDER BY c.received_at DESC LIMIT 50"""
_SENDER = """
SELECT r.reporter_ref IS NOT NULL AS known, CASE WHEN r.asked_at > now() - $5::interval THEN r.asked_back END AS asked,
       EXISTS (SELECT FROM complaints WHERE (channel, gateway, external_id) = ($1, $3, $4)) AS taken
FROM (VALUES (1)) AS this LEFT JOIN reporters r ON r.channel = $1 AND r.address = $2"""
_ADDED_LAST = """
SELECT item->>'text' AS text, (item->>'at')::timestamptz AS at, EXISTS (
    SELECT FROM notices n WHERE n.ticket = c.ticket AND n.kind = 'added' AND n.key = item->>'id') AS offered
FROM complaints c JOIN reporters r USING (reporter_ref), jsonb_array_elements(c.follow_ups) AS item
WHERE r.channel = $1 AND r.address = $2 AND NOT item ?| '{late,apart}' ORDER BY at DESC LIMIT 1"""
# An answered question is not asked again when the gateway repeats the message.
_ASK_BACK = """
UPDATE reporters SET asked_back = $3::jsonb, asked_at = now()
WHERE channel = $1 AND address = $2 AND asked_back->>'item_id' IS DISTINCT FROM $3::jsonb->>'item_id'"""
_ANSWERED = """
UPDATE reporters SET asked_back = asked_back || jsonb_build_object('answered_by', $3::text)
WHERE channel = $1 AND address = $2"""
_STOP = "UPDATE reporters SET stopped_at = now() WHERE channel = $1 AND address = $2"
_HEAR = "UPDATE reporters SET stopped_at = NULL WHERE channel = $1 AND address = $2 AND stopped_at IS NOT NULL"


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The sender of a message. ``known``: something came from there before; ``asked``: our question to them within a
    day.

    ``taken``: this very message is already a complaint.
    """

    known: bool = False
    asked: str | None = None
    taken: bool = False


async def find_sender(db: Connection | Pool, submission: Submission) -> Sender:
    """Look up the sender of ``submission``. For an unknown sender no further lookup is needed."""
    channel, address = submission.channel, submission.address
    row = await db.fetchrow(_SENDER, channel, address, submission.gateway, submission.external_id, A_DAY)
    return Sender(**row)


async def find_own(db: Connection | Pool, channel: str, address: str, item_id: str) -> list[Own]:
    """List the complaints of ``address``, newest first; ``item_id`` is the id of the message if it were an addition."""
    added = msgspec.json.encode([{"id": item_id}]).decode()
    return [Own(**row) for row in await db.fetch(_OWN, channel, address, added)]


async def find_meant(
    pool: Pool,
    talk: Talk,
    submission: Submission,
    sender: Sender,
    item_id: str,
    now: datetime,
    *,
    bare: bool,
    known: str = "",
) -> Meant | None:
    """Return what a message without a ticket means from its sender. None: it is a complaint, or as unclear as a
    stranger's.

    ``bare``: it has no keyword, so it may answer a question or continue a complaint. ``known`` is the ticket of the
    conversation it stands in: then no other is meant. A repeated message keeps its first meaning.
    """
    text, channel, address = submission.text, submission.channel, submission.address or ""
    if sender.taken:
        return None
    found = await find_own(pool, channel, address, item_id) if sender.known else []
    own = [each for each in found if known in ("", each.ticket)]
    if meant := talk.meant(text, own, now):
        return meant if meant.kind != "offered" else await _offered(pool, channel, address, own, now)
    if bare and sender.known and (number := await find_awaiting_reply(pool, submission, item_id)):
        asked = next((each for each in own if each.ticket == number), None)
        if asked is None or asked.named or not talk.is_apart(text, asked.text):
            return Meant(kind="answer", ticket=number)
    if talk.is_courtesy(text):
        return Meant(kind="courtesy")
    return (talk.tells_place(text, own, now) or talk.added_to(text, own, now)) if bare else None


async def find_call(
    pool: Pool,
    reader: Reader,
    submission: Submission,
    sender: Sender,
    item_id: str,
    now: datetime,
    *,
    known: str = "",
) -> Meant | None:
    """Return the sender's last call for help if this one belongs to it: two would send helpers twice.

    It says where, which was asked; or it repeats the same danger in few words; or it says what a mere cry left out.
    ``known`` is as in :func:`find_meant`. A repeated message keeps its first meaning.
    """
    if sender.taken or not sender.known:
        return None
    talk, text = reader.talk, submission.text
    own = await find_own(pool, submission.channel, submission.address or "", item_id)
    if named := [each for each in own if each.named]:  # however late the gateway repeats it
        return talk.added_to(text, named, now)
    lately = [each for each in own if known in ("", each.ticket) and now - each.received_at < JUST_NOW and each.open]
    same = reader.same_danger(text)
    calls = [each for each in lately if same(each.text)]
    cries = [each for each in calls if each.place_asked and reader.is_cry(each.text)]
    again = talk.tells_place(text, calls, now) or talk.calls_again(text, calls)
    return again or (as_addition(text, cries[0]) if cries else None)


async def ask_back(pool: Pool, submission: Submission, item_id: str, among: Sequence[str]) -> None:
    """Store the words of ``submission`` until its sender has said which of the tickets ``among`` they are about, or has
    confirmed the only one (:func:`find_chosen`)."""
    asked = AskedBack(text=submission.text, among=list(among), item_id=item_id)
    body = msgspec.json.encode(asked).decode()
    await pool.execute(_ASK_BACK, submission.channel, submission.address, body)


async def find_chosen(
    pool: Pool, talk: Talk, submission: Submission, sender: Sender, item_id: str, now: datetime
) -> Meant | None:
    """Return what the ``sender`` wanted when we asked which complaint they mean, if ``submission`` answers that.

    The same message again has the same result, a further message has no result.
    """
    channel, address = submission.channel, submission.address or ""
    asked = sender.asked and msgspec.json.decode(sender.asked, type=AskedBack)
    if not asked or asked.item_id == item_id or asked.answered_by not in ("", item_id):
        return None
    meant = talk.chosen(submission.text, asked, await find_own(pool, channel, address, item_id), now)
    if meant and meant.kind != "which":  # "which" is asked once more
        await pool.execute(_ANSWERED, channel, address, item_id)
    return meant


async def _offered(pool: Pool, channel: str, address: str, own: Sequence[Own], now: datetime) -> Meant:
    text = await find_offered(pool, channel, address, own, now)
    return Meant(kind="offered", command=Command(kind="addition", text=text)) if text else Meant(kind="help")


async def find_offered(
    db: Connection | Pool, channel: str, address: str, own: Sequence[Own], now: datetime
) -> str | None:
    """Return the last addition, if its sender was told that it may be a complaint of its own and nothing came since.

    It is masked, as additions are stored.
    """
    row = await db.fetchrow(_ADDED_LAST, channel, address)
    if row is None or not row["offered"] or now - row["at"] > A_DAY:
        return None
    text: str = row["text"]
    return None if any(each.received_at > row["at"] for each in own) else text


async def stop_news(db: Connection | Pool, channel: str, address: str) -> None:
    """Send ``address`` no further news from units; its own questions are still answered."""
    await db.execute(_STOP, channel, address)


async def resume_news(db: Connection | Pool, channel: str, address: str) -> None:
    """Take back :func:`stop_news`."""
    await db.execute(_HEAR, channel, address)
