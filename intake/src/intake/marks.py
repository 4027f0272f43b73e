"""RAHASIA and ANONIM before a complaint, read from a message of any channel. Pure.

Only the first words are marks: whoever writes of a secret further on tells something. In doubt a mark is meant, for
what is taken as confidential by mistake harms nobody, and what is published by mistake can't be taken back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: With these RAHASIA is a common expression, as "an open secret" is; behind a colon or the like it is a mark even so.
_EXPRESSION = r"[ \t]+(?:umum|publik|negara|dagang)(?!\w)"
_MARK = re.compile(
    rf"[\s(\[#*]*(?:(?P<rahasia>rahasia)(?!{_EXPRESSION})|(?P<anonim>anonim))(?!\w)[\s)\]#:;,.*!/_+&-]*"
    r"(?:dan\s+(?=(?:rahasia|anonim)(?!\w)))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A text without the marks before it, and which they were."""

    text: str
    rahasia: bool = False
    anonim: bool = False

    @property
    def any(self) -> bool:
        """Whether there was one."""
        return self.rahasia or self.anonim


def read_marks(text: str) -> Marked:
    """Take the marks off the beginning of ``text``: "RAHASIA, ANONIM: ada pungli" is "ada pungli", and both."""
    found: set[str] = set()
    while match := _MARK.match(text):
        found.add(str(match.lastgroup))
        text = text[match.end() :]
    return Marked(text=text, rahasia="rahasia" in found, anonim="anonim" in found)
