"""The command line of intake-web."""

from pathlib import Path

from intake.cli import intake_cli
from intake_web.app import SERVICE, run

main = intake_cli(SERVICE, run, Path(__file__).parents[2] / "migrations")

if __name__ == "__main__":
    main()
