"""A database as the compose file starts it, for the tests of this folder."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from running import Database, Part

from testing.programs import missing

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder outside pytest's own, which PostgreSQL's user can't enter."""
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def programs() -> Path:
    """Debian's PostgreSQL, since the one of all other tests is built without TLS."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not found:
        missing("PostgreSQL with TLS is not installed (Debian: apt-get install postgresql)")
    return found[-1].parent


@pytest.fixture(scope="module")
def new_database(folder: Path, programs: Path) -> Iterator[Callable[[], Database]]:
    """A function that makes a database without starting it."""
    made: list[Database] = []

    def make() -> Database:
        own = folder / str(len(made))
        shutil.copytree(HERE.parents[1] / "deploy" / "postgres", own / "deploy")
        shutil.copytree(HERE / "image", own / "bin")
        database = Database(folder=own, programs=programs)
        database.certify("router-db")
        made.append(database)
        return database

    yield make
    for database in made:
        database.stop()


@pytest.fixture(scope="session")
def another_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CA of another installation."""
    other = Part(folder=tmp_path_factory.mktemp("another"))
    other.certify("services")
    return other.ca
