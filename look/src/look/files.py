"""The static files of a website. An address changes with its content, so that browsers may cache it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_IMPORT = re.compile(rb'from "\./([\w-]+\.js)(?:\?v=\w+)?"')


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


def gather(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below /static/ by its name, so that no requested name ever becomes a path.

    These are the files of ``folder`` and those that all our websites share.
    """
    paths = [*_FOLDER.iterdir(), *folder.iterdir()]
    files = {path.name: path.read_bytes() for path in sorted(paths, key=lambda path: path.name)}
    version = _scripts(files).encode()
    return {
        name: _IMPORT.sub(rb'from "./\1?v=' + version + b'"', content) if name.endswith(".js") else content
        for name, content in files.items()
    }


def address(name: str, files: Mapping[str, bytes]) -> str:
    """Return the address at which a browser gets the file ``name`` of ``files``."""
    return f"/static/{name}?v={_scripts(files) if name.endswith('.js') else _digest(files[name])}"


def _scripts(files: Mapping[str, bytes]) -> str:
    """Return one version for all scripts, because scripts that import each other must match."""
    scripts = (_IMPORT.sub(rb'from "./\1"', files[name]) for name in sorted(files) if name.endswith(".js"))
    return _digest(b"".join(scripts))
