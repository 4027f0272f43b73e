"""A database as the compose file starts it, for the tests of this folder."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from running import Database

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Outside pytest's own folder, which is closed to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def new_database(folder: Path) -> Iterator[Callable[[], Database]]:
    """Makes a database that is not started yet."""
    made: list[Database] = []

    def make() -> Database:
        own = folder / str(len(made))
        shutil.copytree(HERE.parents[1] / "deploy" / "postgres", own / "deploy")
        shutil.copytree(HERE / "image", own / "bin")
        database = Database(folder=own)
        for path in (own, *own.rglob("*")):
            shutil.chown(path, database.user)
        made.append(database)
        return database

    yield make
    for database in made:
        database.stop()
