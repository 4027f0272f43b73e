"""Fixtures: the whole system as Soppeng runs it, and a browser."""

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
#: What a kabupaten may choose and Soppeng has not: an outside office that gets e-mails, a unit whose head approves how
#: a complaint ends, and a category with deadlines in seconds (``harness.HURRIED``). By line: its file, and what is
#: added below it.
CHOSEN = {
    "    name: PLN\n": ("routing.yaml", "    email: pln@contoh.id\n"),
    "  - code: PUPR\n": ("units.yaml", "    approval: true\n"),
    "          # Menurut jam, siang dan malam, juga hari libur.\n": (
        "sla.yaml",
        """\
          - category: [pajak_keuangan]
            amount: 25
            unit: seconds
            warn_ratio: 0.5
            escalation:
              - {after: {amount: 10, unit: seconds}, to: [head]}
              - {after: {amount: 25, unit: seconds}, to: [SETDA]}
""",
    ),
    "        about: 10 hari kerja tanpa tanggapan setelah jawaban, lalu dianggap selesai\n": (
        "sla.yaml",
        "        variants: [{category: [pajak_keuangan], amount: 30, unit: seconds}]\n",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that need a system and name none share the common one."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("connected") and not item.get_closest_marker("system"):
            item.add_marker(pytest.mark.system("common"))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system as Soppeng runs it, with all that could be chosen at the desk."""
    # The folder keeps its name, since the classifier recognises its stored model by that.
    region = Path(shutil.copytree(ROOT / "region" / "soppeng", tmp_path_factory.mktemp("region") / "soppeng"))
    for line, (name, below) in CHOSEN.items():
        text = (region / name).read_text()
        assert 1 == text.count(line), (name, line)
        (region / name).write_text(text.replace(line, line + below))
    yield from running("soppeng", region)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    with chromium_running() as browser:
        yield browser
