"""Open complaints are counted where they lie, with the wait of the oldest, on a real PostgreSQL and by rule."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from prometheus_client import REGISTRY
from router_office import (
    AT,
    EVENT_KEYS,
    RULES,
    T,
    classified,
    followed_up,
    in_status,
    item,
    received,
    reply,
    signed,
    sla,
)

from chassis.batch import BatchHandler
from chassis.database import Pool
from chassis.wire import Emit
from contracts import ticket, topics
from contracts.events import FollowUp, Place, UnitRouted
from contracts.vocabulary import Note, Status, UpdateKind, Why
from router import metrics, open_complaints
from router.adapters import store
from router.adapters.store import OpenGroup
from router.app import handler_of
from router.case import Case
from router.open_complaints import show
from router.snapshot import is_unheard
from testing.events import an_updated
from testing.fakes import message
from testing.waiting import finish, soon


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def group(**facts: Any) -> OpenGroup:
    usual = {"status": "routed", "unit": "PUPR", "kecamatan": "Ganra", "waits_for": "acknowledgement", "count": 2}
    counts = dict.fromkeys(("late", "at_risk", "reopened", "unheard", "passed"), 0)
    return OpenGroup(**{**usual, **counts, "oldest": AT, "emergency": False, **facts})


def test_each_place_has_its_count_and_the_oldest_of_each_turn_its_age() -> None:
    groups = [group(), group(waits_for="disposition", count=3), group(unit="PDAM", oldest=AT + timedelta(hours=1))]
    show(groups, AT + timedelta(hours=2))
    assert 5 == value("lapor_complaints_open", unit="PUPR", kecamatan="Ganra", status="routed")
    assert 2 == value("lapor_complaints_open", unit="PDAM", kecamatan="Ganra", status="routed")
    ages = [value("lapor_complaints_oldest_seconds", waits_for=each) for each in store.WAITS_FOR]
    assert [0, 7200, 7200, 0] == ages
    assert [0, 3, 4, 0] == [value("lapor_complaints_waiting", waits_for=each) for each in store.WAITS_FOR]


@pytest.mark.connected
async def test_one_of_two_processes_shows_what_is_open_and_the_other_takes_over(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[asyncio.Task[Any] | None] = []

    monkeypatch.setattr(open_complaints, "show", lambda groups, now: shown.append(asyncio.current_task()))
    monkeypatch.setattr(open_complaints, "LOOK_S", 0)
    first = asyncio.create_task(open_complaints.watch(pool, lambda: None))
    await soon(lambda: bool(shown))
    second = asyncio.create_task(open_complaints.watch(pool, lambda: None))
    seen = len(shown)
    await soon(lambda: len(shown) > seen + 200)
    assert {first} == set(shown)
    first.cancel()
    await soon(lambda: second in shown)
    second.cancel()
    await finish(first, second)


def test_late_complaints_are_counted_by_unit_and_place_and_ages_cumulatively() -> None:
    soppeng = [group(late=1, at_risk=3, passed=2), group(unit="PDAM", kecamatan="", late=2, passed=4), group(count=7)]
    show([*soppeng, group(kecamatan="Citta", at_risk=1)], AT)
    assert 3 == value("lapor_complaints_at_risk", unit="PUPR", kecamatan="Ganra")
    assert 1 == value("lapor_complaints_at_risk", unit="PUPR", kecamatan="Citta")
    assert 1 == value("lapor_complaints_late", unit="PUPR", kecamatan="Ganra")
    assert 2 == value("lapor_complaints_late", unit="PDAM", kecamatan="")
    assert [4, 4, 2, 2] == [value("lapor_complaints_older", days=str(days)) for days in metrics.AGES]
    show([], AT)
    assert 0 == value("lapor_complaints_late", unit="PUPR", kecamatan="Ganra")
    assert 0 == value("lapor_complaints_at_risk", unit="PUPR", kecamatan="Citta")
    assert 0 == value("lapor_complaints_older", days="30")


def test_the_way_to_the_first_unit_is_timed_and_no_later_one() -> None:
    def timed(unit: str) -> tuple[float, float]:
        count, total = (value(f"lapor_route_latency_seconds_{what}", unit=unit) or 0 for what in ("count", "sum"))
        return count, total

    (pupr, spent_s), (outside, _) = timed("PUPR"), timed("")
    fresh = Case(ticket=T, received=received(T), seq=2)  # its clock has spoken already
    with_unit = Case(ticket=T, received=received(T), unit="PUPR")
    back = Case(ticket=T, received=received(T), had=["PUPR"])
    gone = Case(ticket=T, received=received(T), status=Status.HANDED_OVER)
    at = received(T).received_at + timedelta(seconds=7)
    for before, after in (({}, fresh), ({T: fresh}, with_unit), ({T: with_unit}, back), ({T: back}, with_unit)):
        metrics.time_first_units(before, {T: after}, at)
    assert (pupr + 1, spent_s + 7) == timed("PUPR")
    metrics.time_first_units({T: fresh}, {T: gone}, at)
    metrics.time_first_units({}, {T: Case(ticket=T, unit="PUPR")}, at)  # its text has not come yet
    assert (pupr + 1, outside + 1) == (timed("PUPR")[0], timed("")[0])


@pytest.mark.parametrize(
    ("kind", "lane", "found", "place"),
    [
        (UpdateKind.ROUTED, "unit", {}, "unit"),
        (UpdateKind.HANDED_OVER, None, {}, "outside"),
        (UpdateKind.ROUTED, "triage", {"urgency": "darurat", "about_units": ["PUPR"]}, "danger"),
        (UpdateKind.ROUTED, "triage", {"category": "aparatur_korupsi", "urgency": "darurat"}, "accusing"),
        (UpdateKind.ROUTED, "triage", {"about_units": ["PUPR"]}, "accusing"),
        (UpdateKind.ROUTED, "triage", {"perhaps_accusing": True, "abstained": True}, "perhaps-accusing"),
        (UpdateKind.ROUTED, "triage", {"category": "aparatur_korupsi", "abstained": True}, "unsure"),
        (UpdateKind.ROUTED, "triage", {"spam": True}, "other"),
    ],
)
def test_where_rules_put_a_complaint_first_is_counted_and_no_later_place(
    kind: UpdateKind, lane: str | None, found: dict[str, Any], place: str
) -> None:
    fresh = Case(ticket=T, received=received(T))
    after = {T: structs.replace(fresh, classified=classified(T, **found))}

    def count(before: Case, *steps: Any) -> float:
        known = value("lapor_first_places_total", place=place) or 0
        emits = [Emit(topic=topics.UPDATED, subject=T, data=step) for step in steps]
        metrics.count_first_places({T: before}, after, emits)
        return (value("lapor_first_places_total", place=place) or 0) - known

    facts = {"ticket": T, "status": "routed", "lane": lane}
    first = an_updated(2, kind, **facts)

    assert 1 == count(fresh, an_updated(1, UpdateKind.REGISTERED, ticket=T, status="registered"), first, first)
    assert 0 == count(Case(ticket=T, received=received(T), unit="PUPR"), first)
    assert 0 == count(fresh, an_updated(2, kind, by="DISKOMINFO", **facts))


@pytest.mark.parametrize(("danger", "place"), [(["fire"], "danger"), ([], "other")])
def test_unclassified_complaint_is_counted_by_the_danger_heard_at_intake(danger: list[str], place: str) -> None:
    case = Case(ticket=T, received=received(T, danger=danger))
    known = value("lapor_first_places_total", place=place) or 0
    step = an_updated(2, UpdateKind.ROUTED, ticket=T, status="routed", lane="triage")
    metrics.count_first_places({T: case}, {T: case}, [Emit(topic=topics.UPDATED, subject=T, data=step)])
    assert known + 1 == value("lapor_first_places_total", place=place)


def test_an_emergency_counts_until_somebody_says_a_first_word() -> None:
    later = AT + timedelta(hours=1)
    seen = group(emergency=True, waits_for="answer", unit="PDAM")
    show([group(emergency=True), group(emergency=True, oldest=later), group(unit="PDAM"), seen], later)
    assert 3600 == value("lapor_emergencies_oldest_seconds", unit="PUPR")
    assert 4 == value("lapor_emergencies_waiting", unit="PUPR")
    assert value("lapor_emergencies_oldest_seconds", unit="PDAM") is None
    show([], later)
    assert 0 == value("lapor_emergencies_oldest_seconds", unit="PUPR")
    assert 0 == value("lapor_emergencies_waiting", unit="PUPR")


def test_reopened_and_unheard_complaints_are_counted_by_unit() -> None:
    show([group(reopened=2, unheard=1), group(kecamatan="Citta", unheard=3)], AT)
    both = ("lapor_complaints_reopened", "lapor_complaints_unheard")
    assert [2, 4] == [value(name, unit="PUPR") for name in both]
    show([], AT)
    assert [0, 0] == [value(name, unit="PUPR") for name in both]


def test_a_category_that_a_person_puts_right_is_counted_and_the_first_one_is_not() -> None:
    labels = {"was": "sampah_kebersihan", "is": "drainase_banjir"}
    count = value("lapor_classifier_corrections_total", **labels) or 0
    before, after = (Case(ticket=T, category=labels[which]) for which in ("was", "is"))
    metrics.count_said({}, {T: before})
    metrics.count_said({T: Case(ticket=T)}, {T: before})
    metrics.count_said({T: before}, {T: before})
    metrics.count_said({T: before}, {T: after})
    assert count + 1 == value("lapor_classifier_corrections_total", **labels)


def test_rights_requests_are_counted_by_their_outcome() -> None:
    def counts() -> list[float]:
        results = ("requested", "done", "declined", "erased")
        return [value("lapor_rights_requests_total", result=result) or 0 for result in results]

    before = counts()
    for note in (Note.RIGHTS_REQUESTED, Note.RIGHTS_DECLINED, Note.ADDITION):
        step = an_updated(5, UpdateKind.NOTED, status="routed", note=note)
        metrics.count([Emit(topic=topics.UPDATED, subject=T, data=step)])
    assert [before[0] + 1, before[1], before[2] + 1, before[3]] == counts()


def test_returns_handovers_and_found_duplicates_are_counted() -> None:
    def counts() -> list[float]:
        of_unit = ("lapor_returns_total", "lapor_handed_over_total")
        similar = [value("lapor_similar_total", outcome=outcome) for outcome in ("suggested", "merged")]
        return [each or 0 for each in (*(value(name, unit="PUPR") for name in of_unit), *similar)]

    def step(kind: UpdateKind, **facts: Any) -> Emit:
        return Emit(topic=topics.UPDATED, subject=T, data=an_updated(5, kind, status="routed", **facts))

    before = counts()
    told = UnitRouted(why=Why.SIMILAR, unit="PUPR")
    metrics.count([step(UpdateKind.RETURNED), step(UpdateKind.HANDED_OVER), step(UpdateKind.HANDED_OVER)])
    metrics.count([Emit(topic=topics.unit_routed("PUPR"), subject=T, data=told), step(UpdateKind.MERGED)])
    metrics.count([step(UpdateKind.MERGED, by="PUPR"), step(UpdateKind.RETURNED, note=Note.ADDITION)])
    assert [n + more for n, more in zip(before, (1, 2, 1, 1), strict=True)] == counts()


def test_finished_complaint_is_not_counted_as_open() -> None:
    show([group()], AT + timedelta(hours=2))
    show([], AT + timedelta(hours=3))
    assert 0 == value("lapor_complaints_open", unit="PUPR", kecamatan="Ganra", status="routed")
    assert 0 == value("lapor_complaints_oldest_seconds", waits_for="acknowledgement")


def test_marks_are_counted_once_each() -> None:
    before = Case(ticket=T, follow_ups=[item("rating", 1, rating=2)])
    after = Case(ticket=T, follow_ups=[*before.follow_ups, item("addition", 2), item("rating", 3, rating=5)])
    bad, good = (value("lapor_ratings_total", stars=stars) or 0 for stars in ("2", "5"))
    metrics.count_said({T: before}, {T: after})
    assert (bad, good + 1) == tuple(value("lapor_ratings_total", stars=stars) or 0 for stars in ("2", "5"))


def test_appeals_are_counted_by_outcome_and_undone_acts_by_unit() -> None:
    office = in_status("resolved")

    def counts() -> list[float]:
        made = [value("lapor_appeals_total", unit="PUPR", result=result) for result in ("made", "upheld", "dismissed")]
        return [each or 0 for each in (*made, value("lapor_undone_total", unit="PUPR"))]

    def hear(*events: Any) -> None:
        before, known = office.cases, len(office.told)
        office.hear(*events)
        metrics.count_said(before, office.cases)
        metrics.count(office.told[known:])

    before = counts()
    reopened = value("lapor_reopened_total", unit="SETDA") or 0

    hear(("PUPR", reply("undo")))
    hear(("PUPR", reply("resolve", message="Lubang sudah ditambal")))
    hear(followed_up(item("appeal", rating=1)))
    hear(("SETDA", reply("uphold", reason="Kerjakan lagi")))

    assert [n + more for n, more in zip(before, (1, 1, 0, 1), strict=True)] == counts()
    assert reopened == (value("lapor_reopened_total", unit="SETDA") or 0)


@pytest.mark.connected
async def test_it_is_read_from_what_is_stored(pool: Pool) -> None:
    steps = BatchHandler(pool, handler_of(RULES, EVENT_KEYS))
    first = {place: value("lapor_first_places_total", place=place) or 0 for place in ("danger", "unit")}
    sorted_by, fresh, taken, done = (ticket.mint("sms") for _ in range(4))
    place = Place(kecamatan="Ganra")
    for number in (sorted_by, fresh, taken, done):
        await steps([signed(message(received(number), subject=number, event_id=f"r{number}"))])
        urgency = "darurat" if number == sorted_by else "sedang"
        data = classified(number, place=place, abstained=number == sorted_by, urgency=urgency)
        await steps([message(data, topic=topics.CLASSIFIED, subject=number, event_id=f"c{number}").record])
    for number in (taken, done):
        await steps([_reply(number, "acknowledge")])
    await steps([_reply(done, "resolve", message="Lubang di tikungan sudah ditambal")])
    assert {"danger": first["danger"] + 1, "unit": first["unit"] + 3} == {
        place: value("lapor_first_places_total", place=place) for place in first
    }
    rated = followed_up(item("rating", 1, rating=1), ticket=done)
    await steps([signed(message(rated, topic=topics.FOLLOWED_UP, subject=done, event_id="rated"))])
    async with pool.acquire() as db:
        groups = await store.open_groups(db, metrics.AGES)
    assert ["disposition"] == [each.waits_for for each in groups if each.emergency]
    assert {(0, 4)} == {(each.late, each.passed) for each in groups}  # AT is long ago, and no date was promised
    found = {(each.unit, each.status, each.waits_for, each.kecamatan): each.count for each in groups}
    assert {
        ("DISKOMINFO", "routed", "disposition", "Ganra"): 1,
        ("PUPR", "routed", "acknowledgement", "Ganra"): 1,
        ("PUPR", "acknowledged", "answer", "Ganra"): 1,
    } == found


def _reply(ticket: str, action: str, **facts: Any) -> Any:
    data = reply(action, ticket, **facts)
    return message(data, topic=topics.unit_replied("PUPR"), subject=ticket, event_id=f"{action}{ticket}").record


@pytest.mark.connected
async def test_warned_complaint_is_at_risk_until_its_deadline_passes_or_moves(pool: Pool) -> None:
    steps, number = BatchHandler(pool, handler_of(RULES, EVENT_KEYS)), ticket.mint("sms")
    await steps([signed(message(received(number), subject=number, event_id="r"))])
    data = classified(number, place=Place(kecamatan="Ganra"))
    await steps([message(data, topic=topics.CLASSIFIED, subject=number, event_id="c").record])

    async def hear(kind: str, deadline: datetime, at: int) -> tuple[int, int]:
        word = structs.replace(sla(kind, number, number=at), deadline_at=deadline)
        await steps([message(word, topic=topics.SLA_UPDATED, subject=number, event_id=f"{kind}{at}").record])
        async with pool.acquire() as db:
            (only,) = await store.open_groups(db, metrics.AGES)
        assert ("PUPR", "Ganra") == (only.unit, only.kecamatan)
        return only.at_risk, only.late

    soon_due, over = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)
    assert (0, 0) == await hear("started", soon_due, 0)
    assert (1, 0) == await hear("warned", soon_due, 1)
    assert (0, 0) == await hear("rescheduled", soon_due + timedelta(days=1), 2)
    assert (1, 0) == await hear("warned", soon_due + timedelta(days=1), 3)
    assert (0, 1) == await hear("rescheduled", over, 4)
    assert (0, 1) == await hear("warned", over, 5)


@pytest.mark.connected
async def test_complaint_is_unheard_until_its_unit_replies_and_reopened_until_resolved(pool: Pool) -> None:
    steps, number, ids = BatchHandler(pool, handler_of(RULES, EVENT_KEYS)), ticket.mint("sms"), itertools.count()
    await steps([signed(message(received(number), subject=number, event_id="r"))])
    data = classified(number, place=Place(kecamatan="Ganra"))
    await steps([message(data, topic=topics.CLASSIFIED, subject=number, event_id="c").record])

    async def after(*, adds: FollowUp | None = None, **replied: Any) -> tuple[int, int] | None:
        """Return the counts of unheard and reopened, a minute after the step before; None if it is not open."""
        n = next(ids)
        at, name = AT + timedelta(minutes=n), f"e{n}"
        if adds:
            event = followed_up(structs.replace(adds, at=at), ticket=number)
            await steps([signed(message(event, topic=topics.FOLLOWED_UP, subject=number, event_id=name, time=at))])
        else:
            said, topic = reply(ticket=number, **replied), topics.unit_replied("PUPR")
            await steps([message(said, topic=topic, subject=number, event_id=name, time=at).record])
        async with pool.acquire() as db:
            groups = await store.open_groups(db, metrics.AGES)
            case = (await store.load(db, [number]))[number]
        assert is_unheard(case) == bool(groups and groups[0].unheard), "a unit reads what is counted"
        return (groups[0].unheard, groups[0].reopened) if groups else None

    assert (0, 0) == await after(action="acknowledge")
    assert (1, 0) == await after(adds=item("addition", 1))
    assert (0, 0) == await after(action="progress", message="Kami sedang di sana")
    assert (1, 0) == await after(adds=item("addition", 2))
    assert None is await after(action="resolve", message="Lubang di tikungan sudah ditambal")
    assert (1, 1) == await after(adds=item("reopen", 3))
    assert (0, 1) == await after(action="acknowledge")
