"""Settings, logs, crash points, health: the parts that need no broker."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from chassis import metrics
from chassis.cli import cli
from chassis.exits import EXIT_SETTINGS, EXIT_TEMPORARY
from chassis.logs import JsonFormatter, RateLimit
from chassis.progress import Progress
from chassis.settings import DatabaseSettings, MigrateSettings, read_settings
from chassis.wire import Record
from lapor.processes.ports import any_free

GOOD = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "KAFKA_USERNAME": "router",
    "KAFKA_PASSWORD": "s3cret-word",
    "REGION_DIR": "region",
    "HTTP_PORT": "9000",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1/d",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refused(capsys: pytest.CaptureFixture[str], kind: type = DatabaseSettings, service: str = "router") -> str:
    with pytest.raises(SystemExit) as left:
        read_settings(kind, service)
    assert left.value.code == EXIT_SETTINGS
    return capsys.readouterr().err


def test_good_settings_are_read_and_the_password_does_not_show(environment: pytest.MonkeyPatch) -> None:
    settings = read_settings(DatabaseSettings)
    assert settings.http_port == 9000
    assert "s3cret-word" not in repr(settings)


def test_who_can_not_start_is_named_by_the_service_that_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert "intake-web can't start" in refused(capsys, MigrateSettings, "intake-web")


def test_an_empty_secret_is_as_bad_as_none(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environment.setenv("KAFKA_PASSWORD", "")
    environment.setenv("DATABASE_URL", "postgresql://router:@router-db/router")
    said = refused(capsys)
    assert "2 setting(s) to mend" in said
    assert "DATABASE_URL: Value error, its password is empty" in said


class Secrets(DatabaseSettings):
    """A service with every kind of secret."""

    installation_namespace: UUID
    token: SecretStr | None = None


OWN = {"TOKEN": "of-our-own", "INSTALLATION_NAMESPACE": "5cf1a3f2-51c8-4d0b-9b44-0d6a4f6f3f10"}


@pytest.mark.parametrize(
    ("variable", "value", "taken"),
    [
        ("KAFKA_PASSWORD", "change-me", False),
        ("KAFKA_PASSWORD", "change-me-not", True),
        ("KAFKA_USERNAME", "change-me", True),
        ("TOKEN", "change-me", False),
        ("DATABASE_URL", "postgresql://u:change-me@h/d", False),
        ("DATABASE_URL", "postgresql://u:a@h1,u:change-me@h2/d", False),
        ("DATABASE_URL", "postgresql://change-me:p@h/change-me", True),
        ("DATABASE_URL", "postgresql://u@h/d", True),
        ("INSTALLATION_NAMESPACE", "00000000-0000-4000-8000-000000000000", False),
        ("INSTALLATION_NAMESPACE", "00000000-0000-0000-0000-000000000000", False),
        ("INSTALLATION_NAMESPACE", "00000000-0000-4000-8000-000000000001", True),
    ],
)
def test_a_placeholder_is_no_secret(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, taken: bool
) -> None:
    for name, good in OWN.items():
        environment.setenv(name, good)
    environment.setenv(variable, value)
    if taken:
        assert read_settings(Secrets)
    else:
        said = refused(capsys, Secrets)
        assert "1 setting(s) to mend" in said
        assert f"  {variable}: Value error, still the placeholder of .env.example" in said


def test_every_bad_variable_is_named_at_once_and_no_value_is_shown(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("KAFKA_USERNAME")
    environment.setenv("HTTP_PORT", "99999")
    environment.setenv("DATABASE_URL", "postgresql://u:hunter2@h:port/d")
    environment.setenv("LOG_LEVEL", "LOUD")
    environment.setenv("KAFKA_CA_FILE", "/nowhere/ca.pem")
    said = refused(capsys)
    for name in ("KAFKA_USERNAME: not set", "HTTP_PORT", "DATABASE_URL", "LOG_LEVEL", "KAFKA_CA_FILE"):
        assert name in said
    assert "5 setting(s)" in said
    assert not any(value in said for value in ("99999", "hunter2", "LOUD", "s3cret-word"))


def test_migrate_needs_only_the_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert "DATABASE_URL: not set" in refused(capsys, MigrateSettings)


def asked(tmp_path: Path, command: str = "migrate") -> Result:
    return CliRunner().invoke(cli("router", lambda: None, [tmp_path]), [command])


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


def test_migrate_says_in_one_sentence_that_the_database_cannot_be_reached(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:9/d")
    left = asked(tmp_path)
    assert EXIT_TEMPORARY == left.exit_code
    assert left.stderr.startswith("router: its database can't be used: ")
    assert '"127.0.0.1", port 9 failed: Connection refused\n' in left.stderr
    assert (1, False) == (left.stderr.count("\n"), "hunter2" in left.stderr)


def line(message: str, **extra: object) -> str:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": message, **extra})
    return JsonFormatter("router").format(record)


def test_a_log_line_is_one_json_object_whatever_is_in_it() -> None:
    forged = 'x\n{"event": "forged"}\u2028\ud800'
    written = line(forged, topic=forged, error=ValueError("x"))
    assert len(written.splitlines()) == 1
    assert json.loads(written)["event"] == forged
    assert {"at", "level", "service", "logger", "event", "topic", "error"} == set(json.loads(written))


def test_a_traceback_says_where_and_what_class_but_not_what_the_error_says() -> None:
    try:
        try:
            raise KeyError("Pak Andi")
        except KeyError as error:
            raise ValueError("0812") from error
    except ValueError:
        written = line("decide_failed", exc_info=sys.exc_info())
    assert "test_basics.py" in written
    assert "ValueError" in written
    assert "KeyError" in written
    said = json.loads(written)["traceback"].replace('raise KeyError("Pak Andi")', "").replace('ValueError("0812")', "")
    assert "Andi" not in said
    assert "0812" not in said


def test_libraries_are_limited_with_their_children_and_we_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    limit = RateLimit(per_s=5)

    def kept(name: str) -> int:
        return sum(limit.filter(logging.makeLogRecord({"name": name})) for _ in range(50))

    assert kept("aiokafka.conn") == 5
    assert kept("faust.app") == 0
    assert kept("chassis.outbox") == 50
    monkeypatch.setattr(time, "monotonic", lambda: 101.0)
    assert kept("aiokafka.conn") == 5


def crash(at: str, *points: str) -> int:
    code = "import sys\nfrom chassis.faults import crash_point\nfor p in sys.argv[1:]: crash_point(p)"
    return subprocess.run([sys.executable, "-c", code, *points], env={"CRASH_AT": at}, check=False).returncode


def test_a_crash_point_kills_only_where_it_is_armed() -> None:
    assert crash("", "relay.after_publish_before_mark") == 0
    assert crash("relay.after_publish_before_mark", "inbox.after_effect_before_commit") == 0
    assert crash("relay.after_publish_before_mark", "relay.after_publish_before_mark") == -signal.SIGKILL


def test_a_crash_point_with_a_file_kills_once(tmp_path: Path) -> None:
    at = f"relay.after_publish_before_mark@{tmp_path / 'crashed'},other@{tmp_path / 'other'}"
    assert crash(at, "relay.after_publish_before_mark") == -signal.SIGKILL
    assert crash(at, "relay.after_publish_before_mark") == 0
    assert crash(at, "other") == -signal.SIGKILL


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_who_is_idle_is_not_stalled_when_a_record_comes(clock: list[float]) -> None:
    progress = Progress("t")
    progress.ends = lambda: {("t.in", 0): 5}
    progress.advance([Record("t.in", 0, 4, None, None, 0)])
    clock[0] += 600
    progress.observe()
    assert (progress.lag, progress.stalled_s()) == (0, 0)
    progress.ends = lambda: {("t.in", 0): 8}
    clock[0] += 1
    progress.observe()
    assert (progress.lag, progress.stalled_s()) == (3, 1)
    clock[0] += 200
    progress.observe()
    assert progress.stalled_s() == 201


def test_an_event_loop_that_does_not_look_is_stalled(clock: list[float]) -> None:
    progress = Progress("t")
    progress.observe()
    clock[0] += 130
    assert progress.stalled_s() == 130


def test_a_rebalance_is_no_loss_of_the_assignment_and_forgets_old_offsets(clock: list[float]) -> None:
    progress = Progress("t")
    progress.ends = lambda: {("t.in", 0): 5}
    progress.advance([Record("t.in", 0, 0, None, None, 0)])
    progress.observe()
    assert (progress.assigned, progress.lag) == (True, 4)
    progress.ends = dict
    clock[0] += 10
    progress.observe()
    assert (progress.assigned, progress.lag, progress.unassigned_s()) == (False, 0, 10)
    progress.ends = lambda: {("t.in", 0): 50}
    progress.observe()
    assert (progress.assigned, progress.lag, progress.unassigned_s()) == (True, 0, 0)


def test_the_watchdog_leaves_when_nothing_is_assigned(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ASSIGNMENT_TIMEOUT_S", "1")
    code = (
        "import time; from functools import partial; from chassis.progress import *; from chassis.settings import *\n"
        "start_watchdog(partial(stuck, Progress('t'), read_settings(ServiceSettings))); time.sleep(20)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 75


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_side_door_shows_health_and_metrics() -> None:
    port, health = any_free(), metrics.Health()
    ready: list[int] = []
    health.ready["partitions"] = lambda: bool(ready)
    server = metrics.serve("127.0.0.1", port, health)
    try:
        assert get(port, "/live") == (200, "ok\n")
        assert get(port, "/ready") == (503, "waiting for: partitions\n")
        ready.append(1)
        assert get(port, "/ready") == (200, "ok\n")
        metrics.REDELIVERIES.labels("side-door").inc()
        assert 'lapor_redeliveries_total{service="side-door"} 1.0' in get(port, "/metrics")[1]
    finally:
        server.shutdown()
        server.server_close()
