"""The topics each service reads are those that its topic.yaml files say it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

import classifier.app
import intake_sms.app
import intake_social.app
import intake_web.app
import router.app
import sla_monitor.app
import unit_desk.app
import unit_desk.rules
from contracts.topics import ERASED, RESEND_ASKED, UPDATED, Topic, dead_letters, load_topics, replays
from intake import projection
from intake.service import run_intake
from kabupaten import load

ROOT = Path(__file__).parents[2]
REGION = ROOT / "region" / "soppeng"
ENVIRONMENT = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "KAFKA_USERNAME": "nobody",
    "KAFKA_PASSWORD": "nothing",
    "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/none",
    "REGION_DIR": str(REGION),
    "HTTP_PORT": "1",
    "MODEL_FILE": "none",
    **{f"INTAKE_{name}_EVENT_KEY": "key-of-an-intake-of-the-test" for name in ("SMS", "SOCIAL", "WEB")},
}


@pytest.fixture(scope="module")
def topics() -> list[Topic]:
    return load_topics([unit["code"] for unit in yaml.safe_load((REGION / "units.yaml").read_text())["units"]])


def _declared(topics: list[Topic], service: str) -> set[str]:
    """Return the declared topics, without those that the chassis reads for every service: dead letters and requests.

    Also without the service's own topics, which the router reads after its database was restored.
    """
    of_the_chassis = {dead_letters(service), replays(service)}
    read = {topic.name for topic in topics if service in topic.consumers}
    written_by_it = {topic.name for topic in topics if topic.producers == (service,)} - {ERASED}
    return read - of_the_chassis - written_by_it


@pytest.mark.parametrize(
    ("app", "service", "starts"),
    [
        (router.app, "router", "run_processor"),
        (sla_monitor.app, "sla-monitor", "run_processor"),
        (classifier.app, "classifier", "run_stateless"),
    ],
    ids=["router", "sla-monitor", "classifier"],
)
def test_a_processor_reads_what_is_declared(
    app: Any, service: str, starts: str, topics: list[Topic], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, set[str]]] = []

    def start(name: str, _settings: Any, _handler: Any, sources: Sequence[str], _tasks: Any = ()) -> None:
        started.append((name, set(sources)))

    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(app, starts, start)
    if app is classifier.app:
        monkeypatch.setattr(app, "load_knowledge", lambda *_: None)

    app.run()

    assert [(service, _declared(topics, service))] == started


def test_the_desk_reads_what_is_declared() -> None:
    units = load(REGION, "units").units
    topics = load_topics(units.by_code, desks=units.desks)

    assert _declared(topics, "unit-desk") == set(
        unit_desk.app.sources(unit_desk.rules.rules_of(load(REGION, *unit_desk.rules.PARTS)))
    )


@pytest.mark.parametrize("app", [intake_sms.app, intake_social.app, intake_web.app], ids=lambda app: app.__name__)
def test_an_intake_reads_what_is_declared_and_no_topic_of_the_clock(app: Any, topics: list[Topic]) -> None:
    service = app.__name__.split(".")[0].replace("_", "-")

    assert _declared(topics, service) == set(projection.SOURCES) == {UPDATED, ERASED, RESEND_ASKED}
    assert app.run_intake is run_intake


def test_a_complaint_finds_its_way_from_every_intake_to_a_unit_and_back(topics: list[Topic]) -> None:
    """A reader of a topic may write its own topics: each intake must reach every service and unit this way."""
    topics = [topic for topic in topics if not topic.name.endswith((".dlq", ".replay"))]
    nodes = {name for topic in topics for name in (*topic.producers, *topic.consumers)}
    for intake in ("intake-sms", "intake-social", "intake-web"):
        reached = {intake}
        while more := {c for t in topics if reached & set(t.producers) for c in t.consumers} - reached:
            reached |= more

        assert nodes == reached
