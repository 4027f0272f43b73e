"""Missed and kept promises, with deadlines in seconds: warned, breached, met, and closed after silence."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from desk import Desk, Unit, units
from harness import HURRIED, System
from place import Citizen, Place, complain, log_in, until_listed
from playwright.sync_api import Browser
from seat import HANDS

from testing.waiting import until

pytestmark = pytest.mark.connected

#: 25 s to resolve, warned after half of it; closed after 30 s of silence.
PATIENCE_S = 120


@dataclass(kw_only=True)
class Watched:
    """Complaints with the same deadline: nobody answers ``silent``, and ``answered`` is resolved immediately."""

    system: System
    silent: str
    answered: str
    unit: Unit
    auditor: Desk

    def clock(self, ticket: str, kind: str, stage: str = "completion") -> tuple[datetime, dict[str, Any]]:
        """Return the time (of the record) and data of the clock event ``kind`` about ``ticket``."""

        def find() -> tuple[datetime, dict[str, Any]] | None:
            for seen in self.auditor.look():
                event = seen.event
                data, said = event["data"], event["type"].split(".")[-2]
                said = "breached" if said == "sla-breached" else said
                if (data["ticket"], data["stage"], said) == (ticket, stage, kind):
                    return seen.at, data
            return None

        return until(find, PATIENCE_S, f"{kind} ({stage}) of {ticket}")

    def kinds(self, ticket: str) -> list[str]:
        """List the types of clock events about ``ticket``, each event once."""
        events = {seen.event["id"]: seen.event for seen in self.auditor.look()}
        return [event["type"] for event in events.values() if event["data"]["ticket"] == ticket]


@pytest.fixture(scope="module")
def watched(system: System) -> Iterator[Watched]:
    """The complaints, sent at the same time."""
    auditor = Desk(system.env, "auditor")
    auditor.open("complaint.sla-updated.v1", "complaint.sla-breached.v1")
    with units(system.env) as unit:
        desk = unit("BPKPD")  # connected before a clock runs
        silent, answered = system.by_web(f"{HURRIED} (diam)"), system.by_web(f"{HURRIED} (dijawab)")
        assert desk.name == system.unit_of(answered)
        assert all(desk.answer_to(reply)["accepted"] for reply in _resolve(desk, answered))
        yield Watched(system=system, silent=silent, answered=answered, unit=desk, auditor=auditor)
    auditor.close()


@pytest.fixture(scope="module")
def late(system: System) -> dict[str, Citizen]:
    """Complaints that nobody answers: one for each hand of those above, who look at it once."""
    return {hand: complain(system, f"{HURRIED} (diam, {hand})") for hand in HANDS}


def _resolve(unit: Unit, ticket: str) -> list[str]:
    """Write both replies immediately, since the deadline is near. Return their ids."""
    return [unit.say(ticket, "acknowledge"), unit.say(ticket, "resolve", message="Sudah mengalir lagi.")]


def test_silence_is_warned_of_and_then_a_breach_never_before_the_deadline(watched: Watched) -> None:
    _, due = watched.clock(watched.silent, "rescheduled")  # its category, which has the deadline, is known only then
    warned_at, warned = watched.clock(watched.silent, "warned")
    breached_at, breached = watched.clock(watched.silent, "breached")
    deadline = datetime.fromisoformat(breached["deadline_at"])
    assert due["deadline_at"] == warned["deadline_at"] == breached["deadline_at"]
    assert datetime.fromisoformat(due["warn_at"]) <= warned_at < deadline <= breached_at
    assert "met" not in str(watched.kinds(watched.silent))
    story = watched.system.story(watched.silent) or {}
    assert datetime.fromisoformat(story["received_at"]) < deadline


def test_the_unit_is_told_of_the_deadline_the_warning_and_the_breach(watched: Watched) -> None:
    told = watched.unit.get(watched.silent, "breached", PATIENCE_S)
    whys = [data["why"] for data in watched.unit.about(watched.silent)]
    # The deadline comes with the complaint if the clock was quicker than the routing.
    assert ["breached", "routed", "warned"] == sorted(set(whys) - {"escalated", "deadline-set"})
    assert 1 == whys.count("warned") == whys.count("breached")
    assert whys.index("warned") < whys.index("breached")
    assert "tenggat terlewati" == told["reason"]
    assert told["complaint"]["deadline_at"]


def test_the_citizen_sees_that_the_promise_was_missed(watched: Watched) -> None:
    watched.clock(watched.silent, "breached")
    until(lambda: (watched.system.story(watched.silent) or {}).get("breached"), 30, "the page shows it")
    assert not (watched.system.story(watched.answered) or {})["breached"]


def test_an_answer_in_time_meets_the_promise(watched: Watched) -> None:
    met_at, met = watched.clock(watched.answered, "met")
    assert met_at < datetime.fromisoformat(met["deadline_at"])
    watched.clock(watched.silent, "breached")  # the other one's deadline is past, and so is this one's
    assert "complaint.sla-breached.v1" not in watched.kinds(watched.answered)
    # It may be warned: on a slow machine the answer needs more than half of its seconds.
    assert "breached" not in {data["why"] for data in watched.unit.about(watched.answered)}


@contextmanager
def held(pid: int) -> Iterator[None]:
    """Stop the process ``pid`` for the block, and kill it at the end in any case."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)


def test_an_answer_that_the_monitor_reads_after_the_deadline_is_no_breach(watched: Watched) -> None:
    """The monitor is held past the deadline and killed; after a restart it reads the story to its end, then rings."""
    # Before the deadline runs, since this asks every process for its state.
    pid = watched.system.pid("sla-monitor")
    ticket = watched.system.by_web(f"{HURRIED} (macet)")
    _, due = watched.clock(ticket, "rescheduled")
    with held(pid):
        _resolve(watched.unit, ticket)
        deadline = datetime.fromisoformat(due["deadline_at"])
        assert datetime.now(UTC) < deadline, "the answer was too late for this test: the machine is too slow"
        until(lambda: datetime.now(UTC) > deadline, PATIENCE_S, "the deadline passes")
    watched.clock(ticket, "met")
    watched.clock(ticket, "started", "closing")
    assert not {"complaint.sla-breached.v1", "complaint.sla-updated.retracted.v1"} & set(watched.kinds(ticket))


def test_timely_answer_read_late_by_the_router_is_announced_as_no_breach(watched: Watched) -> None:
    """The router is away across the deadline. The clock, which can't know, announces a breach, and retracts it."""
    pid = watched.system.pid("router")
    ticket = watched.system.by_web(f"{HURRIED} (router macet)")
    watched.unit.get(ticket, "routed")
    with held(pid):
        _resolve(watched.unit, ticket)
        answered_at = datetime.now(UTC)
        _, breached = watched.clock(ticket, "breached")
    deadline = datetime.fromisoformat(breached["deadline_at"])
    assert answered_at < deadline, "the answer was too late for this test: the machine is too slow"
    watched.clock(ticket, "retracted")
    watched.clock(ticket, "started", "closing")
    # Resolved, and after 30 s of silence closed: a slow machine sees only that.
    until(lambda: (watched.system.story(ticket) or {}).get("status") in ("resolved", "closed"), 60, f"{ticket} ends")
    story = watched.system.story(ticket) or {}
    assert not {"breached", "retracted"} & {step["kind"] for step in story["steps"]}
    assert not story["breached"]
    assert not {"breached", "escalated", "retracted"} & {data["why"] for data in watched.unit.about(ticket)}


def test_after_silence_a_resolved_complaint_is_closed(watched: Watched) -> None:
    lapsed_at, lapsed = watched.clock(watched.answered, "lapsed", "closing")
    assert datetime.fromisoformat(lapsed["deadline_at"]) <= lapsed_at
    story = watched.system.until_status(watched.answered, "closed")
    assert ["registered", "routed", "acknowledged", "resolved", "closed"] == [s["kind"] for s in story["history"]]
    assert "withdrawn" == until(lambda: watched.unit.get(watched.answered, "withdrawn"), 30, "the unit hears")["why"]


INSTRUCTION = "Kirim regu malam ini juga, dan kabari kami besok pagi."


@pytest.mark.parametrize("hand", HANDS)
def test_the_regional_secretary_sees_what_is_late_and_instructs_its_unit(
    system: System, browser: Browser, late: dict[str, Citizen], hand: str
) -> None:
    place, (size, by_keys) = Place(system, browser, f"pemantau-{hand}"), HANDS[hand]
    above, words, mine = place.seat(size, by_keys=by_keys), f"{INSTRUCTION} ({hand})", late[hand]
    with units(system.env) as unit:
        unit("SETDA").get(mine.ticket, "escalated", PATIENCE_S)
    log_in(above, place, "SETDA", "pemantau")
    above.reads("Semua unit")
    above.look("semua-unit")
    above.presses("Untuk dilihat")
    until_listed(above, mine.ticket)
    above.look("untuk-dilihat")
    above.presses(HURRIED[:20], above.item(mine.ticket))
    above.reads("Pesan kepada unit")
    above.look("laporan-terlambat")
    above.presses("Beri arahan resmi")
    above.writes("", words, ident="words")
    above.look("arahan-isi")
    above.presses("Lihat dulu")
    above.reads("Yang dibaca warga", f"SETDA: {words}")
    above.look("arahan-lihat")
    above.presses("Kirim sekarang")
    above.reads("Terkirim. Anda", "memberi arahan resmi")
    above.look("arahan-terkirim")

    with units(system.env) as unit:
        its = unit("BPKPD").get(mine.ticket, "instructed")
    assert words in its["reason"]
    until(lambda: "Atasan meminta" in str(place.reads(mine)), 60, "so does its reporter, in other words")
    reporter, strangers = place.reads(mine), system.story(mine.ticket)
    assert strangers
    assert (False, False) == (INSTRUCTION in str(reporter), "Atasan meminta" in str(strangers))
