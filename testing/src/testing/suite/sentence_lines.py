"""Markdown with one sentence a line, so that a change of a sentence is a change of a line; `make fmt` writes it so.

A paragraph and an item of a list are split; tables, code, headings, quotations and HTML stay as they are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

_ITEM = re.compile(r"(\s*)((?:[-*+]|\d+\.)\s+)(?=\S)")
_KEPT = re.compile(r"\s*(?:[|#<>]|```|~~~|\[[^\]]+\]:|---|===)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
#: A sentence ends with a stop that no abbreviation has, before a capital letter, code, a link or emphasis.
_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bNo)(?<!\bArt)(?<!\bvs)(?<!\bcf)([.!?][)\"*_`]*)\s+(?=[A-Z`\"(*\[_0-9])")
_WHOLE = re.compile(r"(`+)(?:(?!\1).)+\1|\[[^\]]*\](?:\([^)]*\))?")


def one_a_line(text: str) -> str:
    """Return ``text`` with one sentence a line."""
    lines, paragraph, fenced = list[str](), list[str](), False

    def finish() -> None:
        lines.extend(_split(paragraph))
        paragraph.clear()

    for line in text.splitlines():
        if fenced or _FENCE.match(line):
            finish()
            fenced ^= bool(_FENCE.match(line))
            lines.append(line)
        elif not line.strip() or _KEPT.match(line) or line.endswith("  "):
            finish()
            lines.append(line)
        else:
            if _ITEM.match(line):
                finish()
            paragraph.append(line)
    finish()
    return "\n".join(lines) + "\n"


def _split(paragraph: list[str]) -> Iterator[str]:
    if not paragraph:
        return
    item = _ITEM.match(paragraph[0])
    first = item[0] if item else re.match(r"\s*", paragraph[0])[0]  # type: ignore[index]
    text = " ".join([paragraph[0][len(first) :].strip(), *(line.strip() for line in paragraph[1:])])
    hidden = _WHOLE.sub(lambda found: found[0][0] + "x" * (len(found[0]) - 1), text)  # code and links stay whole
    begin, indent = 0, first
    for end in [*(found.end() for found in _END.finditer(hidden)), len(text)]:
        yield indent + text[begin:end].strip()
        begin, indent = end, " " * len(first)


def files(root: Path) -> Iterator[Path]:
    """List the Markdown of this project below ``root``."""
    for path in sorted(root.glob("**/*.md")):
        if not re.search(r"(?:^|/)(?:\.[a-z_]+|node_modules|build)/", str(path.relative_to(root))):
            yield path


if __name__ == "__main__":
    for each in files(Path(sys.argv[1])):
        before = each.read_text()
        if (after := one_a_line(before)) != before:
            each.write_text(after)
