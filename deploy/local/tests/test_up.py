"""`lapor up` as a person or a script uses it: real Kafka and PostgreSQL, fakes in place of our services."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lapor.processes import credentials, state
from lapor.processes.data_dir import DataDir, tail
from lapor.system import installation
from testing.servers import Cli
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.system("fakes")]


@pytest.fixture(autouse=True)
def told(lapor: Cli) -> Iterator[None]:
    """Show the last lines of `lapor up` and of the database when a test fails."""
    yield
    print(tail(lapor.data.log("up"), 40), tail(lapor.data.log("postgres"), 10), sep="\n")


def running(lapor: Cli) -> None:
    """Make sure that the system runs."""
    if not lapor.status()["ready"]:
        lapor("down")
        started = lapor.up()
        assert started.returncode == 0, started.stderr


def test_detached_it_returns_when_all_is_ready(lapor: Cli) -> None:
    started = lapor.up("--json")
    assert started.returncode == 0, started.stderr
    shown = json.loads(started.stdout)
    assert shown["ready"] is True
    installed = ("bearerbox", "smsbox", "prometheus")  # only where Debian's packages are installed
    assert [each["name"] for each in shown["services"] if each["name"] not in installed] == list(installation.NAMES)
    assert f"lapor demo --data {lapor.data.root}" in " ".join(started.stderr.split())


def test_status_names_every_process(lapor: Cli) -> None:
    running(lapor)
    shown = json.loads(lapor("status", "--json").stdout)
    assert ({"ready"}, True) == ({each["state"] for each in shown["services"]}, shown["ready"])


def test_env_gives_scripts_addresses_and_accounts(lapor: Cli) -> None:
    running(lapor)
    found = json.loads(lapor("env", "--json").stdout)
    assert found["principals"]["PUPR"]["username"] == "PUPR"
    assert set(found["databases"]) == {s.name for s in installation.SERVICES if s.database}
    assert "broker" not in found["principals"]


def test_env_shows_people_no_password(lapor: Cli) -> None:
    running(lapor)
    shown = lapor("env").stdout
    assert [word for word in secrets_of(lapor.data) if word in shown] == []


def test_no_password_is_in_any_argument_or_log_and_the_file_is_private(lapor: Cli) -> None:
    running(lapor)
    words = secrets_of(lapor.data)
    arguments = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    logs = [path.read_text(errors="replace") for path in lapor.data.logs.iterdir()]
    plain = [lapor.data.state.read_text(), lapor.data.ports.read_text()]
    assert [word for word in words for text in (*arguments, *logs, *plain) if word in text] == []
    assert lapor.data.credentials.stat().st_mode & 0o777 == 0o600
    assert (lapor.data.kafka / "server.properties").stat().st_mode & 0o777 == 0o600


def secrets_of(data: DataDir) -> list[str]:
    kept = credentials.read(data.credentials)
    many = (*kept.shared.values(), *kept.principals.values(), *kept.databases.values())
    return [kept.kafka_admin, kept.postgres_admin, kept.installation_namespace, *many]


def test_a_second_up_is_refused_with_a_sentence_and_harms_nothing(lapor: Cli) -> None:
    running(lapor)
    again = lapor.up()
    assert again.returncode == 1
    assert "The system already runs from" in again.stderr
    assert lapor.status()["ready"]


def test_a_killed_service_comes_back(lapor: Cli) -> None:
    running(lapor)
    before = lapor.status()["services"]["router"]
    assert lapor("kill", "router").returncode == 0
    until(lambda: lapor.status()["services"]["router"]["state"] == "ready" and pid(lapor, "router") != before["pid"])
    assert lapor.status()["services"]["router"]["restarts"] == before["restarts"] + 1


def pid(lapor: Cli, name: str) -> int:
    return int(lapor.status()["services"][name]["pid"] or 0)


def test_a_killed_broker_and_a_killed_database_come_back(lapor: Cli) -> None:
    running(lapor)
    for name in ("kafka", "postgres"):
        before = pid(lapor, name)
        assert lapor("kill", name).returncode == 0
        until(lambda: pid(lapor, name) not in (0, before))  # noqa: B023 - called before the loop goes on
    until(lambda: lapor.status()["ready"])


def test_restart_returns_when_it_is_ready_again(lapor: Cli) -> None:
    running(lapor)
    before = pid(lapor, "classifier")
    done = lapor("restart", "classifier", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pid"] != before


def test_an_unknown_service_is_refused_with_the_names_there_are(lapor: Cli) -> None:
    running(lapor)
    refused = lapor("kill", "rooter")
    assert refused.returncode == 1
    assert "no process called 'rooter'" in refused.stderr
    assert "sla-monitor" in refused.stderr


def test_a_service_starts_with_little_of_our_environment(lapor: Cli) -> None:
    running(lapor)
    shown = lapor("logs", "router", "-n", "1").stdout
    assert "DATABASE_URL" in shown
    assert "KANNEL_PASSWORD" not in shown
    assert "INSTALLATION_NAMESPACE" not in shown


def test_after_kill_9_of_everything_up_works_again_with_the_data_kept(lapor: Cli) -> None:
    running(lapor)
    now = state.read(lapor.data.state)
    assert now
    before = secrets_of(lapor.data)
    for number in (now.pid, *(e.pid for e in now.processes if e.pid)):
        os.kill(number, signal.SIGKILL)
    until(lambda: not state.lives(now.pid, now.started))
    assert lapor.status()["ready"] is False
    started = lapor.up()
    assert started.returncode == 0, started.stderr
    assert secrets_of(lapor.data) == before
    assert "provisioning" not in started.stderr  # the broker still has its topics and users


def test_children_that_outlive_a_killed_supervisor_are_stopped_by_the_next_up(lapor: Cli) -> None:
    running(lapor)
    now = state.read(lapor.data.state)
    assert now
    os.kill(now.pid, signal.SIGKILL)
    until(lambda: not state.lives(now.pid, now.started))
    assert {e["state"] for e in lapor.status()["services"].values()} == {"left behind"}
    started = lapor.up()
    assert started.returncode == 0, started.stderr
    assert "stopped what an earlier run left behind" in started.stderr
    assert not any(state.lives(e.pid, e.started) for e in now.processes)


def test_a_port_taken_meanwhile_is_replaced(lapor: Cli) -> None:
    running(lapor)
    lapor("down")
    port = json.loads(lapor.data.ports.read_text())["kafka"]
    with socket.create_server(("127.0.0.1", port)):
        started = lapor.up()
        assert started.returncode == 0, started.stderr
        assert json.loads(lapor.data.ports.read_text())["kafka"] != port


def test_wrong_settings_of_a_service_end_up_with_its_last_lines(lapor: Cli) -> None:
    lapor("down")
    refused = lapor.up("--set", "sla-monitor:FAIL_WITH=78")
    assert refused.returncode == 1
    assert "FAIL_WITH is set, so this leaves" in refused.stderr
    assert not any(each["pid"] for each in lapor.status()["services"].values())


@contextmanager
def foreground(lapor: Cli) -> Iterator[subprocess.Popen[str]]:
    """Run `lapor up` in a shell of its own, and wait until it is ready."""
    lapor("down")
    with lapor.start("up", "--no-tty", "--region", str(lapor.region)) as shell:
        try:
            until(lambda: lapor.status()["ready"] or shell.poll() is not None, 120)
            assert shell.poll() is None, shell.communicate()[1]
            yield shell
        finally:
            shell.terminate()


#: PostgreSQL's last words when it is stopped in order, but not when it is killed.
IN_ORDER = "database system is shut down"


def test_ctrl_c_stops_it_in_order(lapor: Cli) -> None:
    with foreground(lapor) as shell:
        os.killpg(shell.pid, signal.SIGINT)
        _, said = shell.communicate(timeout=60)
    assert shell.returncode == 0, said
    assert said.index("router         stopping") < said.index("kafka          stopping")
    assert IN_ORDER in tail(lapor.data.log("postgres"), 1)


def test_ctrl_c_twice_ends_it_at_once(lapor: Cli) -> None:
    with foreground(lapor) as shell:
        now = state.running(lapor.data)
        router = state.entry(now, "router")
        state.signal_group(router, signal.SIGSTOP)  # so that an orderly stop waits for it, and then for the database
        os.killpg(shell.pid, signal.SIGINT)
        until(lambda: state.entry(state.running(lapor.data), "router").state == "stopping", what="the first one")
        os.killpg(shell.pid, signal.SIGINT)
        shell.communicate(timeout=60)
    assert [e.name for e in now.processes if state.lives(e.pid, e.started)] == []
    assert IN_ORDER not in tail(lapor.data.log("postgres"), 1)


def test_a_folder_that_is_no_region_is_refused_with_a_sentence(lapor: Cli, tmp_path: Path) -> None:
    missing = lapor("up", "--region", str(tmp_path / "nowhere"))
    assert (missing.returncode, missing.stderr.split(":")[0]) == (1, f"There is no region folder {tmp_path}/nowhere")
    empty = lapor("up", "--region", str(tmp_path))
    assert empty.returncode == 1
    assert "units.yaml: it is missing" in " ".join(empty.stderr.split())


def test_without_a_running_system_each_command_says_so(lapor: Cli) -> None:
    lapor("down")
    for command in (("env",), ("restart", "router"), ("kill", "router")):
        refused = lapor(*command)
        assert refused.returncode == 1
        assert "start it with `lapor up" in refused.stderr


def test_status_answers_when_nothing_runs(lapor: Cli) -> None:
    lapor("down")
    shown = lapor("status")
    assert (shown.returncode, lapor("status", "--json").returncode) == (0, 0)
    assert "start it with `lapor up" in shown.stderr
    assert lapor.status()["ready"] is False


def test_purge_deletes_what_up_made_and_nothing_else(lapor: Cli) -> None:
    lapor("down")
    lapor.data.create()
    (lapor.data.root / "mine.txt").write_text("keep")
    for path in lapor.data.made:
        path.touch() if not path.exists() else None
    assert lapor("down", "--purge").returncode == 0
    assert [path.name for path in lapor.data.root.iterdir()] == ["mine.txt"]


def test_purge_touches_no_folder_that_up_did_not_make(lapor: Cli, tmp_path: Path) -> None:
    theirs = [tmp_path / "logs" / "theirs.log", tmp_path / "lock", tmp_path / "credentials.json"]
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    refused = Cli(data=DataDir(tmp_path), region=lapor.region)("down", "--purge")
    assert refused.returncode == 1
    assert "was not made by `lapor up`" in refused.stderr
    assert all(path.exists() for path in theirs)


def test_purge_of_nothing_is_nothing(lapor: Cli, tmp_path: Path) -> None:
    assert Cli(data=DataDir(tmp_path / "none"), region=lapor.region)("down", "--purge").returncode == 0


def region_with(folder: Path, lapor: Cli, **changes: tuple[str, str]) -> Path:
    """Copy the region, with a text of some files replaced."""
    shutil.copytree(lapor.region, folder)
    for name, (old, new) in changes.items():
        path = folder / f"{name}.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    return folder


def test_a_unit_that_was_removed_stops_the_start_with_what_to_do(lapor: Cli, tmp_path: Path) -> None:
    running(lapor)
    lapor("down")
    region = region_with(tmp_path / "region", lapor, units=("code: PUPR\n", "code: PUTR\n"))
    refused = lapor("up", "--no-tty", "--region", str(region))
    assert refused.returncode == 1
    assert "PUPR" in refused.stderr.splitlines()[-1]
    assert "valid_until" in refused.stderr
    assert lapor.up().returncode == 0


def test_the_region_of_another_kabupaten_needs_data_of_its_own(lapor: Cli, tmp_path: Path) -> None:
    running(lapor)
    lapor("down")
    region = region_with(tmp_path / "region", lapor, territory=('code: "73.12"', 'code: "99.01"'))
    refused = lapor("up", "--no-tty", "--region", str(region))
    assert refused.returncode == 1
    assert "made for the kabupaten 73.12, and the region is 99.01" in refused.stderr
    assert "--data" in refused.stderr


def test_installation_starts_after_kafka_is_lost_and_says_how_to_recover(lapor: Cli) -> None:
    """Each service forgets its offsets in the old log before it starts; otherwise it would refuse to start."""
    running(lapor)
    owners = [service.name for service in installation.SERVICES if service.database]
    assert not any(lapor.data.log(f"{name}-rewind").exists() for name in owners)
    lapor("down")
    shutil.rmtree(lapor.data.kafka)

    started = lapor.up()

    said = " ".join(started.stderr.split())
    assert (0, True) == (started.returncode, lapor.status()["ready"]), said
    assert all(lapor.data.log(f"{name}-rewind").exists() for name in owners)
    assert "Kafka has lost all that it held" in said
    assert "lapor republish --since 20" in said
    lapor("down")
    assert "republish" not in lapor.up().stderr
