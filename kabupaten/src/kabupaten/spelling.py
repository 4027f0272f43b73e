"""Which words are one slip of the finger apart."""

from __future__ import annotations


def nearly(word: str, keyword: str) -> bool:
    """Whether one letter is missing, added or changed, or two neighbours are swapped, or nothing is wrong."""
    one, two = word.casefold(), keyword.casefold()
    same = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    one, two = one[same:], two[same:]
    swapped = one[:2] == two[:2][::-1] and one[2:] == two[2:]
    return swapped or one[1:] == two[1:] or one[1:] == two or one == two[1:]
