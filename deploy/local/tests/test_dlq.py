"""What became of the dead letters is known for one cluster."""

from pathlib import Path

from chassis.testing import NOW
from lapor.dlq import Settled, by_record
from lapor.reading import Found, Principal


class Cluster(Principal):
    """A principal of a cluster that was not asked."""

    def __init__(self, id_: str) -> None:
        super().__init__("operator", {})
        self.id_ = id_

    def cluster(self) -> str:
        return self.id_


def test_what_became_of_a_letter_is_remembered(tmp_path: Path) -> None:
    Settled(Cluster("cluster-1"), tmp_path).add("router:3", "replayed")
    Settled(Cluster("cluster-1"), tmp_path).add("router:4", "dismissed")
    assert {"router:3": "replayed", "router:4": "dismissed"} == Settled(Cluster("cluster-1"), tmp_path).how


def test_a_new_installation_begins_with_none(tmp_path: Path) -> None:
    """Its offsets start anew: router:3 is another letter there."""
    Settled(Cluster("cluster-1"), tmp_path).add("router:3", "replayed")
    assert {} == Settled(Cluster("cluster-2"), tmp_path).how


def test_what_several_services_put_aside_is_one_record_and_goes_back_once() -> None:
    def letter(service: str, offset: int, at: str, value: bytes = b"bytes") -> Found:
        headers = {"source-topic": "complaint.updated.v1", "source-partition": "0", "source-offset": at}
        return Found(topic=f"{service}.dlq", partition=0, offset=offset, key=None, value=value, headers=headers, at=NOW)

    one, same, other = letter("router", 3, "7"), letter("sla-monitor", 1, "7"), letter("router", 4, "8")
    assert [[one, same], [other]] == by_record([one, same, other])
