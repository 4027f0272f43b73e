"""The promises that every channel keeps, whatever its door: an intake's tests import them and bring their ``door``.

A channel that is added runs them, and adds what is special about it in tests of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintReceived
from contracts.vocabulary import Status, UpdateKind
from intake.complaint_view import ComplaintView, Step, save_views
from testing.events import NOW

SAID, MORE = "lampu jalan padam di Desa Jampu", "Dusun Lompengeng"


@dataclass(frozen=True, kw_only=True)
class Door:
    """A channel as a citizen uses it, on the tests' database.

    ``write`` brings a complaint and returns its id on the channel, ``again`` brings the same once more, and ``reply``
    answers what the channel says about it; each returns once it is taken. ``told`` sends what waits and returns what
    is then said where the complaint was written.
    """

    channel: str
    origin: str
    pool: Pool
    write: Callable[[str], Awaitable[str]]
    again: Callable[[str, str], Awaitable[None]]
    reply: Callable[[str, str], Awaitable[None]]
    told: Callable[[], Awaitable[list[str]]]


async def test_repeated_message_is_one_complaint_on_every_channel(door: Door) -> None:
    written = await door.write(SAID)
    for _ in range(2):
        await door.again(written, SAID)

    row = await _only(door.pool)
    assert (SAID, door.channel) == (row["text"], row["channel"])


async def test_its_receipt_arrives_where_it_was_written_and_names_the_ticket(door: Door) -> None:
    await door.write(SAID)

    (told,) = await door.told()
    assert (await _only(door.pool))["ticket"] in told


async def test_answer_to_a_unit_needs_no_number(door: Door) -> None:
    written = await door.write(SAID)
    number = (await _only(door.pool))["ticket"]
    asked = Step(seq=5, kind=UpdateKind.WAITING_FOR_REPORTER, at=NOW, text="?", message="Di dusun mana?")
    view = ComplaintView(ticket=number, seq=5, status=Status.WAITING_FOR_REPORTER, unit="PUPR", steps=[asked])
    async with door.pool.acquire() as db:
        await save_views(db, {number: view})
    await door.reply(written, MORE)

    assert MORE in (await _only(door.pool))["follow_ups"]


async def test_call_for_help_and_what_it_left_out_are_one_complaint(door: Door) -> None:
    written = await door.write("TOLONG")
    await door.reply(written, "kebakaran di pasar Cabenge")

    assert "kebakaran" in (await _only(door.pool))["follow_ups"]
    assert "113" in (await door.told())[-1]


async def test_personal_data_leaves_the_service_masked(door: Door) -> None:
    await door.write(f"{SAID}, telepon 0812-3456-7890")

    (event,) = [codec.decode(row["value"]).data for row in await door.pool.fetch("SELECT value FROM outbox")]
    assert isinstance(event, ComplaintReceived)
    assert (door.channel, door.origin) == (event.channel, event.origin)
    assert (f"{SAID}, telepon [TELEPON]", False) == (event.text, "Andi" in str(event))


async def _only(pool: Pool) -> Any:
    (row,) = await pool.fetch("SELECT ticket, text, channel, follow_ups FROM complaints")
    return row
