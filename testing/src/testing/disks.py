"""A disk that is soon full."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testing.programs import missing


class SmallDisk:
    """The disk mounted at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.filler = folder, folder / "filler"

    def fill(self, but: int = 0) -> None:
        """Take all its room, or leave ``but`` bytes."""
        with self.filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self.folder).free - but)

    def make_room(self) -> None:
        """Free the room again."""
        self.filler.unlink()


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """Mount a disk of ``size`` bytes at ``folder`` until the end of the block. Skips the test if we may not mount."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, timeout=120).returncode:  # noqa: S603
        missing("a small disk can be mounted only by root")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=120)  # noqa: S603, S607
