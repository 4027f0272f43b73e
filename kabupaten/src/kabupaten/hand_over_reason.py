"""Whether the reason of a hand-over says whose the complaint is, and why. Pure: the router and the desk ask it."""

from __future__ import annotations

import re

#: A reason says more than that the complaint is another's.
ENOUGH_WORDS = 2
_OURS = "bukan wewenang tugas urusan ranah kami kita dinas bidang unit instansi"
_JOINTS = "ini itu dari di ke yang untuk"
_NO_REASON = frozenset(f"{_OURS} {_JOINTS}".split())


def says_why(text: str) -> bool:
    """Tell whether the reason ``text`` says more than that the complaint is somebody else's."""
    return len([word for word in re.findall(r"\w+", text.casefold()) if word not in _NO_REASON]) >= ENOUGH_WORDS
