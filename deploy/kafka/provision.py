"""Gives `lapor provision` the services' passwords from the environment; those of the units are made and kept.

Reads <SERVICE>_KAFKA_PASSWORD for every service, and ACCOUNTS_FILE, where all passwords end up (mode 0600).
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from lapor.processes import credentials
from lapor.processes.data_dir import write_private

SERVICES = ("intake-sms", "intake-social", "intake-web", "classifier", "router", "sla-monitor", "prober")


def main() -> None:
    """Write the accounts, then become `lapor provision`."""
    accounts = Path(os.environ["ACCOUNTS_FILE"])
    variables = {name: name.upper().replace("-", "_") + "_KAFKA_PASSWORD" for name in SERVICES}
    if bad := credentials.faults({name: os.environ.get(name, "") for name in ("KAFKA_PASSWORD", *variables.values())}):
        sys.stderr.write("\n  ".join(["provision can't start, see .env.example:", *bad]) + "\n")
        sys.exit(78)
    given = {name: os.environ[variable] for name, variable in variables.items()}
    kept = credentials.read(accounts)
    kept.principals |= given
    write_private(accounts, json.dumps(asdict(kept)))
    copies = str(len(os.environ["KAFKA_BOOTSTRAP_SERVERS"].split(",")))  # one broker, or three
    os.execvp("lapor", ["lapor", "provision", "--accounts", str(accounts), "--replication", copies])  # noqa: S606, S607


if __name__ == "__main__":
    main()
