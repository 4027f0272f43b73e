"""The demo accounts at the units' desk on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from lapor.errors import Refused
from lapor.processes.data_dir import DataDir
from lapor.system import addresses, installation


def people(data: DataDir) -> list[dict[str, Any]]:
    """Return the demo accounts: unit, role, email, password, and the present code if the login asks for one.

    Raises:
        Refused: nothing runs, or the desk's command fails.
    """
    it = addresses.running(data)
    service = next(each for each in installation.SERVICES if each.name == "unit-desk")
    env = {**os.environ, **installation.service_env(it, service)}
    command = [sys.executable, "-m", service.module, "demo", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise Refused(
            f"The desk can't say: {done.stderr.strip().splitlines()[-1:]}. `lapor logs unit-desk` tells more."
        )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
