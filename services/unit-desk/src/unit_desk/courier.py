"""Carries notices to webhooks: at least once, each under one id, in no order."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from chassis import public_hosts
from chassis.database import OUTAGES, Pool
from chassis.faults import crash_point
from chassis.limits import Network
from unit_desk import metrics, outbound, webhook_notices
from unit_desk.adapters import webhooks
from unit_desk.webhook_notices import TEST, Delivery

log = logging.getLogger(__name__)

_EVERY_S = 0.5
_LOOK_S = 15.0
#: The most notices in flight.
_MOST = 64


@dataclass(kw_only=True)
class Courier:
    """Sends notices that are due. The secrets derive from ``key``; ``allowed`` are private networks it may reach."""

    pool: Pool
    key: bytes
    allowed: Sequence[Network] = ()
    resolve: public_hosts.Resolve = public_hosts.resolve
    verify: ssl.SSLContext | None = None
    within_s: float = outbound.WITHIN_S
    _busy: Counter[UUID] = field(default_factory=Counter)

    async def run(self) -> None:
        """Run until cancelled: send notices that are due, and show which webhooks are switched off.

        Raises:
            asyncpg.PostgresError, OSError: the database is gone; start again.
        """
        looked, tasks = float("-inf"), set[asyncio.Task[None]]()
        try:
            while True:
                now = asyncio.get_running_loop().time()
                if now - looked > _LOOK_S:
                    looked = now
                    await self.show()
                for each in await self.due():
                    self._busy[each.webhook] += 1
                    tasks.add(task := asyncio.create_task(self._carry(each)))
                    task.add_done_callback(tasks.discard)
                await asyncio.sleep(_EVERY_S)
        finally:
            # A notice in flight is sent again, under the same id, by the process that claims it next.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def due(self) -> list[Delivery]:
        """Claim the notices that are due, unless too many are in flight."""
        if self._busy.total() >= _MOST:
            return []
        return await webhooks.claim(self.pool, list(self._busy))

    async def _carry(self, it: Delivery) -> None:
        try:
            await self.send(it)
        except OUTAGES as error:
            log.warning("notice_not_marked", extra={"error": type(error).__name__})
        except Exception:  # a bug of ours: retry when the lease is over, and go on with the others
            log.exception("notice_failed", extra={"webhook": str(it.webhook)})
        finally:
            self._busy[it.webhook] -= 1
            if not self._busy[it.webhook]:
                del self._busy[it.webhook]

    async def send(self, it: Delivery) -> str:
        """Send a notice once, store the outcome, and return it."""
        body = webhook_notices.body_of(it)
        headers = webhook_notices.headers_of(it, body, self.key, datetime.now(UTC))
        result = await outbound.post(
            it.url, body, headers, self.allowed, resolve=self.resolve, verify=self.verify, within_s=self.within_s
        )
        crash_point("notify.after_send_before_mark")
        taken, off = result.startswith("2"), None
        async with self.pool.acquire() as db, db.transaction():
            if taken:
                await webhooks.took(db, it, result)
            else:
                off = await webhooks.failed(db, it, result)
        if it.kind != TEST:
            again = webhook_notices.wait_s(it.tries) is not None
            metrics.NOTICES.labels(it.unit, "sent" if taken else "later" if again else "given-up").inc()
        if off:
            log.error("webhook_off", extra={"unit": it.unit, "webhook": str(it.webhook), "why": off})
        return result

    async def show(self) -> None:
        """Count switched-off webhooks, and start units' counters of given-up notices: Prometheus sees only a change."""
        counts = await webhooks.off(self.pool)
        metrics.WEBHOOKS_OFF.clear()
        for unit, count in counts.items():
            metrics.NOTICES.labels(unit, "given-up")
            metrics.WEBHOOKS_OFF.labels(unit).set(count)
