"""Which dead letters were put back is known for one cluster."""

from pathlib import Path

from chassis.testing import NOW
from lapor.dlq import Replayed, by_record
from lapor.reading import Found


def test_what_was_put_back_is_remembered(tmp_path: Path) -> None:
    Replayed(tmp_path / "replayed", "cluster-1").add("router:3")
    assert {"router:3"} == Replayed(tmp_path / "replayed", "cluster-1").ids


def test_a_new_installation_begins_with_none(tmp_path: Path) -> None:
    """Its offsets start anew: router:3 is another letter there."""
    Replayed(tmp_path / "replayed", "cluster-1").add("router:3")
    assert set() == Replayed(tmp_path / "replayed", "cluster-2").ids


def test_what_several_services_put_aside_is_one_record_and_goes_back_once() -> None:
    def letter(service: str, offset: int, at: str, value: bytes = b"bytes") -> Found:
        headers = {"source-topic": "complaint.updated.v1", "source-partition": "0", "source-offset": at}
        return Found(topic=f"{service}.dlq", partition=0, offset=offset, key=None, value=value, headers=headers, at=NOW)

    one, same, other = letter("router", 3, "7"), letter("sla-monitor", 1, "7"), letter("router", 4, "8")
    assert [[one, same], [other]] == by_record([one, same, other])
