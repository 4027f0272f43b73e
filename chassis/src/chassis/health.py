"""The health check of a container: ``python -m chassis.health URL`` fails unless the URL answers 200."""

from __future__ import annotations

import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener


def main() -> int:
    """Ask once, for at most two seconds; return the exit code."""
    try:
        with build_opener(ProxyHandler({})).open(sys.argv[1], timeout=2) as answer:
            return 0 if answer.status == 200 else 1
    except (URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
