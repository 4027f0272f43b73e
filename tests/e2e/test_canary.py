"""Synthetic complaints go the whole way through the running system, and leave no visible traces."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from harness import ROOT, System, running

from lapor.kafka.principal import principal
from lapor.kafka.reader import read_to_end
from lapor.processes.data_dir import DataDir
from lapor.system.morning import collect
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.system("canary")]
CHANNELS = ("sms", "web")
HOPS = ("intake", "classifier", "router")


@pytest.fixture(scope="module")
def probed() -> Iterator[System]:
    """A system of its own, probed every two seconds, with nothing else in it."""
    settings = ("prober:CANARY_EVERY_S=2", "prober:CANARY_LOST_S=15")
    yield from running("canary", ROOT / "region" / "soppeng", *settings)


@pytest.fixture(scope="module")
def value(probed: System) -> Callable[..., float]:
    """A function that returns the sum of a metric of all services by its name and labels."""
    urls = {name: url.removesuffix("/ready") + "/metrics" for name, url in probed.env["ready_urls"].items()}

    def shown(name: str, **labels: str) -> float:
        samples, _ = collect(urls, within_s=10)
        return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())

    return shown


def test_a_canary_of_each_channel_passes_every_hop(value: Callable[..., float]) -> None:
    for channel in CHANNELS:
        until(lambda c=channel: value("lapor_canaries_total", channel=c, result="arrived") >= 2, 60, channel)  # type: ignore[misc]
        for hop in HOPS:
            assert value("lapor_canary_seconds_count", channel=channel, by=hop) >= 2, (channel, hop)


def test_no_unit_no_figure_and_no_citizen_hears_of_it(probed: System, value: Callable[..., float]) -> None:
    until(lambda: value("lapor_canaries_total", result="arrived") >= 4, 60, "some arrive")

    of_people = ("lapor_intake_acknowledged_total", "lapor_classifications_total", "lapor_complaints_open")
    assert dict.fromkeys(of_people, 0) == {name: value(name) for name in of_people}
    assert [] == probed.sent()
    everything = principal("auditor", DataDir(probed.data))
    told = [name for name in everything.topics() if not name.startswith("canary.") and not name.endswith(".replay")]
    assert [] == [(found.topic, found.value) for found in read_to_end(everything, told)]


def test_the_broker_and_the_groups_are_seen_from_outside(value: Callable[..., float]) -> None:
    until(lambda: value("lapor_kafka_seen_timestamp_seconds") > 0, 60, "the cluster is asked")
    until(lambda: value("lapor_group_members", group="router") == 1, 60, "the router reads")

    assert 1 == value("lapor_kafka_brokers")
    assert 0 == value("lapor_kafka_partitions_offline") == value("lapor_kafka_partitions_under_replicated")


def test_one_that_gets_no_further_is_lost_and_who_is_behind_is_seen(
    probed: System, value: Callable[..., float]
) -> None:
    before = value("lapor_canaries_total", result="lost")

    def seen() -> bool:
        behind = [value(f"lapor_group_behind_{what}", group="router") for what in ("records", "seconds")]
        return value("lapor_canaries_total", result="lost") >= before + 2 and min(behind) > 0

    stop_and_go_on(probed.pid("router"), seen)
    arrived = value("lapor_canaries_total", result="arrived")
    until(lambda: value("lapor_canaries_total", result="arrived") > arrived, 60, "it goes on")


def stop_and_go_on(pid: int, seen: Callable[[], bool]) -> None:
    """Hold the process until ``seen``."""
    os.kill(pid, signal.SIGSTOP)
    try:
        until(seen, 60, "canaries are lost")
    finally:
        os.kill(pid, signal.SIGCONT)
