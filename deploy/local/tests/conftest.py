"""Fixtures: a real broker and database; `lapor up` with stand-ins for our services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lapor import services, state
from lapor.files import DataDir
from lapor.fixtures import connected

__all__ = ["connected"]

FAKES = Path(__file__).parent / "fakes"
REGION = Path(__file__).parents[3] / "region" / "soppeng"


@dataclass(frozen=True)
class Cli:
    """Runs `lapor` on one data folder, with fakes in place of the services."""

    data: DataDir
    fakes: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(self.command(*arguments), env=self.env, capture_output=True, text=True, timeout=120)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            self.command(*arguments), env=self.env, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def command(self, *arguments: str) -> list[str]:
        """The argv."""
        return [sys.executable, "-m", "lapor", *arguments, "--data", str(self.data.root)]

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`lapor up --detach`."""
        return self("up", "--detach", "--region", str(REGION), *arguments)

    def status(self) -> dict[str, Any]:
        """`lapor status --json`, the services by name."""
        found: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return {**found, "services": {each["name"]: each for each in found["services"]}}

    @property
    def env(self) -> dict[str, str]:
        """Ours, with the fakes first."""
        return {**os.environ, "PYTHONPATH": str(self.fakes)}


@pytest.fixture(scope="module")
def lapor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command, on a data folder of this test module. What it leaves running is stopped."""
    fakes = tmp_path_factory.mktemp("fakes")
    (fakes / "fake_service.py").symlink_to(FAKES / "fake_service.py")
    for service in services.SERVICES:
        (fakes / f"{service.module}.py").write_text("import fake_service\n\nfake_service.main()\n")
    cli = Cli(DataDir(tmp_path_factory.mktemp("lapor") / "data"), fakes)
    yield cli
    cli("down")
    state.stop_leftovers(cli.data.state)
