"""Fixtures: the whole system, once with Soppeng's deadlines and once with deadlines in seconds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from harness import ROOT, System, running
from playwright.sync_api import Browser
from seat import chromium_running

HERE = Path(__file__).parent
#: Options that a kabupaten may choose and Soppeng has not: an outside office that gets e-mails, and a unit whose head
#: approves how a complaint ends. By file: a line, and the lines added below it.
CHOSEN = {
    "routing.yaml": ("    name: PLN\n", "    email: pln@contoh.id\n"),
    "units.yaml": ("  - code: PUPR\n", "    approval: true\n"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that name no system of their own share the common one."""
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("system"):
            item.add_marker(pytest.mark.system("common"))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system as Soppeng runs it, with all that could be chosen at the desk."""
    # The folder keeps its name, since the classifier recognises its stored model by that.
    region = Path(shutil.copytree(ROOT / "region" / "soppeng", tmp_path_factory.mktemp("region") / "soppeng"))
    for name, (line, below) in CHOSEN.items():
        text = (region / name).read_text()
        assert 1 == text.count(line), (name, line)
        (region / name).write_text(text.replace(line, line + below))
    yield from running("soppeng", region)


@pytest.fixture(scope="session")
def upset_system() -> Iterator[System]:
    """A system whose databases are lost, whose passwords change, and whose topics are cleaned."""
    yield from running("upset", ROOT / "region" / "soppeng")


@pytest.fixture(scope="module")
def quick_system() -> Iterator[System]:
    """The system with deadlines in seconds."""
    yield from running("seconds", ROOT / "region" / "seconds")


@pytest.fixture
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    with chromium_running() as browser:
        yield browser
