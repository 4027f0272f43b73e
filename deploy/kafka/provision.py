"""Passes the services' passwords to `lapor provision`; those of the units are generated and kept.

Reads KAFKA_PASSWORD and the <SERVICE>_KAFKA_PASSWORD of every service, each from its file, and ACCOUNTS_FILE, where all
passwords end up (mode 0600).
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from chassis.settings import secret
from lapor.processes import credentials
from lapor.processes.data_dir import write_private

SERVICES = ("intake-sms", "intake-social", "intake-web", "classifier", "router", "sla-monitor", "unit-desk", "prober")


def main() -> None:
    """Write the accounts, then become `lapor provision`."""
    accounts = Path(os.environ["ACCOUNTS_FILE"])
    variables = {name: name.upper().replace("-", "_") + "_KAFKA_PASSWORD" for name in SERVICES}
    given, bad = dict[str, str](), list[str]()
    for name in ("KAFKA_PASSWORD", *variables.values()):
        try:
            given[name] = secret(name) or ""
        except ValueError as error:
            bad.append(f"{name}: {error}")
    if bad := [*bad, *credentials.faults(given)]:
        sys.stderr.write("\n  ".join(["provision can't start, see .env.example:", *bad]) + "\n")
        sys.exit(78)
    kept = credentials.read(accounts)
    kept.principals |= {name: given[variable] for name, variable in variables.items()}
    write_private(accounts, json.dumps(asdict(kept)))
    copies = str(len(os.environ["KAFKA_BOOTSTRAP_SERVERS"].split(",")))  # one broker, or three
    os.environ["KAFKA_PASSWORD"] = given["KAFKA_PASSWORD"]
    os.execvp("lapor", ["lapor", "provision", "--accounts", str(accounts), "--replication", copies])  # noqa: S606, S607


if __name__ == "__main__":
    main()
