"""A service is killed at each moment between two steps that must not come apart: the complaint arrives once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from desk import Desk, Unit, units
from harness import CLEAR, System
from judge import tells_who_has_it

from testing.lengths import length
from testing.waiting import until

pytestmark = pytest.mark.connected

Ask = Callable[[str], Unit]

#: Every service, its crash points, and the channel of a complaint that passes them.
POINTS = [
    ("intake-sms", "sms", "ack.after_commit_before_response"),
    ("intake-social", "x", "ack.after_commit_before_response"),
    ("intake-web", "web", "ack.after_commit_before_response"),
    ("intake-sms", "sms", "relay.after_publish_before_mark"),
    ("intake-social", "x", "relay.after_publish_before_mark"),
    ("intake-web", "web", "relay.after_publish_before_mark"),
    ("router", "sms", "relay.after_publish_before_mark"),
    ("sla-monitor", "x", "relay.after_publish_before_mark"),
    ("intake-sms", "sms", "inbox.after_effect_before_commit"),
    ("intake-social", "x", "inbox.after_effect_before_commit"),
    ("intake-web", "web", "inbox.after_effect_before_commit"),
    ("router", "x", "inbox.after_effect_before_commit"),
    ("sla-monitor", "sms", "inbox.after_effect_before_commit"),
    ("classifier", "sms", "classifier.after_publish_before_ack"),
    ("intake-sms", "sms", "notify.after_send_before_mark"),
    ("intake-social", "x", "notify.after_send_before_mark"),
]
#: Kannel can't be asked whether it already has an SMS; X refuses the same words twice.
MAY_REPEAT = {("intake-sms", "notify.after_send_before_mark"): 1}


@pytest.fixture(scope="module")
def unit(system: System) -> Iterator[Ask]:
    """A unit by its code, with nothing but its own credentials."""
    with units(system.env) as ask:
        yield ask


@pytest.fixture(scope="module")
def auditor(system: System) -> Iterator[Desk]:
    """A desk that reads the received complaints."""
    desk = Desk(system.env, "auditor")
    desk.open("complaint.received.v1")
    yield desk
    desk.close()


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(length(1, 20)))
@pytest.mark.parametrize(("service", "channel", "point"), POINTS)
def test_killed_at(system: System, unit: Ask, auditor: Desk, service: str, channel: str, point: str, turn: int) -> None:
    # Letters only: digits that look like a telephone number would be masked.
    text = f"{CLEAR} ({uuid.uuid4().hex.translate(str.maketrans('0123456789', 'ghijklmnop'))})"
    before = system.restarts(service)
    crashed = system.arm(service, point)
    to, ticket = _complain(system, channel, text)
    until(crashed.exists, 60, f"{service} passes {point}")
    until(lambda: _is_back(system, service, before + 1), 60, f"{service} is back")

    desk = unit(system.unit_of(ticket))
    desk.get(ticket, "routed")
    received = {seen.event["subject"] for seen in auditor.look() if text.encode() in seen.value}
    assert 1 == len(received)
    desk.must(ticket, "acknowledge")
    desk.must(ticket, "resolve", message="Sudah dikerjakan dan diperiksa di tempat.")
    story = system.until_status(ticket, "resolved")
    assert 1 == sum(data["why"] == "routed" for data in desk.about(ticket))

    if channel == "web":
        kinds = [step["kind"] for step in story["history"]]
        assert ["registered", "routed", "acknowledged", "resolved"] == kinds
        return
    messages = system.until_told(to, "selesai ditangani")
    told, in_receipt = Counter(messages), tells_who_has_it(messages[0])
    assert 4 - in_receipt == len(told), "a receipt and three changes, of which it may tell the first"
    assert told.total() - len(told) <= MAY_REPEAT.get((service, point), 0)


def _is_back(system: System, service: str, restarts: int) -> bool:
    status = system.status()
    counts = {each["name"]: each["restarts"] for each in status["services"]}
    return bool(status["ready"]) and counts[service] == restarts


def _complain(system: System, channel: str, text: str) -> tuple[str, str]:
    if channel == "sms":
        return system.by_sms(text)
    if channel == "x":
        return system.by_x(text)
    return "", system.by_web(text)
