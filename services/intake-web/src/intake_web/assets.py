"""The website's own files. An address changes with the content, so that browsers may keep it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_IMPORT = re.compile(rb'from "\./([\w-]+\.js)"')


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


_FILES = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir())}
#: One for all scripts: those that import each other must fit each other.
_SCRIPTS = _digest(b"".join(content for name, content in _FILES.items() if name.endswith(".js")))
#: Name to content, of all that there is below /static/: what is asked for never becomes a path.
ASSETS = {
    name: _IMPORT.sub(rb'from "./\1?v=' + _SCRIPTS.encode() + b'"', content) if name.endswith(".js") else content
    for name, content in _FILES.items()
}


def address(name: str, files: Mapping[str, bytes] = ASSETS) -> str:
    """Give where a browser gets the file ``name`` of ``files``."""
    return f"/static/{name}?v={_SCRIPTS if name.endswith('.js') else _digest(files[name])}"
