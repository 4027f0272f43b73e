"""The parts of a long SMS, from a gateway that delivers them one by one."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import timedelta

import pytest

from intake.submissions import TextProblem
from intake_sms.adapters.parts import WAIT_MINUTES, take_late, take_part
from intake_sms.domain import LongSms, Mo
from intake_sms.handlers import Desk
from testing.waiting import finish

pytestmark = pytest.mark.connected
TEXTS = ("SOPPENG pipa ", "bocor sejak ke", "marin sore")


def part(number: int, text: str = "", ref: str = "7f", sender: str = "+6281234567890") -> Mo:
    return Mo(
        id=f"{ref}-{number}",
        gateway="vonage",
        sender=sender,
        repliable=True,
        text=text or TEXTS[number - 1],
        part=LongSms(ref=ref, number=number, total=3),
    )


class Office:
    def __init__(self) -> None:
        self.taken: list[Mo] = []
        self.trouble: list[Exception] = []
        self.buried: list[tuple[str, bytes, Exception]] = []

    async def bury(self, door: str, content: bytes, error: Exception) -> None:
        self.buried.append((door, content, error))

    async def take(self, mo: Mo) -> None:
        if self.trouble:
            raise self.trouble.pop()
        self.taken.append(mo)


async def bring(desk: Desk, office: Office, *parts: Mo) -> None:
    for each in parts:
        await take_part(desk.pool, desk.settings, office.take, office.bury, each)


JOINED = Mo(
    id="7f-1", gateway="vonage", sender="+6281234567890", repliable=True, text="SOPPENG pipa bocor sejak kemarin sore"
)


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))), ids=str)
async def test_in_whatever_order_they_come_they_are_one_sms(desk: Desk, order: tuple[int, ...]) -> None:
    office = Office()
    await bring(desk, office, *(part(n) for n in order))

    assert [JOINED] == office.taken
    assert [("", "")] == list({(r["text"], r["sender"]) for r in await desk.pool.fetch("SELECT * FROM sms_parts")})


async def test_a_part_that_comes_again_changes_nothing(desk: Desk) -> None:
    office = Office()
    await bring(desk, office, part(1), part(1), part(2), part(3), part(2), part(3))

    assert [JOINED] == office.taken


async def test_long_sms_that_failed_is_taken_when_a_part_comes_again(desk: Desk) -> None:
    office = Office()
    office.trouble = [OSError("away")]
    with pytest.raises(OSError, match="away"):
        await bring(desk, office, part(1), part(2), part(3))
    await bring(desk, office, part(3))

    assert [JOINED] == office.taken


async def test_parts_of_others_and_of_another_sms_are_not_mixed(desk: Desk) -> None:
    office = Office()
    other = [part(n, f"x{n}", sender="+62811") for n in (1, 2)]
    later = [part(n, f"y{n}", ref="80") for n in (1, 2)]
    await bring(desk, office, *other, *later, part(3))

    assert [] == office.taken


async def test_an_sms_of_one_part_is_taken_at_once(desk: Desk) -> None:
    office, sms = Office(), Mo(id="1", sender="+62811", repliable=True, text="x")
    await bring(desk, office, sms)

    assert [sms] == office.taken


def another(name: str, *numbers: int) -> list[Mo]:
    """Make parts of another SMS of the same telephone, which gives each SMS the same reference."""
    return [Mo(**{**vars(part(n, f"{name}{n} ")), "id": f"{name}-{n}"}) for n in numbers]


@pytest.mark.parametrize("minutes", [0, WAIT_MINUTES + 1])
async def test_the_same_reference_with_other_ids_is_another_sms(desk: Desk, minutes: int) -> None:
    office = Office()
    await bring(desk, office, part(1), part(2), part(3))
    await desk.pool.execute("UPDATE sms_parts SET at = at - $1::interval", timedelta(minutes=minutes))
    await bring(desk, office, *another("y", 1, 2, 3), *another("z", 3, 2, 1))

    assert [JOINED.text, "y1 y2 y3 ", "z1 z2 z3 "] == [mo.text for mo in office.taken]
    assert ["7f-1", "y-1", "z-1"] == [mo.id for mo in office.taken]


async def test_parts_of_every_sms_with_a_reference_stay_known(desk: Desk) -> None:
    office = Office()
    first = [part(n) for n in (1, 2, 3)]
    await bring(desk, office, *first, *another("y", 1, 2, 3), *first, *another("y", 3), *another("z", 1), *first)

    assert [JOINED.text, "y1 y2 y3 "] == [mo.text for mo in office.taken]
    assert ["z1 "] == [
        row["text"] for row in await desk.pool.fetch("SELECT text FROM sms_parts WHERE taken_at IS NULL")
    ]


async def test_incomplete_sms_waits_and_is_not_mixed_with_the_next(desk: Desk) -> None:
    office = Office()
    await bring(desk, office, part(1), part(2), *another("y", 1, 2, 3))
    early = [mo.text for mo in office.taken]
    await desk.pool.execute("UPDATE sms_parts SET at = at - $1::interval", timedelta(minutes=WAIT_MINUTES + 1))
    await late(desk, office, 2)

    assert ["y1 y2 y3 "] == early
    assert ["y1 y2 y3 ", "SOPPENG pipa bocor sejak ke"] == [mo.text for mo in office.taken]


async def test_a_part_that_a_network_delivers_twice_is_in_its_sms_once_and_nowhere_else(desk: Desk) -> None:
    office = Office()
    twice = Mo(**{**vars(part(1)), "id": "again"})
    await bring(desk, office, part(1), twice, part(2), part(3))

    assert [JOINED.text] == [mo.text for mo in office.taken]
    assert 0 == await desk.pool.fetchval("SELECT count(*) FROM sms_parts WHERE taken_at IS NULL")


async def test_parts_that_a_release_before_kept_are_joined_and_known(desk: Desk) -> None:
    office = Office()
    await bring(desk, office, part(1), part(2))
    await desk.pool.execute("UPDATE sms_parts SET long_sms = reference, reference = NULL")
    await bring(desk, office, part(1), part(3), part(2))

    assert [JOINED] == office.taken
    assert 0 == await desk.pool.fetchval("SELECT count(*) FROM sms_parts WHERE taken_at IS NULL")


async def late(desk: Desk, office: Office, many: int) -> None:
    """Take what has waited long enough, until ``many`` are taken."""
    waiting = asyncio.create_task(take_late(desk.pool, desk.settings, office.take, office.bury, every_s=0.02))
    try:
        async with asyncio.timeout(60):
            while len(office.taken) < many:
                await asyncio.sleep(0.02)
    finally:
        waiting.cancel()
        await finish(waiting)


REFUSALS = [TextProblem("too_long", length=10_001, most=10_000), RuntimeError("a bug")]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_long_sms_that_can_never_be_taken_is_put_aside_whole_and_once(desk: Desk, refusal: Exception) -> None:
    office = Office()
    office.trouble = [refusal]
    await bring(desk, office, part(1), part(2), part(3), part(3))

    ((door, content, error),) = office.buried
    assert ("vonage-mo", refusal, []) == (door, error, office.taken)
    assert {"id": "7f-1", "from": JOINED.sender, "text": JOINED.text} == json.loads(content)


async def test_refused_incomplete_sms_does_not_hold_up_others_that_wait(desk: Desk) -> None:
    office = Office()
    office.trouble = [REFUSALS[0]]
    await bring(desk, office, part(1), part(2, ref="80"))
    await desk.pool.execute("UPDATE sms_parts SET at = at - $1::interval", timedelta(minutes=WAIT_MINUTES + 1))
    await late(desk, office, 1)

    assert (1, 1) == (len(office.taken), len(office.buried))


async def test_incomplete_sms_is_taken_without_the_missing_part_after_the_wait(desk: Desk) -> None:
    office = Office()
    await bring(desk, office, part(1), part(3))
    late = asyncio.create_task(take_late(desk.pool, desk.settings, office.take, office.bury, every_s=0.02))
    await asyncio.sleep(0.1)
    early = list(office.taken)
    await desk.pool.execute("UPDATE sms_parts SET at = at - $1::interval", timedelta(minutes=WAIT_MINUTES + 1))
    async with asyncio.timeout(60):
        while not office.taken:
            await asyncio.sleep(0.02)
    late.cancel()
    await finish(late)
    await bring(desk, office, part(1))

    assert [] == early
    assert ["SOPPENG pipa marin sore"] == [mo.text for mo in office.taken]
