"""A resolution must say what was done."""

from __future__ import annotations

import pytest
from router_office import RULES, classified, in_status, refusal, reply

from kabupaten.resolution_check import substance

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
#: Sentences that clerks write: nobody learns from them what became of the trouble.
HOLLOW = """
sdh d tindaklanjuti
sdh di tindak lanjuti
telah dilakukan tindak lanjut
Sudah dilakukan tindaklanjut oleh tim kami
Sudah dilakukan penanganan
Telah dilakukan penanganan di lapangan
Telah ditangani dengan baik oleh tim teknis
Masalah sudah diselesaikan dengan baik
Permasalahan telah kami selesaikan
Laporan Saudara sudah kami respon
Laporan sudah direspons oleh petugas kami
Sudah aman
Sudah aman terkendali
Situasi aman dan kondusif
Petugas sudah meluncur
Tim sudah meluncur ke lokasi
Petugas sudah di lokasi
Tim teknis sudah turun ke lapangan
Anggota sudah menuju lokasi
asdf asdf asdf
ok ok ok ok
Sudah dicek
sudah kami cek pak
Sudah dilakukan pengecekan
Telah dilakukan pengecekan di lapangan oleh tim
Sudah ditinjau
Sudah disurvei oleh tim teknis
Sudah kami atasi
Masalah telah teratasi
Keluhan sudah tertangani dengan baik
Sudah terselesaikan
Sudah dilaksanakan
Sudah dilaksanakan sesuai SOP
sudah clear
Sudah oke bos
Sudah kami verifikasi
Laporan telah diverifikasi dan ditindaklanjuti
Sudah dikonfirmasi
Sudah didisposisikan
sudah disposisi ke bidang
Sudah dalam penanganan
Sudah kami monitor
Aduan sudah selesai ditindaklanjuti oleh bidang teknis
Sudah dilakukan penyelesaian sebagaimana mestinya
Telah diproses lebih lanjut sesuai ketentuan
Sudah ditanggapi
sudah dijawab
Sudah kami informasikan
Siap, segera dilakukan penanganan
""".strip().splitlines()
#: Short ones, some without a word for "done" or with hollow words: but they say how things are.
SUBSTANTIAL = """
Rambu terpasang
Lampu terpasang di tiga titik
Syaratnya: KK, KTP, surat pengantar
Syarat: KTP, KK dan pas foto 3x4
Loket buka Senin, Selasa, Kamis pukul 8
Sampah terangkut semua tadi pagi
Pipa tersambung kembali
Telah dilakukan penanganan: lubang ditambal dengan aspal dingin
Sudah dilakukan penambalan lubang
Telah dilakukan pengerukan drainase sepanjang 40 meter
Sudah dilakukan penebangan pohon
Sudah dilakukan fogging di RT 3
Sudah kami cek, pipa bocor di depan masjid sudah disambung
Tim teknis sudah mengganti trafo lampu
Tim sudah turun dan memperbaiki pipa
Petugas sudah meluncur dan menutup lubang
Sudah ditinjau, jembatan dipasangi pagar pengaman
Masalah sudah diselesaikan dengan mengganti meteran air
Sdh d perbaiki
sdh di tambal pak
Sudah kami respon dengan mengirim satu tangki air
Data sudah diperbarui, bansos cair bulan ini
Akta sudah terbit, silakan diambil di loket 2
Kartu sudah aktif kembali
Guru yang bersangkutan sudah diberi teguran tertulis
Pungutan sudah dikembalikan kepada orang tua siswa
Sapi sudah divaksin
Pedagang sudah ditertibkan
Saluran irigasi sudah dibersihkan
Izin sudah diterbitkan
Obat sudah tersedia di puskesmas
Air sudah lancar
Lampu sudah hidup
Tiang sudah tegak lagi
Pupuk sudah masuk ke kios
Genangan sudah surut setelah gorong-gorong dibersihkan
""".strip().splitlines()


@pytest.mark.parametrize("message", HOLLOW)
def test_a_hollow_message_is_refused(message: str) -> None:
    assert substance(message, RULES.boilerplate) is not None


@pytest.mark.parametrize("message", SUBSTANTIAL)
def test_resolution_with_substance_is_accepted_however_short(message: str) -> None:
    assert substance(message, RULES.boilerplate) is None


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
