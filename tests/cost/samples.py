"""The first complaint of each database, made by the services' own code: all stored ones are copies of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

import intake
from chassis.database import open_pool
from contracts import ticket
from contracts.events import ComplaintReceived, ComplaintSnapshot, ComplaintUpdated, UnitRouted
from intake.complaint_view import ComplaintView, save_views
from intake.complaint_view import Step as StoryStep
from intake.submissions import IntakeSettings, Submission, accept
from router.adapters import store as cases
from router.case import Case
from sla_monitor.adapters import store as clocks
from sla_monitor.clock import decide
from sla_monitor.region import load_rules
from unit_desk.adapters import accounts, notices, webhooks
from unit_desk.adapters import told as desk
from unit_desk.projection import Kept, Logged

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
T, ID = "SPG-M000-00001", "00000000-0000-5000-8000-000000000001"
MIGRATIONS = {
    "router": [ROOT / "services/router/migrations"],
    "sla_monitor": [ROOT / "services/sla-monitor/migrations"],
    "intake_social": [intake.MIGRATIONS, ROOT / "services/intake-social/migrations"],
    "unit_desk": [ROOT / "services/unit-desk/migrations"],
    "intake_web": [intake.MIGRATIONS, ROOT / "services/intake-web/migrations"],
}
UPDATE = ComplaintUpdated(
    complaint_id=ID, ticket=T, seq=1, kind="routed", status="routed", channel="x", origin="intake-social",
    received_at=NOW, unit="PUPR", lane="unit", category="jalan_jembatan", type="pengaduan", urgency="sedang",
)  # fmt: skip


async def first(database: str, dsn: str) -> None:
    """Store a complaint that a unit has."""
    make = {"router": _case, "sla_monitor": _clock, "intake_social": _complaint, "intake_web": _complaint}
    make["unit_desk"] = _told
    await make[database](dsn)


async def _case(dsn: str) -> None:
    received = ComplaintReceived(
        complaint_id=ID, ticket=T, channel="x", origin="intake-social", text="Jalan berlubang di Lalabata. " * 5,
        received_at=NOW, reporter_ref="r",
    )  # fmt: skip
    db = await asyncpg.connect(dsn)
    for n in range(30):
        number = ticket.mint("x")
        case = Case(ticket=number, received=received, status="routed", seq=1, unit=f"U{n}", lane="unit", had=[f"U{n}"])
        await cases.save(db, {number: case})
    await db.close()


async def _told(dsn: str) -> None:
    complaint = ComplaintSnapshot(
        complaint_id=ID, ticket=T, seq=1, status="routed", unit="PUPR", lane="unit", channel="x", text="Jalan",
        received_at=NOW, anonim=False, rahasia=False, category="jalan_jembatan", type="pengaduan", urgency="sedang",
    )  # fmt: skip
    told = UnitRouted(why="routed", unit="PUPR", complaint=complaint)
    db = await asyncpg.connect(dsn)
    await db.execute(accounts._ADD, UUID(int=1), "a@contoh.id", "Andi", "PUPR", "petugas")
    await db.execute(webhooks._ADD, UUID(int=3), "PUPR", "https://contoh.id/", UUID(int=1))
    log = (Logged(event_id="event", complaint_id=ID, ticket=T, offset=0, value=b"{}"),)
    kept = Kept(unit="PUPR", complaint_id=ID, told=told, told_at=NOW, standing="work", log=log)
    await desk.save(db, {"PUPR/1": kept})
    await notices.add(db, "PUPR", ID, T, "new", "first", NOW)
    await notices.write(db, UUID(int=1), "email", "gathered", NOW, notices=[1], message=UUID(int=1))
    await db.execute("UPDATE messages SET state = 'sent'")
    await db.execute("UPDATE notices SET state = 'told'")
    await db.close()


async def _clock(dsn: str) -> None:
    rules = load_rules(ROOT / "region" / "soppeng")
    clock, _ = decide(None, UPDATE, NOW, rules)
    db = await asyncpg.connect(dsn)
    await clocks.save(db, {ID: clock})
    await db.close()


async def _complaint(dsn: str) -> None:
    settings = IntakeSettings.model_validate(dict(
        kafka_bootstrap_servers="127.0.0.1:9", kafka_username="intake-social", kafka_password="unused",
        database_url=dsn, region_dir=ROOT, http_port=9, installation_namespace=UUID(int=1), event_key="k" * 16,
    ))  # fmt: skip
    pool = await open_pool(dsn)
    submission = Submission(
        channel="x", gateway="x", external_id="1", text="Jalan berlubang di Lalabata.", address="+62900", thread="x:1"
    )
    taken = await accept(pool, settings, "intake-social", submission, receipt=lambda view: view.ticket)
    steps = [StoryStep(seq=n, kind="routed", at=NOW, unit="PUPR", text="Laporan diteruskan.") for n in range(5)]
    async with pool.acquire() as db:
        await db.execute("INSERT INTO reporters (reporter_ref, channel) VALUES ('erased x', 'x')")
        await db.execute("UPDATE notices SET said = says")
        await save_views(db, {taken.ticket: ComplaintView(ticket=taken.ticket, seq=4, status="routed", steps=steps)})
    await pool.close()
