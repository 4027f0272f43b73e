"""Fixtures: a real broker and database; `lapor up` with stand-ins for our services."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lapor.processes import state
from lapor.processes.data_dir import DataDir, let_through
from lapor.system import installation
from testing.fixtures import connected
from testing.servers import Cli

__all__ = ["connected"]

FAKES = Path(__file__).parent / "fakes"
REGION = Path(__file__).parents[3] / "region" / "soppeng"


@pytest.fixture(scope="module")
def lapor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command on a data folder of this test module, with fakes in place of our services."""
    fakes = tmp_path_factory.mktemp("fakes")
    (fakes / "fake_service.py").symlink_to(FAKES / "fake_service.py")
    for service in installation.SERVICES:
        (fakes / f"{service.module}.py").write_text("import fake_service\n\nfake_service.main()\n")
    # Not below pytest's folder, which PostgreSQL's user can't enter.
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        let_through(Path(folder))
        data = DataDir(Path(folder) / "data")
        cli = Cli(data=data, region=REGION, env={"PYTHONPATH": str(fakes)})
        yield cli
        cli("down")
        state.stop_leftovers(data.state)
