"""Operators' metrics move: every service is scraped, and each event of a complaint is counted on its way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from desk import units
from harness import CLEAR, SERVICES, UNCLEAR, System

from lapor.servers.prometheus import program
from lapor.system.morning import collect
from testing.programs import missing
from testing.waiting import until

pytestmark = pytest.mark.connected
#: The router counts open complaints every 15 s, and Prometheus scrapes every 5; a busy machine takes longer.
SHOWN_S = 60


@pytest.fixture(scope="module")
def ask(system: System) -> Any:
    """Gives the value of an expression, or None."""
    if program() is None:
        missing("prometheus is not installed (Debian: apt-get install prometheus)")

    def value(expr: str) -> float | None:
        url = f"{system.env['prometheus_url']}/api/v1/query"
        found = httpx.get(url, params={"query": expr}, trust_env=False).json()["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    return value


def test_every_service_is_watched_and_says_which_it_is(ask: Any) -> None:
    until(lambda: ask('count(up{job="lapor"} == 1)') == len(SERVICES), 60, "all are up")
    assert len(SERVICES) == ask("count(count by (service) (lapor_build_info))")
    until(lambda: ask("max(lapor_consumer_missing_topics)") == 0, 60, "no topic is missing")


#: The counts of a complaint that a unit resolves in time, and of one that can't be classified.
COUNTED: dict[str, dict[str, str]] = {
    "lapor_intake_acknowledged_total": {"channel": "web"},
    "lapor_intake_duration_seconds_count": {"channel": "web"},
    "lapor_intake_requests_total": {"channel": "web", "result": "accepted"},
    "lapor_classifications_total": {},
    "lapor_classifier_confidence_count": {},
    "lapor_route_latency_seconds_count": {},
    "lapor_first_places_total": {},
    "lapor_sla_met_total": {"stage": "completion"},
    "lapor_consumer_records_total": {"service": "router", "result": "handled"},
    "lapor_consumer_process_seconds_count": {"service": "router"},
}


def test_steps_of_a_complaint_move_their_metrics(system: System) -> None:
    """Asked of the services themselves: Prometheus may still have the counts of one that was killed a moment ago."""
    urls = {name: url.removesuffix("/ready") + "/metrics" for name, url in system.env["ready_urls"].items()}

    def counts() -> dict[str, float]:
        found = dict.fromkeys(COUNTED, 0.0)
        for name, labels, value, *_ in collect(urls, within_s=10)[0]:
            if name in COUNTED and COUNTED[name].items() <= labels.items():
                found[name] += value
        return found

    before = counts()
    ticket, _ = system.by_web(f"{CLEAR} (diukur)"), system.by_web(UNCLEAR)
    with units(system.env) as unit:
        desk = unit(system.unit_of(ticket))
        for reply in (desk.say(ticket, "acknowledge"), desk.say(ticket, "resolve", message="Sudah mengalir lagi.")):
            assert desk.answer_to(reply)["accepted"]
    for name in COUNTED:
        until(lambda name=name: counts()[name] > before[name], 60, f"{name} moves")  # type: ignore[misc]


def test_open_complaints_and_last_arrivals_are_shown(system: System, ask: Any) -> None:
    system.by_web(f"{CLEAR} (terbuka)")
    until(lambda: ask('sum(lapor_complaints_open{unit="PDAM"}) > 0'), SHOWN_S, "open at PDAM")
    until(
        lambda: ask('time() - lapor_intake_last_complaint_timestamp_seconds{channel="web"} < 120'), SHOWN_S, "just now"
    )
    until(lambda: ask('time() - lapor_intake_read_timestamp_seconds{channel="x"} < 60'), SHOWN_S, "X is read")


def test_every_rule_is_reckoned_and_what_it_says_can_be_read(system: System, ask: Any) -> None:
    """Other tests may have killed and flooded this system before, so firing alerts are no failure here."""
    url = system.env["prometheus_url"]

    def unwell() -> list[str]:
        groups = httpx.get(f"{url}/api/v1/rules", trust_env=False).json()["data"]["groups"]
        return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"]

    until(lambda: not unwell(), 60, "all rules are reckoned")
    told = httpx.get(f"{url}/api/v1/alerts", trust_env=False).json()["data"]["alerts"]
    assert not [each["annotations"] for each in told if "error expanding template" in str(each["annotations"])]
