"""Acts on a complaint: written, previewed as the citizen will get them, and sent."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import Dependency
from litestar.response import Template

from chassis.faults import crash_point
from contracts import ticket as tickets
from contracts.events import ComplaintSnapshot, Evidence, UnitReplied
from contracts.ids import derived_id
from unit_desk import acts, approvals, more_time, powers, telling
from unit_desk.acts import Act, Typed
from unit_desk.adapters import accounts, complaints, drafts, proofs
from unit_desk.adapters.complaints import Moved, Row, Sent
from unit_desk.adapters.proofs import MOST, name_of
from unit_desk.approvals import Draft
from unit_desk.handlers.complaint import found, hides, is_mine, possible
from unit_desk.handlers.proof import MAX_FORM, taken
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours, page, see
from unit_desk.people import Person
from unit_desk.powers import Known
from unit_desk.previews import Preview, preview
from unit_desk.rules import Rules

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of an act: the complaint as a unit was told of it, the acts offered on it, and the act itself."""

    row: Row
    act: Act
    offered: list[Act]
    known: Known


async def _place(desk: Desk, person: Person, number: str, slug: str, unit: str) -> Place:
    """Find the complaint and the act of an address.

    Raises:
        NotYours: they can't see such a complaint, or the act does not exist.
        NotAllowed: the act is never done on another unit's complaint.
    """
    row, act = await found(desk, person, number, unit), acts.ACTS.get(slug)
    if act is None:
        raise NotYours
    if not is_mine(row, person) and slug not in powers.SLUGS:
        raise NotAllowed
    offered, known = await possible(desk, person, row)
    return Place(
        row=row, act=next((each for each in offered if each.slug == slug), act), offered=offered, known=known
    )  # fmt: skip


@get("/laporan/{number:str}/{slug:str}")
async def form(
    desk: A_DESK, person: ME, number: str, slug: str, unit: str = "", dari: str = "", naskah: str = "", ke: str = ""
) -> Template:
    """Show the form of an act. ``dari`` is a refused reply, ``naskah`` a draft: the form has their words again; ``ke``
    is the complaint to merge into."""
    place = await _place(desk, person, number, slug, unit)
    row, act, typed = place.row, place.act, Typed(into=ke[:100])
    await accounts.note(desk.pool, person, "buka", unit=row.unit, ticket=row.ticket, about=slug)
    if dari:
        _, replies, _ = await complaints.story(desk.pool, row, person.unit)
        answers = telling.read_replies(replies, row.told, desk.rules, waits=False)
        before = next((each.said for each in answers if str(each.id) == dari), None)
        if before is not None:
            typed = await _typed_again(desk, row, before)
    if naskah and is_mine(row, person) and (draft := await drafts.last(desk.pool, row)) and str(draft.id) == naskah:
        typed = await _typed_again(desk, row, draft.said)
    # An act that needs no words can be sent immediately: its preview is shown.
    ready = not act.must_say and not act.needs and not dari
    return await _page(desk, person, place, typed, reply_id=uuid4(), seen=row.complaint.seq, ready=ready)


async def _page(
    desk: Desk,
    person: Person,
    place: Place,
    typed: Typed,
    *,
    reply_id: UUID,
    seen: int,
    ready: bool = False,
    problems: dict[str, str] | None = None,
    moved: list[telling.Step] | None = None,
) -> Template:
    row, act, offered = place.row, place.act, place.offered
    ready = ready and not problems and act in offered
    status = 409 if moved or act not in offered else 422 if problems else 200
    return await page(
        desk, person, "tindakan.html", "", status=status,
        row=row, complaint=row.complaint, told=row.told, act=act, typed=typed, reply_id=reply_id, seen=seen,
        problems=problems or {}, moved=moved or [], ready=ready, offered=offered, hidden=hides(row, person),
        too_late=powers.too_late(row.told, person, place.known, desk.rules, datetime.now(UTC)),
        shown=_preview(desk, place, typed) if ready else None,
        warnings=await _warnings(desk, place, typed) if ready else [],
        first_head=await _waits_for_head(desk, person, place), sentences=acts.sentences(act, row.complaint, desk.rules),
        helpers=acts.helpers(row.told, desk.rules), most=MOST, takes_photos=acts.takes_photos(act, row.complaint),
        must_prove=acts.must_prove(act, row.complaint, desk.rules),
    )  # fmt: skip


async def _wrong_parent(desk: Desk, place: Place, typed: Typed) -> dict[str, str]:
    """Say why the complaint can't be merged into the named one, as far as the desk knows."""
    parent = await _parent(desk, typed) if "into" in place.act.needs else None
    said = acts.wrong_parent(place.row.complaint, parent, desk.rules) if parent else None
    return {"into": said} if said else {}


async def _parent(desk: Desk, typed: Typed) -> ComplaintSnapshot | None:
    number = tickets.parse(typed.into)
    return await complaints.led(desk.pool, number) if number else None


async def _warnings(desk: Desk, place: Place, typed: Typed) -> list[str]:
    if "into" in place.act.needs and not await _parent(desk, typed):
        return ["Nomor ini tidak dikenal di meja unit. Bila memang tidak ada, penggabungannya ditolak."]
    return acts.warnings(place.act, typed, place.row.told, desk.rules)


def _preview(desk: Desk, place: Place, typed: Typed) -> Preview:
    said = acts.reply_of(place.act, typed, place.row.ticket)
    told_today = place.known.told_today(desk.rules, datetime.now(UTC))
    return preview(place.row.told, said, desk.rules, powers.before(place.known), told_today=told_today)


@post("/laporan/{number:str}/{slug:str}", status_code=200, request_max_body_size=MAX_FORM)
async def send(
    request: Request[Any, Any, Any], desk: A_DESK, person: ME, number: str, slug: str, unit: str = ""
) -> Response[Any]:
    """Show what was typed as the citizen will get it, or send it."""
    place = await _place(desk, person, number, slug, unit)
    row, act = place.row, place.act
    await _note_look(desk, person, row, slug)
    data = await request.form()
    typed = await _with_photos(desk, person, row, act, await _typed(desk, place, data), data)
    reply_id, seen, step = _id(data.get("id", "")), _number(data.get("seen", "")), str(data.get("step", ""))
    if (edited := _edited(desk, row, act, typed, step)) is not None:
        return await _page(desk, person, place, edited, reply_id=reply_id, seen=seen)
    draft = await drafts.last(desk.pool, row) if is_mine(row, person) else None
    if await complaints.answer_of(desk.pool, reply_id):  # pressed twice: it is on its way
        return see(f"/laporan/{row.ticket}?balasan={reply_id}")
    if draft and draft.id == reply_id:  # pressed twice: it waits
        return see(f"/laporan/{row.ticket}#persetujuan")
    if act not in place.offered or await complaints.moved(desk.pool, row, seen):
        return await _moved(desk, person, place, typed, reply_id, seen)
    if problems := acts.missing(act, typed, row.told, desk.rules) or await _wrong_parent(desk, place, typed):
        return await _page(desk, person, place, typed, reply_id=reply_id, seen=seen, problems=problems)
    if step != "kirim":
        return await _page(desk, person, place, typed, reply_id=reply_id, seen=seen, ready=True)
    if await _waits_for_head(desk, person, place):
        await _propose(desk, person, row, reply_id, acts.reply_of(act, typed, row.ticket), typed.photos, seen)
        return see(f"/laporan/{row.ticket}#persetujuan")
    try:
        await _send(desk, person, row, [(reply_id, act, typed, _preview(desk, place, typed).text)], seen, draft)
    except Moved:
        place = await _place(desk, person, number, slug, unit)
        return await _moved(desk, person, place, typed, reply_id, seen)
    return see(f"/laporan/{row.ticket}?balasan={reply_id}")


async def _note_look(desk: Desk, person: Person, row: Row, slug: str) -> None:
    """Add a look to the audit: the answer to a form shows the complaint, whatever was pressed."""
    if is_mine(row, person):
        await accounts.note_look(desk.pool, person, row.unit, row.ticket, slug)
    else:
        await accounts.note(desk.pool, person, "buka", unit=row.unit, ticket=row.ticket, about=slug)


async def _propose(
    desk: Desk, person: Person, row: Row, reply_id: UUID, said: UnitReplied, photos: tuple[Evidence, ...], seen: int
) -> None:
    """Store a reply as a draft for the head of the unit."""
    async with desk.pool.acquire() as db, db.transaction():
        if await drafts.keep(db, row, person, reply_id, said, seen):
            await accounts.note(db, person, "ajukan", unit=row.unit, ticket=row.ticket, about=said.action)
        await proofs.sent(db, row, reply_id, photos)  # the reply will have this id, however late it is sent
    crash_point("ack.after_commit_before_response")


def _edited(desk: Desk, row: Row, act: Act, typed: Typed, step: str) -> Typed | None:
    """Return the form after a press that only changes it; None for any other press."""
    what, _, which = step.partition("-")
    if what == "kalimat":
        return _with_sentence(desk, row, act, typed, _number(which))
    if what == "buang":
        return replace(typed, photos=tuple(each for each in typed.photos if name_of(each) != which))
    return typed if step == "ubah" else None


async def _waits_for_head(desk: Desk, person: Person, place: Place) -> bool:
    """Whether a reply waits for the head of the unit; without a head here it is sent immediately."""
    row, act = place.row, place.act
    wanted = is_mine(row, person) and approvals.is_wanted(act, row.complaint, person, desk.rules)
    return wanted and await drafts.has_head(desk.pool, row.unit)


async def _moved(desk: Desk, person: Person, place: Place, typed: Typed, reply_id: UUID, seen: int) -> Template:
    """Show what happened in the meantime, with all that was typed; one more press sends it all the same."""
    events, _, _ = await complaints.story(desk.pool, place.row, person.unit)
    moved = telling.since(events, seen, desk.rules)
    return await _page(desk, person, place, typed, reply_id=reply_id, seen=place.row.complaint.seq, moved=moved)


async def _send(
    desk: Desk,
    person: Person,
    row: Row,
    done: list[tuple[UUID, Act, Typed, str]],
    seen: int,
    draft: Draft | None = None,
    sorted_to: str = "",
) -> None:
    """Send what is ``done``. If this ends the complaint for its unit, a waiting ``draft`` is closed; ``sorted_to`` is
    the choice in the queue."""
    replies = [
        Sent(id=reply_id, said=acts.reply_of(act, typed, row.ticket), shown=shown, until=more_time.day_of(typed.day))
        for reply_id, act, typed, shown in done
    ]
    async with desk.pool.acquire() as db, db.transaction():
        if await complaints.reply(db, row, person, replies, seen, datetime.now(UTC)):
            for reply_id, act, typed, _ in done:
                await proofs.sent(db, row, reply_id, typed.photos)
                await accounts.note(db, person, act.action.value, unit=row.unit, ticket=row.ticket)
            if sorted_to:
                await accounts.note(db, person, "pilah", unit=row.unit, ticket=row.ticket, about=sorted_to)
            if draft and any(act.action in approvals.ENDS for _, act, _, _ in done):
                await drafts.decide(db, draft, person, agreed=False)
    crash_point("ack.after_commit_before_response")
    desk.wake()


def sorting(row: Row, reply_id: UUID, category: str, unit: str, rules: Rules) -> list[tuple[UUID, Act, Typed, str]]:
    """List the acts of sorting a complaint, with the words for its reporter: the correction of its category, if the
    machine chose another one, and the disposition to its unit."""
    done: list[tuple[UUID, Act, Typed, str]] = []

    def do(number: UUID, slug: str, typed: Typed) -> None:
        act = acts.ACTS[slug]
        done.append((number, act, typed, preview(row.told, acts.reply_of(act, typed, row.ticket), rules).text))

    if category and category != row.complaint.category:
        do(UUID(derived_id(str(reply_id), "correct", 0)), "perbaiki", Typed(category=category))
    do(reply_id, "teruskan", Typed(unit=unit))
    return done


async def decide(desk: Desk, person: Person, row: Row, reply_id: UUID, category: str, unit: str, seen: int) -> None:
    """Sort a complaint, as :func:`sorting` says.

    Raises:
        Moved: the complaint moved on, and nothing was sent.
    """
    done = sorting(row, reply_id, category, unit, desk.rules)
    await _send(desk, person, row, done, seen, sorted_to=f"{category} {unit}")


async def _typed(desk: Desk, place: Place, data: Any) -> Typed:
    act, zone = place.act, desk.rules.zone
    proof, problem = await _proof(data) if "evidence" in act.optional else (None, "")
    problems = {"proof": problem} if problem else {}
    words, day, sentence = str(data.get("words", "")), str(data.get("day", ""))[:20], ""
    if "day" in act.needs:
        if said := more_time.wrong(day, place.row.complaint, datetime.now(UTC), zone):
            problems["day"] = said
        elif until := more_time.day_of(day):
            sentence = desk.rules.texts.more_time(words, until)
    return Typed(
        day=day,
        sentence=sentence,
        words=words.replace("\r\n", "\n")[:20_000],
        to=str(data.get("to", ""))[:200],
        unit=str(data.get("unit", ""))[:50],
        support=tuple(str(each)[:50] for each in data.getall("support", [])),
        category=str(data.get("category", ""))[:100],
        into=str(data.get("into", ""))[:100],
        type=str(data.get("type", ""))[:50],
        urgency=str(data.get("urgency", ""))[:50],
        proof=proof,
        problems=problems,
    )


async def _typed_again(desk: Desk, row: Row, said: UnitReplied) -> Typed:
    """Return the form that produced ``said``, with those of its photos that the desk still keeps."""
    typed = approvals.typed_of(said, desk.photos.url)
    return replace(typed, photos=await desk.photos.of(row, [name_of(each) for each in typed.photos]))


async def _with_photos(desk: Desk, person: Person, row: Row, act: Act, typed: Typed, data: Any) -> Typed:
    """Return ``typed`` with the photos that came before, and those that come now."""
    if not acts.takes_photos(act, row.complaint):
        return typed
    photos = [*await desk.photos.of(row, [str(each) for each in data.getall("photo", [])])]
    said = []
    for file in data.getall("photos", []):
        if not isinstance(file, UploadFile) or not file.filename:
            continue
        if len(photos) >= MOST:
            said.append(f"Paling banyak {MOST} foto. Yang lebih tidak disimpan.")
            break
        photo, problem = await taken(desk, row, person, file)
        photos += [photo] if photo else []
        said += [problem] if problem else []
    problems = {**typed.problems, **({"photos": " ".join(said)} if said else {})}
    return replace(typed, photos=tuple(photos[:MOST]), problems=problems)


async def _proof(data: Any) -> tuple[Evidence | None, str]:
    """Read a proof: its address and the file itself; only the file's type, size and hash are kept."""
    url, file = str(data.get("proof_url", "")).strip()[:2_000], data.get("proof_file")
    if isinstance(file, UploadFile) and (content := await file.read()):
        proof = Evidence(
            url=url,
            media_type=file.content_type or "",
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
        )
        return proof, "" if url else "Tulis alamat tempat berkas ini dapat dilihat warga."
    digest = str(data.get("proof_sha256", ""))
    if url and _SHA256.fullmatch(digest):
        size = _number(data.get("proof_bytes", ""))
        kept = Evidence(url=url, media_type=str(data.get("proof_type", ""))[:100], sha256=digest, bytes=size)
        return kept, ""
    return (None, "Pilih juga berkasnya dari perangkat ini, supaya dapat diperiksa isinya sama.") if url else (None, "")


def _with_sentence(desk: Desk, row: Row, act: Act, typed: Typed, n: int) -> Typed:
    ready = acts.sentences(act, row.complaint, desk.rules)
    if not 0 <= n < len(ready):
        return typed
    words = f"{typed.words.rstrip()} {ready[n]}" if typed.words.strip() else ready[n]
    return replace(typed, words=words)


def _id(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        return uuid4()


def _number(text: Any) -> int:
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 12 else -1
