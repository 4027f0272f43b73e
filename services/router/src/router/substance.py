"""Whether a resolution says what was done. Pure text in, a reason in Indonesian out."""

from __future__ import annotations

import re
from collections.abc import Collection

#: The least a message says that names no finished deed.
ENOUGH_WORDS = 3


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


#: Politeness, pronouns and joints: no content of their own.
_FILLER = frozenset(
    _words(
        """
        ada agar adalah aduan anda anggota ass assalamualaikum atas atau bagi baik bahwa bapak banyak beres bersama bos
        bu buat dan dari dalam dengan di dgn done halo harap hari hormat ibu informasi info ini itu jadi juga kah kak
        kakak kami karena ke keluhan kepada kerja kita laporan laporannya lah lanjut maaf maka masalah masyarakat mohon
        mhn nya ok oke okay oleh olehnya pada pak pengaduan perhatian perhatiannya pemkab petugas pihak proses saat
        salam sama sampai saudara saya segera selaku selalu selamat sdh sedang siap sip siang sore pagi malam sebagai
        sebagaimana secara seperti serta sesuai soppeng sudah tadi tapi telah terima dikerjakan ditangani
        tangani terimakasih terkait tersebut tetap
        thanks tim tks trims trimakasih tunggu untuk utk waktu wa wr wassalam wb warga yang yg kasih kemarin selesai
        tuntas rampung berhasil baru saja tlh
        """
    )
)
_DONE = frozenset(_words("sudah telah sdh tlh selesai tuntas rampung berhasil tadi kemarin"))
_NOT_YET = frozenset(
    _words("akan segera nanti rencana rencananya direncanakan dijadwalkan diusulkan besok menunggu belum masih sedang")
)

_EMPTY = "pesan belum menyebut apa yang sudah dikerjakan; tulis tindakan, tempat dan hasilnya, bukan ungkapan umum"
_PLAN = "pesan baru menyebut rencana; kirim progress dulu, dan selesaikan setelah pekerjaan dilakukan"
_SHORT = "pesan terlalu singkat; tulis apa yang sudah dikerjakan, di mana, dan hasilnya"


def substance(message: str, boilerplate: Collection[str], *, plan_is_answer: bool = False) -> str | None:
    """Why ``message`` is no resolution, or None if it is one.

    ``plan_is_answer``: a question or a wish may be answered by what will be.
    """
    said = _words(message)
    left = _without(said, boilerplate)
    content = [word for word in left if word not in _FILLER and word not in _NOT_YET and len(word) > 1]
    if not content:
        return _EMPTY
    done = not _DONE.isdisjoint(left)
    if not (done or plan_is_answer) and not _NOT_YET.isdisjoint(left):
        return _PLAN
    if not done and len(content) < ENOUGH_WORDS:
        return _SHORT
    return None


def _without(words: list[str], phrases: Collection[str]) -> list[str]:
    """``words`` without ``phrases``, the longest first."""
    text = f" {' '.join(words)} "
    for phrase in sorted(phrases, key=len, reverse=True):
        text = text.replace(f" {' '.join(_words(phrase))} ", " ")
    return text.split()
