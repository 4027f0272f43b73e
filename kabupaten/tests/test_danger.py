"""Danger to life is seen in a message's words, however they are typed; what only sounds like it is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from contracts.vocabulary import DangerKind
from kabupaten import RegionError, load
from kabupaten.danger import ALARMS, WEIGHS_ENOUGH, DangerWords, Heard
from kabupaten.weighing import NOTHING_KNOWN

HERE = Path(__file__).parent
SOPPENG = HERE.parents[1] / "region" / "soppeng"


@pytest.fixture(scope="module")
def words() -> DangerWords:
    return DangerWords(load(SOPPENG, "danger").danger)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("tolong ada orang tenggelam di sungai walanae", DangerKind.RESCUE),
        ("kebakaran!!! jl merdeka", DangerKind.FIRE),
        ("kebkaran", DangerKind.FIRE),
        ("KEBAKARAAAAN", DangerKind.FIRE),
        ("kbkrn", DangerKind.FIRE),
        ("adakebakarandipasar", DangerKind.FIRE),
        ("api ri ale", DangerKind.FIRE),
        ("Ibu saya mau melahirkan, ambulans belum datang", DangerKind.MEDICAL),
        ("naokko ula ana'ku", DangerKind.MEDICAL),
        ("tetangga kesetrum, kabelnya putus", DangerKind.ELECTRICITY),
        ("orang bawa parang mengamuk di pasar", DangerKind.CRIME),
        ("Anak tetangga dipukuli bapaknya setiap malam", DangerKind.ABUSE),
        ("tahun lalu suami saya pukul saya, sekarang masih", DangerKind.ABUSE),
        ("keponakan saya 9 tahun sering diraba-raba pamannya", DangerKind.ABUSE),
        ("Saya ingin bunuh diri", DangerKind.DESPAIR),
        ("TOLONG", DangerKind.UNSPECIFIED),
        ("tulung masija", DangerKind.UNSPECIFIED),
    ],
)
def test_danger_is_seen_and_its_kind_is_among_those_told(words: DangerWords, text: str, kind: DangerKind) -> None:
    assert kind in words.kinds(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("There's a fire at the school!", DangerKind.FIRE),
        ("I can smell gas everywhere", DangerKind.FIRE),
        ("Help, my son is drowning in the Walanae river", DangerKind.RESCUE),
        ("An old woman was swept away by the flood", DangerKind.RESCUE),
        ("He stopped breathing", DangerKind.MEDICAL),
        ("Woman hit by a truck, bleeding badly", DangerKind.MEDICAL),
        ("please send an ambulance to Cabenge", DangerKind.MEDICAL),
        ("Live wires on the street after the storm", DangerKind.ELECTRICITY),
        ("people are fighting with machetes", DangerKind.CRIME),
        ("My stepfather hits me and my little sister", DangerKind.ABUSE),
        ("I am tired of living and want to end my life", DangerKind.DESPAIR),
        ("help me please", DangerKind.UNSPECIFIED),
    ],
)
def test_danger_in_english_is_certain_as_in_indonesian(words: DangerWords, text: str, kind: DangerKind) -> None:
    heard = words.hear(text)

    assert (True, True) == (kind in heard.kinds, heard.certain)


@pytest.mark.parametrize(
    "text",
    [
        "The road in front of SD 12 has a big hole, motorbikes often fall there",
        "When will the fire station get a new truck?",
        "Garbage is burning behind the market every day and the smoke is annoying",
        "Please repair the bridge before somebody gets hurt",
        "Last year the flood reached our roof",
        "we need a new ambulance for the village",
        "Our road is broken, please help us",
        "the pavement is broken and old people can fall",
    ],
)
def test_everyday_complaints_in_english_are_no_danger(words: DangerWords, text: str) -> None:
    assert [] == words.kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "jalan di depan SD 12 Lalabata berlubang besar sejak dua minggu, motor sering jatuh",
        "mobil pemadam kebakaran rusak, kapan diperbaiki",
        "rumah korban kebakaran tahun lalu belum dapat bantuan",
        "lampu jalan mati",
        "tolong perbaiki lampu di Jalan Kemakmuran",
        "terima kasih",
        "STATUS",
        "",
        "👍",
    ],
)
def test_harmless_texts_are_not_taken_for_danger(words: DangerWords, text: str) -> None:
    assert words.kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("anak umur 3 tahun 2 bulan hanyut di sungai", DangerKind.RESCUE),
        ("anak 2 tahun 4 bulan kejang", DangerKind.MEDICAL),
        ("tiap malam orang masuk rumah saya bawa parang", DangerKind.UNSPECIFIED),
        ("asap masuk ke rumah saya dari tetangga kebakaran", DangerKind.FIRE),
        ("seperti kebakaran di lorong 5 pasar cabenge", DangerKind.FIRE),
        ("bau gas masuk ke dapur", DangerKind.FIRE),
        ("papan reklame jatuh menimpa orang", DangerKind.RESCUE),
        ("kambing dan anak saya hanyut", DangerKind.RESCUE),
        ("nenek pingsan di antrean bansos", DangerKind.MEDICAL),
        ("genset tidak nyala pasien kritis", DangerKind.MEDICAL),
        ("tattunui pasar sentral, apinya loppo sekali mi", DangerKind.FIRE),
        ("api belum juga padam", DangerKind.FIRE),
    ],
)
def test_danger_beside_what_sounds_harmless_is_still_told(words: DangerWords, text: str, kind: DangerKind) -> None:
    assert kind in words.kinds(text)


def test_danger_found_by_weight_alone_is_not_certain(words: DangerWords) -> None:
    assert [words.certain(text) for text in ("kebakaran di pasar", "kbkrn", "tulung masija")] == [
        [DangerKind.FIRE],
        [DangerKind.FIRE],
        [DangerKind.UNSPECIFIED],
    ]
    assert words.certain("Seluruh warga berlarian membawa ember dan karung pasir") == []


def test_a_region_without_everyday_complaints_has_certain_phrases_only() -> None:
    lists = msgspec.structs.replace(load(SOPPENG, "danger").danger, ordinary=())
    words = DangerWords(lists)
    assert words.kinds("kebakaran di pasar") == [DangerKind.FIRE]
    assert words.kinds("air keran keruh dan berbau di Kelurahan Pekalen") == []


@pytest.fixture(scope="module")
def blind() -> list[dict[str, Any]]:
    """Messages by two writers who saw neither words nor examples."""
    files = HERE / "danger_set.jsonl", HERE / "danger_second_set.jsonl"
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("lang", "told", "alarms"), [("", 0.95, 0.92), ("id", 0.93, 0.91), ("bug", 0.95, 0.91), ("mix", 0.95, 0.91)]
)
def test_almost_all_danger_is_recognised_in_every_language(
    words: DangerWords, blind: list[dict[str, Any]], lang: str, told: float, alarms: float
) -> None:
    heard = [words.hear(row["text"]) for row in blind if row["danger"] and row["lang"].startswith(lang)]

    assert len(heard) >= 40
    assert share(bool(each.kinds) for each in heard) >= told
    assert share(each.alarm for each in heard) >= alarms


def test_the_kind_of_danger_that_is_told_is_mostly_right(words: DangerWords, blind: list[dict[str, Any]]) -> None:
    kinds = [(row.get("kind") or row["danger"], words.kinds(row["text"])) for row in blind if row["danger"]]

    assert 400 == len(kinds)
    assert share(meant in told for meant, told in kinds) >= 0.86


@pytest.mark.parametrize(
    ("kind", "lang", "told", "alarms"),
    [
        *(("everyday", "id", 0.04, 0.02), ("everyday", "mix", 0.08, 0.06), ("everyday", "bug", 0.1, 0.05)),
        *(("other", "id", 0.13, 0.1), ("other", "mix", 0.06, 0.03), ("other", "bug", 0.07, 0.02)),
    ],
)
def test_few_harmless_texts_are_taken_for_danger_in_every_language(
    words: DangerWords, blind: list[dict[str, Any]], kind: str, lang: str, told: float, alarms: float
) -> None:
    heard = [words.hear(row["text"]) for row in blind if row.get("kind") == kind and row["lang"] == lang]

    assert len(heard) >= 40
    assert share(bool(each.kinds) for each in heard) <= told
    assert share(each.alarm for each in heard) <= alarms


def share(those: Iterable[bool]) -> float:
    all_of_them = list(those)
    return sum(all_of_them) / len(all_of_them)


def test_unknown_words_are_no_danger(words: DangerWords) -> None:
    heard = words.hear("qwrtz plmkn vbgfd xcvsd jklmp wqert zxcvb")

    assert ([], NOTHING_KNOWN) == (heard.kinds, heard.weight)
    assert NOTHING_KNOWN < WEIGHS_ENOUGH < ALARMS


def test_everyday_words_of_bugis_are_no_danger_in_whatever_order(words: DangerWords) -> None:
    # NusaX's words stand ten in a line at the end of the file (region/soppeng/danger/README.md).
    lines = (SOPPENG / "danger" / "everyday.txt").read_text().splitlines()[-132:]
    known, chance = [word for line in lines for word in line.split()], Random(1)

    texts = [" ".join(chance.sample(known, chance.randint(4, 18))) for _ in range(500)]

    assert share(bool(words.kinds(text)) for text in texts) <= 0.02
    assert [] == [word for word in known if words.kinds(word) and not words.certain(word)]


@pytest.mark.parametrize(
    "more", ["", " dan petugas loket di kantor camat bilang berkas harus dilengkapi lagi minggu depan"]
)
def test_a_phrase_in_a_long_text_about_something_else_is_not_certain(words: DangerWords, more: str) -> None:
    heard = words.hear(f"warung terbakar di pasar lama{more}")

    assert (not more, not more) == (bool(heard.kinds), heard.certain)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ada yang dipukuli bapaknya di rumah sebelah", ["abuse"]),
        ("ada kekerasan seksual di sekolah", ["abuse"]),
        ("bayi dibuang di pinggir sungai", ["abuse"]),
        ("dia menenggak racun", ["despair"]),
        ("trafo depan rumah meledak", ["electricity"]),
        ("warga bentrok di lapangan", ["crime"]),
        ("jadwal rapat bentrok dengan jadwal posyandu", []),
        ("ambulans desa rusak sejak bulan lalu", []),
        ("perbaiki dong jangan sampai ada korban", []),
        ("bahu jalan longsor bulan lalu", []),
    ],
)
def test_each_alternative_of_a_phrase_is_one_word(words: DangerWords, text: str, kinds: list[str]) -> None:
    """Phrases of the region's file had alternatives of two words, and were found only where all stood in a row."""
    assert kinds == words.certain(text)


LONG_DESPAIR = """Selamat malam admin, saya tidak tahu harus cerita ke siapa lagi. Usaha saya tutup, utang di koperasi
menumpuk, istri pulang ke rumah orang tuanya, dan setiap malam saya berpikir lebih baik saya tidak ada di dunia ini,
supaya anak anak tidak ikut menanggung malu karena bapaknya."""


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        (LONG_DESPAIR, True),
        ("saya mau mati", True),
        ("mending saya ga ada", True),
        ("pak, saya lebih baik tidak ada lagi", True),
        ("lampu jalan di depan rumah saya mau mati terus kalau hujan", False),
        ("andai saya tidak ada BPJS apakah tetap dilayani di puskesmas", False),
        ("lebih baik kami tidak ada air daripada air keruh begini pak", False),
    ],
)
def test_despair_is_certain_in_long_and_in_plain_words(words: DangerWords, text: str, heard: bool) -> None:
    assert ([DangerKind.DESPAIR] if heard else []) == words.certain(text)


def test_despair_always_alarms() -> None:
    heard = [
        Heard([kind], certain=False, weight=ALARMS - 1, words=30) for kind in (DangerKind.DESPAIR, DangerKind.FIRE)
    ]

    assert [True, False] == [each.alarm for each in heard]


def test_few_everyday_additions_raise_an_alarm_and_most_danger_does(words: DangerWords) -> None:
    files = (HERE / "additions" / "everyday.txt", SOPPENG / "conduct" / "additions" / "none.txt")
    everyday = [line for file in files for line in file.read_text().splitlines() if line and not line.startswith("#")]
    rows = [json.loads(line) for line in (HERE / "danger_set.jsonl").read_text().splitlines()]
    danger = [row["text"] for row in rows if row["danger"]]

    rung, missed = sum(map(words.alarms, everyday)), sum(not words.alarms(text) for text in danger)

    assert (278, 220) == (len(everyday), len(danger))
    assert rung / len(everyday) <= 0.08
    assert missed / len(danger) <= 0.1


@pytest.mark.parametrize(
    ("text", "alarms"),
    [
        ("Di rumah kami air belum mengalir sama sekali.", False),
        ("Sekarang apinya sudah sampai rumah sebelah", True),
    ],
)
def test_faint_danger_gets_numbers_to_call_and_only_strong_danger_an_alarm(
    words: DangerWords, text: str, alarms: bool
) -> None:
    assert (True, alarms) == (bool(words.kinds(text)), words.alarms(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("KDRT tetangga", "abuse"), ("nenek saya stroke", "medical"), ("kbakran pasar tolongg", "fire")),
        *(("korslet di rumah", "electricity"), ("mobil masuk jurang", "rescue"), ("sungai walanae meluap", "rescue")),
        *(("minum obat nyamuk", "despair"), ("maelo ka mate", "despair"), ("gempa", "rescue")),
    ],
)
def test_few_plain_words_are_enough(words: DangerWords, text: str, kind: str) -> None:
    assert kind in words.certain(text)


@pytest.mark.parametrize("text", ["rapor anak saya hilang", "hp anak saya hilang"])
def test_lost_belongings_of_a_child_are_not_a_lost_child(words: DangerWords, text: str) -> None:
    assert [] == words.kinds(text)
    assert words.certain("anak saya hilang")


@pytest.mark.parametrize("text", ["motor tabrak truk di cabenge ada yg mati", "patah kaki jatuh dari pohon"])
def test_danger_of_unclear_kind_is_unspecified(words: DangerWords, text: str) -> None:
    assert ["unspecified"] == words.kinds(text)


def test_each_example_is_learned(words: DangerWords) -> None:
    examples = load(SOPPENG, "danger").danger.examples
    missed = [text for kind, texts in examples.items() if kind != "none" for text in texts if not words.kinds(text)]
    assert len(missed) <= 0.01 * sum(map(len, examples.values())), missed


def test_a_kind_without_an_example_is_named(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "danger.yaml").write_text((SOPPENG / "lexicon" / "danger.yaml").read_text())
    with pytest.raises(RegionError) as no:
        load(tmp_path, "danger")
    lacking = [Path(each.file).name for each in no.value.problems if each.problem == "it has no example"]
    assert lacking == [f"{kind}.txt" for kind in (*DangerKind, "none")]
