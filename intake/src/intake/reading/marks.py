"""Reads RAHASIA and ANONIM before a complaint, in a message of any channel. Pure.

Only the first words are marks: a reporter who mentions a secret further on is telling something. In doubt a word is a
mark, because a complaint kept confidential by mistake harms nobody, and publishing one by mistake can't be undone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: With one of these RAHASIA is a common expression, like "an open secret"; before a colon or the like it is still a
#: mark.
_EXPRESSION = r"[ \t]+(?:umum|publik|negara|dagang)(?!\w)"
_MARK = re.compile(
    rf"[\s(\[#*]*(?:(?P<rahasia>rahasia)(?!{_EXPRESSION})|(?P<anonim>anonim))(?!\w)[\s)\]#:;,.*!/_+&-]*"
    r"(?:dan\s+(?=(?:rahasia|anonim)(?!\w)))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A text without its leading marks, and which marks they were."""

    text: str
    rahasia: bool = False
    anonim: bool = False

    @property
    def any(self) -> bool:
        """Whether it had a mark."""
        return self.rahasia or self.anonim


def read_marks(text: str) -> Marked:
    """Strip the marks from the beginning of ``text``: "RAHASIA, ANONIM: ada pungli" becomes "ada pungli", with both."""
    found: set[str] = set()
    while match := _MARK.match(text):
        found.add(str(match.lastgroup))
        text = text[match.end() :]
    return Marked(text=text, rahasia="rahasia" in found, anonim="anonim" in found)
