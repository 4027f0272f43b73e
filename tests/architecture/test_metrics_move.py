"""Each figure that a service shows is seen moving in a test of its own."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from lapor.system import archive, backups

_DECLARED = re.compile(r'^(\w+) = (Counter|Gauge|Histogram)\(\s*"(lapor_\w+)"', re.MULTILINE)
_ENDINGS = {"Counter": "_total", "Gauge": "", "Histogram": "_(count|sum|bucket)"}
_ROOT = Path(__file__).parents[2]
#: Metrics that no test sees moving, with the reason.
STILL: dict[str, str] = {}


class Metric(NamedTuple):
    """``name`` is declared as ``constant`` in a module of the part in ``folder``."""

    name: str
    kind: str
    constant: str
    folder: Path


def _declared() -> list[Metric]:
    parts = [_ROOT / "chassis", _ROOT / "intake", *sorted((_ROOT / "services").iterdir())]
    return [
        Metric(name, kind, constant, part)
        for part in parts
        for path in sorted(part.glob("src/*/metrics.py"))
        for constant, kind, name in _DECLARED.findall(path.read_text())
    ]


METRICS = _declared()
#: Metrics written to files, beside those that services show.
WRITTEN = [
    (family.name, module) for module in (archive, backups) for family in module.REGISTRY.collect()
]  # fmt: skip


def _tests(folder: Path) -> str:
    """Return the sources of the tests of a part, of parts built on it, and of whole systems."""
    on_it = {"intake": "services/intake-*/tests", "chassis": "*/tests"}.get(folder.name, "")
    places = [folder / "tests", _ROOT / "tests" / "e2e", *(_ROOT.glob(on_it) if on_it else [])]
    return "\n".join(path.read_text() for place in places for path in sorted(place.rglob("*.py")))


def _is_seen(metric: Metric) -> bool:
    sample = rf"\b{metric.name}{_ENDINGS[metric.kind]}(?!\w)"
    return re.search(rf"{sample}|\bmetrics\.{metric.constant}\b", _tests(metric.folder)) is not None


def test_all_declarations_are_found() -> None:
    assert len(METRICS) > 80
    assert len(METRICS) == len({metric.name for metric in METRICS})


@pytest.mark.parametrize("metric", METRICS, ids=lambda each: each.name)
def test_a_figure_is_seen_moving_in_a_test(metric: Metric) -> None:
    assert _is_seen(metric) != (metric.name in STILL), f"{metric.name}: a test sees it, or STILL says why none does"


@pytest.mark.parametrize(("name", "module"), WRITTEN, ids=[name for name, _ in WRITTEN])
def test_a_figure_that_is_written_to_a_file_is_seen_in_a_test(name: str, module: ModuleType) -> None:
    """``module`` writes it; a test may put the names of several together."""
    start = name.split("_", 2)
    tests = _tests(_ROOT / "deploy" / "local")
    assert f"lapor_{start[1]}_" in tests
    assert re.search(rf'\b{name}\b|"{start[2]}"', tests), f"no test of {module.__name__} reads {name}"
