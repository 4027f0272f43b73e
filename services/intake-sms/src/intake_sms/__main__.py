"""The command ``intake-sms``."""

from __future__ import annotations

import chassis.intake
from chassis.cli import cli
from intake_sms.app import run

main = cli("intake-sms", run, migrations=[chassis.intake.MIGRATIONS])

if __name__ == "__main__":
    main()
