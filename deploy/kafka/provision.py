"""Gives `lapor provision` the services' passwords from the environment; those of the units are made and kept.

Reads PASSWORD_<SERVICE> for every service, and ACCOUNTS_FILE, where all passwords end up (mode 0600).
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from lapor import credentials
from lapor.files import write_private

SERVICES = ("intake-sms", "intake-social", "intake-web", "classifier", "router", "sla-monitor")


def main() -> None:
    """Write the accounts, then become `lapor provision`."""
    accounts = Path(os.environ["ACCOUNTS_FILE"])
    given = {name: os.environ["PASSWORD_" + name.upper().replace("-", "_")] for name in SERVICES}
    kept = credentials.read(accounts)
    kept.principals |= given
    write_private(accounts, json.dumps(asdict(kept)))
    os.execvp("lapor", ["lapor", "provision", "--accounts", str(accounts)])  # noqa: S606, S607


if __name__ == "__main__":
    main()
