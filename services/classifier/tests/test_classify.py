"""The complete classification of a text, and how good the shipped model is on texts that it was not taught."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from classifier.category.linear_model import ModelError
from classifier.category.linear_model import load as load_model
from classifier.classify import PARTS, Knowledge, classify, load_knowledge, rules_of
from classifier.handlers import on_message
from classifier.training.labelled_rows import Row
from contracts.events import ComplaintClassified
from contracts.vocabulary import URGENT, Urgency
from kabupaten import load
from kabupaten.categories import UNKNOWN
from kabupaten.danger import DangerWords
from kabupaten.training import load_training
from testing.events import a_received
from testing.fakes import message


def test_words_are_learned_before_there_is_anything_to_read(model_file: Path, region: Path) -> None:
    loaded = load_knowledge(model_file, region)

    assert {"_weights", "_shares", "_shortest"} <= vars(loaded.rules.danger).keys()


def test_no_check_text_is_a_seed(region: Path, check_set: list[Row]) -> None:
    taught = {
        text.lower()
        for c in load_training(region)
        for text in (*c.seeds, *c.terms, *c.edges, *(m.text for m in c.messages))
    }
    assert [row.text for row in check_set if row.text.lower() in taught] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "asdf qwer zxcv",
        "lorem ipsum dolor sit amet",
        "halo selamat pagi",
        "123456",
        "😀😀",
        "the quick brown fox",
    ],
)
def test_nonsense_makes_it_abstain(knowledge: Knowledge, text: str) -> None:
    assert classify(knowledge, text).abstained


def test_a_clear_complaint_is_answered_with_evidence(knowledge: Knowledge) -> None:
    found = classify(knowledge, "lampu jalan mati sdh sebulan, gelap sekali di desa Timusu kec. Liliriaja")
    assert (found.category, found.abstained) == ("penerangan_jalan", False)
    assert found.category == found.top[0].category
    assert len(found.top) == 3
    assert any("lampu" in word for word in found.top[0].evidence)
    assert (found.place.kecamatan, found.place.desa) == ("Liliriaja", "Timusu")


def test_bugis_is_understood(knowledge: Knowledge) -> None:
    found = classify(knowledge, "tabe' pak, degaga wae PAM ri bolaku siminggu mi")
    assert (found.category, found.language) == ("air_bersih", "bug")


@pytest.mark.parametrize(
    "text",
    [
        "maskapai Lion Air delay lima jam tanpa kompensasi",
        "timnas kalah lagi, ganti pelatihnya",
        "selamat ulang tahun sayang semoga panjang umur",
        "kapan kuota haji ditambah, antrean tiga puluh tahun",
    ],
)
def test_model_abstains_on_unrelated_topics_and_never_guesses_unknown(knowledge: Knowledge, text: str) -> None:
    found = classify(knowledge, text)
    assert found.abstained
    assert len(found.top) == 3
    assert UNKNOWN not in {candidate.category for candidate in found.top}


def test_identifiers_never_come_out(knowledge: Knowledge) -> None:
    text = "KTP saya 7312 0101 0190 0001 belum jadi, hp 0812-3456-7890, surel budi@contoh.id"
    found = classify(knowledge, text)
    said = " ".join([found.masked_text, *(word for c in found.top for word in c.evidence)])
    assert [secret for secret in ("7312", "0190", "0812", "7890", "budi") if secret in said] == []
    assert "[NIK]" in found.masked_text


def test_a_bribe_for_an_identity_card_accuses_the_office(knowledge: Knowledge) -> None:
    found = classify(knowledge, "oknum petugas Disdukcapil minta uang 200 ribu supaya KTP cepat jadi")
    assert found.about_units == ("DISDUKCAPIL",)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("petugas sampah minta uang 20 ribu", "DLH"),
        ("staf perizinan minta amplop", "DPMPTSP"),
        ("pegawai pajak daerah minta uang supaya PBB turun", "BPKPD"),
        ("petugas air minta uang lebih", "PDAM"),
    ],
)
def test_an_official_without_a_unit_is_one_of_the_category_understood(
    knowledge: Knowledge, text: str, unit: str
) -> None:
    assert classify(knowledge, text).about_units == (unit,)


@pytest.mark.parametrize(
    "name",
    ["H. Baso", "Hj. Sitti", "Drs. Baso", "Andi Baso, S.Sos.", "Baso, M.Si.", "Baso Kec. Ganra", "di Jl. Poros No. 5"],
)
def test_a_title_does_not_part_who_did_it_from_what_was_done(knowledge: Knowledge, name: str) -> None:
    assert classify(knowledge, f"Kepala Desa kami, {name} menerima suap dari penambang").about_units == ("DPMD",)


def test_a_victim_is_marked_on_the_wire_and_nobody_else_is(knowledge: Knowledge) -> None:
    def marked(text: str) -> object:
        received = message(a_received(text=text, place=UNSET))
        (out,) = on_message(partial(classify, knowledge), "v", received)
        assert isinstance(out.data, ComplaintClassified)
        return out.data.protected

    assert (True, UNSET) == (marked("guru memukul murid sampai lebam"), marked("lampu jalan mati di depan sekolah"))


@pytest.mark.parametrize(
    ("text", "danger"),
    [("keponakan saya yang tuna wicara digauli pamannya", []), ("tolong saya, dia ada di rumah", ["abuse"])],
    ids=["heard here", "heard at the door alone"],
)
def test_abuse_heard_by_intake_or_classifier_marks_a_victim(knowledge: Knowledge, text: str, danger: list[str]) -> None:
    (out,) = on_message(partial(classify, knowledge), "v", message(a_received(text=text, place=UNSET, danger=danger)))

    assert isinstance(out.data, ComplaintClassified)
    assert out.data.protected is True


def test_most_blind_abuse_messages_are_protected_and_few_others(
    knowledge: Knowledge, danger_set: list[dict[str, Any]]
) -> None:
    marked = [("abuse" == row["danger"], classify(knowledge, row["text"]).protected) for row in danger_set]

    assert 0.75 <= sum(is_one for abuse, is_one in marked if abuse) / sum(abuse for abuse, _ in marked)
    assert 0.03 >= sum(is_one for abuse, is_one in marked if not abuse) / sum(not abuse for abuse, _ in marked)


@pytest.mark.parametrize(
    "text",
    [
        "dp3ap2kb minta uang untuk urus laporan anak saya yang dicabuli pamannya",
        "unit ppa soppeng minta uang bensin baru mau antar korban perkosaan visum",
        "saya korban kdrt, lapor ke dp3a malah disuruh damai dan dimintai uang",
        "kantor dp3ap2kb menyalahkan korban kdrt dan menyuruh cabut laporan",
    ],
)
def test_the_unit_for_victims_counts_as_accused_where_it_may_be(knowledge: Knowledge, text: str) -> None:
    assert (True, ("DP3AP2KB",)) == ((found := classify(knowledge, text)).protected, found.about_units)


@pytest.mark.parametrize(
    "text",
    [
        "tolong dp3a, anak tetangga dipukuli bapaknya tiap malam",
        "di mana kantor dp3a? istri saya korban kekerasan",
        "mohon dinas pemberdayaan perempuan dampingi korban pencabulan di desa kami",
        "guru ngaji cabuli santri",
    ],
)
def test_the_unit_for_victims_that_is_called_upon_is_not_accused(knowledge: Knowledge, text: str) -> None:
    assert (True, ()) == ((found := classify(knowledge, text)).protected, found.about_units)


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("polisi minta uang damai saat tilang", "kepolisian"),
        ("oknum polisi minta uang damai 500 ribu", "kepolisian"),
        ("penyidik polres minta uang supaya kasus jalan", "kepolisian"),
        ("kapolres korupsi", "pimpinan_polisi"),
        ("Gubernur korupsi dana bencana", "pimpinan_provinsi"),
    ],
)
def test_officials_of_others_are_known_and_none_of_ours_is_accused(
    knowledge: Knowledge, text: str, matter: str
) -> None:
    found = classify(knowledge, text)
    assert (matter, (), False, False) == (found.matter, found.about_units, found.perhaps_accusing, found.abstained)


@pytest.mark.parametrize(
    "text",
    [
        "oknum polisi dan pegawai dishub minta uang di terminal",
        "kami minta pak gubernur periksa bupati korupsi",
        "pak kapolres tolong tangkap kades korupsi",
        "dana desa dikorupsi, kapolres diam saja",
    ],
)
def test_beside_officials_of_others_ours_are_still_looked_at(knowledge: Knowledge, text: str) -> None:
    found = classify(knowledge, text)
    assert found.about_units or found.perhaps_accusing


def test_a_number_before_the_word_that_tells_it_is_masked(knowledge: Knowledge) -> None:
    assert classify(knowledge, "jalan rusak, 0812 3456 7890 wa").masked_text == "jalan rusak, [TELEPON] wa"


def test_control_characters_and_long_texts_do_no_harm(knowledge: Knowledge) -> None:
    found = classify(knowledge, "jalan rusak \x00\x07 " * 2_000)
    assert found.category == "jalan_jembatan"


def test_the_file_is_small(model_file: Path) -> None:
    assert model_file.stat().st_size < 15_000_000


def test_a_missing_or_broken_model_says_how_to_build_one(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"nothing")
    for name in ("missing", "broken"):
        with pytest.raises(ModelError, match="classifier build") as refused:
            load_model(tmp_path / name)
        assert "pickle" not in str(refused.value)


def test_accused_official_without_a_unit_counts_for_the_unit_of_the_matter(knowledge: Knowledge) -> None:
    """By the category alone it would accuse the health office, and the hospital would get a complaint about itself."""
    found = classify(knowledge, "dokter rumah sakit minta amplop ke pasien")
    assert ("kesehatan", "rumah_sakit", ("RSUD",)) == (found.top[0].category, found.matter, found.about_units)


def test_a_region_without_rules_has_the_units_of_its_categories(region: Path, tmp_path: Path) -> None:
    for file in region.iterdir():
        if file.name != "routing.yaml":
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "routing.yaml").touch()
    assert {} == rules_of(load(tmp_path, *PARTS)).leads
    assert "RSUD" == rules_of(load(region, *PARTS)).leads["kesehatan", "rumah_sakit"]


LONG_DESPAIR = """Selamat malam admin, saya tidak tahu harus cerita ke siapa lagi. Usaha saya tutup, utang di koperasi
menumpuk, istri pulang ke rumah orang tuanya, dan setiap malam saya berpikir lebih baik saya tidak ada di dunia ini,
supaya anak anak tidak ikut menanggung malu karena bapaknya."""


def test_danger_heard_only_by_intake_stays_and_the_classifier_weighs_the_rest(knowledge: Knowledge) -> None:
    def urgency(understand: Any = None, **given: Any) -> str:
        (emit,) = on_message(understand or partial(classify, knowledge), "v1", message(a_received(**given)))
        assert isinstance(emit.data, ComplaintClassified)
        return emit.data.urgency

    def faintly(*said: Any) -> Any:
        return replace(classify(knowledge, *said), danger=True, urgency=Urgency.SEDANG)

    # Danger detected only by the intake, surely or faintly; by both; only by the classifier.
    assert "darurat" == urgency(text="lampu jalan mati", danger=["fire"])
    assert "sedang" == urgency(text="lampu jalan mati", danger=["fire"], faint=True)
    assert "darurat" == urgency(text=LONG_DESPAIR, danger=["despair"])
    assert "tinggi" == urgency(faintly, text="tanggul retak", danger=["rescue"])
    assert "sedang" == urgency(faintly, text="tanggul retak", danger=["rescue"], faint=True)
    assert "darurat" == urgency(text="rumah tetangga terbakar, ada anak di dalam")
    assert "sedang" == urgency(faintly, text="tanggul retak")
    assert "sedang" == urgency(text="lampu jalan mati")


@pytest.mark.parametrize(
    ("lang", "of_danger", "everyday", "other"),
    [("id", 0.92, 0.06, 0.13), ("bug", 0.91, 0.08, 0.05), ("mix", 0.90, 0.08, 0.05)],
)
def test_most_danger_and_few_other_texts_are_urgent_in_every_language(
    knowledge: Knowledge,
    danger: DangerWords,
    both_danger_sets: list[dict[str, Any]],
    lang: str,
    of_danger: float,
    everyday: float,
    other: float,
) -> None:
    """Urgent complaints have a clock of hours, whether *tinggi* or *darurat*."""
    rows = [{**row, "danger": bool(row["danger"])} for row in both_danger_sets if row["lang"] == lang]

    def urgent(text: str) -> bool:
        kinds, faint = danger.kinds(text), not danger.alarms(text)
        received = a_received(text=text, place=UNSET, danger=kinds, faint=bool(kinds) and faint)
        (emit,) = on_message(partial(classify, knowledge), "v1", message(received))
        assert isinstance(emit.data, ComplaintClassified)
        return emit.data.urgency in URGENT

    def share(**are: Any) -> float:
        those = [urgent(row["text"]) for row in rows if are.items() <= row.items()]
        assert len(those) >= 40
        return sum(those) / len(those)

    assert share(danger=True) >= of_danger
    assert share(kind="everyday") <= everyday
    assert share(kind="other") <= other


OPEN = "SPPT saya di Ompo dobel dua lembar utk objek yg sama, luasnya beda lagi. mau bayar bingung yg mana"
PLAIN = "Lampu jalan di Cabenge padam sudah sebulan"


@pytest.mark.parametrize(
    ("text", "suggested", "kind"),
    [
        (OPEN, UNSET, "permintaan_informasi"),
        (OPEN, "pengaduan", "pengaduan"),
        (PLAIN, "aspirasi", "pengaduan"),
        (PLAIN, "permintaan_informasi", "pengaduan"),
    ],
    ids=["nothing said", "left open", "a wish", "a question"],
)
def test_type_chosen_by_the_sender_decides_only_unclear_texts(
    knowledge: Knowledge, text: str, suggested: Any, kind: str
) -> None:
    received = message(a_received(text=text, place=UNSET, suggested_type=suggested))

    (emit,) = on_message(partial(classify, knowledge), "v1", received)

    assert isinstance(emit.data, ComplaintClassified)
    assert kind == emit.data.type


def test_the_category_that_its_sender_chose_makes_the_same_guess_surer(knowledge: Knowledge) -> None:
    unsure = "jalan depan rumah kalau hujan air naik sampai masuk"
    alone = classify(knowledge, unsure)

    agreed = classify(knowledge, unsure, None, alone.category)

    assert (alone.category, True) == (agreed.category, agreed.confidence > alone.confidence)


@pytest.mark.parametrize("chosen", ["pendidikan", "aparatur_korupsi", "jalan_jembatan"])
def test_another_choice_makes_it_doubtful_and_never_another_category(knowledge: Knowledge, chosen: str) -> None:
    alone, chosen_otherwise = classify(knowledge, PLAIN), classify(knowledge, PLAIN, None, chosen)

    assert ("penerangan_jalan", "penerangan_jalan") == (alone.category, chosen_otherwise.category)
    assert chosen_otherwise.confidence <= alone.confidence


@pytest.mark.parametrize("chosen", ["jalan_jembatan", "kesehatan", "lainnya", "tidak_ada"])
@pytest.mark.parametrize(
    "text",
    [
        "kepala dinas pendidikan minta uang 5 juta supaya saya diangkat jadi guru honorer",
        "tolong, rumah tetangga saya terbakar di Lompulle, api sudah besar",
        "anak perempuan umur 9 tahun di desa kami dicabuli pamannya",
    ],
    ids=["conduct", "danger", "a victim"],
)
def test_no_choice_leads_around_conduct_danger_and_victims(knowledge: Knowledge, text: str, chosen: str) -> None:
    alone, found = classify(knowledge, text), classify(knowledge, text, None, chosen)

    assert (alone.about_units, alone.perhaps_accusing, alone.urgency, alone.danger, alone.protected) == (
        found.about_units,
        found.perhaps_accusing,
        found.urgency,
        found.danger,
        found.protected,
    )
    assert (alone.category, True) == (found.category, found.abstained >= alone.abstained)


@pytest.mark.parametrize("chosen", ["jalan_jembatan", "kependudukan"])
def test_chosen_category_leaves_confidence_in_misconduct_unchanged(knowledge: Knowledge, chosen: str) -> None:
    text = "pegawai capil minta uang 200 ribu supaya KTP cepat jadi, ini pungli"
    alone, found = classify(knowledge, text), classify(knowledge, text, None, chosen)

    assert "aparatur_korupsi" == alone.category
    assert (alone.confidence, alone.abstained, alone.top) == (found.confidence, found.abstained, found.top)


def test_the_choice_of_its_sender_is_read_from_the_event(knowledge: Knowledge) -> None:
    heard: list[Any] = []

    def understand(text: str, *suggested: Any) -> Any:
        heard.extend(suggested)
        return classify(knowledge, text, *suggested)

    on_message(understand, "v1", message(a_received(text=PLAIN, suggested_category="air_bersih")))

    assert [None, "air_bersih", []] == heard


def test_right_choices_let_more_go_to_their_unit_and_fewer_to_a_wrong_one(
    knowledge: Knowledge, check_set: list[Row]
) -> None:
    rows = [row for row in check_set if row.category != UNKNOWN]
    answered: dict[bool, list[bool]] = {}
    for helped in (False, True):
        found = [(row, classify(knowledge, row.text, None, row.category if helped else None)) for row in rows]
        answered[helped] = [row.category == each.category for row, each in found if not each.abstained]

    assert len(answered[True]) > 1.05 * len(answered[False])
    assert answered[True].count(False) <= answered[False].count(False)


def test_the_example_in_the_form_goes_to_its_unit_and_is_no_emergency(knowledge: Knowledge, region: Path) -> None:
    example = load(region, "texts").texts["web"]["example"].removeprefix("Contoh: ")

    found = classify(knowledge, example)

    # Motorcycles fall there often, so it goes ahead of others, but wakes nobody.
    assert ("jalan_jembatan", False, False, "tinggi") == (
        found.category,
        found.abstained,
        found.danger,
        found.urgency,
    )


def test_ordinary_complaint_raises_no_suspicion(knowledge: Knowledge) -> None:
    found = classify(knowledge, "Lampu jalan padam di Jampu")

    assert (False, ()) == (found.perhaps_accusing, found.perhaps_about)
