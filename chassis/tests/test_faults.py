"""Crash points: a test arms them, and nothing else does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path


def crash(at: str, *points: str) -> int:
    code = "import sys\nfrom chassis.faults import crash_point\nfor p in sys.argv[1:]: crash_point(p)"
    return subprocess.run(
        [sys.executable, "-c", code, *points], env={"CRASH_AT": at}, check=False, timeout=120
    ).returncode


def test_a_crash_point_kills_only_where_it_is_armed() -> None:
    assert crash("", "relay.after_publish_before_mark") == 0
    assert crash("relay.after_publish_before_mark", "inbox.after_effect_before_commit") == 0
    assert crash("relay.after_publish_before_mark", "relay.after_publish_before_mark") == -signal.SIGKILL


def test_a_crash_point_with_a_file_kills_once(tmp_path: Path) -> None:
    at = f"relay.after_publish_before_mark@{tmp_path / 'crashed'},other@{tmp_path / 'other'}"
    assert crash(at, "relay.after_publish_before_mark") == -signal.SIGKILL
    assert crash(at, "relay.after_publish_before_mark") == 0
    assert crash(at, "other") == -signal.SIGKILL
