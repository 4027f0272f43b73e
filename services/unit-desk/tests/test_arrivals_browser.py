"""The page of a complaint in Chromium, in each state of the messages to its citizen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from desk_office import NUMBER, Tell, record
from desk_site import SIZES, look, page_of
from msgspec import UNSET
from playwright.async_api import Browser, expect

from chassis.batch import BatchHandler
from contracts import topics
from contracts.events import ComplaintTold, ReplyAnswer, UnitReplied
from unit_desk.app import handler
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
NOW = datetime.now(UTC)
_SAID = [
    ("acknowledge", "acknowledged", ""),
    ("progress", "in_progress", "Alat sudah di lokasi, got dikeruk mulai pagi ini."),
    ("resolve", "resolved", "Got sudah dikeruk dan airnya mengalir lagi."),
]
_ACK, _WORK, _DONE = 2, 3, 4
#: By state: the messages, about the step or of another kind, with their outcome; and the words of the page.
STATES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "sampai": (
        [
            {"step": _ACK, "state": "delivered"},
            {"step": _WORK, "state": "taken"},
            {"step": _DONE, "state": "waits", "because": "quiet", "until": NOW + timedelta(hours=9)},
            {"kind": "receipt", "state": "delivered"},
            {"kind": "deadline", "state": "taken"},
        ],
        "sampai di ponsel",
    ),
    "gagal": (
        [
            {"step": _ACK, "state": "perhaps_sent"},
            {"step": _WORK, "state": "delivered"},
            {"step": _DONE, "state": "not_delivered", "because": "unreachable"},
            {"kind": "receipt", "state": "delivered"},
            {"kind": "apology", "state": "not_delivered", "because": "refused"},
        ],
        "Belum sampai: nomornya tidak dapat dihubungi",
    ),
    "tanpa-kontak": (
        [
            {"step": seq, "state": "never_sent", "because": "no_contact", "channel": UNSET}
            for seq in (_ACK, _WORK, _DONE)
        ],
        "Warga tidak meninggalkan kontak: hanya terbaca di halaman laporannya",
    ),
    "dua-jalan": (
        [
            {"step": _ACK, "state": "taken", "channel": "email"},
            {"step": _DONE, "state": "not_delivered", "because": "unreachable", "channel": "email"},
            {"step": _DONE, "state": "delivered"},
            {"step": _WORK, "state": "never_sent", "because": "stopped", "channel": UNSET},
        ],
        "Belum sampai: alamat surelnya tidak menerima kiriman",
    ),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STATES)
async def test_the_page_says_what_became_of_each_message(
    browser: Browser,
    here: Desk,
    somebody: Callable[..., Awaitable[Person]],
    tell: Tell,
    name: str,
    size: str,
) -> None:
    clerk = await somebody(name="Andi Rahmawati")
    await _answered(here, clerk, tell)
    messages, says = STATES[name]
    step = BatchHandler(here.pool, handler(here.rules))
    for n, facts in enumerate(messages):
        usual = {"kind": "step", "channel": "sms", "at": NOW - timedelta(minutes=30 - n), "message_id": f"m{n}"}
        data = ComplaintTold(**{**usual, "complaint_id": "c1", "ticket": NUMBER, **facts})
        await step([record(topics.TOLD, data, n, f"m{n}", "c1")])
    page = await page_of(browser, here, clerk, size)

    await page.goto(f"{here.settings.public_url}/laporan/{NUMBER}")

    await expect(page.get_by_text(says).first).to_be_visible()
    if await page.locator(".others").count():
        await page.locator(".others").evaluate("it => it.open = true")
    await look(page, f"kabar-{name}", size)
    await page.context.close()


@pytest.mark.parametrize("size", SIZES)
async def test_an_operator_has_sent_again_what_did_not_arrive(
    browser: Browser, here: Desk, somebody: Callable[..., Awaitable[Person]], tell: Tell, size: str
) -> None:
    operator = await somebody(unit="DISKOMINFO", role="operator", name="Nur Aini")
    page = await page_of(browser, here, operator, size)
    url = f"{here.settings.public_url}/kabar/warga"
    await page.goto(url)
    await expect(page.get_by_text("Semua pesan sampai")).to_be_visible()
    await look(page, "warga-semua-sampai", size)
    await _answered(here, await somebody(), tell)
    step = BatchHandler(here.pool, handler(here.rules))
    for n, facts in enumerate([*STATES["gagal"][0], {"step": _WORK, "state": "perhaps_sent", "channel": "whatsapp"}]):
        usual = {"kind": "step", "channel": "sms", "at": NOW - timedelta(minutes=30 - n), "message_id": f"m{n}"}
        data = ComplaintTold(**{**usual, "complaint_id": "c1", "ticket": NUMBER, **facts})
        await step([record(topics.TOLD, data, n, f"m{n}", "c1")])

    await page.goto(url)
    await look(page, "warga", size)
    many = await page.get_by_role("button", name="Kirim lagi").count()
    await page.get_by_role("button", name="Kirim lagi").first.click()
    await expect(page.get_by_text("Diminta dikirim lagi")).to_be_visible()
    await expect(page.get_by_role("button", name="Kirim lagi")).to_have_count(many - 1)
    await page.goto(f"{here.settings.public_url}/laporan/{NUMBER}?unit=PUPR")
    await look(page, "warga-laporan", size)
    await page.context.close()


async def _answered(here: Desk, clerk: Person, tell: Tell) -> None:
    """Have ``clerk`` acknowledge the complaint, report progress, and resolve it."""
    text = "Got di pasar sentral tersumbat, airnya masuk kios sejak kemarin."
    usual = {"complaint_id": "c1", "ticket": NUMBER, "text": text, "category": "drainase_banjir", "channel": "sms"}
    await tell(**usual, seq=1)
    for seq, (action, status, message) in enumerate(_SAID, 2):
        reply_id: UUID = uuid4()
        said = UnitReplied(ticket=NUMBER, action=action, message=message or UNSET)
        await here.pool.execute(
            "INSERT INTO replies (id, unit, complaint_id, person, said) VALUES ($1, 'PUPR', 'c1', $2, $3)",
            *(reply_id, clerk.id, msgspec.json.encode(said)),
        )
        answer = ReplyAnswer(event_id=str(reply_id), accepted=True)
        await tell(**usual, seq=seq, status=status, why="replied", reply=answer)
