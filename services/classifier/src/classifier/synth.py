"""Writes practice complaints from the seed phrases: openings, places, closings and typing slips around them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from classifier.taxonomy import UNKNOWN, Category

SEED = 7312
PER_SEED = 7
PER_TERM = 2


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(";"))


OPENINGS = ("",) * 3 + _phrases(
    """
    assalamualaikum; selamat pagi; selamat siang pak; selamat malam min; yth bapak bupati; tabe pak;
    kepada yth dinas terkait; halo admin; mohon maaf mengganggu; lapor; soppeng; lapor pak; mohon bantuannya;
    kami warga ingin menyampaikan; saya ingin melaporkan; izin melapor; tolong pak; dengan hormat; tabe di;
    saya mau mengadukan; saya warga di sini mau tanya; mohon perhatian pemerintah; permisi; ass wr wb;
    melalui laporan ini saya menyampaikan; saya mewakili warga; pak bupati yang terhormat; info;
    mohon informasi; bapak ibu yang saya hormati; sehubungan dengan keluhan masyarakat; perkenalkan nama saya
    """
)
CLOSINGS = (
    "", "", "", "terima kasih", "mohon segera ditindaklanjuti", "tolong segera", "mohon perhatiannya", "wassalam",
    "sudah lama begini", "kami menunggu tindakan nyata", "mohon solusinya", "makasih", "kasihan warga", "kodong",
    "sudah berkali kali dilaporkan tapi tidak ada tindakan", "semoga cepat ditanggapi", "atas perhatian bapak kami ucapkan terima kasih",
    "mohon dinas terkait turun ke lokasi", "tolong dicek langsung ke lapangan", "sampai sekarang belum ada perubahan",
    "foto terlampir", "demikian laporan kami", "tabe di pak", "mohon penjelasannya", "bagaimana ini pak",
    "kejadiannya kemarin sore", "sangat meresahkan dan merugikan masyarakat", "kami sangat kecewa", "jangan cuma janji",
    "kapan ada tindakan dari pemerintah", "mohon dibantu pak", "harap dicek kembali", "mohon arahan dan jawabannya",
)  # fmt: skip
#: Said in complaints of every kind: they teach which words decide nothing.
FILLERS = (
    "rumah saya di jalan pemuda nomor dua belas rt tiga rw satu", "lokasi di samping masjid dekat pertigaan jalan",
    "sudah saya sampaikan ke pak rt dan pak lurah tapi tidak ada jawaban", "saya sudah lapor ke kelurahan dan kecamatan",
    "warga sekitar sangat terganggu", "kami sebagai masyarakat kecil hanya bisa berharap", "lokasinya di depan sekolah",
    "kejadian ini sudah berlangsung beberapa bulan", "sudah pernah lapor lewat aplikasi ini tahun lalu",
    "alamat rt lima rw dua kelurahan lingkungan tengah", "di depan pasar dekat kantor desa", "di belakang rumah sakit",
    "mohon petugas datang ke alamat kami", "saya tinggal di perumahan blok c", "saya sudah telepon ke kantor tapi tidak diangkat",
    "anak anak dan orang tua ikut merasakan akibatnya", "padahal kami selalu bayar pajak", "tidak ada tanggapan dari pihak terkait",
    "nama saya budi umur empat puluh tahun pekerjaan wiraswasta", "di dekat jembatan sebelah kiri jalan arah kota",
    "kami mohon kepada bapak kepala dinas untuk mengecek", "bersama ini saya lampirkan foto", "setiap hari seperti itu",
    "laporan sebelumnya dinyatakan selesai padahal belum", "seperti tahun lalu tidak ada perubahan", "tetangga juga mengeluh",
    "kata petugas disuruh tunggu", "dari pagi sampai malam", "sejak tanggal satu bulan ini", "kondisinya semakin parah",
    "di jalan sultan hasanuddin gang dua", "samping kantor camat", "di kampung kami", "di dusun kami desa sebelah",
    "saya coba hubungi nomor yang ada tetapi tidak aktif", "kami harap pemerintah kabupaten mendengar suara rakyat",
    "dekat sawah dan kebun warga", "tepatnya di depan toko", "mohon identitas saya dirahasiakan", "di seberang lapangan",
    "apakah benar aturannya begitu", "bagaimana prosedurnya dan ke mana saya harus mengadu", "apa solusinya dari dinas",
    "saya seorang ibu rumah tangga", "suami saya kerja di luar kota", "bapak saya sudah tua", "kami pendatang baru di sini",
    "waktu itu saya datang ke kantor dinas bersama anak", "mohon tindakan tegas kepada yang bersangkutan", "rt rw setempat",
    "hari senin sampai jumat", "tolong jangan diabaikan karena ini menyangkut kepentingan orang banyak", "kecamatan kami",
    "beberapa warga sudah tanda tangan", "sebelumnya tidak pernah seperti ini", "baru baru ini terjadi lagi",
)  # fmt: skip
PREPOSITIONS = ("di", "di desa", "di kelurahan", "di kec", "kampung", "ri", "daerah", "di jalan", "dusun", "di sekitar")


def synthesise(categories: Sequence[Category], places: Sequence[str]) -> tuple[list[str], list[str]]:
    """Texts and their category ids. The same input gives the same texts, in the same order."""
    texts: list[str] = []
    labels: list[str] = []
    for category in categories:
        if category.id == UNKNOWN:
            continue
        rng = random.Random(f"{SEED}:{category.id}")  # noqa: S311
        rows = list(category.seeds)
        rows += [_dress(rng, _core(rng, seed, category), places) for seed in category.seeds for _ in range(PER_SEED)]
        rows += [_dress(rng, term, places) for term in category.terms for _ in range(PER_TERM)]
        texts += rows
        labels += [category.id] * len(rows)
    return texts, labels


def _core(rng: random.Random, seed: str, category: Category) -> str:
    """A seed with words left out, and now and then a second phrase of the same category."""
    kept = [word for word in seed.split() if rng.random() > 0.15] or seed.split()
    parts = [" ".join(kept)]
    if rng.random() < 0.35:
        parts.append(rng.choice(category.seeds))
    if category.terms and rng.random() < 0.4:
        parts.append(rng.choice(category.terms))
    rng.shuffle(parts)
    return rng.choice((", ", ". ", " ")).join(parts)


def _dress(rng: random.Random, core: str, places: Sequence[str]) -> str:
    parts = [rng.choice(OPENINGS), core]
    if places and rng.random() < 0.6:
        parts.append(f"{rng.choice(PREPOSITIONS)} {rng.choice(places)}")
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        parts.insert(rng.randrange(1, len(parts) + 1), rng.choice(FILLERS))
    parts.append(rng.choice(CLOSINGS))
    return _slip(rng, " ".join(part for part in parts if part))


def _slip(rng: random.Random, text: str) -> str:
    """Typing slips: a letter lost, doubled or swapped in one word of twenty-five."""
    out = []
    for word in text.split():
        at = rng.randrange(len(word))
        if len(word) > 4 and rng.random() < 0.04:
            word = rng.choice((word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], _swap(word, at)))
        out.append(word)
    return " ".join(out)


def _swap(word: str, at: int) -> str:
    return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
