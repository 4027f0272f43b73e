"""The topics, as their files declare them, and as the README describes them."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts import topics as names
from contracts.topics import TOPICS_DIR, Topic

SERVICES = {"intake-sms", "intake-social", "intake-web", "classifier", "router", "sla-monitor", "unit-desk"}
READERS = SERVICES | {"prober", "operator"}
README = Path(__file__).parents[1] / "README.md"
DAY_MS = 86_400_000


def _declared() -> dict[str, dict[str, Any]]:
    return {path.parent.name: yaml.safe_load(path.read_text()) for path in TOPICS_DIR.glob("*/topic.yaml")}


def test_every_unit_has_its_two_topics(topics: list[Topic], units: list[str]) -> None:
    wanted = {name for code in units for name in (names.unit_routed(code), names.unit_replied(code))}

    assert wanted == {topic.name for topic in topics if names.unit_of(topic.name)}


def test_every_service_has_its_dead_letters(topics: list[Topic]) -> None:
    wanted = {names.dead_letters(service) for service in SERVICES}

    assert wanted == {topic.name for topic in topics if topic.name.endswith(".dlq")}


def test_only_a_service_writes_its_dead_letters_and_only_operators_ask_for_replay(
    topics: list[Topic], units: list[str]
) -> None:
    by_name = {topic.name: topic for topic in topics}
    for service in SERVICES:
        letters, requests = by_name[names.dead_letters(service)], by_name[names.replays(service)]
        assert ((service,), ("operator", service)) == (letters.producers, letters.consumers)
        assert (("operator",), ("operator", service)) == (requests.producers, requests.consumers)
        assert 1 == letters.partitions  # a request holds nothing but an offset
    assert {names.replays(service) for service in SERVICES} == {
        topic.name for topic in topics if "operator" in topic.producers
    }


def test_unit_and_replay_topics_are_stamped_with_broker_time(topics: list[Topic]) -> None:
    """A unit can't backdate a reply, and an operator can't backdate a request for a replay."""
    stamped = {t.name for t in topics if t.config.get("message.timestamp.type") == "LogAppendTime"}

    assert {t.name for t in topics if names.unit_of(t.name) or t.name.endswith(".replay")} == stamped


def test_no_topic_is_declared_twice(topics: list[Topic]) -> None:
    assert len(topics) == len({topic.name for topic in topics})


def test_a_unit_is_the_only_one_to_read_and_write_its_topics(topics: list[Topic]) -> None:
    by_name = {topic.name: topic for topic in topics}

    assert by_name["unit.pupr.routed.v1"].consumers == ("PUPR",)
    assert by_name["unit.pupr.replied.v1"].producers == ("PUPR",)


def test_the_desk_is_the_other_one_where_the_unit_has_one() -> None:
    by_name = {topic.name: topic for topic in names.load_topics(["PUPR", "DLH"], desks=["PUPR"])}

    wanted = [("PUPR", "unit-desk"), ("PUPR", "unit-desk"), ("DLH",), ("DLH",)]
    routed, replied = names.unit_routed, names.unit_replied
    found = [
        who for code in ("PUPR", "DLH") for who in (by_name[routed(code)].consumers, by_name[replied(code)].producers)
    ]
    assert wanted == found


@pytest.mark.parametrize("unit", ["PUPR", "KEC-LALABATA", "DP3AP2KB"])
def test_the_unit_of_a_topic_is_told_by_its_name(unit: str) -> None:
    assert (unit, unit) == (names.unit_of(names.unit_routed(unit)), names.unit_of(names.unit_replied(unit)))


@pytest.mark.parametrize("topic", [names.RECEIVED, names.SLA_UPDATED, "router.dlq", "unit.pupr.v1", ""])
def test_other_topics_have_no_unit(topic: str) -> None:
    assert names.unit_of(topic) is None


def test_all_producers_and_consumers_of_topics_are_known(topics: list[Topic], units: list[str]) -> None:
    known = READERS | set(units)

    strangers = {name for topic in topics for name in (*topic.producers, *topic.consumers)} - known

    assert strangers == set()


def test_every_topic_is_written_and_read_by_somebody(topics: list[Topic]) -> None:
    assert [topic.name for topic in topics if not topic.producers or not topic.consumers] == []


@pytest.mark.parametrize(
    "name",
    [
        names.RECEIVED,
        names.CLASSIFIED,
        names.FOLLOWED_UP,
        names.UPDATED,
        names.SLA_UPDATED,
        names.SLA_BREACHED,
        names.ERASED,
        names.SUPPORTED,
        names.TOLD,
        names.CANARY,
    ],
)
def test_a_topic_named_in_code_has_a_folder(name: str) -> None:
    assert name == _declared()[name]["topic"]


def test_topics_of_complaints_have_equally_many_partitions(topics: list[Topic]) -> None:
    """A key must lead to the same partition number everywhere."""
    assert {12} == {topic.partitions for topic in topics if topic.name.startswith("complaint.")}


def test_only_topics_rebuildable_from_their_last_records_are_compacted(topics: list[Topic]) -> None:
    compacted = {topic.name for topic in topics if "compact" in topic.config["cleanup.policy"]}

    letters = {name for name in compacted if name.endswith(".dlq")}  # each has a key of its own
    assert {names.RECEIVED, names.CLASSIFIED, names.FOLLOWED_UP, names.UPDATED, names.ERASED} == {
        n for n in compacted - letters if not names.unit_of(n)
    }


def _cells() -> list[list[str]]:
    lines = README.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| topic "))
    rows = takewhile(lambda line: line.startswith("|"), lines[start + 2 :])
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def _row(declared: dict[str, Any]) -> list[str]:
    config = declared["config"]
    kept_ms = int(config["retention.ms"])
    days = "for ever" if kept_ms < 0 else f"{kept_ms // DAY_MS} d"
    return [
        f"`{declared['topic']}`",
        *(
            ", ".join(who.replace("{unit}", "the unit").replace("{service}", "the service") for who in declared[which])
            for which in ("producers", "consumers")
        ),
        declared["key"],
        f"{days}, compacted" if "compact" in config["cleanup.policy"] else days,
        declared["personal_data"],
    ]


def test_the_readme_tells_what_is_declared() -> None:
    wanted = sorted(_row(declared) for declared in _declared().values())

    assert wanted == sorted(_cells())


def test_topics_untouched_by_an_erasure_hold_no_personal_data() -> None:
    wordless = {name for name, declared in _declared().items() if declared["personal_data"] == "none"}

    assert wordless >= names.WORDLESS
    assert {"canary.passed.v1", "replays"} == wordless - names.WORDLESS


def test_dead_letters_and_canaries_do_not_come_again(topics: list[Topic]) -> None:
    gone = {topic.name for topic in topics if not names.comes_again(topic.name)}

    assert gone == {names.CANARY, *(names.dead_letters(service) for service in SERVICES)}
