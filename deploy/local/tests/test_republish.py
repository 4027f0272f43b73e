"""Which services publish again, and which must read again first."""

from __future__ import annotations

import psycopg
import pytest

from chassis.database import migrate
from contracts.topics import CANARY, load_topics
from lapor.commands import republish
from lapor.errors import Refused
from testing.servers import Stack

OWNERS = ["intake-sms", "intake-web", "router", "sla-monitor"]
TOPICS = {each.name: each.producers for each in load_topics(["PUPR"])}


def test_a_topic_is_published_again_by_those_who_write_it() -> None:
    wanted = [["intake-sms", "intake-web"], ["router"]]

    topics = ("complaint.received.v1", "unit.pupr.routed.v1")
    assert wanted == [republish._publishers(TOPICS, topic, OWNERS) for topic in topics]


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("complaint.receved.v1", "There is no topic 'complaint.receved.v1'"),
        ("unit.nobody.routed.v1", "There is no topic 'unit.nobody.routed.v1'"),
        ("complaint.classified.v1", "with --topic complaint.received.v1 it reads those again"),
        ("unit.pupr.replied.v1", "written by the unit alone"),
        ("router.dlq", "router.dlq is not kept"),
        ("router.replay", "router.replay is not kept"),
        (CANARY, f"{CANARY} is not kept"),
    ],
)
def test_a_topic_that_nobody_keeps_is_refused_in_words(topic: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        republish._publishers(TOPICS, topic, OWNERS)


@pytest.mark.connected
def test_service_ahead_of_its_topic_must_read_again(connected: Stack) -> None:
    databases = {name: connected.database(name) for name in ("further", "as_far")}
    for dsn, offset in zip(databases.values(), (11, 10), strict=True):
        migrate(dsn)
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute("INSERT INTO consumed VALUES ('t', 0, %s), ('no longer read', 0, 99)", [offset])

    assert ["further"] == republish._read_further({("t", 0): 10}, republish._known(databases))
    with pytest.raises(Refused, match="The database of none can't be used"):
        republish._known({"none": "postgresql://nobody:pw@127.0.0.1:9/none"})
