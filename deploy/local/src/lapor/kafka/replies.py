"""Replies of a unit, written as that unit."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET

from contracts import codec
from contracts.events import UnitReplied, UnitRouted
from contracts.topics import unit_replied, unit_routed
from lapor.errors import Refused
from lapor.kafka.principal import Principal
from lapor.kafka.reader import follow

_ANSWER_S = 30


def encode_reply(unit: Principal, given: UnitReplied) -> tuple[str, bytes]:
    """Return id and record of a reply; the id is random, since a person has just decided it. Raises InvalidEvent."""
    id_, now = str(uuid4()), datetime.now(UTC)
    event = codec.envelope(given, event_id=id_, source=f"/unit/{unit.name}", subject=given.ticket, time=now)
    return id_, codec.encode(event)


def send_reply(unit: Principal, given: UnitReplied) -> dict[str, Any]:
    """Write a reply and wait for its answer: ``event_id``, ``accepted``, ``reason``, ``code``, ``masked``.

    Raises:
        Refused: the reply can't be sent, or no answer comes in time.
    """
    stop = threading.Event()
    try:
        event_id, value = encode_reply(unit, given)
    except codec.InvalidEvent as error:
        raise Refused(f"This reply can't be sent: {error}.") from error

    def write() -> None:
        unit.write(unit_replied(unit.name), given.ticket.encode(), value)

    timer = threading.Timer(_ANSWER_S, stop.set)
    timer.start()
    try:
        for found in follow(unit, [unit_routed(unit.name)], stop=stop, listening=write):
            data = found.event.data if found.event else None
            if isinstance(data, UnitRouted) and data.reply and data.reply.event_id == event_id:
                answer = msgspec.structs.asdict(data.reply)
                return {name: None if value is UNSET else value for name, value in answer.items()}
    finally:
        timer.cancel()
    raise Refused(f"No answer from the router within {_ANSWER_S} s: look at `lapor status` and `lapor logs router`.")
