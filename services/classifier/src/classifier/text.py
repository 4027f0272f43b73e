"""Normalize a citizen's spelling to words and n-grams for the model."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from kabupaten.spelling import APOSTROPHE, WORD

_SHORT_FORMS = """
    yang: yg; sudah: sdh udh udah dah; belum: blm blum; tidak: tdk gak ga nggak ngga tak gk; jalan: jln jl jlan;
    tolong: tlg tlong; mohon: mhn mhon; dengan: dgn dg; karena: krn karna krna; untuk: utk u; dari: dr dri;
    pada: pd; juga: jg jga; saya: sy sya aq; kami: km kmi; bapak: bpk bp pak; kalau: klo kalo kl; lagi: lg lgi;
    bagaimana: bgmn gmn gimana; kenapa: knp knpa; kapan: kpn; berapa: brp; dimana: dmn; banyak: bnyk byk;
    sampai: sampe; seperti: spt sprti; terus: trs trus; tahun: thn; bulan: bln; hari: hr; minggu: mgg;
    sekarang: skrg skr; orang: org orng; rumah: rmh rmah; kecamatan: kec; kelurahan: kel; desa: ds;
    kabupaten: kab perkab; jembatan: jmbtn jmbatan; lampu: lmpu lmp; sampah: smpah smph; kantor: ktr kntr;
    dapat: dpt; bisa: bs bsa; sangat: bgt banget; bukan: bkn; harus: hrs; sama: sm; tapi: tp tpi; dalam: dlm;
    sebelum: sblm; setelah: stlh; masih: msh; jadi: jd; depan: dpn; belakang: blkg; tentang: ttg;
    terima kasih: trmksh makasih tks; puskesmas: pkm; rumah sakit: rs; bbm: bensin; izin: ijin;
    perizinan: perijinan; ktp: ektp; listrik: listrk; bansos: bansoz; sekolah: sekolahan;
    padahal: pdhl; kurang: krg krng; langsung: lgsg lngsng; tersebut: tsb; supaya: spy; sehingga: shg; kepada: kpd;
    masuk: msk; warga: wrg; masyarakat: masy msyrkt; jangan: jgn jngn; hanya: hny; kemarin: kmrn kmren kmarin;
    bayar: byr; sekolah: sklh skolah; anak: ank; datang: dtg dtng; tempat: tmpt tmpat; gang: gg; perumahan: perum prum;
    bantuan: bntuan bantuanx; pemerintah: pmrnth; pelayanan: plyanan; petugas: ptgs; kenapa: knapa;
    sertifikat: sertipikat; hoaks: hoax; lampunya: lampux; airnya: airx; jalannya: jalanx
"""
#: Short forms of messages, as people in South Sulawesi type them, and what they stand for.
SHORT = {
    short: word.strip()
    for line in _SHORT_FORMS.split(";")
    for word, _, shorts in [line.partition(":")]
    for short in shorts.split()
}

_FUNCTION_WORDS = """
    yang di ke dari dan atau dengan untuk pada ini itu saya kami kita aku anda dia mereka kalian nya ada adalah akan
    sudah sedang masih lagi juga saja sangat sekali hanya oleh dalam karena kalau jika bila maka agar supaya sehingga
    sampai seperti sebagai tetapi tapi namun padahal jadi jangan bukan apa apakah siapa mana dimana bagaimana kenapa
    mengapa kapan berapa tolong mohon harap minta terima kasih bapak ibu pak bu min admin kak mas yth assalamualaikum
    selamat pagi siang sore malam nih dong deh sih kok lah kah mi ji ki pi ri tabe iya ya para sang si setiap tiap
    hal tersebut begitu begini bisa dapat mau harus ingin lalu terus kemudian setelah sebelum sejak hingga antara
"""
#: Function words: they may have a weight, but are never shown as evidence.
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())

_MASK = re.compile(r"\[[A-Z ]{2,40}\]")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_TWICE = re.compile(r"\b([^\W\d]{2,})2\b")


def words(text: str) -> list[str]:
    """Split ``text`` into lower-case words with short forms written out; numbers, links and masks are dropped."""
    text = _LINK.sub(" ", _MASK.sub(" ", unicodedata.normalize("NFKC", text))).lower()
    text = _TWICE.sub(r"\1 \1", _STRETCHED.sub(r"\1", APOSTROPHE.sub("", text)))
    return [part for word in WORD.findall(text) for part in SHORT.get(word, word).split()]


def word_ngrams(found: list[str]) -> list[str]:
    """List word unigrams and bigrams (``a b``), the first half of the model's features."""
    return found + [f"{a} {b}" for a, b in pairwise(found)]


# The same few thousand words make up most messages; splitting each only once is four times as fast.
@lru_cache(maxsize=50_000)
def char_ngrams(word: str) -> tuple[str, ...]:
    """List a word's character n-grams of 3 to 5, each marked by ``_``: the other half of the features.

    A typing slip changes only some of them.
    """
    padded = f"_{word}_"
    return tuple(f"_{padded[i : i + size]}" for size in (3, 4, 5) for i in range(len(padded) - size + 1))
