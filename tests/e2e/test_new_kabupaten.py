"""Another kabupaten is another folder: here one of 2 kecamatan, 6 units and 3 categories, in another time zone."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from desk import units
from harness import LAPOR, ROOT, System, a_number, running

from kabupaten.checks import problems

OWN = Path(__file__).parent / "tirtasari"
#: Files that a kabupaten takes over: sentences and lexicon are Indonesian, and name Soppeng only by its name.
TAKEN_OVER = ("texts.yaml", "emergency.yaml", "pages.yaml", "lambang.svg", "lexicon", "danger", "conduct")
WIB = ZoneInfo("Asia/Jakarta")


def write_region(folder: Path) -> Path:
    """Write the region folder: its own files, and those taken over from Soppeng with the name changed."""
    shutil.copytree(OWN, folder)
    soppeng = ROOT / "region" / "soppeng"
    (folder / "texts.yaml").write_text((soppeng / "texts.yaml").read_text().replace("SOPPENG", "TIRTASARI"))
    for name in ("emergency.yaml", "pages.yaml", "lambang.svg"):
        shutil.copy(soppeng / name, folder)
    for name in ("lexicon", "danger", "conduct"):
        shutil.copytree(soppeng / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_region(tmp_path_factory.mktemp("region") / "tirtasari")


@pytest.fixture(scope="module")
def tirtasari(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system as this kabupaten runs it."""
    folder = write_region(tmp_path_factory.mktemp("system") / "tirtasari")
    yield from running("tirtasari", folder, "intake-sms:SMS_KEYWORDS=TIRTASARI,LAPOR")


def ask(program: str, *arguments: str, lines: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Return the output of one of our commands, a JSON object a line."""
    said = "".join(json.dumps(line) + "\n" for line in lines or [])
    command = [str(LAPOR.parent / program), *arguments]
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_its_files_fit_together_with_what_it_takes_over(region: Path) -> None:
    assert {*TAKEN_OVER} <= {path.name for path in region.iterdir()}
    assert [] == problems(region)


@pytest.mark.slow
def test_its_words_teach_a_model_that_knows_its_categories_and_places(region: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    ask("classifier", "build", "--region", str(region), "--out", str(model))
    texts = [
        {"id": "jalan", "text": "Jalan berlubang besar di Desa Kalibening, tolong ditambal"},
        {"id": "air", "text": "Air tidak mengalir sudah empat hari di Kelurahan Pekalen"},
        {"id": "lampu", "text": "Lampu jalan padam di Desa Sidomulyo, Kecamatan Wanasari"},
    ]

    found = ask("classifier", "predict", "--model", str(model), "--region", str(region), lines=texts)

    assert ["jalan", "air", "lampu"] == [each["category"] for each in found]
    assert [("Sukarame", "Kalibening"), ("Wanasari", "Pekalen"), ("Wanasari", "Sidomulyo")] == [
        (each["place"]["kecamatan"], each["place"]["desa"]) for each in found
    ]


def test_its_units_get_its_complaints_and_its_triage_what_has_no_unit(region: Path) -> None:
    rows = [
        {"id": 1, "category": "jalan", "confidence": 0.9},
        {"id": 2, "category": "lampu", "confidence": 0.9},
        {"id": 3, "category": "air", "confidence": 0.9, "about_units": ["TIRTA"]},
    ]

    found = ask("router", "assign", "--region", str(region), lines=rows)

    assert [("unit", "DPU-TR"), ("triage", "KOMINFO"), ("triage", "SETDA")] == [
        (it["lane"], it["unit"]) for it in found
    ]


def test_its_days_count_in_its_time_zone(region: Path) -> None:
    """Tuesday at ten; Wednesday is its own day off; Thursday and Friday count."""
    (found,) = ask("sla-monitor", "explain", "--start", "2026-03-03T10:00+07:00", "--region", str(region), "--json")

    assert datetime(2026, 3, 7, tzinfo=WIB) == datetime.fromisoformat(found["deadline_at"])
    assert "libur: Hari Jadi Tirtasari" in [day["reason"] for day in found["derivation"]]


@pytest.mark.connected
@pytest.mark.system("tirtasari")
def test_a_complaint_travels_through_it(tirtasari: System) -> None:
    with units(tirtasari.env) as unit:
        ticket = tirtasari.by_web("Jalan berlubang besar di Desa Kalibening, tolong ditambal")
        desk = unit("DPU-TR")
        assert "Sukarame" == desk.get(ticket, "routed")["complaint"]["place"]["kecamatan"]
        due = datetime.fromisoformat(desk.deadline(ticket)).astimezone(WIB)
        assert (0, 0) == (due.hour, due.minute)
        desk.must(ticket, "resolve", message="Lubang di depan balai desa sudah ditambal aspal tadi pagi.")
        assert "Dinas PU Tirtasari" in tirtasari.until_status(ticket, "resolved")["history"][-1]["text"]


@pytest.mark.connected
@pytest.mark.system("tirtasari")
def test_its_citizens_write_its_name_first_and_are_answered_by_it(tirtasari: System) -> None:
    number = a_number()
    tirtasari.send_sms(number, "TIRTASARI air keran keruh dan berbau di Kelurahan Pekalen")
    ticket = tirtasari.receipt(number)
    assert "TIRTA" == tirtasari.unit_of(ticket)
    told = tirtasari.until_told(number, "teruskan ke Perumda Tirta Sari")
    assert ticket in told[0]
    tirtasari.send_sms(number, "TIRTASARI INFO")
    tirtasari.until_told(number, "Ketik TIRTASARI (spasi)")
