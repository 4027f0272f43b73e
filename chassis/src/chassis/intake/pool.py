"""A pool for a service that must start, and keep answering, while its database is away."""

from __future__ import annotations

from typing import Any

import asyncpg

from chassis.database import Pool


async def patient_pool(dsn: str, *, timeout_s: float = 10) -> Pool:
    """A pool that connects when it is first used, and anew after the database was away.

    Every connect and every statement ends after ``timeout_s``; only using the pool can fail.
    """
    pool: Any = await asyncpg.create_pool(dsn, min_size=0, max_size=8, timeout=timeout_s, command_timeout=timeout_s)
    return pool
