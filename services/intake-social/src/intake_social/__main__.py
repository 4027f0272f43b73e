"""The command ``intake-social``."""

from __future__ import annotations

from pathlib import Path

from intake.cli import intake_cli

main = intake_cli("intake-social", "intake_social.app:run", Path(__file__).parents[2] / "migrations")

if __name__ == "__main__":
    main()
