"""The actions possible on a dead letter, and the place of its bytes."""

from pathlib import Path

import psycopg
import pytest

import intake
from chassis.database import migrate
from lapor.commands import dlq
from lapor.errors import Refused
from lapor.kafka.reader import Found
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from testing.events import NOW
from testing.servers import Stack


def set_aside(number: int, place: str = "-1", service: str = "intake-sms") -> Found:
    headers = {"source-topic": "kannel-mo", "source-partition": place, "source-offset": place}
    value = f'{{"set_aside":{number},"door":"kannel-mo"}}'.encode()
    return Found(topic=f"{service}.dlq", partition=0, offset=0, key=None, value=value, headers=headers, at=NOW)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"source-partition": "0"}, None),
        ({"source-partition": "-1"}, "which is no topic"),
        ({"source-partition": "0", "original-bytes": "3000000"}, "must write it again"),
        ({"source-partition": "0", "original-key-bytes": "6000"}, "must write it again"),
    ],
)
def test_only_what_came_from_a_topic_and_is_whole_can_be_handled_again(headers: dict[str, str], why: str) -> None:
    found = Found(topic="router.dlq", partition=0, offset=1, key=None, value=b"", headers=headers, at=NOW)
    assert dlq._why_not(found) == why or why in str(dlq._why_not(found))


@pytest.mark.connected
def test_set_aside_content_is_read_and_settled_in_the_intake_database(
    connected: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here, databases = DataDir(tmp_path), {"intake-sms": connected.database("aside")}
    migrate(databases["intake-sms"], intake.MIGRATIONS)
    monkeypatch.setattr(addresses, "env", lambda data: {"databases": databases})
    with psycopg.connect(databases["intake-sms"], autocommit=True) as db:
        add = (
            "INSERT INTO set_aside (door, content, error) VALUES ('kannel-mo', 'raw=lampu', 'Unreadable') RETURNING id"
        )
        (number,) = db.execute(add).fetchone() or ()
        shown = dlq._at_the_intake(set_aside(number), here)
        assert shown is not None
        assert ("raw=lampu", None) == (shown["content"], shown["settled_at"])
        dlq._at_the_intake(set_aside(number), here, settle=True)
        assert (True,) == db.execute("SELECT settled_at IS NOT NULL FROM set_aside").fetchone()
    with pytest.raises(Refused, match="no longer has what intake-sms:0 was"):
        dlq._at_the_intake(set_aside(number + 1), here)
    assert dlq._at_the_intake(set_aside(number + 1), here, settle=True) is None
    databases["intake-sms"] = "postgresql://nobody:pw@127.0.0.1:9/none"
    with pytest.raises(Refused, match="can't be asked for intake-sms:0"):
        dlq._at_the_intake(set_aside(number), here)


def test_a_record_that_only_looks_like_it_is_read_nowhere_else(tmp_path: Path) -> None:
    """A unit may write these bytes; the header of the service that failed on them says that they were in a topic."""
    assert dlq._at_the_intake(set_aside(1, place="0", service="router"), DataDir(tmp_path)) is None
