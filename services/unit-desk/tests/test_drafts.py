"""News for one person: the head's of a draft, the assignee's of a complaint; nobody else is told, without any text."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

import httpx
import pytest
from desk_office import NUMBER, PAGE, REGION, LogIn, Tell, hidden
from desk_post import SITE, WEEK, Moved, states, text_of, texts, told_to, turn

from chassis.database import Pool
from kabupaten import load
from testing.mail import Sink
from unit_desk.people import Person
from unit_desk.rules import PARTS, Rules, rules_of
from unit_desk.sending import Post

pytestmark = pytest.mark.connected
MakeStaff = Callable[..., Awaitable[Person]]
DONE = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi, sepanjang 4 meter."
#: Other people are on duty, and are not told.
ON_DUTY = {"name": "Sitti", "email": "sitti@contoh.id", "days": WEEK}
HEAD = {"role": "pimpinan", "name": "Ibu Kepala", "email": "kepala@contoh.id", "phone": "+628110000009"}


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The region's rules as if PUPR had `approval: true`."""
    return dataclasses.replace(rules_of(load(REGION, *PARTS)), approving=frozenset({"PUPR"}))


async def propose(web: httpx.AsyncClient) -> None:
    """Submit a resolution for the head."""
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    page = await web.post(f"{PAGE}/selesaikan", data={**form, "words": DONE, "step": "periksa"})
    await web.post(f"{PAGE}/selesaikan", data={**hidden(page), "step": "kirim"})


async def decide(web: httpx.AsyncClient, pool: Pool, step: str, note: str = "") -> None:
    draft = await pool.fetchval("SELECT id FROM drafts ORDER BY at DESC LIMIT 1")
    seen = await pool.fetchval("SELECT seq FROM complaints")
    data = {"id": str(draft), "seen": str(seen), "step": step, "note": note}
    assert (await web.post(f"{PAGE}/persetujuan", data=data)).status_code == 303


async def an_hour(pool: Pool, post: Post, clock: Moved) -> None:
    """Let an hour pass, and gathered news be told."""
    await turn(pool, post)
    clock.on(minutes=61)
    await turn(pool, post)


async def begin(tell: Tell, pool: Pool, **facts: str) -> None:
    """Have a complaint worked on, and its news told long ago."""
    await tell(seq=1, status="in_progress", text="Jalan di depan rumah Ibu Hasnah berlubang", **facts)
    await pool.execute("DELETE FROM notices")


async def test_the_head_alone_hears_that_a_draft_waits_and_its_writer_that_it_came_back(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn
) -> None:
    writer, head = await staff(name="Baso", email="baso@contoh.id"), await staff(**HEAD)
    await staff(**ON_DUTY)
    await begin(tell, pool)
    web = await log_in(writer)
    await propose(web)
    await web.get(PAGE)  # a look by the writer does not count as the head's
    await an_hour(pool, post, clock)
    first = told_to(sink)
    await decide(await log_in(head), pool, "kembalikan", "Sebut panjangnya")
    await an_hour(pool, post, clock)

    assert [("kepala@contoh.id", f"Naskah menunggu persetujuan Anda: {NUMBER}")] == first
    assert [("baso@contoh.id", f"Naskah Anda kembali, belum terkirim: {NUMBER}")] == told_to(sink)[1:]
    said = " ".join(map(text_of, sink.mails))
    assert 2 == said.count(f"{SITE}/laporan/{NUMBER}")
    assert [] == [word for word in ("Hasnah", "ditambal", "panjangnya") if word in said]


async def test_draft_decided_before_its_mail_is_not_announced(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn
) -> None:
    writer, head = await staff(name="Baso", email="baso@contoh.id"), await staff(**HEAD)
    await begin(tell, pool)
    await propose(await log_in(writer))
    await sink.stop()
    await an_hour(pool, post, clock)
    await decide(await log_in(head), pool, "setuju")
    await sink.start()
    clock.on(minutes=10)
    await turn(pool, post)

    assert ([], [("email", "gathered", "dropped")]) == (sink.mails, await states(pool))


async def test_final_assignee_alone_hears_of_a_complaint_given_by_a_colleague(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn
) -> None:
    giver = await staff(name="Rahma", email="rahma@contoh.id")
    first, last = await staff(name="Andi", email="andi@contoh.id"), await staff(name="Baso", email="baso@contoh.id")
    await staff(**ON_DUTY)
    await begin(tell, pool)
    web = await log_in(giver)
    for each in (giver, first, last, last):
        await web.post(f"{PAGE}/petugas", data={"person": str(each.id)})
    await an_hour(pool, post, clock)

    assert [("baso@contoh.id", f"Ditugaskan kepada Anda: {NUMBER}")] == told_to(sink)


@pytest.mark.parametrize(
    ("urgency", "at_once", "by_night"), [("tinggi", True, False), ("darurat", True, True), ("sedang", False, False)]
)
async def test_urgent_assignment_is_told_at_once_and_danger_even_at_night(
    urgency: str, at_once: bool, by_night: bool,
    pool: Pool, post: Post, sink: Sink, gateway: str, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn,
) -> None:  # fmt: skip
    head = await staff(**HEAD, by_sms=False, unwanted=[] if urgency != "darurat" else ["assigned"])
    web = await log_in(await staff(name="Baso", email="baso@contoh.id"))
    await begin(tell, pool, urgency=urgency)
    await web.post(f"{PAGE}/petugas", data={"person": str(head.id)})
    await turn(pool, post)
    by_day = [to for to, _ in told_to(sink)], len(texts(gateway))
    clock.to(23)
    await pool.execute("UPDATE notices SET state = 'new', opened_at = NULL, next_at = at")
    await turn(pool, post)

    sms = urgency == "darurat"  # by all media, whatever they want
    assert ((["kepala@contoh.id"] if at_once else []), int(sms)) == by_day
    assert by_night == (len(sink.mails) == 2)
