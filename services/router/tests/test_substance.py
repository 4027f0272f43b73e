"""What is a resolution: it says what was done."""

from __future__ import annotations

import pytest
from router_office import RULES, classified, in_status, refusal, reply

from router.substance import substance

NOTHING_SAID = [
    "",
    "ok",
    "Oke siap",
    "selesai",
    "Sudah selesai.",
    "beres",
    "sudah beres pak",
    "done",
    "Sip, terima kasih",
    "Terima kasih atas laporannya",
    "terima kasih atas laporan Anda, mohon ditunggu",
    "akan ditindaklanjuti",
    "Akan segera ditindaklanjuti.",
    "Terima kasih atas laporannya, akan kami koordinasikan",
    "Akan kami koordinasikan dengan dinas terkait",
    "sudah kami terima",
    "Laporan Anda sudah kami terima dan akan kami tindak lanjuti",
    "sedang diproses",
    "Masih diproses, mohon bersabar",
    "mohon ditunggu",
    "SUDAH DITINDAKLANJUTI",
    "telah ditangani petugas",
    "Sudah dikerjakan",
    "sudah kami sampaikan ke bidang terkait",
    "Telah diteruskan kepada pihak terkait",
    "Menjadi perhatian kami, terima kasih",
    "Assalamualaikum wr wb, sudah kami catat pak",
    "...",
    "👍",
    "Mohon maaf atas ketidaknyamanannya",
]
PLANS = [
    "Lubang akan ditambal minggu depan",
    "Perbaikan jalan dijadwalkan bulan depan",
    "Tim sedang menuju lokasi banjir",
    "Masih menunggu material aspal dari gudang",
    "Belum ada anggaran perbaikan jembatan",
]
TOO_SHORT = ["ditambal", "lampu baru", "Air lancar"]
PASSED_ON = [
    "Bukan wewenang dinas PUPR",
    "Jalan tersebut bukan kewenangan kabupaten melainkan provinsi",
    "Sudah kami teruskan kepada kepala dinas untuk ditindaklanjuti lebih lanjut",
    "Sudah kami teruskan ke Bidang Bina Marga Dinas PUPR Kabupaten",
    "Sudah kami teruskan ke bidang jalan untuk diperbaiki",
    "Laporan bapak sudah kami teruskan ke Bidang Bina Marga",
    "Sudah dikoordinasikan dengan bidang Cipta Karya",
    "Kami sudah menerima laporan saudara dan mencatatnya",
    "Sudah dianggarkan",
    "sudah dibaca",
    "Tim akan turun minggu depan untuk perbaikan jalan, sudah dijadwalkan",
    "Tim akan turun minggu depan, untuk perbaikan jalan poros kabupaten",
    "Jalan harus diperbaiki pihak ketiga",
]
SAID = [
    "Sudah dikerjakan dan diperiksa di tempat.",
    "Sudah diperbaiki petugas",
    "Jalan ditambal hari ini. Pengaspalan penuh direncanakan tahun depan.",
    "Lubang sudah ditambal dan pengaspalan direncanakan tahun depan",
    "Data pelapor ditemukan belum lengkap, dilengkapi petugas dan bantuan cair hari ini",
    "Kami pasang rambu dan menutup lubang sementara, belum diaspal",
    "Sudah kami pasang rambu sambil menunggu aspal",
    "Kami sudah menerima laporan saudara dan menambal lubang itu",
    "Drainase dikeruk oleh tim kami",
    "Pohon ditebang",
    "lampu diganti",
    "Bocor sudah ditutup.",
    "Sudah dibicarakan dengan lurah.",
    "Sudah mengalir lagi.",
    "Lubang di depan SD sudah ditambal aspal",
    "Lampu sudah menyala kembali",
    "Air sudah mengalir sejak tadi pagi",
    "Sudah ditambal",
    "Sampah telah diangkut",
    "Pipa bocor diganti baru hari ini",
    "Selesai pengecoran bahu jalan",
    "Drainase tersumbat sudah dikeruk sepanjang 40 meter",
    "KTP sudah jadi, bisa diambil",
    "Pohon tumbang berhasil dipotong",
    "Terima kasih atas laporannya, lubang sudah ditambal kemarin",
    "Petugas kami tegur dan dipindahkan ke bagian lain",
    "Sudah dikoordinasikan dengan PLN, kabel putus sudah disambung",
    "Lampu diganti dua unit, menyala normal",
    "Jadwal pelayanan Senin sampai Jumat pukul 8",
    "Sudah kami tindak lanjuti: tiang miring ditegakkan kembali",
    "Bansos telah diterima keluarga yang tercecer",
    "sdh diperbaiki",
    "Jembatan rampung diperbaiki, dibuka tadi siang",
]


@pytest.mark.parametrize("message", NOTHING_SAID)
def test_politeness_and_set_phrases_say_nothing(message: str) -> None:
    assert "belum menyebut apa yang sudah dikerjakan" in str(substance(message, RULES.boilerplate))


@pytest.mark.parametrize("message", PLANS)
def test_a_plan_is_no_deed(message: str) -> None:
    assert "rencana" in str(substance(message, RULES.boilerplate))


@pytest.mark.parametrize("message", PASSED_ON)
def test_to_pass_on_to_note_or_to_plan_is_no_deed(message: str) -> None:
    assert substance(message, RULES.boilerplate) is not None


@pytest.mark.parametrize("message", TOO_SHORT)
def test_a_bare_word_or_two_are_too_little(message: str) -> None:
    assert "terlalu singkat" in str(substance(message, RULES.boilerplate))


@pytest.mark.parametrize("message", SAID)
def test_a_deed_is_a_resolution(message: str) -> None:
    assert substance(message, RULES.boilerplate) is None


def test_the_phrases_are_data() -> None:
    assert substance("Sudah nikmati kopinya", []) is None
    assert substance("Sudah nikmati kopinya", ["nikmati kopinya"])


def test_a_question_may_be_answered_by_what_will_be_and_a_complaint_not() -> None:
    plan = "Pelayanan keliling akan datang ke Cabenge Senin depan"
    question = in_status("registered")
    question.hear(classified(type="permintaan_informasi"))
    assert None is refusal(question.hear(("PUPR", reply("resolve", message=plan))))
    assert "rencana" in str(refusal(in_status("routed").hear(("PUPR", reply("resolve", message=plan)))))


def test_a_refused_resolution_changes_nothing_and_says_why() -> None:
    office = in_status("in_progress")
    told = office.hear(("PUPR", reply("resolve", message="Akan ditindaklanjuti")))
    assert "bukan ungkapan umum" in str(refusal(told))
    assert "in_progress" == office.case.status
