"""Units come and go: an ended unit's complaints go to its successor or to a person, and complaints don't circle."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec import structs
from prometheus_client import REGISTRY
from router_office import (
    EVENT_KEYS,
    OTHER,
    RULES,
    Office,
    T,
    classified,
    followed_up,
    in_status,
    item,
    kinds,
    received,
    refusal,
    reply,
    signed,
    to_units,
)

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts import codec, topics
from contracts.events import ComplaintUpdated, Data, UnitRouted
from kabupaten.routing import RoutingRule
from kabupaten.units import Unit
from router import handlers
from router.adapters import store
from router.app import handler_of
from router.case import Case, supporters
from router.rules import Rules, in_force
from router.timers import triage_timer
from testing.fakes import message
from testing.waiting import finish

LAST_DAY = date(2026, 3, 10)  # the office's events are of 3 March
NEXT_DAY = datetime(2026, 3, 11, tzinfo=UTC)
_ids = itertools.count()


def ending(code: str, successor: str | None = None) -> Rules:
    units = dict(RULES.units)
    units[code] = structs.replace(units[code], valid_until=LAST_DAY, successor=successor)
    return replace(RULES, units=units)


def sweep(office: Office, rules: Rules, ticket: str = T) -> list[Any]:
    changes, told = handlers.unit_ended(in_force(rules, NEXT_DAY), office.cases, ticket, NEXT_DAY)
    office.cases |= changes
    office.told += told
    return [emit.data for emit in told]


def test_while_a_role_has_no_holder_the_next_looks_and_nothing_goes_in_circles() -> None:
    """The successor begins days later: region files with such a gap are refused, but it could happen all the same."""
    rules = ending("DISKOMINFO", "BARU")
    rules = replace(rules, units={**rules.units, "BARU": Unit(code="BARU", name="Baru", valid_from=date(2026, 4, 1))})
    office = Office()
    office.hear(received(), classified(abstained=True))
    sweep(office, rules)
    assert "INSPEKTORAT" == office.case.unit
    assert [] == sweep(office, rules)


def test_where_no_role_has_a_holder_it_stays_where_it_is() -> None:
    units = {code: structs.replace(unit, valid_until=LAST_DAY) for code, unit in RULES.units.items()}
    office = Office()
    office.hear(received(), classified(abstained=True))
    assert [] == sweep(office, replace(RULES, units=units))


@pytest.mark.parametrize("status", ["routed", "acknowledged", "in_progress", "waiting_for_reporter"])
def test_open_complaint_of_an_ended_unit_goes_to_its_successor(status: str) -> None:
    office = in_status(status)
    told = sweep(office, ending("PUPR", "DISHUB"))
    assert ([("DISHUB", "routed"), ("PUPR", "withdrawn")], ["routed"]) == (to_units(told), kinds(told))
    assert ("routed", "DISHUB", "unit", "PUPR menjadi DISHUB") == (
        office.case.status,
        office.case.unit,
        office.case.lane,
        office.story()[-1].reason,
    )


def test_without_a_successor_a_person_decides() -> None:
    office = in_status("in_progress")
    sweep(office, ending("PUPR"))
    assert ("DISKOMINFO", "triage") == (office.case.unit, office.case.lane)
    assert "PUPR tidak berlaku lagi" in str(office.story()[-1].reason)


def helped(status: str = "routed", **about: Any) -> Office:
    """PUPR leads and DISHUB helps."""
    office = Office()
    office.hear(received(), classified(abstained=True, **about))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["DISHUB"])))
    if status == "resolved":
        office.hear(("PUPR", reply("resolve", message="Lubang sudah ditambal")))
    return office


def test_helper_role_of_an_ended_unit_goes_to_its_successor() -> None:
    office = helped()
    told = sweep(office, ending("DISHUB", "PDAM"))
    assert ([("PDAM", "routed"), ("DISHUB", "withdrawn"), ("PUPR", "updated")], []) == (to_units(told), kinds(told))
    assert (["PDAM"], "PUPR", "DISHUB menjadi PDAM") == (
        supporters(office.case),
        office.case.unit,
        next(each.reason for each in told if isinstance(each, UnitRouted)),
    )
    assert [] == sweep(office, ending("DISHUB", "PDAM"))


@pytest.mark.parametrize(
    ("successor", "about"), [(None, []), ("PUPR", []), ("PDAM", ["PDAM"])], ids=["none", "leads", "accused"]
)
def test_an_ended_helper_whose_work_nobody_else_may_do_is_missed_and_the_lead_knows(
    successor: str | None, about: list[str]
) -> None:
    office = helped()
    office.cases[T] = structs.replace(office.case, also_about=about)
    told = sweep(office, ending("DISHUB", successor))
    assert [("DISHUB", "withdrawn"), ("PUPR", "updated")] == to_units(told)
    assert [] == supporters(office.case)


def test_a_reopened_complaint_is_helped_by_the_successor() -> None:
    office = helped("resolved")
    rules = in_force(ending("DISHUB", "PDAM"), NEXT_DAY)
    office.rules = rules
    office.hear(followed_up(item("reopen")))
    assert ["PDAM"] == supporters(office.case)


def test_an_accused_successor_does_not_get_it() -> None:
    office = Office()
    office.hear(received(), classified())
    office.cases[T] = structs.replace(office.case, also_about=["DISHUB"])
    sweep(office, ending("PUPR", "DISHUB"))
    assert ("DISKOMINFO", "triage") == (office.case.unit, office.case.lane)


def test_the_successor_of_the_triage_unit_has_its_lane_and_those_merged_there() -> None:
    rules = ending("DISKOMINFO", "PDAM")
    office = in_status("acknowledged", "triage")
    sweep(office, rules)
    assert ("routed", "PDAM", "triage") == (office.case.status, office.case.unit, office.case.lane)
    office = in_status("merged", "triage")
    assert [] == sweep(office, rules)
    assert ["unmerged", "routed"] == kinds(office.hear(("PDAM", reply("unmerge"))))


@pytest.mark.parametrize("status", ["registered", "resolved", "closed", "handed_over", "cancelled"])
def test_unassigned_or_finished_complaint_is_not_moved_to_a_successor(status: str) -> None:
    office = in_status(status)
    before = office.case
    assert ([], before) == (sweep(office, ending("PUPR", "DISHUB")), office.case)


def test_complaint_of_another_unit_is_not_moved_to_a_successor() -> None:
    office = in_status("routed")
    before = office.case
    assert ([], before) == (sweep(office, ending("PDAM", "DISHUB")), office.case)


def test_each_event_is_judged_by_the_units_of_its_own_day() -> None:
    rules = replace(ending("PUPR", "DISHUB"))
    events = [message(received(), topic=topics.RECEIVED), message(classified(), topic=topics.CLASSIFIED)]
    for time, unit in ((datetime(2026, 3, 10, 15, 59, tzinfo=UTC), "PUPR"), (NEXT_DAY, "DISHUB")):
        cases: dict[str, Case] = {}
        for each in events:
            cases |= handlers.decide(rules, cases, each, time)[0]
        assert unit == cases[T].unit


def test_the_topics_of_a_unit_that_ended_are_read_on() -> None:
    assert topics.unit_replied("PUPR") in handlers.sources(ending("PUPR", "DISHUB"))


def test_an_old_name_accuses_the_successor_too() -> None:
    rules, cases, told = ending("PDAM", "PUPR"), dict[str, Case](), list[Any]()
    for topic, data in (
        (topics.RECEIVED, received()),
        (topics.CLASSIFIED, classified(about_units=["PDAM"])),
        (topics.unit_replied("INSPEKTORAT"), reply("dispose", unit="PUPR")),
    ):
        changes, emits = handlers.decide(rules, cases, message(data, topic=topic), NEXT_DAY)
        cases |= changes
        told = [emit.data for emit in emits]
    assert ("INSPEKTORAT", True) == (cases[T].unit, "tentang PUPR" in str(refusal(told)))


def ping_pongs(unit: str) -> float:
    return REGISTRY.get_sample_value("lapor_ping_pong_total", {"unit": unit}) or 0


def test_complaint_that_returns_to_a_former_unit_is_counted_as_ping_pong() -> None:
    decide = handler_of(RULES, EVENT_KEYS).decide
    cases: dict[str, Case] = {}

    def hear(*events: tuple[str, Data]) -> None:
        for topic, data in events:
            cases.update(decide(cases, message(data, topic=topic, event_id=str(next(_ids))), NEXT_DAY)[0])

    start = ping_pongs("PUPR"), ping_pongs("PDAM")
    pupr, pdam, desk = (topics.unit_replied(unit) for unit in ("PUPR", "PDAM", "DISKOMINFO"))
    hear((topics.RECEIVED, received()), (topics.CLASSIFIED, classified()))
    hear((pupr, reply("return", reason="bukan kami")), (desk, reply("dispose", unit="PDAM")))
    assert start == (ping_pongs("PUPR"), ping_pongs("PDAM"))
    hear((pdam, reply("return", reason="bukan kami")), (desk, reply("dispose", unit="PUPR")))
    assert (start[0] + 1, start[1]) == (ping_pongs("PUPR"), ping_pongs("PDAM"))


@pytest.mark.connected
async def test_the_sweep_leaves_nothing_with_a_unit_that_ended(pool: Pool) -> None:
    water = RoutingRule(reason="air", categories=frozenset({"air_bersih"}), support=("PUPR",))
    steps = BatchHandler(pool, handler_of(replace(RULES, routing=(water,)), EVENT_KEYS))
    for ticket in (T, OTHER):
        about = {"category": "air_bersih"} if ticket == OTHER else {}
        for topic, data in ((topics.RECEIVED, received(ticket)), (topics.CLASSIFIED, classified(ticket, **about))):
            await steps([signed(message(data, topic=topic, event_id=f"{topic}-{ticket}"))])

    async def ended() -> bool:
        async with pool.acquire() as db, db.transaction():
            found = await store.load(db, [T, OTHER])
        return "DISHUB" == found[T].unit and ["DISHUB"] == supporters(found[OTHER])

    woken, rules = asyncio.Event(), ending("PUPR", "DISHUB")
    timers = [asyncio.create_task(triage_timer(rules, 60, handler_of(rules, {}), pool, woken.set)) for _ in range(2)]
    async with asyncio.timeout(60):
        await woken.wait()
        while not await ended():
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.2)  # one more round finds nothing
    for timer in timers:
        timer.cancel()
    await finish(*timers)
    async with pool.acquire() as db, db.transaction():
        cases = await store.load(db, [T, OTHER])
    assert {T: ("DISHUB", 2), OTHER: ("PDAM", 1)} == {t: (c.unit, c.seq) for t, c in cases.items()}
    assert ["DISHUB"] == supporters(cases[OTHER])
    rows = await pool.fetch("SELECT value FROM outbox ORDER BY seq")
    told = [codec.decode(row["value"]).data for row in rows]
    assert ["PUPR menjadi DISHUB"] == [
        e.reason for e in told if isinstance(e, ComplaintUpdated) and e.reason and "menjadi" in e.reason
    ]
