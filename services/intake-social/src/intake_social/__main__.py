"""The command ``intake-social``."""

from __future__ import annotations

from pathlib import Path

import chassis.intake
from chassis.cli import cli


def _run() -> None:
    from intake_social.app import run

    run()


main = cli("intake-social", _run, migrations=[chassis.intake.MIGRATIONS, Path(__file__).parents[2] / "migrations"])

if __name__ == "__main__":
    main()
