"""Fraud and advertising are detected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classifier.extractors.spam import is_spam
from kabupaten.phrases import Matches


@pytest.mark.parametrize(
    ("text", "spam"),
    [
        ("SELAMAT anda pemenang undian 100jt hubungi wa.me/62812", True),
        ("slot gacor deposit 10rb klik www.contoh.example", True),
        ("Butuh dana cepat? pinjaman tanpa agunan bunga ringan hub WA", True),
        ("mama minta pulsa, transfer pulsa ke nomor ini, hubungi", True),
        ("Klaim saldo dana kaget https://dana.example", True),
        ("cek paket anda, buka file resi.apk", True),
        ("ma ini nomor baru ku, transfer dulu 2 juta ke rek BCA", True),
        ("slot gacor maxwin bonus new member klik link, di jalan poros", True),
        ("Surat tilang atas nama anda, buka file tilang.apk", True),
        ("mau tanya link daftar mudik gratis error terus pak", False),
        ("elpiji murah dijual 30 ribu di pangkalan, pak", False),
        ("saya ditipu sms undian berhadiah, mohon diblokir nomornya", False),
        ("judi slot marak di desa kami, mohon ditindak", False),
        ("harga promo bantuan pupuk tidak sesuai di desa", False),
        ("air mati, hubungi kami", False),
    ],
)
def test_advertising_is_flagged_and_a_report_about_it_is_not(
    said: Callable[[str], Matches], text: str, spam: bool
) -> None:
    assert spam == is_spam(said(text))
