"""The command ``intake-sms``."""

from __future__ import annotations

from intake.cli import intake_cli

main = intake_cli("intake-sms", "intake_sms.app:run")

if __name__ == "__main__":
    main()
