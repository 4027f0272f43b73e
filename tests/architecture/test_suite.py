"""How tests are assigned to workers: a test that hangs or ends its worker fails alone, and is reported immediately."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
#: Without other plugins of a developer's machine, whose import would be most of the cost of such a run, and without our
#: own guard, which collects the orphans of all tests.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "GUARD_PID"} | {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"
}


def outcomes(
    folder: Path, tests: str, *options: str, workers: int = 2, sigint: Any = signal.SIG_DFL
) -> tuple[dict[str, str], str]:
    """Run ``tests`` as `make test` runs ours, with fewer ``workers``. Return the outcomes by name, and the output.

    ``sigint``: how the shell that starts them handles SIGINT.
    """
    (folder / "test_few.py").write_text(textwrap.dedent(tests))
    command = (ROOT / "Makefile").read_text().partition("PYTEST := $(BIN)/python -m pytest ")[2].splitlines()[0]
    ours = (f"-ptesting.suite.{name}" for name in ("dealing", "telling", "limits", "ending", "cost", "leaks"))
    plugins = ("-pxdist.plugin", "-ppytest_timeout", "-ppytest_asyncio.plugin", *ours)
    settings = ("-c", str(ROOT / "pyproject.toml"), f"--rootdir={folder}", "--junitxml=junit.xml", f"-n{workers}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command.split(), *plugins, *settings, *options, "test_few.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env=ENVIRONMENT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, sigint),
    )
    (folder / "code").write_text(str(done.returncode))
    said = done.stdout + done.stderr
    found = {}
    for case in ElementTree.parse(folder / "junit.xml").iter("testcase"):  # noqa: S314 - ours
        kind = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
        found[case.get("name", "")] = kind
    return found, said


def test_a_test_that_ends_its_worker_is_run_once_and_the_others_of_its_folder_run(tmp_path: Path) -> None:
    tests = """
        import os
        def test_before(): pass
        def test_dies():
            open("began", "a").write("x")
            os._exit(1)
        def test_after(): pass
        def test_last(): pass
    """
    found, said = outcomes(tmp_path, tests)

    assert "x" == (tmp_path / "began").read_text()
    assert {"test_before": "passed", "test_after": "passed", "test_last": "passed"}.items() <= found.items(), said
    assert "crashed while running" in said


def test_a_test_that_hangs_is_ended_and_its_line_is_named(tmp_path: Path) -> None:
    tests = """
        import asyncio
        def test_before(): pass
        async def test_hangs():
            await asyncio.Event().wait()
        def test_after(): pass
    """
    found, said = outcomes(tmp_path, tests, "-o", "timeout=5")

    assert {"test_before": "passed", "test_hangs": "failure", "test_after": "passed"} == found, said
    assert "line 5, in test_hangs\n    await asyncio.Event().wait()" in said


def test_what_fails_is_printed_when_it_fails(tmp_path: Path) -> None:
    tests = """
        def test_fails(): assert 1 == 2
        def test_after(): pass
    """
    _, said = outcomes(tmp_path, tests)

    told = "FAILED test_few.py::test_fails (call); alone: .venv/bin/python -m pytest test_few.py::test_fails\n"
    assert said.index(told) < said.index("= FAILURES =")


def test_a_fast_test_that_fails_ends_the_run_before_what_takes_minutes(tmp_path: Path) -> None:
    tests = """
        import pytest, time
        @pytest.mark.system("common")
        @pytest.mark.parametrize("part", range(30))
        def test_of_a_system(part): time.sleep(1)
        def test_fast(): assert False
    """
    found, said = outcomes(tmp_path, tests)

    assert len(found) < 31, said
    assert "fast tests: 1, 1 failed" in said
    assert "a fast test failed: what takes minutes ends" in said


def test_two_whole_systems_run_at_once_and_no_more(tmp_path: Path) -> None:
    tests = """
        import pytest, time
        from pathlib import Path
        def run(name):
            Path(name).touch()
            time.sleep(0.5)
            running = len(list(Path().glob("*.runs")))
            Path(name).unlink()
            assert running <= 2
        @pytest.mark.system("common")
        @pytest.mark.parametrize("part", range(3))
        def test_common(part): run("common.runs")
        @pytest.mark.system("two")
        @pytest.mark.parametrize("part", range(3))
        def test_two(part): run("two.runs")
        @pytest.mark.system("fakes")
        @pytest.mark.parametrize("part", range(3))
        def test_fakes(part): run("fakes.runs")
    """
    found, said = outcomes(tmp_path, tests, workers=3)

    assert {"passed"} == set(found.values()), said
    assert 9 == len(found)


def test_after_three_failures_in_a_row_a_system_counts_as_broken(tmp_path: Path) -> None:
    tests = """
        import pytest
        pytestmark = pytest.mark.system("common")
        def test_first(): assert False
        def test_second(): assert False
        def test_third(): assert False
        def test_fourth(): open("ran", "w")
    """
    found, said = outcomes(tmp_path, tests)

    assert {"failure", "error"} == set(found.values()), said
    assert "not run: 3 tests in a row failed on this system, first test_few.py::test_first" in said
    assert not (tmp_path / "ran").exists()


def test_what_runs_and_how_long_is_told_each_minute(tmp_path: Path) -> None:
    tests = """
        import time
        def test_slow(): time.sleep(2)
    """
    _, said = outcomes(tmp_path, tests, "-o", "beat_s=0.5")

    assert re.search(
        r"\[ +\d+ s\] 0 of 1, 0 failed, load \d+, \d+ GiB free; running: test_few.py::test_slow \(\d s\)", said
    ), said


def test_what_took_its_worker_longest_is_said_at_the_end(tmp_path: Path) -> None:
    tests = """
        import pytest, time
        def test_of_a_folder(): pass
        @pytest.mark.system("two")
        def test_of_a_system(): time.sleep(1)
        @pytest.mark.system("two")
        def test_too(): time.sleep(1)
    """
    _, said = outcomes(tmp_path, tests)

    assert re.search(r"^ +[2-9] s  whole systems: two, 2\n +0 s  fast tests: , 1$", said, re.M), said


def test_what_tests_start_heeds_sigint_where_a_shell_started_them_in_the_background(tmp_path: Path) -> None:
    tests = """
        import signal
        def test_heeds(): assert signal.default_int_handler == signal.getsignal(signal.SIGINT)
    """
    found, said = outcomes(tmp_path, tests, sigint=signal.SIG_IGN)

    assert {"test_heeds": "passed"} == found, said


def test_what_a_folder_shares_ends_with_the_last_test_that_shares_it(tmp_path: Path) -> None:
    tests = """
        import pytest
        from pathlib import Path
        @pytest.fixture(scope="session")
        def server():
            yield
            Path("ended").touch()
        def test_shares(server): pass
        def test_shares_too(server): assert not Path("ended").exists()
        @pytest.mark.connected
        def test_of_another_scope(): assert Path("ended").exists()
    """
    found, said = outcomes(tmp_path, tests, workers=1)

    assert {"passed"} == set(found.values()), said


def test_what_a_test_leaves_behind_is_its_failure_and_so_is_a_needless_exception(tmp_path: Path) -> None:
    tests = """
        import asyncio, socket, subprocess, threading
        import pytest
        from testing.suite import leaks
        leaks.PATIENCE_S, kept = 0.3, []
        def thread():
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        def test_nothing(): pass
        def test_thread(): thread()
        def test_child(): kept.append(subprocess.Popen(["sleep", "60"]))
        def test_port(): kept.append(socket.create_server(("127.0.0.1", 0)))
        async def test_task(): kept.append(asyncio.create_task(asyncio.sleep(60)))
        @pytest.mark.leaves("threads", reason="nothing ends it")
        def test_excepted(): thread()
        @pytest.mark.leaves("ports", reason="none is left")
        def test_needless(): pass
        def test_end():
            kept[0].kill()
            kept[0].wait()
    """
    found, said = outcomes(tmp_path, tests, "-p", "no:unraisableexception", workers=1)

    good = {name for name, outcome in found.items() if outcome == "passed"}
    assert {"test_nothing", "test_excepted", "test_end"} == good, said
    for left in ("{'threads': {'Thread-", "{'children': {'sleep 60 ': 1}}", "{'ports': ", "{'tasks': {'sleep': 1}}"):
        assert f"it leaves behind: {left}" in said
    assert "it leaves behind no ports now" in said


def test_more_than_its_budget_is_a_failure_that_says_so_and_less_is_none(tmp_path: Path) -> None:
    """The time of a test's child process counts, and so does an orphan's time, which the guard collects."""
    tests = """
        import subprocess, sys
        def test_costs():
            work = "sum(len(str(number)) for number in range(3_000_000))"
            subprocess.run([sys.executable, "-c", work], check=True, timeout=60)
    """
    said = {}
    for budget in (1, 10_000):
        (found, text), code = outcomes(tmp_path, tests, "-o", f"budget={budget}"), (tmp_path / "code").read_text()
        said[budget] = (found, code, "That is over 1.25 of the budget" in text, f"yardsticks, of {budget}." in text)

    passed = {"test_costs": "passed"}
    assert {1: (passed, "1", True, True), 10_000: (passed, "0", False, True)} == said
