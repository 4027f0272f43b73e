"""Our own count of X's bill, and how much of a month's budget is left.

Prices: https://docs.x.com/x-api/getting-started/pricing (August 2026). X's own count is in its console.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from chassis.database import Pool
from intake import metrics

Billed = Literal["mention", "found", "checked", "reply", "reply_with_link"]
#: US dollars for one. The same post is billed once a day, so posts that we know already are not counted.
PRICES: dict[Billed, Decimal] = {
    "mention": Decimal("0.001"),
    "found": Decimal("0.005"),
    "checked": Decimal("0.005"),
    "reply": Decimal("0.010"),
    "reply_with_link": Decimal("0.200"),
}
_LINK = re.compile(r"https?://")

_SPEND = """
INSERT INTO spending (channel, month, usd) VALUES ($1, date_trunc('month', $2::timestamptz AT TIME ZONE 'UTC'), $3)
ON CONFLICT (channel, month) DO UPDATE SET usd = spending.usd + excluded.usd RETURNING usd"""


async def spend(pool: Pool, channel: str, what: Billed, many: int, now: datetime | None = None) -> Decimal:
    """Count ``many`` of ``what``. Return what was spent this month so far, and show it in the metrics."""
    usd: Decimal = await pool.fetchval(_SPEND, channel, now or datetime.now(UTC), PRICES[what] * many)
    metrics.SPENT.labels(channel).set(float(usd))
    return usd


def reply_kind(text: str) -> Billed:
    """Return how a reply is billed: one with a link costs twenty times as much."""
    return "reply_with_link" if _LINK.search(text) else "reply"


def show_budget(channel: str, usd: float) -> None:
    """Show the month's budget in the metrics; an alert compares it."""
    metrics.BUDGET.labels(channel).set(usd)


def is_left(spent: Decimal, budget: Any) -> bool:
    """Whether a month's ``budget`` in US dollars is not used up; 0 means no limit."""
    return not budget or spent < Decimal(str(budget))
