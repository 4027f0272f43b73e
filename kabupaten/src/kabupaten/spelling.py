"""How words are written: one form for many spellings, and whether two words are one slip of the finger apart."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = "'’‘`´ʔ"
#: Signs for a glottal stop; people leave it out as often.
APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
#: A word of letters, without digits.
WORD = re.compile(rf"[^\W\d_]+(?:[{_APOSTROPHES}][^\W\d_]*)?")
_DOUBLE = re.compile(r"([^\W\d_])\1")
#: Doubled letters of names this long are one letter: nobody agrees on how to spell them.
_LONG_NAME = 6
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")


def unified(text: str) -> str:
    """Write ``text`` in lower case, with one kind of apostrophe, hyphens as blanks, and stretched letters once."""
    return _STRETCHED.sub(r"\1", APOSTROPHE.sub("'", text.lower()).replace("-", " "))


def plain(text: str) -> str:
    """Write ``text`` in lower case, with one kind of apostrophe, hyphens and runs of blanks as one blank."""
    return re.sub(r"[-\s]+", " ", APOSTROPHE.sub("'", text.lower())).strip()


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Write the word of a name in lower case without accents and apostrophes, doubled letters of longer ones once."""
    bare = APOSTROPHE.sub("", word if word.isascii() else _unaccented(word)).lower()
    return _DOUBLE.sub(r"\1", bare) if len(bare) >= _LONG_NAME else bare


def _unaccented(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def nearly(word: str, keyword: str) -> bool:
    """Whether at most one letter is missing, added or changed, or two neighbours are swapped."""
    one, two = word.casefold(), keyword.casefold()
    same = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    one, two = one[same:], two[same:]
    swapped = one[:2] == two[:2][::-1] and one[2:] == two[2:]
    return swapped or one[1:] == two[1:] or one[1:] == two or one == two[1:]
