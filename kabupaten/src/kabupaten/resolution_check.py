"""Checks that a resolution says what was done. Pure: text in, a reason in Indonesian out.

It judges clause by clause: one that names a deed is enough, whatever else is still to come.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

#: The fewest words of a message that names no finished deed.
ENOUGH_WORDS = 3


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


#: Politeness, pronouns and joining words: no content of their own.
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
        tuntas rampung berhasil baru saja tlh lebih
        bidang kepala dinas pimpinan atasan seksi bukan
        baca dibaca membaca catat dicatat mencatat mencatatnya menerima diterima
        aman terkendali kondusif situasi clear sop mestinya permasalahan persoalan teknis sana
        lokasi lapangan meluncur menuju berangkat turun tiba
        """
    )
)
#: Words for something done, seen or answered that do not say what.
_HOLLOW = re.compile(
    r"((di|ter|ber)?(tindak|lanjut|tindaklanjut|tangan|selesai|laksana|laku|respons?|cek|tinjau|surve[iy]|pantau|monitor"
    r"|verifikasi|konfirmasi|disposisi|informasi|atas|tanggap|jawab)"
    r"|(me|pe)(nindaklanjut|nangan|nyelesai|laksana|laku|respons?|ngecek|ninjau|nyurve[iy]|mantau|nanggap|ngatas"
    r"|njawab|(ng|m)?(monitor|verifikasi|konfirmasi|disposisi|informasi)))(i|kan|an)?(nya)?"
)
_DONE = frozenset(_words("sudah telah sdh tlh selesai tuntas rampung berhasil tadi kemarin"))
_NOT_YET = frozenset(_words("akan segera nanti rencana rencananya besok menunggu belum masih sedang perlu harus"))
_PLANNED = re.compile(r"(di|me|meng|men)?(anggar|jadwal|usul|rencana)kan")
#: Passing on is not a deed, nor is saying whose it is; its purpose is for others to achieve.
_PASSED_ON = re.compile(
    r"((di|me|men|ber)?(terus|nerus|sampai|nyampai|koordinasi|lapor|aju|ngaju|komunikasi)(kan)?|berkoordinasi"
    r"|(ke|we)wenang(an)?)(nya)?"
)
_FREE = frozenset(_words("terus sampai laporan laporannya lapor"))
_PURPOSE = frozenset(_words("untuk agar supaya guna"))
_VERB = re.compile(r"di\w{4,}|me(m|n|ng|ny)\w{3,}|ter\w{4,}")
_NO_VERB = frozenset(
    _words(
        """
        dimana disana disini didepan diatas dibawah dirumah dijalan dikantor dilapangan dinding direktur disiplin
        digital diare dimohon diharap diharapkan dimaklumi diupayakan diusahakan ditunggu diketahui dimaksud dilaporkan
        mengenai menurut menjadi memang memohon menunggu mengetahui memahami mengalami menit menteri mengharapkan
        memperhatikan mengucapkan menghubungi mendapat
        terjadi terdapat terlalu terhadap termasuk terdekat terakhir terbaru terbaik terbatas terkendala terlambat
        tertinggal terjadwal tercatat terdaftar terdata terminal terhormat tertinggi terpaksa ternyata terutama tertentu
        """
    )
)
_CLAUSES = re.compile(
    r"[.;,:!?]+(?=\s|$)|\n|\b(?:tetapi|tapi|namun|sambil|sembari|sedangkan|meski|meskipun|walaupun)\b"
)

_EMPTY = "pesan belum menyebut apa yang sudah dikerjakan; tulis tindakan, tempat dan hasilnya, bukan ungkapan umum"
_PLAN = "pesan baru menyebut rencana; kirim progress dulu, dan selesaikan setelah pekerjaan dilakukan"
_SHORT = "pesan terlalu singkat; tulis apa yang sudah dikerjakan, di mana, dan hasilnya"


def substance(message: str, boilerplate: Sequence[str], *, plan_is_answer: bool = False) -> str | None:
    """Return why ``message`` is not a resolution, or None if it is one.

    ``plan_is_answer``: a plan may answer a question or a wish.
    """
    phrases = _phrases(tuple(boilerplate))
    clauses = [_read(words, phrases) for part in _CLAUSES.split(message.casefold()) if (words := _words(part))]
    parts = [_read(_words(part), phrases) for part in re.split(_CLAUSES.pattern + r"|\bdan\b", message.casefold())]
    if any(_names_deed(each) and (plan_is_answer or not each.planned) for each in clauses + parts):
        return None
    planned, content = any(each.planned for each in clauses), {word for each in clauses for word in each.content}
    passed_on = any(each.passed_on for each in clauses)
    if not content or (passed_on and not planned):
        return _EMPTY
    if planned and not plan_is_answer:
        return _PLAN
    # Without a word for "done" there must be as many words as in a whole sentence, or in a list.
    return None if len(content) >= ENOUGH_WORDS and not passed_on else _SHORT


@dataclass(frozen=True, kw_only=True)
class _Clause:
    """``content`` are the words besides politeness; ``done``: a word says that it is over; ``deed``: a verb is left."""

    content: list[str]
    done: bool
    deed: bool
    planned: bool
    passed_on: bool


def _read(said: list[str], phrases: tuple[str, ...]) -> _Clause:
    passed_on = any(_is_passed_on(word) for word in said)
    if passed_on:
        said = list(takewhile(lambda word: word not in _PURPOSE, said))
    left = _without(said, phrases)
    planned = any(word in _NOT_YET or _PLANNED.fullmatch(word) for word in left)
    no_content = _FILLER | _NOT_YET
    content = [word for word in left if word not in no_content and len(word) > 1 and not _is_hollow(word)]
    deed = any(_VERB.fullmatch(word) and word not in _NO_VERB and not _PLANNED.fullmatch(word) for word in content)
    return _Clause(
        content=[word for word in content if not _PLANNED.fullmatch(word)],
        done=not _DONE.isdisjoint(left),
        deed=deed,
        planned=planned,
        passed_on=passed_on,
    )


def _is_hollow(word: str) -> bool:
    return _HOLLOW.fullmatch(word) is not None or _is_passed_on(word)


def _is_passed_on(word: str) -> bool:
    return word not in _FREE and _PASSED_ON.fullmatch(word) is not None


def _names_deed(clause: _Clause) -> bool:
    """Whether it has a verb and another word of content, or any content that it says is over."""
    return (clause.deed and len(clause.content) > 1) or (clause.done and not clause.passed_on and bool(clause.content))


@lru_cache
def _phrases(boilerplate: tuple[str, ...]) -> tuple[str, ...]:
    """Normalize each phrase to its words, a blank around each; the longest first."""
    return tuple(f" {' '.join(_words(phrase))} " for phrase in sorted(boilerplate, key=len, reverse=True))


def _without(words: list[str], phrases: tuple[str, ...]) -> list[str]:
    text = f" {' '.join(words)} "
    for phrase in phrases:
        text = text.replace(phrase, " ")
    return text.split()
