"""Writes the dashboards: `python -m monitoring.generate`; with `--check` it only names those that are out of date."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from monitoring.boards import BOARDS
from monitoring.grid import as_json

OUT = Path(__file__).parents[2] / "dashboards"


def documents() -> dict[str, str]:
    """Generate the text of each file, by its name."""
    return {
        f"{board.uid}.json": json.dumps(
            as_json(board, [other for other in BOARDS if other is not board]), indent=2, ensure_ascii=False
        )
        + "\n"
        for board in BOARDS
    }


def main() -> int:
    """Write or check the dashboards, and return the exit code."""
    wanted, check = documents(), "--check" in sys.argv[1:]
    there = {path.name: path.read_text() for path in OUT.glob("*.json")}
    wrong = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    if check:
        for name in wrong:
            sys.stderr.write(f"{OUT / name} is not what boards.py says: make dashboards\n")
        return 1 if wrong else 0
    OUT.mkdir(exist_ok=True)
    for name in wrong:
        if name in wanted:
            (OUT / name).write_text(wanted[name])
        else:
            (OUT / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
