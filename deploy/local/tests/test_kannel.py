"""Kannel for `lapor up`: its configuration is the example for operators, and it listens only on this machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lapor.servers import kannel

EXAMPLE = Path(__file__).parents[3] / "services" / "intake-sms" / "kannel.conf.example"


def made(tmp_path: Path) -> kannel.Kannel:
    return kannel.Kannel(
        directory=tmp_path / "kannel",
        ports={name: 20_000 + number for number, name in enumerate(kannel.PORTS)},
        send_username="lapor",
        send_password="s3nd",
        token="t0ken",
        line=kannel.network(20_003, "lapor", "s3nd", "http://127.0.0.1:1/cgi-bin/sendsms"),
    )


def test_it_differs_from_the_example_in_its_line_and_its_patience_alone(tmp_path: Path) -> None:
    written = kannel.configuration(made(tmp_path)).splitlines()

    shapes = [
        re.escape(re.sub(r"\$\{\w+\}", "\0", line)).replace("\0", ".+") for line in EXAMPLE.read_text().splitlines()
    ]
    other = [line for line in written if not any(re.fullmatch(shape, line) for shape in shapes)]
    assert [
        "smsc = http",
        "system-type = kannel",
        "connect-allow-ip = 127.0.0.1",
        'send-url = "http://127.0.0.1:1/cgi-bin/sendsms"',
        'dlr-url = "http://127.0.0.1:20003/?username=lapor&password=s3nd"',
        "http-queue-delay = 1",
    ] == other
    assert [] == [line for line in written if "${" in line]


def test_only_its_owner_reads_the_passwords_and_each_start_has_another_of_its_own(tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path)
    kannel.prepare(first)

    assert 0o600 == kannel.config(first).stat().st_mode & 0o777
    assert first.admin_password in kannel.config(first).read_text()
    assert first.admin_password != second.admin_password


def test_it_is_only_there_with_both_its_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "lapor.servers.kannel.shutil.which", lambda name, path: f"/x/{name}" if name != "smsbox" else None
    )
    assert kannel.programs() is None
    monkeypatch.setattr("lapor.servers.kannel.shutil.which", lambda name, path: f"/x/{name}")
    assert ("/x/bearerbox", "/x/smsbox") == kannel.programs()
