"""The website's own files, and those that all pages of ours have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from look import files as all_files

#: Name to content, of all that there is below /static/.
ASSETS = all_files.gather(Path(__file__).parent / "static")


def address(name: str, files: Mapping[str, bytes] = ASSETS) -> str:
    """Give where a browser gets the file ``name`` of ``files``."""
    return all_files.address(name, files)
