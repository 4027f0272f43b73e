"""The website's own files, and those that all our websites share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from look import files as all_files

#: Name to content of every file below /static/.
ASSETS = all_files.gather(Path(__file__).parent / "static")


def address(name: str, files: Mapping[str, bytes] = ASSETS) -> str:
    """Return the address at which a browser gets the file ``name`` of ``files``."""
    return all_files.address(name, files)
