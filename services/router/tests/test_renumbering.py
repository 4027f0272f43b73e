"""A story that is told again keeps its numbers; new steps come after all told ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st
from router_office import AT, RULES, T, classified, received, reply, sla

from chassis.wire import Emit, Message, outgoing
from contracts import codec, topics
from contracts.events import ComplaintUpdated, Data
from router import handlers
from router.case import Case
from router.renumbering import Decide, PublishedNumbers, decide_as_published
from testing.fakes import message

NOTHING = PublishedNumbers(seqs={}, last={})


def _decide(cases: Mapping[str, Case], said: Message, now: datetime) -> tuple[dict[str, Case], list[Emit]]:
    return handlers.decide(RULES, cases, said, now)


def tell(
    said: Sequence[tuple[Data, str | None]], decide: Decide, cases: dict[str, Case] | None = None
) -> tuple[dict[str, Case], list[codec.Event]]:
    """Let the router decide about ``said`` (data, and the unit of a reply); return cases and the stories' events."""
    cases, events = dict(cases or {}), []
    for n, (data, unit) in enumerate(said):
        of = (
            message(data, event_id=_id(data), topic=topics.unit_replied(unit))
            if unit
            else message(data, event_id=_id(data))
        )
        changes, emits = decide(cases, of, AT + timedelta(minutes=n))
        cases |= changes
        events += [codec.decode(out.value or b"") for out in outgoing(emits, service="router", cause=of.cause, now=AT)]
    return cases, [event for event in events if isinstance(event.data, ComplaintUpdated)]


def _id(data: Data) -> str:
    """An id that is equal whenever the same data is read."""
    return f"{type(data).__name__}-{getattr(data, 'action', getattr(data, 'kind', ''))}"


def as_published(events: Sequence[codec.Event]) -> Decide:
    return partial(decide_as_published, published_by(events), _decide)


def published_by(events: Sequence[codec.Event]) -> PublishedNumbers:
    steps = [event.data for event in events if isinstance(event.data, ComplaintUpdated)]
    last = max(step.seq for step in steps)
    return PublishedNumbers(seqs={event.id: event.data.seq for event in events}, last={T: last})  # type: ignore[union-attr]


STORY: list[tuple[Data, str | None]] = [
    (received(), None),
    (classified(), None),
    (sla("started"), None),
    (reply("acknowledge"), "PUPR"),
    (reply("progress", message="Alat sudah di lokasi."), "PUPR"),
]
LATER: tuple[Data, str | None] = (
    reply("resolve", message="Lubangnya sudah ditambal dan jalan dapat dilewati."),
    "PUPR",
)
ASKED: tuple[Data, str | None] = (reply("ask", message="Di mana tepatnya?"), "PUPR")


def numbers(events: Sequence[codec.Event]) -> dict[str, int]:
    return {event.id: event.data.seq for event in events}  # type: ignore[union-attr]


def test_told_again_in_the_same_order_it_is_the_same() -> None:
    cases, events = tell(STORY, _decide)
    again, retold = tell(STORY, as_published(events))
    assert (again, retold) == (cases, events)


def test_a_due_date_that_is_read_before_the_routing_keeps_its_number_and_takes_none() -> None:
    first, second, third, *rest = STORY
    _, events = tell(STORY[:2], _decide)  # the due date was not told when the database was lost
    assert [event.data.kind for event in events] == ["registered", "routed"]  # type: ignore[union-attr]

    cases, retold = tell([first, third, second, *rest, ASKED], as_published(events))

    assert [(each.data.kind, each.data.seq) for each in retold] == [  # type: ignore[union-attr]
        ("registered", 0), ("deadline_set", 2), ("routed", 1), ("acknowledged", 3),
        ("in_progress", 4), ("waiting_for_reporter", 5),
    ]  # fmt: skip
    assert numbers(events).items() <= numbers(retold).items()
    assert (cases[T].seq, cases[T].asked_seq) == (5, 5)


@given(order=st.permutations(STORY[1:3]), known=st.integers(1, len(STORY)))
def test_retelling_never_gives_two_steps_the_same_number(order: list[tuple[Data, str | None]], known: int) -> None:
    _, events = tell(STORY[:known], _decide)
    cases, retold = tell([STORY[0], *order, *STORY[3:], LATER], as_published(events))
    readers = numbers(events) | numbers(retold)
    assert len(set(readers.values())) == len(readers)
    assert cases[T].seq == cases[T].resolved_seq == max(readers.values())
    assert {seq for seq, _ in cases[T].happened} <= set(readers.values())


def test_step_published_by_a_timer_is_not_overwritten_by_the_next_one() -> None:
    """A breach was told as step 5 by a timer, which does not run while a story is told again."""
    _, events = tell(STORY, _decide)
    told = published_by(events)
    told = PublishedNumbers(seqs=told.seqs, last={T: told.last[T] + 1})
    _, retold = tell([*STORY, LATER], partial(decide_as_published, told, _decide))
    assert retold[-1].data.seq == told.last[T] + 1  # type: ignore[union-attr]


def test_a_unit_reads_the_number_that_was_told() -> None:
    _, events = tell(STORY[:2], _decide)
    cases: dict[str, Case] = {}
    for data, _ in (STORY[0], STORY[2], STORY[1]):
        changes, emits = decide_as_published(
            published_by(events), _decide, cases, message(data, event_id=_id(data)), AT
        )
        cases |= changes
    [routed] = [emit.data for emit in emits if emit.topic == topics.unit_routed("PUPR")]
    assert routed.complaint.seq == 1  # type: ignore[union-attr]


def test_read_in_the_other_order_it_brings_about_the_same_events() -> None:
    """A service that reads two topics may read either first."""
    cases, events = tell(STORY, _decide)
    again, retold = tell([STORY[1], STORY[0], *STORY[2:]], _decide)
    assert [(event.id, event.data) for event in retold] == [(event.id, event.data) for event in events]
    assert again[T].seq == cases[T].seq
    ids = [_units_hear(STORY[:2]), _units_hear([STORY[1], STORY[0]])]
    assert ids[0] == ids[1] != []


def _units_hear(said: Sequence[tuple[Data, str | None]]) -> list[str]:
    cases: dict[str, Case] = {}
    heard: list[str] = []
    for data, _ in said:
        of = message(data, event_id=_id(data))
        changes, emits = _decide(cases, of, AT)
        cases |= changes
        out = outgoing(emits, service="router", cause=of.cause, now=AT)
        heard += [codec.decode(each.value or b"").id for each in out if each.topic == topics.unit_routed("PUPR")]
    return heard


def test_without_anything_told_nothing_changes() -> None:
    assert tell(STORY, partial(decide_as_published, NOTHING, _decide)) == tell(STORY, _decide)
