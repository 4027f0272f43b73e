"""The meaning of a message without a ticket, by its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.reading.talk import AskedBack, Own, Talk
from kabupaten import load

_REGION = load(Path(__file__).parents[3] / "region" / "soppeng", "talk", "territory")
TALK = Talk(_REGION.talk, _REGION.territory)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def own(text: str, status: str = "routed", days: float = 1, n: int = 1, **known: bool) -> Own:
    return Own(ticket=f"T{n}", text=text, received_at=NOW - timedelta(days=days), status=status, **known)


SHOWN = "SPG-S8QD-YVJKR"
LAMP, WASTE = own("lampu jalan padam di Desa Jampu", n=1), own("sampah menumpuk di Appanang", n=2)


def added_to(text: str, *complaints: Own) -> str | None:
    """Return the ticket that it is added to, or "which"; None if it is new."""
    found = TALK.added_to(text, complaints, NOW)
    return (found.ticket or found.kind) if found else None


def meant(text: str, *complaints: Own) -> tuple[str, str] | None:
    found = TALK.meant(text, complaints, NOW)
    return (found.kind, found.ticket) if found else None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "masih belum diangkut pak",
            "sudah ada ulatnya",
            "di dekat pasar",
            "tambah parah pak",
            "lampunya belum nyala",
        ),
        "pembeli pada lari semua",
        "tidak ada yang datang sampai sekarang, kami sudah menunggu dari pagi sampai sore di depan rumah",
        "yang di Jampu itu lampu jalan masih padam",
    ],
)
def test_message_continuing_the_only_open_complaint_is_added_to_it(text: str) -> None:
    assert "T1" == added_to(text, LAMP)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "air PDAM mati sejak kemarin",
            "sama juga di Desa Kessing",
            "masih ada lagi, sampah di pinggir sungai Jennae",
            "jalan juga rusak di sini pak",
        ),
        *("petugasnya minta 50 ribu baru mau datang, itu pungli", "lampu jalan mati di Belo"),
        "kami warga mengadukan harga tiket masuk kolam renang yang naik dua kali lipat tanpa pengumuman",
    ],
)
def test_a_matter_or_a_place_of_its_own_is_new(text: str) -> None:
    assert added_to(text, LAMP) is None


def test_the_same_words_again_are_no_addition() -> None:
    assert added_to(LAMP.text, LAMP) is None


def test_matter_decides_between_two_complaints_or_the_citizen_is_asked() -> None:
    assert ["T2", "T1", "which"] == [
        added_to(text, LAMP, WASTE) for text in ("sampahnya masih ada", "lampunya masih padam", "masih belum pak")
    ]


@pytest.mark.parametrize(("status", "ticket"), [("resolved", "T1"), ("closed", None), ("cancelled", None)])
def test_resolved_complaint_accepts_additions_and_an_ended_one_does_not(status: str, ticket: str | None) -> None:
    assert ticket == added_to("masih belum pak", own("lampu padam", status))


def test_the_same_message_again_goes_where_it_went() -> None:
    assert "T1" == added_to("sampah di Appanang belum diangkut", own("lampu padam", "closed", named=True), WASTE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("STATUS", "status"), ("status laporan saya bagaimana", "status"), ("sampai mana laporanku", "status")),
        *(("BATAL", "cancel"), ("saya mau tarik laporan saya", "cancel"), ("batalkan laporan saya", "cancel")),
        ("laporan saya ditarik saja pak, kami sudah kerja bakti", "cancel"),
    ],
)
def test_a_command_without_a_ticket_means_the_only_open_complaint(text: str, kind: str) -> None:
    assert (kind, "T1") == meant(text, LAMP, own("lama", "closed", n=3))
    assert ("which", "") == meant(text, LAMP, WASTE)
    assert ("bad_ticket", "") == meant(text)


@pytest.mark.parametrize(
    "text",
    [
        *("RAHASIA", "rahasia pak", "RAHASIA laporan saya", "rahasiakan laporan saya", "tolong dirahasiakan pak"),
        *("tolong identitas saya dirahasiakan", "mohon laporan saya ini dirahasiakan", "buat laporan saya rahasia pak"),
    ],
)
def test_later_wish_for_confidentiality_is_recognised(text: str) -> None:
    assert ("confidential", "T1") == meant(text, LAMP, own("lama", "closed", n=3))
    assert ("which", "") == meant(text, LAMP, WASTE)
    assert meant(text, own("lampu padam", "waiting_for_reporter"), LAMP) is None  # it may be the answer


@pytest.mark.parametrize(
    "text",
    [
        *("rahasia umum kalau petugas itu minta uang", "RAHASIA kades minta uang bansos", "rahasia lah pak"),
        *("tolong rahasiakan nama saya, lampu jalan mati di Belo", "kenapa rahasia perusahaan dibocorkan"),
    ],
)
def test_text_that_tells_more_is_not_a_wish_for_confidentiality(text: str) -> None:
    assert meant(text, LAMP) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("nomor saya hilang", "lost"), ("saya mau tarik laporan", "cancel"), ("tarik laporan", "cancel")),
        *(("apakah laporan saya sudah diproses", "status"), ("laporan saya mana", "status"), ("sampai mana", "status")),
        *(("laporan saya kok belum ditangani", "status"), ("jgn sms lagi", "stop"), ("tlg stop smsnya", "stop")),
        *(("saya tdk mau dapat sms lagi", "stop"), ("saya mau lapor", "help"), ("ini laporan baru", "offered")),
        *(("laporan baru pak", "offered"), ("selamat siang pak mau melapor", "help")),
        *(("gimana pak?", "status"), ("ada perkembangan?", "status"), ("apakah sudah ditindaklanjuti?", "status")),
        *(("pigana laporanku pak", "status"), ("tidak jadi pak", "cancel"), ("gak jadi lapor pak", "cancel")),
    ],
)
def test_requests_in_plain_words_are_understood(text: str, kind: str) -> None:
    assert kind == (meant(text, LAMP) or ("",))[0]


DONE = own("pipa bocor", "resolved", n=9)


@pytest.mark.parametrize(
    ("text", "rating"), [("nilainya 5 pak", 5), ("saya kasih nilai 4", 4), ("bintang 1", 1), ("kasi 3 saja", 3)]
)
def test_a_mark_in_other_words_is_one_for_what_is_resolved(text: str, rating: int) -> None:
    found = TALK.meant(text, [LAMP, DONE], NOW)

    assert found
    assert found.command
    assert ("T9", rating) == (found.ticket, found.command.rating)


def test_a_number_alone_is_a_mark_only_where_nothing_is_open() -> None:
    assert ("rating", "T9") == meant("5", DONE)
    assert [None, None] == [meant("5", *own) for own in ((DONE, LAMP), (LAMP,))]
    assert [None, None] == [meant(text, DONE) for text in ("5 meter", "2 hari lagi")]


def test_a_mark_for_what_is_closed_comes_too_late() -> None:
    assert ("over", "T1") == meant("NILAI 5", own("lampu padam", "closed"))


@pytest.mark.parametrize(
    "text",
    [
        *("kepala desa hebat makan uang rakyat", "camat profesional makan uang", "pelayanan cepat sekali kalau bayar"),
        *(
            "ramah petugasnya kalau ada uang",
            "motor ngebut cepat sekali di depan sekolah",
            "darahnya keluar cepat sekali",
        ),
    ],
)
def test_a_word_of_praise_beside_something_else_is_no_praise(text: str) -> None:
    assert not TALK.is_courtesy(text)


def chosen(text: str, asked: str) -> tuple[str, str] | None:
    """Return what becomes of ``asked`` when its sender, asked to choose lamps or waste, says ``text``."""
    back = AskedBack(text=asked, among=[SHOWN, "T2"], item_id="i")
    found = TALK.chosen(text, back, [replace(LAMP, ticket=SHOWN), WASTE], NOW)
    return (found.command.text if found.command else found.kind, found.ticket) if found else None


@pytest.mark.parametrize(
    ("text", "ticket", "more"),
    [
        *((SHOWN, SHOWN, ""), (f"no {SHOWN.lower()} pak", SHOWN, ""), ("yang pertama", SHOWN, ""), ("2", "T2", "")),
        *(("yang kedua pak", "T2", ""), ("yang lampu saja", SHOWN, "\nyang lampu saja")),
        *(("sampah pak", "T2", "\nsampah pak"), ("3", None, ""), (f"{SHOWN} kabelnya putus", None, "")),
        *(("SPG-S000-00000", None, ""), ("ya", None, ""), ("STATUS", None, "")),
        ("lampu jalan di Desa Kessing juga mati semua sejak dua minggu lalu pak", None, ""),
    ],
)
def test_choice_of_a_complaint_may_be_a_number_a_position_or_few_words(
    text: str, ticket: str | None, more: str
) -> None:
    assert (ticket and (f"masih belum pak{more}", ticket)) == chosen(text, "masih belum pak")


def test_pending_request_is_applied_to_the_chosen_complaint() -> None:
    assert ("laporan saya", SHOWN) == chosen(SHOWN, "batalkan laporan saya")
    assert ("", SHOWN) == chosen("yang lampu", "STATUS")


@pytest.mark.parametrize("text", ["yang pertama", "yang kedua pak", "1"])
def test_ambiguous_position_does_not_choose_a_complaint_to_cancel(text: str) -> None:
    assert ("which", "") == chosen(text, "batalkan laporan saya")


@pytest.mark.parametrize("text", ["lampu mati semua", "yang lampu masih mati", "lampu saja"])
def test_nothing_is_cancelled_by_words_that_may_tell_of_something(text: str) -> None:
    assert chosen(text, "batalkan laporan saya") is None
    assert chosen(text, "masih belum pak") is not None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("NILAI 5", "rating"), ("nilai 1 pak, bocor lagi sorenya", "rating"), ("BUKA", "reopen"),
     ("BUKA yang di sudut belum disentuh", "reopen"), ("KEBERATAN", "appeal"),
     ("keberatan 1 pak, bocor lagi", "appeal"), ("KEBERATAN yang di sudut belum disentuh", "appeal"),
     ("belum selesai pak, buka lagi laporanku", "reopen")],
)  # fmt: skip
def test_rating_reopening_and_appeal_apply_to_the_resolved_complaint(text: str, kind: str) -> None:
    assert (kind, "T9") == meant(text, LAMP, own("pipa bocor", "resolved", n=9))
    assert meant(text, LAMP) in (None, ("early", "T1"))
    assert meant(text) in (None, ("bad_ticket", ""))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "status jalan di Marioriaja ini milik siapa",
            "kenapa laporan saya dibatalkan?",
            "jangan batalkan laporan saya",
        ),
        *("nilai rapor anak saya hilang", "nilai 5 mata pelajaran yang kosong", "hari ini batal lagi"),
        *("bus tidak stop di halte", "stop kontak di puskesmas rusak", "tolong stop itu truk pasir"),
        *(
            "mobil sampah berhenti datang ke perumahan",
            "mereka buka dari sore",
            "baru kemarin ditambal sudah terbongkar",
        ),
    ],
)
def test_a_sentence_with_such_a_word_is_no_command(text: str) -> None:
    assert meant(text, LAMP) is None


@pytest.mark.parametrize(
    "text", ["STOP", "Stop.", "BERHENTI", "berhenti kirim sms", "jangan sms lagi", "tolong jangan sms saya terus"]
)
def test_stop_request_is_understood(text: str) -> None:
    assert ("stop", "") == meant(text)


def test_a_lost_number_is_answered_with_the_open_complaints() -> None:
    found = TALK.meant("nomor laporan saya hilang", [LAMP, own("lama", "closed", n=3), WASTE], NOW)

    assert found is not None
    assert ("lost", [LAMP, WASTE]) == (found.kind, found.among)


@pytest.mark.parametrize(("days", "kind"), [(29, "status"), (31, "bad_ticket")])
def test_ended_complaint_is_still_meant_for_thirty_days(days: float, kind: str) -> None:
    assert kind == (meant("STATUS", own("lampu padam", "closed", days)) or ("",))[0]


@pytest.mark.parametrize(
    "text",
    [
        *("tes", "test 123", "a", "👍", ".", "terima kasih banyak pak", "iye kurru sumange puang", "assalamualaikum"),
        *("anjing ko semua", "dasar tidak becus", "perawat di RSUD ramah2 dan sabar, salut", "maaf salah kirim"),
    ],
)
def test_thanks_praise_abuse_and_trials_are_no_complaint(text: str) -> None:
    assert TALK.is_courtesy(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hebat sekali pemda, terima kasih ya sudah tiga bulan sampah di Bulue dibiarkan jadi gunung",
        "terima kasih lampunya sudah terang. tapi selokan depan rumah mampet",
        "goblok! lampu jalan depan smp mati",
        *("makasih, rumah saya di lorong 3", "4", "air", "?", "a" * 50, "petugasnya ramah tapi antre lama"),
    ],
)
def test_text_that_tells_more_is_not_a_courtesy(text: str) -> None:
    assert not TALK.is_courtesy(text)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("aspal jalan hancur parah pak, kapan diperbaiki", True),
        ("jln rusak berat mobil tdk bisa lewat", True),
        ("lampu jalan sering mati kalau malam", True),  # not the village Sering
        ("sampah di depan rumah kami tidak diangkut", True),
        ("jalan kampung kami berlubang", True),
        ("sampah menumpuk di pasar Cabenge", False),
        ("got mampet depan masjid raya", False),
        ("lampu mati di Lapajung", False),
        ("jl merdeka berlubang", False),
        ("jembatan rusak di Kabupaten Wajo", False),
        ("KTP saya salah satu huruf", False),
        ("air PDAM mati", True),
        ("lampu jalan mati, kapan diperbaiki?", False),
        (f"jalan rusak {'kami sudah melapor berkali-kali ' * 6}", False),
    ],
)
def test_complaint_without_a_findable_place_is_recognised(text: str, lacks: bool) -> None:
    assert lacks == TALK.lacks_place(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Lampu jalan di Galung padam sejak dua minggu", True),
        ("air pdam di Paroto mati sdh 3 hari", True),
        ("tadi malam pohon tumbang di Cabenge", True),
        ("Sampah menumpuk berhari-hari di pasar", True),
        ("tgl 12 mobil dinas menyerempet motor saya", True),
        ("Setiap hujan jalan di depan SD tergenang", True),
        ("Lampu jalan di Galung padam", False),
        ("Jalan di depan SD 12 berlubang besar, 3 motor jatuh", False),
        ("petugas minta 50 ribu untuk KTP", False),
    ],
)
def test_a_text_says_when(text: str, said: bool) -> None:
    assert said == TALK.says_when(text)


def test_in_danger_a_place_is_needed_whatever_it_is() -> None:
    assert TALK.lacks_place("ada orang tenggelam tolong", in_danger=True)
    assert not TALK.lacks_place("ada orang tenggelam di Walanae tolong", in_danger=True)


WHERE = own("lampu jalan padam", n=1, place_asked=True)


@pytest.mark.parametrize("text", ["Paroto", "di depan kantor desa", "yang lampu itu di Galung", "dekat rumah saya"])
def test_answer_to_the_question_for_a_place_is_recognised(text: str) -> None:
    answer = TALK.tells_place(text, [LAMP, WHERE], NOW)
    assert answer is not None
    assert ("addition", "T1") == (answer.kind, answer.ticket)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("air PDAM mati di Lapajung", WHERE),  # another matter
        ("tetangga saya berkelahi terus tiap malam sampai kami sekeluarga ketakutan", WHERE),  # a matter on no list
        ("Paroto", LAMP),  # nobody asked
        ("Paroto", own("lampu jalan padam", "resolved", place_asked=True)),
        ("Paroto", own("lampu jalan padam", days=9, place_asked=True)),
    ],
)
def test_unrelated_unasked_or_late_text_does_not_answer_the_place_question(text: str, complaint: Own) -> None:
    assert TALK.tells_place(text, [complaint], NOW) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Terima kasih lampu jalan sudah diperbaiki", True),
        ("makasih pak sampahnya sudah diangkut, mantap", True),
        ("bupati tai anjing goblok", True),
        ("sampah sudah diangkut", False),
        ("terima kasih sampah sudah diangkut tapi bau", False),
        ("terima kasih lampunya sudah terang. tapi selokan di Jl Malaka mampet", False),
        ("camat goblok minta uang", False),
    ],
)
def test_thanks_for_what_is_mended_are_no_complaint(text: str, kind: bool) -> None:
    assert kind == TALK.is_courtesy(text)


@pytest.mark.parametrize(
    "text",
    [
        "jembatan putus",
        "jembatan gantung lapuk",
        "jembatan kayu ambruk semalam",
        "air PDAM mati 3 hari",
        "air mati sudah 3 hari",
        "pdam tidak mengalir",
        "air pdam keruh sekali",
        "pipa pdam bocor",
        "sumur kami kering",
        "degaga uwae",
        "atap kelas bocor",
        "atap sekolah bocor",
        "plafon sekolah mau runtuh",
        "wc sekolah rusak",
        "pohon mau tumbang",
        "pohon besar miring ke rumah",
        "irigasi jebol",
        "sawah kekeringan tidak ada air irigasi",
        "tikus serang padi kami",
        "pupuk langka",
        "sapi banyak mati mendadak",
        "puskesmas tidak ada dokter",
        "obat habis di puskesmas",
        "posyandu tidak pernah buka",
        "bidan tidak ada di tempat",
        "guru tidak pernah masuk",
        "tiang listrik miring",
        "anjing liar berkeliaran",
    ],
)
def test_place_is_asked_for_things_that_must_be_inspected(text: str) -> None:
    assert TALK.lacks_place(text)


@pytest.mark.parametrize(
    "text",
    [
        "KTP belum jadi",
        "kartu BPJS tidak aktif",
        "tarif pdam naik terus",
        "tagihan air mahal",
        "rapor anak saya ditahan",
        "KIP anak saya tidak cair",
        "harga gabah turun",
        "harga pupuk mahal",
        "bidan kasar",
        "dokter marah marah",
        "perawat judes",
        "iuran sekolah mahal",
        "bansos tidak cair",
        "kapan pembagian pupuk",
        "pajak pbb mahal",
        "izin usaha lama",
        "antrean ktp lama",
        "guru minta uang seragam",
        "petugas pdam minta uang",
        "akta kelahiran salah nama",
        "listrik padam terus",
        "jembatan putus di Desa Paroto",
        "air PDAM mati 3 hari di Salotungo",
        "atap kelas SDN 5 Labokong bocor",
        "puskesmas Cangadi tidak ada dokter",
        "pohon mau tumbang depan masjid Nurul Huda",
        "irigasi jebol di Leworeng",
        "air pdam di kantor camat Ganra mati",
    ],
)
def test_place_is_not_asked_for_papers_prices_people_or_if_already_given(text: str) -> None:
    assert not TALK.lacks_place(text)
