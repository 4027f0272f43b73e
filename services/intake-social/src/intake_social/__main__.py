"""The command ``intake-social``."""

from __future__ import annotations

from pathlib import Path

from intake.cli import intake_cli


def _run() -> None:
    from intake_social.app import run

    run()


main = intake_cli("intake-social", _run, Path(__file__).parents[2] / "migrations")

if __name__ == "__main__":
    main()
