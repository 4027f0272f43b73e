"""The dead letters that an erasure removes from a service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bench import Bench

from chassis.erased_letters import erasing_letters
from chassis.publish import publish, start_producer
from chassis.replay import _letters
from chassis.wire import Emit, Record, dead_letter, outgoing
from contracts.events import ComplaintErased
from contracts.topics import ERASED

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ID, TICKET = "0190b3a2-0000-7000-8000-000000000001", "SPG-W0AB-12CDS"


def order() -> Record:
    data = ComplaintErased(
        complaint_id=ID, ticket=TICKET, origin="intake-web", by="KOMINFO", reason="permintaan", asked_at=NOW
    )
    (out,) = outgoing([Emit(topic=ERASED, subject=ID, data=data)], service="router", cause="c", now=NOW)
    return Record(ERASED, 0, 0, out.key, out.value, 0)


@pytest.mark.connected
async def test_letters_that_name_an_erased_complaint_become_tombstones_after_the_step(bench: Bench) -> None:
    service, settings = f"{bench.name}.erased", bench.settings()
    bench.create(f"{service}.dlq")
    bad = {
        "its id": Record("complaint.received.v1", 1, 1, ID.encode(), f'{{"id": "{ID}", broken'.encode(), 0),
        "its ticket": Record("unit.PU.replied.v1", 0, 1, None, f"{TICKET}: Pak Budi".encode(), 0),
        "its key": Record("complaint.received.v1", 1, 2, ID.encode(), b"\xff", 0),
        "a header": Record("unit.PU.replied.v1", 1, 3, b"k", b"\xff", 0, (("ticket", TICKET.encode()),)),
        "another": Record("unit.PU.replied.v1", 1, 4, b"k", b"SPG-W0AB-12CDT", 0),
        "another's, that names it": Record("complaint.followed-up.v1", 1, 5, b"k", f"seperti {TICKET}".encode(), 0),
    }
    letters = [dead_letter(service, record, ValueError()) for record in bad.values()]
    keyless = replace(letters[0], key=None)  # from before letters had a key of their own
    producer = await start_producer(settings)
    await publish(producer, [*letters, keyless], 20)
    await producer.stop()
    handled: list[str] = []

    async def step(records: Sequence[Record]) -> None:
        handled.extend(record.topic for record in records)

    async def written() -> list[tuple[bytes | None, bytes | None]]:
        found = await _letters(settings, service, range(100))
        return [(each.key, each.value) for offset, each in sorted(found.items()) if offset > len(letters)]

    erasing = erasing_letters(settings, service, step)
    await erasing([Record("complaint.received.v1", 0, 9, b"k", b"", 0)])
    assert [] == await written()
    for _ in range(2):  # the order is repeated after two days, and finds nothing
        await erasing([order()])
        assert sorted((letter.key, None) for letter in letters[:4]) == await written()
    assert ["complaint.received.v1", ERASED, ERASED] == handled
