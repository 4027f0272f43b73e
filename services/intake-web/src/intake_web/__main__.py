"""The command line of intake-web."""

from pathlib import Path

from intake.cli import intake_cli
from intake_web import key_commands

main = intake_cli(
    "intake-web",
    "intake_web.app:run",
    Path(__file__).parents[2] / "migrations",
    also="intake_web.adapters.accounts:export_for_operator",
)
main.add_typer(key_commands.app, name="key")

if __name__ == "__main__":
    main()
