"""Each event key reaches only its intake, the classifier and the router."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from lapor.processes import credentials
from lapor.processes.data_dir import DataDir
from lapor.system import installation
from lapor.system.start import what_next


def test_after_a_start_the_addresses_of_website_and_desk_and_the_accounts_are_shown(tmp_path: Path) -> None:
    kept = credentials.complete(tmp_path / "credentials.json", [], installation.databases())
    it = installation.Installation(
        data=DataDir(tmp_path), region=tmp_path, ports=installation.PORTS, credentials=kept, overrides={}
    )
    console = Console(file=io.StringIO(), width=200)
    console.print(what_next(it))
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert [] == [words for words in (it.url("web"), it.url("desk"), "lapor desk", "lapor demo") if words not in shown]


def test_an_intake_knows_its_own_key_and_only_those_that_check_know_all(tmp_path: Path) -> None:
    names = [service.name for service in installation.SERVICES]
    kept = credentials.complete(tmp_path / "credentials.json", names, installation.databases())
    it = installation.Installation(
        data=DataDir(tmp_path), region=tmp_path, ports=installation.PORTS, credentials=kept, overrides={}
    )
    keys = {kept.shared[name]: name for name in credentials.EVENT_KEYS}
    told: dict[str, Mapping[str, str]] = {
        service.name: installation.service_env(it, service) for service in installation.SERVICES
    }
    told["standins"] = installation.standins(it).env()
    assert 3 == len(keys)
    assert {
        "intake-sms": {"INTAKE_SMS_EVENT_KEY"},
        "intake-social": {"INTAKE_SOCIAL_EVENT_KEY"},
        "intake-web": {"INTAKE_WEB_EVENT_KEY"},
        "classifier": set(credentials.EVENT_KEYS),
        "router": set(credentials.EVENT_KEYS),
        "sla-monitor": set(),
        "unit-desk": set(),
        "prober": set(),
        "standins": set(),
    } == {name: {keys[value] for value in env.values() if value in keys} for name, env in told.items()}
