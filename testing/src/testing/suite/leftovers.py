"""Ends what a run that was killed has left behind: ``python -m testing.suite.leftovers``, before the next run in CI."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

#: Seconds that a process has to leave.
PATIENCE_S = 10


def orphans() -> list[psutil.Process]:
    """Give the processes that nobody waits for any more and that work in a folder of our tests."""
    prefix = f"{tempfile.gettempdir()}/lapor-"
    return [
        each
        for each in psutil.process_iter()
        if each.ppid() == 1 and any(prefix in word for word in (*each.cmdline(), each.cwd()))
    ]


def main() -> int:
    """End them, with all that they started, and take away what is mounted there; a line each."""
    found = orphans()
    for each in found:
        print("left behind by an earlier run:", each.pid, " ".join(each.cmdline())[:150])  # noqa: T201
    families = [one for each in found for one in (each, *each.children(recursive=True))]
    for one in families:
        one.terminate()
    for one in psutil.wait_procs(families, PATIENCE_S)[1]:
        one.kill()
    for line in Path("/proc/mounts").read_text().splitlines():
        if (where := line.split()[1]).startswith(f"{tempfile.gettempdir()}/lapor-"):
            subprocess.run(["umount", "--lazy", where], check=True, timeout=30)  # noqa: S603, S607
    return 0


if __name__ == "__main__":
    sys.exit(main())
