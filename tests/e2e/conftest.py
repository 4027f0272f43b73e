"""Fixtures: the whole system, once with Soppeng's deadlines and once with deadlines in seconds."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from harness import ROOT, System


def _running(name: str, region: str) -> Iterator[System]:
    # Not below pytest's folder, which is closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix=f"lapor-{name}-"))
    folder.chmod(0o755)
    system = System(data=folder / "data", region=ROOT / region, crashes=folder / "crashes")
    try:
        system.start()
        yield system
    finally:
        system.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """The system as Soppeng runs it."""
    yield from _running("soppeng", "region/soppeng")


@pytest.fixture(scope="module")
def quick_system() -> Iterator[System]:
    """The system with deadlines in seconds."""
    yield from _running("seconds", "region/seconds")
