"""Passwords: generated once, readable only by their owner, and of one kabupaten."""

from pathlib import Path

import pytest

from lapor.errors import Refused
from lapor.processes import credentials


def test_the_credentials_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    credentials.complete(path, ["router"], ["router"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_start_keeps_every_password_and_adds_the_missing_ones(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    first = credentials.complete(path, ["router"], [])
    second = credentials.complete(path, ["router", "PUPR"], [])
    assert second.principals["router"] == first.principals["router"]
    assert second.kafka_admin == first.kafka_admin
    assert set(second.principals) == {"router", "PUPR"}


def test_damaged_credentials_are_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("{")
    with pytest.raises(Refused, match="is damaged"):
        credentials.read(path)


def test_one_installation_serves_one_kabupaten(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    credentials.complete(path, ["PUPR"], [], kabupaten="73.12")
    assert credentials.complete(path, ["PUPR"], [], kabupaten="73.12").kabupaten == "73.12"
    with pytest.raises(Refused, match=r"made for the kabupaten 73.12, and the region is 99.01"):
        credentials.complete(path, ["PUPR"], [], kabupaten="99.01")


def test_credentials_from_before_take_the_kabupaten_of_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    credentials.complete(path, ["PUPR"], [])
    assert credentials.complete(path, ["PUPR"], [], kabupaten="73.12").kabupaten == "73.12"
    assert credentials.read(path).kabupaten == "73.12"
