"""Which dead letters were put back is known for one cluster."""

from pathlib import Path

from lapor.dlq import Replayed


def test_what_was_put_back_is_remembered(tmp_path: Path) -> None:
    Replayed(tmp_path / "replayed", "cluster-1").add("router:3")
    assert {"router:3"} == Replayed(tmp_path / "replayed", "cluster-1").ids


def test_a_new_installation_begins_with_none(tmp_path: Path) -> None:
    """Its offsets start anew: router:3 is another letter there."""
    Replayed(tmp_path / "replayed", "cluster-1").add("router:3")
    assert set() == Replayed(tmp_path / "replayed", "cluster-2").ids
