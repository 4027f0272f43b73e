"""A canary arrives, is lost or is refused: exactly one of these, exactly once."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import REGISTRY

from contracts.events import CanaryPassed
from prober import app
from prober.canaries import Canaries, Hop


def under_way() -> Canaries:
    canaries = Canaries(lost_after_s=60)
    canaries.sent("web-1", "web", 100)
    return canaries


def test_each_hop_is_measured_from_the_moment_of_sending() -> None:
    canaries = under_way()

    assert Hop(channel="web", by="intake-web", after_s=0.5) == canaries.passed("web-1", "intake-web", 100.5)
    assert Hop(channel="web", by="classifier", after_s=1) == canaries.passed("web-1", "classifier", 101)
    assert Hop(channel="web", by="router", after_s=2) == canaries.passed("web-1", "router", 102)
    assert [] == [*canaries.lost(1000)]


def test_one_that_does_not_come_is_lost_once() -> None:
    canaries = under_way()
    canaries.passed("web-1", "classifier", 101)

    assert [] == [*canaries.lost(160)]
    assert ["web"] == [*canaries.lost(161)]
    assert [] == [*canaries.lost(162)]
    assert canaries.passed("web-1", "router", 163) is None


def test_one_that_the_door_refused_is_not_lost_as_well() -> None:
    canaries = under_way()

    canaries.refused("web-1")

    assert [] == [*canaries.lost(1000)]


def test_one_that_nobody_here_sent_is_passed_over() -> None:
    assert under_way().passed("sms-7", "router", 101) is None


def test_one_that_is_told_twice_arrives_once() -> None:
    canaries = under_way()

    assert canaries.passed("web-1", "router", 101) is not None
    assert canaries.passed("web-1", "router", 101) is None


async def test_when_the_last_one_came_as_far_as_the_router_is_shown() -> None:
    def arrived_at() -> float:
        return REGISTRY.get_sample_value("lapor_canary_arrived_timestamp_seconds", {"channel": "loket"}) or 0

    canaries, before = Canaries(lost_after_s=60), time.time()
    canaries.sent("loket-1", "loket", asyncio.get_running_loop().time())
    app._show(canaries, CanaryPassed(canary="loket-1", channel="loket", by="classifier"))
    assert 0 == arrived_at()
    app._show(canaries, CanaryPassed(canary="loket-1", channel="loket", by="router"))
    assert before <= arrived_at() <= time.time()
