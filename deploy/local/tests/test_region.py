"""`lapor region check` says what does not fit, for people and for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lapor.__main__ import app

REGIONS = Path(__file__).parents[3] / "region"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Soppeng that a test may break."""
    return Path(shutil.copytree(REGIONS / "soppeng", tmp_path / "kabupaten"))


def spoil(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / f"{file}.yaml"
        text = path.read_text()
        assert old in text, f"{path.name} has no {old!r} any more"
        path.write_text(text.replace(old, new, 1))

    return change


def test_all_problems_are_named_at_once_and_the_exit_code_says_so(folder: Path) -> None:
    for change in (
        spoil("routing", "hand_over: BPN", "hand_over: ATR"),
        spoil("units", "supervisor: DINKES", "supervisor: DINSEHAT"),
        spoil("texts", "{ticket} sudah kami terima.", "{nomor} terdaftar."),
        spoil("calendar", "Asia/Makassar", "Asia/Soppeng"),
    ):
        change(folder)
    result = CliRunner().invoke(app, ["region", "check", str(folder), "--json"])
    told = json.loads(result.stdout)
    assert (1, False) == (result.exit_code, told["ok"])
    assert {"units", "routing", "texts", "calendar"} == {Path(each["file"]).stem for each in told["problems"]}
    assert all({"file", "line", "problem", "remedy"} == each.keys() for each in told["problems"])


def test_a_region_that_fits_is_said_to(folder: Path) -> None:
    result = CliRunner().invoke(app, ["region", "check", str(folder)])
    assert (0, True) == (result.exit_code, "fits together" in result.stdout)
    told = json.loads(CliRunner().invoke(app, ["region", "check", str(folder), "--json"]).stdout)
    assert {"ok": True, "problems": []} == told
