"""A region with mistakes stops each service that reads it, with all mistakes named in the same words."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import pytest

from chassis.exits import EXIT_SETTINGS
from kabupaten.checks import problems

REGION = Path(__file__).parents[2] / "region" / "soppeng"
#: A slip in each file.
SLIPS = {
    "units.yaml": ("    name: Dinas Sosial\n", "    nama: Dinas Sosial\n"),
    "categories.yaml": ("unit: PDAM", "unit: PAMDES"),
    "routing.yaml": ("hand_over: BPN", "hand_over: ATR"),
    "calendar.yaml": ("Asia/Makassar", "Asia/Soppeng"),
    "sla.yaml": ("ends: [resolved]", "ends: [dijawab]"),
    "texts.yaml": ("{ticket} sudah kami terima.", "{nomor} kami catat."),
    "territory.yaml": ("name: Citta\n", "nama: Citta\n"),
    "retention.yaml": ("rejected: 365", "rejected: setahun"),
}
INTAKE = {"texts.yaml", "sla.yaml", "units.yaml", "routing.yaml", "calendar.yaml", "retention.yaml", "territory.yaml"}
INTAKE |= {"categories.yaml"}
READS = {
    "router": {"units.yaml", "categories.yaml", "routing.yaml", "calendar.yaml", "retention.yaml"},
    "sla_monitor": {"sla.yaml", "units.yaml", "categories.yaml", "calendar.yaml", "retention.yaml"},
    "classifier": {"units.yaml", "categories.yaml", "routing.yaml", "territory.yaml"},
    "intake_sms": INTAKE,
    "intake_social": INTAKE,
    "intake_web": INTAKE,
}
ENVIRONMENT = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "KAFKA_USERNAME": "nobody",
    "KAFKA_PASSWORD": "nothing",
    "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/none",
    "HTTP_PORT": "1",
    "MODEL_FILE": "none",
    "INSTALLATION_NAMESPACE": "00000000-0000-4000-8000-000000000001",
    "SMS_LISTEN_PORT": "1",
    "WEB_PORT": "2",
    "EVIDENCE_URL": "file:///nowhere",
    "SOCIAL_LISTEN_PORT": "3",
    "KANNEL_SEND_URL": "http://127.0.0.1:1/",
    **dict.fromkeys(("EVENT_KEY", "SMS_MO_TOKEN", "KANNEL_USERNAME", "KANNEL_PASSWORD"), "no-secret-but-of-the-test"),
    **{f"INTAKE_{name}_EVENT_KEY": "key-of-an-intake-of-the-test" for name in ("SMS", "SOCIAL", "WEB")},
    **{f"X_{name}": "nothing" for name in ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")},
}


@pytest.mark.parametrize("package", READS)
def test_all_that_is_wrong_is_named_at_the_start(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    region = Path(shutil.copytree(REGION, tmp_path / "region"))
    for name, (old, new) in SLIPS.items():
        text = (region / name).read_text()
        assert old in text, name
        (region / name).write_text(text.replace(old, new, 1))
    for variable, value in {**ENVIRONMENT, "REGION_DIR": str(region)}.items():
        monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as left:
        importlib.import_module(f"{package}.app").run()

    named = [each for each in problems(region) if Path(each.file).name in READS[package]]
    assert READS[package] == {Path(each.file).name for each in named}
    told = capsys.readouterr().err.removeprefix(f"{package.replace('_', '-')} can't start: ")
    assert (EXIT_SETTINGS, sorted(map(str, named))) == (left.value.code, sorted(told.splitlines()))
