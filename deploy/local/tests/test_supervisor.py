"""The supervisor: starts in order, restarts processes that exit, and gives up where a restart can't help."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from lapor.errors import Refused
from lapor.processes import data_dir, state, supervisor
from lapor.processes.data_dir import DataDir
from lapor.processes.process import Process, Step
from lapor.processes.supervisor import Supervisor
from testing.waiting import within

TOUCH_AND_STAY = """
import pathlib, signal, sys, time
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


@pytest.fixture
async def boss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Supervisor]:
    monkeypatch.setattr(supervisor, "BACKOFF_S", (0.05, 0.2))
    monkeypatch.setattr(supervisor, "PROBE_S", 0.02)
    monkeypatch.setattr(supervisor, "PORT_S", 0.1)
    data = DataDir(tmp_path / "data")
    data.create()
    boss = Supervisor(data, "region", lambda _state: None)
    yield boss
    await boss.stop()


def touched(path: Path) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return path.exists()  # noqa: ASYNC240 - a local file, at once

    return ready


def python(tmp_path: Path, code: str, name: str = "router", **more: object) -> Process:
    """Return a process that is ready as soon as it has made its file."""
    mark = tmp_path / f"{name}.mark"
    command = (sys.executable, "-c", code, str(mark))
    return Process(name=name, command=command, ready=touched(mark), **{"ready_timeout_s": 60, **more})  # type: ignore[arg-type]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_start_returns_when_all_are_ready_and_the_state_is_on_disk(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([python(tmp_path, TOUCH_AND_STAY, "a"), python(tmp_path, TOUCH_AND_STAY, "b")])
    written = state.read(boss.data.state)
    assert written
    assert [(e.name, e.state) for e in written.processes] == [("a", "ready"), ("b", "ready")]
    assert all(state.lives(e.pid, e.started) for e in written.processes)


async def test_a_killed_process_is_started_again_and_counted(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([python(tmp_path, TOUCH_AND_STAY)])
    entry = boss.state.processes[0]
    first = entry.pid
    assert first
    os.kill(first, signal.SIGKILL)
    await until(lambda: entry.state == "ready" and entry.pid != first)
    assert entry.restarts == 1


async def test_exit_code_75_is_always_tried_again(boss: Supervisor, tmp_path: Path) -> None:
    count = tmp_path / "count"
    code = f"""
import pathlib, sys, time
count = pathlib.Path({str(count)!r})
tries = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(tries))
if tries < 9: sys.exit(75)
{TOUCH_AND_STAY}
"""
    await boss.start([python(tmp_path, code)])
    assert boss.state.processes[0].restarts == 8


async def test_exit_code_78_stops_the_start_with_the_last_lines_of_the_log(boss: Supervisor, tmp_path: Path) -> None:
    code = "import sys; print('KAFKA_PASSWORD: not set'); sys.exit(78)"
    with pytest.raises(Refused, match=r"router refuses its settings(?s:.*)KAFKA_PASSWORD: not set"):
        await boss.start([python(tmp_path, code)])


async def test_process_that_never_becomes_ready_is_given_up(boss: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"router left 5 times before it was ready(?s:.*)ImportError: nothing"):
        await boss.start([python(tmp_path, "raise ImportError('nothing')")])


async def test_nobody_waits_for_what_is_not_vital_and_the_others_go_on_without_it(
    boss: Supervisor, tmp_path: Path
) -> None:
    watching = python(tmp_path, "raise ImportError('nothing')", "prometheus", vital=False)
    await boss.start([watching, python(tmp_path, TOUCH_AND_STAY)])
    entries = {entry.name: entry for entry in boss.state.processes}
    await until(lambda: entries["prometheus"].state == "failed")
    assert "ready" == entries["router"].state
    assert not boss.failure.done()


async def test_a_silent_process_is_given_up_after_its_time(boss: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="router is not ready after 0 s"):
        await boss.start([python(tmp_path, "import time; time.sleep(60)", ready_timeout_s=0.3)])


async def test_a_program_that_is_missing_is_named(boss: Supervisor, tmp_path: Path) -> None:
    absent = Process(name="kafka", command=("/nowhere/java",), ready=touched(tmp_path / "never"))
    with pytest.raises(Refused, match=r"kafka cannot be started: .*/nowhere/java"):
        await boss.start([absent])


async def test_a_port_that_another_program_took_is_named(boss: Supervisor, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"Port {port} of router was taken by another program"):
            await boss.start([python(tmp_path, "raise SystemExit(1)", ports=(port,))])


async def test_held_process_is_not_started_until_released(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([python(tmp_path, TOUCH_AND_STAY)])
    [entry] = boss.state.processes
    boss.data.held.mkdir()
    (boss.data.held / "router").touch()
    os.kill(entry.pid or 0, signal.SIGTERM)
    await until(lambda: entry.state == "held")
    assert (entry.pid, entry.restarts) == (None, 0)

    (boss.data.held / "router").unlink()
    await until(lambda: entry.state == "ready")


async def test_a_start_does_not_wait_for_what_is_held(boss: Supervisor, tmp_path: Path) -> None:
    """After an interrupted restore the other processes run, and the restore can be repeated."""
    boss.data.held.mkdir()
    (boss.data.held / "router").touch()
    await boss.start([python(tmp_path, TOUCH_AND_STAY), python(tmp_path, TOUCH_AND_STAY, "other")])
    held, other = boss.state.processes
    await until(lambda: held.state == "held")
    assert other.state == "ready"
    assert not (tmp_path / "router.mark").exists()


async def test_the_last_started_is_stopped_first(boss: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = f"""
import pathlib, signal, sys, time
def leave(*_):
    with open({str(order)!r}, "a") as file: file.write(pathlib.Path(sys.argv[1]).stem + " ")
    sys.exit()
signal.signal(signal.SIGTERM, leave)
{TOUCH_AND_STAY}
"""
    await boss.start([python(tmp_path, code, "kafka")])
    await boss.start([python(tmp_path, code, "router")])
    await boss.stop()
    assert order.read_text() == "router kafka "
    assert [e.state for e in boss.state.processes] == ["stopped", "stopped"]


async def test_a_process_that_ignores_its_stop_is_killed(boss: Supervisor, tmp_path: Path) -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{TOUCH_AND_STAY}"
    await boss.start([python(tmp_path, code, stop_timeout_s=0.2)])
    await boss.stop()
    assert boss.state.processes[0].state == "stopped"


async def test_a_log_that_becomes_long_is_put_aside_and_the_process_goes_on_with_it(
    boss: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_dir, "LOG_BYTES", 1_000)
    monkeypatch.setattr(supervisor, "CHECK_S", 0.02)
    code = """
import pathlib, sys, time
pathlib.Path(sys.argv[1]).touch()
for n in range(10_000):
    print(f"line {n}", flush=True)
    time.sleep(0.005)
"""
    await boss.start([python(tmp_path, code)])
    log = boss.data.log("router")
    before = log.with_name("router.log.1")
    await until(before.exists)
    await until(lambda: "line" in log.read_text())

    assert before.stat().st_size >= 1_000
    assert int(before.read_text().split()[1]) < int(log.read_text().split()[1])


async def test_kill_ends_everything_at_once(boss: Supervisor, tmp_path: Path) -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{TOUCH_AND_STAY}"
    await boss.start([python(tmp_path, code)])
    boss.kill()
    await until(lambda: boss.state.processes[0].state == "stopped")


async def test_kill_ends_also_what_a_process_started_in_sessions_of_their_own(boss: Supervisor, tmp_path: Path) -> None:
    """PostgreSQL starts such children, and does not start again while one of them holds its memory."""
    code = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {TOUCH_AND_STAY!r}, sys.argv[1]], start_new_session=True).wait()
"""
    await boss.start([python(tmp_path, code)])
    pid = boss.state.processes[0].pid
    assert pid
    (child,) = psutil.Process(pid).children()
    boss.kill()
    await until(lambda: not state.lives(child.pid, child.create_time()))


async def test_a_step_that_fails_is_refused_with_the_end_of_its_log(boss: Supervisor) -> None:
    step = Step(name="router-migrate", command=(sys.executable, "-c", "raise SystemExit('no such table')"))
    with pytest.raises(Refused, match=r"router-migrate failed with exit code 1(?s:.*)no such table"):
        await boss.run(step)


async def test_a_start_time_tells_a_pid_from_its_successor(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([python(tmp_path, TOUCH_AND_STAY)])
    entry = boss.state.processes[0]
    assert entry.started
    assert state.lives(entry.pid, entry.started)
    assert not state.lives(entry.pid, entry.started - 100)


async def test_leftovers_of_a_killed_supervisor_are_stopped(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([python(tmp_path, TOUCH_AND_STAY)])
    entry = boss.state.processes[0]
    copy = tmp_path / "state.json"
    state.write(copy, boss.state)
    for child in boss._waves[0]:
        child.wanted = False  # the supervisor is gone; only its state file is left
    ended = await asyncio.to_thread(state.stop_leftovers, copy)
    assert ended == ["router"]
    assert not state.lives(entry.pid, entry.started)


async def test_a_leftover_that_ends_while_it_is_looked_at_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await within(gone.wait())
    mine = psutil.Process()
    entry = state.Entry(name="router", pid=gone.pid, started=mine.create_time())
    copy = tmp_path / "state.json"
    state.write(copy, state.State(pid=mine.pid, started=mine.create_time(), region="region", processes=[entry]))
    monkeypatch.setattr(state, "lives", lambda _pid, _started: True)

    assert ["router"] == await asyncio.to_thread(state.stop_leftovers, copy)
