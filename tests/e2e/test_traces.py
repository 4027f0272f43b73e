"""The spans of the running system, by OpenTelemetry's protocol: no edge between two services is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from desk import Unit, cloud_event, units
from harness import CLEAR, ROOT, SERVICES, System, running

from chassis.wire import TRACEPARENT
from contracts.topics import CANARY
from testing.otlp import Backend, Told, otlp_backend, place
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.system("traces")]

INTAKES = ("intake-sms", "intake-social", "intake-web")
ANSWER = "Sudah diperbaiki petugas kemarin sore, nomor 081298765432."
#: From, to, and the receiver's span, which continues the sender's trace or is linked to it.
EDGES = [
    *((intake, "classifier", "process complaint.received.v1") for intake in INTAKES),
    *((intake, "router", "process complaint.received.v1") for intake in INTAKES),
    ("classifier", "router", "process complaint.classified.v1"),
    ("router", "PDAM", "unit.pdam.routed.v1"),
    ("PDAM", "router", "process unit.pdam.replied.v1"),
    ("router", "sla-monitor", "process complaint.updated.v1"),
    ("sla-monitor", "router", "process complaint.sla-updated.v1"),
    *(("router", intake, "process complaint.updated.v1") for intake in INTAKES),
    ("intake-web", "router", "process complaint.followed-up.v1"),
    ("intake-sms", "intake-sms", "send notice"),
    ("intake-social", "intake-social", "send notice"),
]


@dataclass
class Story:
    """The complaints written, and all spans about them."""

    backend: Backend
    tickets: dict[str, str]  # by intake
    written: list[str]
    headers: dict[str, list[bytes]] = field(default_factory=dict)  # the traceparents of PDAM's records, by ticket

    def hops(self) -> dict[tuple[str, str], Told]:
        """Return the spans so far, by trace and span id."""
        return {told.at: told for told in list(self.backend.told)}

    def edges(self) -> set[tuple[str, str, str]]:
        """Return the edges (from, to, span) so far."""
        hops, of_unit = self.hops(), {place(each) for headers in self.headers.values() for each in headers}
        found = {(hops[at].service, "PDAM", "unit.pdam.routed.v1") for at in of_unit if at in hops}
        for told in hops.values():
            for cause in (told.parent, *told.links):
                if cause in of_unit and told.name == "process unit.pdam.replied.v1":
                    found.add(("PDAM", told.service, told.name))
                elif cause in hops:
                    found.add((hops[cause].service, told.service, told.name))
        return found

    def first_trace(self, ticket: str) -> str:
        """Return the trace in which PDAM was first told about ``ticket``."""
        return place(self.headers[ticket][0])[0]

    def of_trace(self, trace: str) -> set[tuple[str, str]]:
        """Return service and name of each span of ``trace`` so far."""
        return {(told.service, told.name) for told in self.hops().values() if told.at[0] == trace}


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with otlp_backend() as backend:
        yield backend


@pytest.fixture(scope="module")
def system(backend: Backend) -> Iterator[System]:
    """A system of its own, since others send no spans."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    settings = [f"{service}:{name}={value}" for service in SERVICES for name, value in told.items()]
    yield from running("traces", ROOT / "region" / "soppeng", *settings)


@pytest.fixture(scope="module")
def story(system: System, backend: Backend) -> Story:
    """Three complaints, by web, SMS and X; PDAM resolves each, and passes on its record's traceparent."""
    secret = "rahasia-pelapor-0001"
    web = system.taken_by_web({"text": f"{CLEAR} (web)"}, secret)["ticket"]
    number, sms = system.by_sms(f"{CLEAR} (sms)")
    handle, x = system.by_x(f"{CLEAR} (x)")
    tickets = dict(zip(INTAKES, (sms, x, web), strict=True))
    written = [CLEAR, "Lapajung", number.removeprefix("+62"), handle, secret, *tickets.values()]
    story = Story(backend, tickets, written)
    with units(system.env) as unit:
        pdam = unit("PDAM")
        for ticket in tickets.values():
            pdam.get(ticket, "routed")
            story.headers[ticket] = _headers(pdam, ticket)
            assert pdam.answer_to(_reply(pdam, ticket, story.headers[ticket][0]))["accepted"]
    system.add_by_web(web, secret, "Terima kasih, tetapi air masih keruh sampai malam ini.")
    system.until_told(number, "Sudah diperbaiki")
    system.until_told(handle, "Sudah diperbaiki")
    return story


def _headers(pdam: Unit, ticket: str) -> list[bytes]:
    about = [seen for seen in pdam.look() if seen.event["data"].get("complaint", {}).get("ticket") == ticket]
    return [seen.headers[TRACEPARENT] for seen in about]


def _reply(pdam: Unit, ticket: str, traceparent: bytes) -> str:
    data = {"ticket": ticket, "action": "resolve", "message": ANSWER}
    event = cloud_event("unit.replied.v1", data, source="/unit/PDAM", subject="Budi Santoso 081212345678")
    pdam.write(pdam.replies, json.dumps(event).encode(), ticket.encode(), [(TRACEPARENT, traceparent)])
    return str(event["id"])


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: " ".join(edge[:2]) + f": {edge[2]}")
def test_this_edge_is_traced(edge: tuple[str, str, str], story: Story) -> None:
    until(lambda: edge in story.edges(), 20, f"{edge} among {sorted(story.edges())}")


def test_complaint_until_its_receipt_is_one_trace(story: Story) -> None:
    wanted = {
        ("intake-sms", "create complaint.received.v1"),
        ("classifier", "process complaint.received.v1"),
        ("router", "process complaint.received.v1"),
        ("router", "process complaint.classified.v1"),
        ("router", "process complaint.sla-updated.v1"),
        ("sla-monitor", "process complaint.updated.v1"),
        *((intake, "process complaint.updated.v1") for intake in INTAKES),
        ("intake-sms", "send notice"),
    }

    trace = story.first_trace(story.tickets["intake-sms"])
    until(lambda: wanted <= story.of_trace(trace), 20, "the whole trace")

    # A unit's reply days later does not belong to it.
    assert wanted == story.of_trace(trace)


def test_reply_of_a_unit_until_its_citizen_is_one_trace(story: Story) -> None:
    wanted = {
        ("router", "process unit.pdam.replied.v1"),
        ("sla-monitor", "process complaint.updated.v1"),
        *((intake, "process complaint.updated.v1") for intake in INTAKES),
        ("intake-sms", "send notice"),
    }

    def found() -> bool:
        replies = [told.at for told in story.hops().values() if told.name == "process unit.pdam.replied.v1"]
        return any(wanted <= story.of_trace(trace) for trace, _ in replies)

    until(found, 20, "a trace from a reply to what its citizen was sent")


def test_each_hop_says_which_complaint_it_is_about(story: Story) -> None:
    about = {
        told.attributes.get("lapor.complaint_id", f"{told.service} {told.name}")
        for told in story.hops().values()
        if told.name != "send notice" and not told.name.endswith(CANARY)  # which come where all takes long
    }

    assert len(story.tickets) == len(about), about


def test_nothing_that_anybody_wrote_is_in_a_trace(story: Story) -> None:
    sent = b"".join(story.backend.raw)

    assert [] == [word for word in (*story.written, ANSWER, "081298765432", "Budi") if word.encode() in sent]


def test_a_unit_may_send_any_header(system: System, story: Story) -> None:
    with units(system.env) as unit:
        for header in (b"", b"\xff\xfe", b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01", b"x" * 50_000):
            answer = unit("PDAM").answer_to(_reply(unit("PDAM"), story.tickets["intake-web"], header))
            assert "reason" in answer  # it is resolved already: refused in words, and no dead letter
