"""Synthetic complaints: taken like any other, sent along the same path, and stored by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import SecretStr

from chassis import outbox
from chassis.database import Pool
from chassis.wire import Emit, outgoing
from contracts import canary
from contracts.events import CanaryPassed
from contracts.topics import CANARY
from intake import metrics


async def pass_on(
    pool: Pool, key: SecretStr | None, service: str, channel: str, text: str, wake: Callable[[], None]
) -> None:
    """Pass on the canary ``text``. One that is not from our prober is dropped, and is not a complaint either.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: it was not stored; the prober must hear of it.
    """
    now = datetime.now(UTC)
    name = canary.read(key.get_secret_value().encode(), text, now) if key else None
    if name:
        passed = CanaryPassed(canary=name, channel=channel, by=service)
        emit = Emit(topic=CANARY, subject=name, data=passed)
        async with pool.acquire() as db, db.transaction():
            await outbox.put(db, outgoing([emit], service=service, cause=f"{service}:{name}", now=now))
        wake()
    metrics.REQUESTS.labels(channel, "canary" if name else "canary_refused").inc()
