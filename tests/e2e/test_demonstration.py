"""`lapor demo --scenario breach` on a system whose deadlines are seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness import ROOT, System, running

pytestmark = [pytest.mark.connected, pytest.mark.system("breach")]


@pytest.fixture(scope="module")
def quick_system() -> Iterator[System]:
    """The system with deadlines in seconds."""
    yield from running("seconds", ROOT / "region" / "seconds")


def test_the_demonstration_shows_a_breach_and_an_answer_in_time(quick_system: System) -> None:
    journey, beside = quick_system.lapor("demo", "--scenario", "breach", "--channel", "sms")
    names = [hop["name"] for hop in journey["hops"]]
    for expected in (
        "clock warned (completion)",
        "breached: the promise is missed",
        f"{journey['unit']} is told: warned",
        f"{journey['unit']} is told: escalated",
        "citizen informed",
    ):
        assert expected in names
    assert names.index("clock warned (completion)") < names.index("breached: the promise is missed")
    assert "resolved" not in names
    kept = [hop["name"] for hop in beside["hops"]]
    assert ["clock warned (completion)", "resolved", "clock met (completion)"] == [
        name for name in kept if name in ("clock warned (completion)", "resolved", "clock met (completion)")
    ]
    assert "breached: the promise is missed" not in kept
