"""What operators watch moves: every service is scraped, and what happens to a complaint is counted on its way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from desk import units
from harness import CLEAR, SERVICES, UNCLEAR, System

from lapor.servers.prometheus import SCRAPE_S, program
from testing.programs import missing
from testing.waiting import until

pytestmark = pytest.mark.connected
#: A look at what is open, and two scrapes of it.
SHOWN_S = 15 + 4 * SCRAPE_S


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
    assert 0 == ask("max(lapor_consumer_missing_topics)")


def test_what_happens_to_a_complaint_is_counted_on_its_way(system: System, ask: Any) -> None:
    counted = {
        "taken": 'lapor_intake_acknowledged_total{channel="web"}',
        "stored": 'lapor_intake_duration_seconds_count{channel="web"}',
        "understood": 'lapor_classifications_total{result="answered"}',
        "doubted": 'lapor_classifications_total{result="abstained"}',
        "sure": "lapor_classifier_confidence_count",
        "routed": "sum(lapor_route_latency_seconds_count)",
        "in time": 'sum(lapor_sla_met_total{stage="completion"})',
        "handled": 'sum(lapor_consumer_records_total{service="router",result="handled"})',
    }
    before = {name: ask(expr) or 0 for name, expr in counted.items()}
    ticket, _ = system.by_web(f"{CLEAR} (diukur)"), system.by_web(UNCLEAR)
    with units(system.env) as unit:
        desk = unit(system.unit_of(ticket))
        for reply in (desk.say(ticket, "acknowledge"), desk.say(ticket, "resolve", message="Sudah mengalir lagi.")):
            assert desk.answer_to(reply)["accepted"]

    for name, expr in counted.items():
        at_first = before[name]
        until(lambda expr=expr, was=at_first: (ask(expr) or 0) > was, SHOWN_S, f"{name} is counted")  # type: ignore[misc]


def test_what_is_open_and_when_the_last_came_is_shown(system: System, ask: Any) -> None:
    system.by_web(f"{CLEAR} (terbuka)")
    until(lambda: ask('sum(lapor_complaints_open{unit="PDAM"}) > 0'), SHOWN_S, "open at PDAM")
    until(
        lambda: ask('time() - lapor_intake_last_complaint_timestamp_seconds{channel="web"} < 120'), SHOWN_S, "just now"
    )
    until(lambda: ask('time() - lapor_intake_read_timestamp_seconds{channel="x"} < 60'), SHOWN_S, "X is read")


def test_nothing_calls_an_operator_while_all_is_well(ask: Any) -> None:
    assert ask('count(ALERTS{alertstate="firing", severity="page"})') is None
