"""A backup that is restored on another machine as a drill sends no messages to anybody."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

#: Settings that let messages out: a network or channel that is on, or an address for sending.
SWITCH = re.compile(r"(\w+_)?(ENABLED|SEND_URL|SMTP_URL)")
#: This setting chooses the gateway, and some dialects know its address by themselves.
CHOICE = "SMS_DIALECT"


@pytest.fixture
def drill(root: Path) -> str:
    """The commands of docs/operations.md before the copy is started."""
    page = (root / "docs/operations.md").read_text()
    (commands,) = re.findall(r"^Twice a year: restore.*?^```\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return str(commands)


@pytest.fixture
def switches(services: list[Any]) -> set[str]:
    return {name for service in services for name in service.variables if SWITCH.fullmatch(name)} | {CHOICE}


def test_every_way_to_tell_a_citizen_is_turned_off_first(
    root: Path, tmp_path: Path, drill: str, switches: set[str]
) -> None:
    shutil.copy(root / "docker-compose.yml", tmp_path)
    for name in ("secrets.sh", "monitoring/compose.yml"):
        (tmp_path / "deploy" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "deploy" / name, tmp_path / "deploy" / name)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/SMTP_URL").write_text("smtps://lapor:secret@mail.contoh.id:465\n")
    on = {name: "true" if name.endswith("_ENABLED") else "https://contoh.id/" for name in switches} | {CHOICE: "twilio"}
    on |= {"COMPOSE_FILE": "docker-compose.yml:deploy/proxy/compose.yml:mine.yml", "ALERT_MAIL_TO": "kami@contoh.id"}
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in on.items() if name != "SMTP_URL"))

    assert "docker" not in drill
    subprocess.run(["bash", "-euc", drill], cwd=tmp_path, check=True, env={"PATH": "/usr/bin:/bin"}, timeout=120)

    is_now = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    is_now["SMTP_URL"] = (tmp_path / "secrets/SMTP_URL").read_text().strip()
    off = {"", "false", "http://127.0.0.1:9/"}
    assert {"X_ENABLED", "WHATSAPP_ENABLED", "KANNEL_SEND_URL", "SMS_SEND_URL", "SMTP_URL"} <= switches
    assert {} == {name: is_now[name] for name in switches - {CHOICE} if is_now.get(name, "") not in off}
    # All other switches are off by default; X and the gateway are not.
    assert {"X_ENABLED", "KANNEL_SEND_URL", CHOICE} <= is_now.keys()
    assert ("kannel", "docker-compose.yml:mine.yml") == (is_now[CHOICE], is_now["COMPOSE_FILE"])
    assert "ALERT_MAIL_TO" not in is_now
