"""How something is done with a complaint: written, looked at as the citizen will get it, and sent."""

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
    """Where somebody does something: the complaint as a unit was told of it, what can be done with it, and the act."""

    row: Row
    act: Act
    offered: list[Act]
    known: Known


async def _place(desk: Desk, person: Person, number: str, slug: str, unit: str) -> Place:
    """Find what somebody acts on.

    Raises:
        NotYours: there is no such complaint for them, or no such act.
        NotAllowed: they never do such a thing with what is another's.
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
    """The form of an act. ``dari`` is a reply that was refused, ``naskah`` a draft: their words are here again; ``ke``
    is what to merge it into."""
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
    # What needs no word can be sent at once: it is shown as the citizen gets it.
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
    """Say why it can't be merged with what is named, if the desk knows that."""
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
    """Note that the form was sent: what comes back shows the complaint, whatever was pressed."""
    if is_mine(row, person):
        await accounts.note_look(desk.pool, person, row.unit, row.ticket, slug)
    else:
        await accounts.note(desk.pool, person, "buka", unit=row.unit, ticket=row.ticket, about=slug)


async def _propose(
    desk: Desk, person: Person, row: Row, reply_id: UUID, said: UnitReplied, photos: tuple[Evidence, ...], seen: int
) -> None:
    """Keep for the head of the unit what is to be sent."""
    async with desk.pool.acquire() as db, db.transaction():
        if await drafts.keep(db, row, person, reply_id, said, seen):
            await accounts.note(db, person, "ajukan", unit=row.unit, ticket=row.ticket, about=said.action)
        await proofs.sent(db, row, reply_id, photos)  # it will go out under this id, however late


def _edited(desk: Desk, row: Row, act: Act, typed: Typed, step: str) -> Typed | None:
    """Give what is typed after a press that only changes the form; None for any other."""
    what, _, which = step.partition("-")
    if what == "kalimat":
        return _with_sentence(desk, row, act, typed, _number(which))
    if what == "buang":
        return replace(typed, photos=tuple(each for each in typed.photos if name_of(each) != which))
    return typed if step == "ubah" else None


async def _waits_for_head(desk: Desk, person: Person, place: Place) -> bool:
    """Whether it goes out when the unit's head agrees; where no head is here it goes out at once."""
    row, act = place.row, place.act
    wanted = is_mine(row, person) and approvals.is_wanted(act, row.complaint, person, desk.rules)
    return wanted and await drafts.has_head(desk.pool, row.unit)


async def _moved(desk: Desk, person: Person, place: Place, typed: Typed, reply_id: UUID, seen: int) -> Template:
    """Say what happened meanwhile, with all that was typed; to send it all the same is one press more."""
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
    """Send what is ``done``. A ``draft`` of what its head answers now waits no more; ``sorted_to`` is what was chosen
    of the queue."""
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
    desk.wake()


def sorting(row: Row, reply_id: UUID, category: str, unit: str, rules: Rules) -> list[tuple[UUID, Act, Typed, str]]:
    """Give what sorting a complaint does, and the words its reporter gets: what it is about, where the machine took it
    for something else, and whose it is."""
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
        Moved: it moved on, and nothing was sent.
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
    """Give what was filled in to write ``said``, with those of its photos that the desk still keeps."""
    typed = approvals.typed_of(said, desk.photos.url)
    return replace(typed, photos=await desk.photos.of(row, [name_of(each) for each in typed.photos]))


async def _with_photos(desk: Desk, person: Person, row: Row, act: Act, typed: Typed, data: Any) -> Typed:
    """Give ``typed`` with the photos that came before, and those that come now."""
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
    """Read a proof: the address where it lies, and the file itself, of which only what identifies it is kept."""
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
