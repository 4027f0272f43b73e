"""The first complaint of each database: what is stored are copies of it. It is made by the services' own code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

import intake
from chassis.database import open_pool
from contracts import ticket
from contracts.events import ComplaintReceived, ComplaintUpdated
from intake.complaint_view import ComplaintView, save_views
from intake.complaint_view import Step as StoryStep
from intake.submissions import IntakeSettings, Submission, accept
from router.adapters import store as cases
from router.case import Case
from sla_monitor.adapters import store as clocks
from sla_monitor.clock import decide
from sla_monitor.region import load_rules

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
T, ID = "SPG-M000-00001", "00000000-0000-5000-8000-000000000001"
MIGRATIONS = {
    "router": [ROOT / "services/router/migrations"],
    "sla_monitor": [ROOT / "services/sla-monitor/migrations"],
    "intake_social": [intake.MIGRATIONS, ROOT / "services/intake-social/migrations"],
    "intake_web": [intake.MIGRATIONS, ROOT / "services/intake-web/migrations"],
}
UPDATE = ComplaintUpdated(
    complaint_id=ID, ticket=T, seq=1, kind="routed", status="routed", channel="x", origin="intake-social",
    received_at=NOW, unit="PUPR", lane="unit", category="jalan_jembatan", type="pengaduan", urgency="sedang",
)  # fmt: skip


async def first(database: str, dsn: str) -> None:
    """Store a complaint that a unit has."""
    make = {"router": _case, "sla_monitor": _clock, "intake_social": _complaint, "intake_web": _complaint}
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
        await save_views(db, {taken.ticket: ComplaintView(ticket=taken.ticket, seq=4, status="routed", steps=steps)})
    await pool.close()
