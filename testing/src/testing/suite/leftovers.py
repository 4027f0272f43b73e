"""End what a killed run has left behind: ``python -m testing.suite.leftovers``, before the next run in CI."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

#: Seconds that a process has to exit.
PATIENCE_S = 10


def orphans() -> list[psutil.Process]:
    """List the orphaned processes that work in a folder of our tests."""
    prefix = f"{tempfile.gettempdir()}/lapor-"
    found = []
    for each in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):  # it just ended
            if each.ppid() == 1 and any(prefix in word for word in (*each.cmdline(), each.cwd())):
                found.append(each)
    return found


def end(found: Iterable[psutil.Process]) -> None:
    """End ``found`` and all processes that they started; print a line for each. Some end by themselves."""
    families = []
    for each in found:
        with suppress(psutil.NoSuchProcess):
            print("left behind by an earlier run:", each.pid, " ".join(each.cmdline())[:150])  # noqa: T201
            families += [each, *each.children(recursive=True)]
    for one in families:
        with suppress(psutil.NoSuchProcess):  # a shell goes with its child
            one.terminate()
    for one in psutil.wait_procs(families, PATIENCE_S)[1]:
        with suppress(psutil.NoSuchProcess):
            one.kill()


def main() -> int:
    """End processes left behind, and unmount what they left mounted."""
    end(orphans())
    for line in Path("/proc/mounts").read_text().splitlines():
        if (where := line.split()[1]).startswith(f"{tempfile.gettempdir()}/lapor-"):
            subprocess.run(["umount", "--lazy", where], check=True, timeout=30)  # noqa: S603, S607
    return 0


if __name__ == "__main__":
    sys.exit(main())
