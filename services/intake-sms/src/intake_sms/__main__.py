"""The command ``intake-sms``."""

from __future__ import annotations

from intake.cli import intake_cli
from intake_sms.app import run

main = intake_cli("intake-sms", run)

if __name__ == "__main__":
    main()
