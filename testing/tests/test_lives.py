"""Lives of ``lapor bench lifecycle`` are timed from their planned moment, and those without an end are errors."""

from __future__ import annotations

from testing.bench.lives import Life, summed_up


def lived(due: float, *, ended: float | None = None, fate: str = "taken") -> Life:
    life = Life(due=due, ticket="SPG", received=due + 1, routed=due + 1.5, end=4)
    if ended is not None:
        life.told = {3: ("taken", ended - 1), 4: (fate, ended)}
    return life


def test_a_life_is_timed_from_the_moment_when_it_was_to_be_sent() -> None:
    found = summed_up([lived(100.0, ended=104.0), lived(101.0, ended=105.0)])

    assert (0.4, 2, 0) == (found["rate"], found["count"], found["errors"])
    assert (500.0, 1500.0, 4000.0) == (found["p50_ms"], found["to_unit_ms"]["p50_ms"], found["to_end_ms"]["p50_ms"])


def test_a_life_without_a_contact_ends_when_its_page_can_tell_the_end() -> None:
    untold = lived(101.0, ended=115.0, fate="never_sent")
    untold.resolved = 103.0

    assert 2000.0 == summed_up([untold, untold])["to_end_ms"]["p50_ms"]


def test_a_life_whose_end_nobody_was_told_is_an_error() -> None:
    ended, told_of_a_step = lived(100.0, ended=104.0, fate="never_sent"), lived(100.0)
    told_of_a_step.told = {3: ("taken", 103.0)}

    found = summed_up([ended, told_of_a_step])

    assert (1, 1, {"never_sent": 1}) == (found["count"], found["errors"], found["fates"])


def test_without_an_ended_life_there_is_no_rate() -> None:
    assert (0.0, 0, 1) == tuple(summed_up([lived(100.0)])[name] for name in ("rate", "count", "errors"))
