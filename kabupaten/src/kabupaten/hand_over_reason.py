"""Checks that the reason of a hand-over says why, and not only "not ours". Pure: the router and the desk use it."""

from __future__ import annotations

import re

#: A reason needs this many words besides those for "it is somebody else's".
ENOUGH_WORDS = 2
_OURS = "bukan wewenang tugas urusan ranah kami kita dinas bidang unit instansi"
_JOINTS = "ini itu dari di ke yang untuk"
_NO_REASON = frozenset(f"{_OURS} {_JOINTS}".split())


def says_why(text: str) -> bool:
    """Whether the reason ``text`` says more than that the complaint is somebody else's."""
    return len([word for word in re.findall(r"\w+", text.casefold()) if word not in _NO_REASON]) >= ENOUGH_WORDS
