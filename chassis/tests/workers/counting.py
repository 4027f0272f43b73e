"""The rules of a test service: it counts the complaints of each key, and publishes the count."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import msgspec

from chassis.batch import Handler
from chassis.database import Connection
from chassis.wire import Emit, Message
from contracts import codec
from contracts.events import ComplaintReceived

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Count:
    n: int
    texts: tuple[str, ...] = ()  # texts of the batch in hand


def complaint_of(message: Message) -> ComplaintReceived:
    return cast(ComplaintReceived, message.data)  # a test of keys may have another with the same id


def check(message: Message) -> None:
    """Simulate a bug of a release: some texts, or all of them, make the rules fail."""
    bug = os.environ.get("BUG", "")
    if bug == "everywhere" or (bug and complaint_of(message).text == bug):
        raise KeyError(complaint_of(message).text)


def tell(message: Message, topic: str, n: int) -> Emit:
    data = msgspec.structs.replace(complaint_of(message), text=str(n))
    return Emit(topic=topic, subject=data.complaint_id, data=data)


def handler(service: str, out: str) -> Handler[Count]:
    def decide(states: Mapping[str, Count], message: Message, now: datetime) -> tuple[dict[str, Count], list[Emit]]:
        check(message)
        complaint = complaint_of(message)
        if complaint.text == "huge":
            data = msgspec.structs.replace(complaint, complaint_id="x" * codec.MAX_BYTES)
            return {}, [Emit(topic=out, subject="c1", data=data)]
        key = complaint.complaint_id
        before = states.get(key, Count(0))
        count = Count(before.n + 1, (*before.texts, complaint.text))
        return {key: count}, [tell(message, out, count.n)]

    async def load(db: Connection, keys: list[str]) -> dict[str, Count]:
        rows = await db.fetch("SELECT * FROM counted WHERE key = ANY($1)", keys)
        return {row["key"]: Count(row["n"]) for row in rows}

    async def save(db: Connection, states: dict[str, Count]) -> None:
        await db.executemany(
            "INSERT INTO counted VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET n = $2, texts = $3",
            [(key, count.n, count.texts) for key, count in states.items()],
        )
        await linger({text for count in states.values() for text in count.texts})

    return Handler(
        service=service, keys=lambda message: [complaint_of(message).complaint_id], load=load, decide=decide, save=save
    )


async def linger(texts: set[str]) -> None:
    """If a text of the batch is ``slow`` or ``blocking``, say so in a file, and take ``SLOW_S`` seconds."""
    if texts & {"slow", "blocking"}:
        Path(os.environ["BUSY_FILE"]).touch()  # noqa: ASYNC240
        if "blocking" in texts:
            time.sleep(float(os.environ["SLOW_S"]))  # noqa: ASYNC251 - that is the mistake to be noticed
        await asyncio.sleep(float(os.environ["SLOW_S"]))
