"""Delivery reports: a final state stays, in whatever order they come."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from intake.notices import NewNotice, Notice, NoticeKind, add_notices
from intake.reports import Report, ReportState, note_report, own_id
from intake.sent import send_again, sent
from testing.notices import send_all

pytestmark = pytest.mark.connected
Q, A, D, F, R = ReportState


async def told(pool: Pool, *, forget: bool = False) -> Notice:
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, [NewNotice("T", NoticeKind.STEP, "1", "x", "+6281234567890", forget=forget)])
    (notice,) = await send_all(pool)
    return notice


def counted(*states: str) -> float:
    labels = [{"channel": "sms", "state": state} for state in states]
    return sum(REGISTRY.get_sample_value("lapor_delivery_reports_total", each) or 0 for each in labels)


async def report(pool: Pool, notice: Notice, *states: ReportState) -> list[bool]:
    return [await note_report(pool, "sms", Report(own_id=own_id(notice), state=s, detail="27")) for s in states]


@pytest.mark.parametrize(
    ("states", "new", "last", "state"),
    [
        ((Q, A, D), [True, True, True], "delivered", "sent"),
        ((D, A, Q), [True, False, False], "delivered", "sent"),
        ((A, A, D, D), [True, False, True, False], "delivered", "sent"),
        ((D, F), [True, False], "delivered", "sent"),
        ((F, D), [True, False], "failed", "refused"),
        ((A, R, F), [True, True, False], "rejected", "refused"),
        ((Q, F), [True, True], "failed", "refused"),
    ],
    ids=lambda value: ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value),
)
async def test_reports_go_on_and_never_back(
    pool: Pool, states: tuple[ReportState, ...], new: list[bool], last: str, state: str
) -> None:
    notice = await told(pool)

    before = counted(*ReportState), counted("known")
    assert new == await report(pool, notice, *states)
    assert (before[0] + sum(new), before[1] + new.count(False)) == (counted(*ReportState), counted("known"))
    row = await pool.fetchrow("SELECT report, state, detail FROM notices")
    assert (last, state, f"{last} 27" if state == "refused" else None) == (row["report"], row["state"], row["detail"])


@pytest.mark.parametrize("name", ["", "x", "1", "1-", "-1-0", "99-0", "1-1", "9" * 30 + "-0", "1-0 ", "١-0", "1-0\n"])
async def test_a_report_of_nothing_that_we_sent_changes_nothing(pool: Pool, name: str) -> None:
    await told(pool)
    await pool.execute("UPDATE notices SET id = 1")

    assert not await note_report(pool, "sms", Report(own_id=name, state=F))
    assert "sent" == await pool.fetchval("SELECT state FROM notices")


async def test_failed_delivery_is_listed_and_its_old_report_ignored_after_a_resend(pool: Pool, dsn: str) -> None:
    notice = await told(pool)
    await report(pool, notice, A, F)

    (row,) = await sent(pool)
    assert ("refused", "failed 27", "failed") == (row["state"], row["detail"], row["report"])
    assert [notice.id] == await send_again(pool, [notice.id])
    (again,) = await send_all(pool)
    assert (f"{notice.id}-1", [False], [True]) == (
        own_id(again),
        await report(pool, notice, F),
        await report(pool, again, D),
    )
    assert [] == await sent(pool)


async def test_delivery_report_of_a_forgotten_recipient_stores_no_address(pool: Pool) -> None:
    notice = await told(pool, forget=True)

    assert [True] == await report(pool, notice, D)
    assert "" == await pool.fetchval("SELECT address FROM notices")
