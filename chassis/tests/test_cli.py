"""The commands of every service: anything missing or unreachable is reported in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chassis.cli import cli
from chassis.exits import EXIT_SETTINGS, EXIT_TEMPORARY


def asked(tmp_path: Path, *command: str) -> Result:
    return CliRunner().invoke(cli("router", "router.app:run", [tmp_path]), command or ["migrate"])


def test_migrate_says_for_which_service_it_misses_the_database(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("DATABASE_URL")
    left = asked(tmp_path)
    assert (EXIT_SETTINGS, "router can't start, 1 setting(s) to mend:\n  DATABASE_URL: not set\n") == (
        left.exit_code,
        left.stderr,
    )


def test_rewind_says_in_one_sentence_what_cannot_be_reached(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    environment.setenv("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:9/d")
    left = asked(tmp_path, "rewind")
    assert EXIT_TEMPORARY == left.exit_code
    assert left.stderr.startswith("router: its database or Kafka can't be used: ")
    assert (1, False) == (left.stderr.count("\n"), "hunter2" in left.stderr)


@pytest.mark.parametrize(
    ("topic", "code", "said"),
    [
        ("complaint.sla-updated.v1", 2, "router does not write 'complaint.sla-updated.v1'"),
        ("unit.pupr.routed.v1", EXIT_TEMPORARY, "router: its database can't be used: "),
    ],
)
def test_republish_says_what_is_not_its_own_and_what_cannot_be_reached(
    environment: pytest.MonkeyPatch, tmp_path: Path, topic: str, code: int, said: str
) -> None:
    environment.setenv("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:9/d")
    left = asked(tmp_path, "republish", "--since", datetime.now(UTC).isoformat(), "--topic", topic)

    assert (code, True, False) == (left.exit_code, said in left.stderr, "hunter2" in left.stderr)


def test_migrate_says_in_one_sentence_that_the_database_cannot_be_reached(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:9/d")
    left = asked(tmp_path)
    assert EXIT_TEMPORARY == left.exit_code
    assert left.stderr.startswith("router: its database can't be used: ")
    assert '"127.0.0.1", port 9 failed: Connection refused\n' in left.stderr
    assert (1, False) == (left.stderr.count("\n"), "hunter2" in left.stderr)


def test_run_calls_the_function_that_was_named_and_none_is_imported_before(tmp_path: Path) -> None:
    """A service's libraries take seconds to import, and ``migrate`` does not need them."""
    command = cli("router", "nowhere.app:run", [tmp_path])
    done = CliRunner().invoke(command, ["run"])
    assert isinstance(done.exception, ModuleNotFoundError)
    assert 0 == CliRunner().invoke(command, ["--help"]).exit_code
