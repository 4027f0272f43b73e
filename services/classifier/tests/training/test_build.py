"""Building and training: reproducible, and careful with citizens' texts."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from classifier.__main__ import app
from classifier.category import linear_model
from classifier.category.linear_model import Model, rank
from classifier.classify import classify, load_knowledge
from classifier.domain import KINDS, URGENT
from classifier.training.augment import dress
from classifier.training.build import build
from classifier.training.labelled_rows import MIN_ROWS, read_export
from kabupaten.training import TaughtCategory, load_training

pytestmark = pytest.mark.slow
runner = CliRunner()


def run(*arguments: str, given: str = "") -> Result:
    return runner.invoke(app, list(arguments), input=given)


@pytest.fixture(scope="module")
def few(region: Path) -> tuple[TaughtCategory, ...]:
    wanted = ("air_bersih", "pendidikan", "penerangan_jalan")
    return tuple(category for category in load_training(region) if category.id in wanted)


@pytest.fixture(scope="module")
def built(few: tuple[TaughtCategory, ...]) -> Model:
    return build(few, ["Ganra"], lambda _: None)


@pytest.fixture(scope="module")
def rows(region: Path) -> list[tuple[str, str]]:
    """Labelled rows as an agency might have them, made from the seeds."""
    pairs = [(seed, c.id) for c in load_training(region) for seed in c.seeds]
    dressed = dress([seed for seed, _ in pairs], ["Ganra", "Citta"])
    return [(text, label) for text, (_, label) in zip(dressed, pairs, strict=True)][: MIN_ROWS + 60]


def export(records: list[dict[str, str]]) -> str:
    out = io.StringIO()
    columns = [
        "Tracking ID",
        "Nama Pelapor",
        "Kategori",
        "Judul Laporan",
        "Isi Laporan Awal",
        "Isi Laporan Akhir",
        "Tipe Laporan",
    ]
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def test_the_same_seeds_give_the_same_file(few: tuple[TaughtCategory, ...], built: Model, tmp_path: Path) -> None:
    linear_model.save(built, tmp_path / "a")
    linear_model.save(build(few, ["Ganra"], lambda _: None), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_seeds_give_another_version(few: tuple[TaughtCategory, ...], built: Model) -> None:
    other = build(few[:2], ["Ganra"], lambda _: None)
    assert built.version != other.version


def test_a_saved_model_ranks_as_before(built: Model, tmp_path: Path) -> None:
    linear_model.save(built, tmp_path / "m")
    before, after = rank(built, "lampu jalan mati"), rank(linear_model.load(tmp_path / "m"), "lampu jalan mati")
    assert [c.category for c in before.top] == [c.category for c in after.top]
    assert before.top[0].confidence == pytest.approx(after.top[0].confidence, abs=0.01)
    assert {*KINDS, URGENT} == before.hints.keys()
    assert before.hints == pytest.approx(after.hints, abs=0.01)


def test_without_messages_there_are_no_hints_and_the_words_decide(
    few: tuple[TaughtCategory, ...], region: Path, tmp_path: Path
) -> None:
    bare = tuple(replace(category, messages=()) for category in few)
    built = build(bare, ["Ganra"], lambda _: None)
    assert {} == rank(built, "lampu jalan mati").hints
    linear_model.save(built, tmp_path / "m")
    found = classify(load_knowledge(tmp_path / "m", region), "Kapan jadwal pendaftaran sekolah dibuka?")
    assert ("permintaan_informasi", "rendah") == (found.type, found.urgency)


def test_predict_prints_the_promised_fields(model_file: Path, region: Path) -> None:
    given = '{"id": "1", "text": "air pdam mati di Cabenge"}\n\n{"id": 2, "text": ""}\n'
    result = run("predict", "--model", str(model_file), "--region", str(region), given=given)
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    fields = "id category confidence abstained top matter type urgency spam language place about_units"
    assert {*fields.split(), "danger", "protected", "perhaps_accusing", "perhaps_about", "masked_text"} == set(first)
    assert {"kecamatan", "desa", "stated", "conflict", "elsewhere"} == set(first["place"])
    assert [{"category", "confidence", "evidence"}] * 3 == [set(candidate) for candidate in first["top"]]
    assert (first["id"], first["category"], second["id"], second["abstained"]) == ("1", "air_bersih", 2, True)


def test_a_line_that_is_no_json_is_refused_with_its_number(model_file: Path, region: Path) -> None:
    result = run("predict", "--model", str(model_file), "--region", str(region), given='{"text": "a"}\nnope\n')
    assert result.exit_code == 1
    assert "line 2" in result.stderr


def test_an_id_of_any_kind_comes_back(model_file: Path, region: Path) -> None:
    ids = ["true", "1.5", "null", '"a"', "12345678901234567890"]
    given = "".join(f'{{"id": {id_}, "text": "air"}}\n' for id_ in ids)
    result = run("predict", "--model", str(model_file), "--region", str(region), given=given)
    assert [line.partition(",")[0] for line in result.stdout.splitlines()] == [f'{{"id":{id_}' for id_ in ids]


@pytest.mark.parametrize("path", ["/proc/nowhere/m", "."])
def test_a_place_that_cannot_be_written_is_refused_in_a_sentence(
    region: Path, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").touch()
    inputs = [part for topic in ("--received", "--updated") for part in (topic, str(tmp_path / "rows.jsonl"))]
    for command in (["build"], ["train", "--jsonl", "rows.jsonl"], ["collect", *inputs]):
        result = run(*command, "--region", str(region), "--out", path)
        assert (result.exit_code, f"{path} can't be written" in result.stderr) == (1, True), result.stderr


def test_words_that_say_nothing_are_no_evidence(model_file: Path) -> None:
    found = rank(linear_model.load(model_file), "di rumah saya yang di sana air pdam mati, kami sudah lapor").top[0]
    assert {"di", "saya", "yang", "kami", "sudah"} & set(found.evidence) == set()
    assert found.evidence


def test_a_region_without_categories_is_refused(tmp_path: Path) -> None:
    result = run("build", "--region", str(tmp_path), "--out", str(tmp_path / "m"))
    assert result.exit_code == 1
    assert "categories.yaml" in result.stderr


def test_too_few_rows_are_refused(region: Path, rows: list[tuple[str, str]], tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": t, "category": c}) + "\n" for t, c in rows[: MIN_ROWS - 1]))
    result = run("train", "--jsonl", str(path), "--region", str(region), "--out", str(tmp_path / "m"))
    assert result.exit_code == 1
    assert "399 labelled rows; at least 400 are needed" in result.stderr
    assert not (tmp_path / "m").exists()


def test_only_distinct_rows_of_a_known_category_count(
    region: Path, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    unknown = [(f"hal lain {'ya' * i}", "lainnya") for i in range(MIN_ROWS)]
    given = [*rows[:150], *rows[:150], *unknown]
    path.write_text("".join(json.dumps({"text": t, "category": c}) + "\n" for t, c in given))
    result = run("train", "--jsonl", str(path), "--region", str(region), "--out", str(tmp_path / "m"))
    assert result.exit_code == 1
    assert "150 labelled rows" in result.stderr
    assert f"{150 + MIN_ROWS} more are lainnya or repeat another" in result.stderr


@pytest.mark.slow
def test_an_export_is_learnt_with_its_privacy_trap(region: Path, rows: list[tuple[str, str]], tmp_path: Path) -> None:
    records = [
        {
            "Tracking ID": str(i), "Nama Pelapor": "Zulkarnaen Xq", "Kategori": category, "Judul Laporan": "",
            "Isi Laporan Awal": f"{text} hp 081234567890", "Isi Laporan Akhir": "disunting", "Tipe Laporan": "Anonim",
        }
        for i, (text, category) in enumerate(rows)
    ]  # fmt: skip
    secret = {**records[0], "Isi Laporan Awal": "rahasiaku zzxxy", "Tipe Laporan": "Anonim, Rahasia"}
    unmapped = {**records[0], "Kategori": "Topik Khusus"}
    path = tmp_path / "export.csv"
    path.write_text(export([*records, secret, unmapped]))
    learnt = read_export(path, load_training(region))
    assert (len(rows), 1, {"Topik Khusus": 1}) == (len(learnt.rows), learnt.restricted, learnt.unmapped)
    assert [r.text for r in learnt.rows if "0812" in r.text or "Zulkarnaen" in r.text or "zzxxy" in r.text] == []
    result = run("train", "--csv", str(path), "--region", str(region), "--out", str(tmp_path / "m"))
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert len(rows) == printed["rows"] >= printed["learnt"] >= MIN_ROWS
    assert 0 < printed["held_out"]["accuracy"] <= 1
    trained = linear_model.load(tmp_path / "m")
    assert [f for f in trained.vocabulary if "zulkarnaen" in f or "zzxxy" in f] == []
    assert trained.version == printed["model_version"]
    assert trained.threshold >= 0.5
    assert trained.learnt


def test_official_category_names_are_mapped(region: Path, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    names = [
        "Layanan Air Minum",
        "Lampu Penerangan Jalan",
        "Lainnya terkait Kesehatan",
        "Korupsi, Kolusi, dan Nepotisme",
    ]
    path.write_text(export([{"Kategori": name, "Isi Laporan Awal": "teks"} for name in names]))
    found = [row.category for row in read_export(path, load_training(region)).rows]
    assert found == ["air_bersih", "penerangan_jalan", "kesehatan", "aparatur_korupsi"]


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Infrastruktur  Jalan", "jalan_jembatan"),
        ("Pekerjaan Umum & Penataan Ruang", "jalan_jembatan"),
        ("Biaya / Tarif PDAM", "air_bersih"),
        ("Layanan Air Minum - Biaya/Tarif PDAM", "air_bersih"),
        ("Kesehatan > Pelayanan Kesehatan", "kesehatan"),
        ("Ketentraman Ketertiban Umum dan Pelindungan Masyarakat", "ketertiban_perlindungan"),
        ("LAMPU JALAN", "penerangan_jalan"),
        ("Korupsi", "aparatur_korupsi"),
        ("Internet", "kominfo_digital"),
        ("Pohon", "lingkungan_pohon"),
        ("Parkir", "perhubungan_parkir"),
        ("E-KTP", "kependudukan"),
        ("Dana Desa", "desa_kelurahan"),
    ],
)
def test_a_category_is_known_however_its_name_is_typed(region: Path, tmp_path: Path, name: str, category: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(export([{"Kategori": name, "Isi Laporan Awal": "teks"}]))
    assert [row.category for row in read_export(path, load_training(region)).rows] == [category]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_an_export_is_read_in_the_encodings_of_spreadsheets(region: Path, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(export([{"Kategori": "Sampah", "Isi Laporan Awal": "café penuh sampah"}]), encoding=encoding)
    assert [row.text for row in read_export(path, load_training(region)).rows] == ["café penuh sampah"]


def test_the_header_may_stand_below_a_title_and_in_any_case(region: Path, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Laporan Ringkas;;\n;;\nNo;KATEGORI;isi laporan  awal\n1;Sampah;numpuk\n2;PJU;padam\n")
    found = [(row.text, row.category) for row in read_export(path, load_training(region)).rows]
    assert found == [("numpuk", "sampah_kebersihan"), ("padam", "penerangan_jalan")]


def test_name_of_the_reporter_is_removed_from_the_text(region: Path, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    text = "Saya ZULKARNAEN xq, warga Ganra. Sampah numpuk depan rumah Pak Zulkarnaen's"
    path.write_text(export([{"Nama Pelapor": "Zulkarnaen Xq", "Kategori": "Sampah", "Isi Laporan Awal": text}]))
    (row,) = read_export(path, load_training(region)).rows
    assert "zulkarnaen" not in row.text.lower()
    assert "Sampah numpuk depan rumah" in row.text


def test_another_csv_is_refused(region: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    result = run("train", "--csv", str(tmp_path / "other.csv"), "--region", str(region), "--out", str(tmp_path / "m"))
    assert result.exit_code == 1
    assert "Isi Laporan Awal" in result.stderr


def test_evaluate_measures_per_category(model_file: Path, check_sets: Path) -> None:
    result = run("evaluate", "--model", str(model_file), "--jsonl", str(check_sets / "makers.jsonl"))
    printed = json.loads(result.stdout)
    assert {"n", "accuracy", "macro_f1", "top3", "per_category"} <= set(printed)
    assert printed["n"] == 168


def test_evaluate_tells_the_rows_of_a_category_the_model_does_not_know(model_file: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "air mati", "category": "air_bersih"}\n{"text": "air mati", "category": "air"}\n')
    printed = json.loads(run("evaluate", "--model", str(model_file), "--jsonl", str(rows)).stdout)
    assert (printed["n"], printed["unknown"], printed["accuracy"]) == (2, {"air": 1}, 0.5)
