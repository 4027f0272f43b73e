"""How words are written: one form of what is typed in many, and which are one slip of the finger apart."""

from __future__ import annotations

import re

_APOSTROPHE = re.compile("[’‘`´ʔ]")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")


def unified(text: str) -> str:
    """Write ``text`` in lower case, with one kind of apostrophe, hyphens as blanks, and stretched letters once."""
    return _STRETCHED.sub(r"\1", _APOSTROPHE.sub("'", text.lower()).replace("-", " "))


def nearly(word: str, keyword: str) -> bool:
    """Whether one letter is missing, added or changed, or two neighbours are swapped, or nothing is wrong."""
    one, two = word.casefold(), keyword.casefold()
    same = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    one, two = one[same:], two[same:]
    swapped = one[:2] == two[:2][::-1] and one[2:] == two[2:]
    return swapped or one[1:] == two[1:] or one[1:] == two or one == two[1:]
