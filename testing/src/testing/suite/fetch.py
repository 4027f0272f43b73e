"""Fetch or make once what tests share, so that no test needs the network: ``python -m testing.suite.fetch``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lapor.errors import Refused
from lapor.servers import jars, postgres
from testing.fixtures import texts_of
from testing.model import model_of
from testing.servers import npm_packages

_ROOT = Path(__file__).parents[4]
REGION = _ROOT / "region" / "soppeng"


def npm_folders() -> list[Path]:
    """List the folders whose tests need packages from npm: each pins them in its ``package.json``."""
    listed = subprocess.run(
        ["git", "ls-files", "*/package.json"],  # noqa: S607
        cwd=_ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found = [_ROOT / line for line in listed.stdout.splitlines()]
    return [path.parent for path in found if "dependencies" in json.loads(path.read_text())]


def main() -> int:
    """Fetch everything, and print a line for each."""
    try:
        print("the user that PostgreSQL runs as:", postgres.server_user() or "this one", flush=True)  # noqa: T201
        print("Apache Kafka:", len(jars.classpath()), "jars", flush=True)  # noqa: T201
        for folder in npm_folders():
            print("npm:", npm_packages(folder).relative_to(sys.prefix), flush=True)  # noqa: T201
        print("the classifier's model:", model_of(REGION).stat().st_size, "bytes", flush=True)  # noqa: T201
        print("the words of danger and of conduct:", texts_of(REGION).zone, flush=True)  # noqa: T201
    except (Refused, LookupError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
