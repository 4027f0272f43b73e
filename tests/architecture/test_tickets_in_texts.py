"""A ticket shown as an example is one that the system would accept."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from contracts import ticket

_TICKET = re.compile(r"\bSPG-[0-9A-Z]{4}-[0-9A-Z]{5}\b")
_FORM = "SPG-XXXX-XXXXC"  # the pattern of tickets, not a ticket
_SUFFIXES = {".py", ".md", ".yaml", ".html", ".js", ".mjs", ".json", ".txt", ".jsonl"}


def test_every_example_of_a_ticket_is_a_ticket(root: Path) -> None:
    """In texts, pages, help, documents and contracts; tests may show wrong ones."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True, timeout=120
    ).stdout
    files = [root / name for name in listed.splitlines() if "tests/" not in name]

    shown = {
        (str(path.relative_to(root)), number)
        for path in files
        if path.suffix in _SUFFIXES and path.is_file()
        for number in _TICKET.findall(path.read_text())
    }

    assert "region/soppeng/texts.yaml" in {path for path, _ in shown}
    assert [] == sorted(each for each in shown if each[1] not in (_FORM, ticket.parse(each[1])))
