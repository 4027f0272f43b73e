"""The promises that hold for every story, with any events in any order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from router_office import OTHER, RULES, Office, T, breached, classified, followed_up, item, received, reply, sla

from contracts.events import ComplaintUpdated, Data, UnitReplied, UnitRouted
from contracts.vocabulary import FINAL
from kabupaten.routing import Powers
from router.case import Case, about_units, is_to_confirm

UNITS = sorted(RULES.units)
ABOUT = st.lists(st.sampled_from(["DISKOMINFO", "INSPEKTORAT", "SETDA", "PUPR"]), max_size=2, unique=True)
TICKETS = st.sampled_from([T, T, T, OTHER])
understood = st.builds(
    classified,
    TICKETS,
    st.sampled_from(sorted(RULES.unit_of_category)),
    abstained=st.booleans(),
    urgency=st.sampled_from(["rendah", "darurat"]),
    spam=st.booleans(),
    about_units=ABOUT,
)
ACTIONS = (
    "acknowledge progress ask resolve return hand-over dispose dispose correct reject merge merge unmerge rights-done"
    " uphold dismiss reassign instruct prioritize undo confirm redo ask-help ask-help menari"
)
FACTS = {
    "message": st.sampled_from(["Lubang sudah ditambal", "Lubang sudah ditambal", "akan ditindaklanjuti"]),
    "reason": st.just("karena"),
    "to": st.just("PLN"),
    "unit": st.sampled_from(["pupr", "PDAM", "DISKOMINFO", "NIHIL"]),
    "category": st.just("air_bersih"),
    "into": TICKETS,
    "urgency": st.sampled_from(["rendah", "darurat"]),
    "type": st.sampled_from(["aspirasi", "pengaduan"]),
    "actor": st.sampled_from(["andi", "bau"]),
    "support": st.lists(st.sampled_from(["PUPR", "PDAM", "DISHUB", "SETDA"]), max_size=2),
}
replies = st.builds(
    lambda holder, unit, ticket, action, facts: (holder, unit, reply(action, ticket, **facts)),
    st.integers(0, 5),
    st.sampled_from(UNITS),
    TICKETS,
    st.sampled_from(sorted(ACTIONS.split())),
    st.one_of(st.fixed_dictionaries(FACTS), st.fixed_dictionaries(FACTS), st.fixed_dictionaries({}, optional=FACTS)),
)
WISHES = ["addition", "addition", "rating", "rating", "reopen", "reopen", "appeal", "rights_request", "cancel"]
MARKED = ("rating", "appeal")
wishes = st.builds(
    lambda ticket, kinds: followed_up(
        *(item(kind, n, rating=(5 if n % 2 else 1) if kind in MARKED else UNSET) for kind, n in kinds), ticket=ticket
    ),
    TICKETS,
    st.lists(st.tuples(st.sampled_from(WISHES), st.integers(0, 99)), min_size=1, max_size=2),
)
clock = st.one_of(
    st.builds(
        sla,
        st.sampled_from(["started", "warned", "lapsed", "paused", "resumed", "rescheduled", "retracted"]),
        TICKETS,
        based_on_seq=st.integers(0, 12),
    ),
    st.builds(
        breached,
        TICKETS,
        stage=st.sampled_from(["completion", "disposition", "rights", "appeal", "confirmation"]),
        level=st.integers(0, 2),
        escalate_to=st.lists(st.sampled_from(["head", "SETDA", "PUPR", "NIHIL"]), max_size=2),
    ),
)
sweeps = st.builds(lambda ticket: ("sweep", ticket), TICKETS)
happenings = st.one_of(
    st.builds(received, TICKETS), understood, replies, replies, replies, replies, wishes, wishes, clock, sweeps, TICKETS
)

#: SETDA is above the units, and every resolution has to be confirmed.
ABOVE = replace(
    RULES, powers=Powers(superiors=("SETDA",), lower_darurat=("DISHUB",)), confirmed=frozenset(RULES.unit_of_category)
)


RESOLVED = reply("resolve", message="Lubang sudah ditambal", actor="andi")
#: Events about a resolution to be confirmed: from the unit, a superior, the reporter, and the clock.
looks = st.one_of(
    st.builds(
        lambda unit, action, actor: (
            unit,
            reply(action, message="Lubang sudah ditambal", reason="karena", actor=actor),
        ),
        st.sampled_from(["PUPR", "PUPR", "SETDA"]),
        st.sampled_from(["resolve", "confirm", "confirm", "redo", "undo"]),
        st.sampled_from(["andi", "bau"]),
    ),
    st.builds(
        lambda kind, n, stars: followed_up(item(kind, n, rating=stars)),
        st.sampled_from(["rating", "reopen"]),
        st.integers(0, 99),
        st.integers(1, 5),
    ),
    st.just(sla("lapsed", based_on_seq=99)),
    st.just(breached(stage="confirmation", level=1, escalate_to=["SETDA"])),
)


def happen(office: Office, each: Any) -> list[Data]:
    """Play one event. A bare ticket is for the timer; a reply mostly comes from a unit that has it, or helps."""
    if isinstance(each, str):
        return office.ring(each) if each in office.cases else []
    if isinstance(each, tuple) and each[0] == "sweep":
        ready = each[1] in office.cases and office.cases[each[1]].status != "unknown"
        return office.sweep(each[1]) if ready else []
    if isinstance(each, tuple):
        guess, unit, data = each
        case = office.cases.get(data.ticket)
        holders = [case.unit, *(each.unit for each in case.support)] if case else []
        holder = holders[guess % len(holders)] if guess and holders else None
        return office.hear((holder or unit, data))
    return office.hear(each)


def nobodys(office: Office) -> list[str]:
    """The open complaints that nobody has: without a unit, or merged without a parent."""
    return [
        case.ticket
        for case in office.cases.values()
        if case.status not in (*FINAL, "unknown", "registered")
        and (case.unit is None or (case.status == "merged") != (case.parent is not None))
    ]


def accused_in(office: Office, ticket: str) -> set[str]:
    """The units that a complaint accuses, or one merged into it."""
    merged = [case for case in office.cases.values() if case.parent == ticket and case.status == "merged"]
    return {unit for case in (office.cases[ticket], *merged) for unit in about_units(case)}


def accusations(told: list[Data], office: Office) -> list[UnitRouted]:
    """The records to units that their complaint accuses; not if all desks are accused, because somebody must get it."""
    return [
        each
        for each in told
        if isinstance(each, UnitRouted)
        and each.why not in ("withdrawn", "replied", "erased")  # a unit with a copy has to delete it
        and each.unit in (about := accused_in(office, each.complaint.ticket))  # type: ignore[union-attr]
        and not {RULES.admin, RULES.conduct, RULES.last_resort} <= about
    ]


def unseen(office: Office, before: dict[str, Case], told: list[Data], happened: Any, who: dict[str, Any]) -> list[str]:
    """Complaints closed by silence without a confirmation, or confirmed by the person who had resolved them."""
    steps = [each for each in told if isinstance(each, ComplaintUpdated)]
    said = happened[-1] if isinstance(happened, tuple) and isinstance(happened[-1], UnitReplied) else reply("")
    found = [
        step.ticket
        for step in steps
        if (was := before.get(step.ticket)) and is_to_confirm(was) and not office.cases[step.ticket].erasure
        if step.code == "lapsed" or (said.action == "confirm" and who.get(step.ticket) == (step.by, said.actor))
    ]
    who |= {step.ticket: (step.by, said.actor) for step in steps if step.kind == "resolved"}
    return found


def answers(told: list[Data]) -> list[str]:
    return [each.reply.event_id for each in told if isinstance(each, UnitRouted) and each.reply is not UNSET]


@settings(max_examples=max(300, settings().max_examples))
@given(st.lists(happenings, min_size=20, max_size=40))
def test_no_order_of_events_breaks_a_promise(events: list[Any]) -> None:
    office = Office(rules=ABOVE)
    for each in [received(), *events] if len(events) % 4 else events:
        before, finals = dict(office.cases), {t: c.status for t, c in office.cases.items() if c.status in FINAL}
        told = happen(office, each)
        is_reply = isinstance(each, tuple) and isinstance(each[-1], UnitReplied)
        assert ([f"e{office.count}"] if is_reply else []) == answers(told)
        if not (is_reply and each[-1].action == "undo"):
            assert finals == {ticket: office.cases[ticket].status for ticket in finals}
        assert [] == accusations(told, office), (before, each)
        assert [] == nobodys(office)
    office.hear(*[received(t) for t in (T, OTHER)])
    office.ring(T), office.ring(OTHER)
    for ticket, case in office.cases.items():
        steps = office.story(ticket)
        assert list(range(len(steps))) == [step.seq for step in steps]
        assert (steps[-1].status, steps[-1].seq) == (case.status, case.seq)
        assert case.unit is not None or case.status in FINAL


@settings(max_examples=max(300, settings().max_examples))
@given(st.lists(looks, min_size=4, max_size=12))
def test_silence_never_closes_a_resolution_that_awaits_confirmation(
    events: list[Any],
) -> None:
    office, resolvers = Office(rules=ABOVE), dict[str, Any]()
    office.hear(received(), classified())
    for each in [("PUPR", RESOLVED), *events]:
        before = dict(office.cases)
        assert [] == unseen(office, before, office.hear(each), each, resolvers)
        assert (office.case.status == "resolved") >= is_to_confirm(office.case)


@given(st.permutations([received(), classified(), followed_up(item("addition")), sla("started")]))
def test_the_order_in_which_the_first_events_come_does_not_matter(events: list[Data]) -> None:
    office = Office()
    for event in [*events, *events]:
        office.hear(event)
    assert ("routed", "PUPR", 1) == (office.case.status, office.case.unit, len(office.case.follow_ups))
    assert {"registered": 1, "routed": 1, "noted": 1} == {
        kind: [step.kind for step in office.story()].count(kind) for kind in ("registered", "routed", "noted")
    }


def test_additions_that_come_early_and_out_of_order_are_all_kept() -> None:
    office = Office()
    first, second = item("addition", 1), item("addition", 2)
    office.hear(followed_up(first, second), followed_up(first), received())
    assert [first, second] == office.case.follow_ups


@pytest.mark.parametrize("rahasia", [True, False])
def test_every_step_says_whether_its_complaint_is_confidential(rahasia: bool) -> None:
    office = Office()
    office.hear(received(rahasia=rahasia), classified(), ("PUPR", reply("acknowledge")))
    assert ["registered", "routed", "acknowledged"] == [s.kind for s in office.story() if s.rahasia == rahasia]


@pytest.mark.parametrize("rahasia", [True, False])
def test_child_repeats_the_parents_steps_with_its_own_confidentiality(rahasia: bool) -> None:
    office = Office()
    office.hear(received(rahasia=rahasia), classified(abstained=True), received(OTHER), classified(OTHER))
    office.hear(
        ("DISKOMINFO", reply("merge", into=OTHER)), ("PUPR", reply("acknowledge", OTHER)), sla("started", OTHER)
    )
    assert {rahasia} == {step.rahasia for step in office.story()}
    assert ["acknowledged", "deadline_set"] == [step.kind for step in office.story()][-2:]
    assert {False} == {step.rahasia for step in office.story(OTHER)}
