"""``router assign`` answers each line with the unit or office that would get the complaint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from router.__main__ import app

REGION = Path(__file__).parents[3] / "region"


def ask(*lines: str, region: Path = REGION / "soppeng") -> Result:
    return CliRunner().invoke(app, ["assign", "--region", str(region)], input="\n".join(lines))


def test_assign_answers_each_line_with_a_line() -> None:
    lines = [
        '{"id": 1, "category": "jalan_jembatan", "place": {"kecamatan": "Lalabata"}, "urgency": "sedang", "x": 0}',
        '{"id": "dua", "category": "jalan_jembatan", "about_units": ["PUPR"], "abstained": false}',
        "",
        '{"category": null, "place": "Lalabata"}',
        '{"category": "air_bersih", "place": {"conflict": true}, "confidence": null}',
        '{"category": "listrik_energi", "place": null, "type": null, "matter": null}',
        '{"category": "desa_kelurahan", "place": "Kec. Lalabata"}',
        '{"category": "kesehatan", "matter": "rumah_sakit", "place": "di mana-mana"}',
    ]
    result = ask(*lines)
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert 0 == result.exit_code
    assert [
        (1, "unit", "PUPR", []),
        ("dua", "triage", "INSPEKTORAT", []),
        (None, "triage", "DISKOMINFO", []),
        (None, "triage", "DISKOMINFO", []),
        (None, "hand-over", "PLN", []),
        (None, "unit", "KEC-LALABATA", ["DPMD"]),
        (None, "unit", "RSUD", ["DINKES"]),
    ] == [(line["id"], line["lane"], line["unit"], line["support"]) for line in out]
    assert all({"id", "lane", "unit", "support", "reason"} == line.keys() for line in out)


def test_assign_takes_what_the_classifier_gives_unchanged() -> None:
    given = {
        "id": "7", "category": "jalan_jembatan", "confidence": 0.91, "abstained": False,
        "top": [{"category": "jalan_jembatan", "confidence": 0.91, "evidence": ["jembatan"]}],
        "type": "aspirasi", "urgency": "rendah", "spam": False, "language": "id", "matter": "jalan_provinsi",
        "place": {"kecamatan": "Citta", "desa": "Citta", "stated": None, "conflict": False},
        "about_units": [], "masked_text": "jembatan Pacongkang-Citta",
    }  # fmt: skip
    out = json.loads(ask(json.dumps(given)).stdout)
    assert ("7", "hand-over", "PROVINSI") == (out["id"], out["lane"], out["unit"])


@pytest.mark.parametrize(
    "bad",
    [
        "{", "[1]", '"jalan"', '{"category": 5}', '{"about_units": "PUPR"}', '{"spam": "ya"}', '{"place": 5}',
        '{"category": "sihir"}', '{"about_units": ["DINSIHIR"]}', '{"urgency": "gawat"}', '{"type": "keluhan"}',
    ],
)  # fmt: skip
def test_assign_names_the_line_it_cannot_read(bad: str) -> None:
    result = ask('{"category": "air_bersih"}', bad)
    assert (1, 1) == (result.exit_code, len(result.stdout.splitlines()))
    assert "line 2 can't be read" in result.stderr


def test_assign_reads_codes_as_people_write_them() -> None:
    out = json.loads(ask('{"category": "jalan_jembatan", "about_units": [" pupr"], "urgency": null}').stdout)
    assert ("triage", "INSPEKTORAT") == (out["lane"], out["unit"])


def test_assign_without_a_region_says_what_is_missing(tmp_path: Path) -> None:
    result = ask("{}", region=tmp_path)
    assert (1, True) == (result.exit_code, "units.yaml: it is missing" in result.stderr)
