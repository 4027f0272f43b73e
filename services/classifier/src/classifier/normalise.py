"""Brings a citizen's spelling to one form before words are counted."""

from __future__ import annotations

import re
import unicodedata

#: Short forms of messages, as people in South Sulawesi type them.
SHORT = {
    "yg": "yang", "sdh": "sudah", "udh": "sudah", "udah": "sudah", "dah": "sudah", "blm": "belum", "blum": "belum",
    "tdk": "tidak", "gak": "tidak", "ga": "tidak", "nggak": "tidak", "ngga": "tidak", "tak": "tidak", "gk": "tidak",
    "jln": "jalan", "jl": "jalan", "jlan": "jalan", "tlg": "tolong", "tlong": "tolong", "mhn": "mohon", "mhon": "mohon",
    "dgn": "dengan", "dg": "dengan", "krn": "karena", "karna": "karena", "krna": "karena", "utk": "untuk", "u": "untuk",
    "dr": "dari", "dri": "dari", "pd": "pada", "jg": "juga", "jga": "juga", "sy": "saya", "sya": "saya", "aq": "saya",
    "km": "kami", "kmi": "kami", "bpk": "bapak", "bp": "bapak", "pak": "bapak", "klo": "kalau", "kalo": "kalau",
    "kl": "kalau", "lg": "lagi", "lgi": "lagi", "bgmn": "bagaimana", "gmn": "bagaimana", "gimana": "bagaimana",
    "knp": "kenapa", "knpa": "kenapa", "kpn": "kapan", "brp": "berapa", "dmn": "dimana", "bnyk": "banyak",
    "byk": "banyak", "sampe": "sampai", "smp": "smp", "spt": "seperti", "sprti": "seperti", "trs": "terus",
    "trus": "terus", "thn": "tahun", "bln": "bulan", "hr": "hari", "mgg": "minggu", "skrg": "sekarang", "skr": "sekarang",
    "org": "orang", "orng": "orang", "rmh": "rumah", "rmah": "rumah", "kec": "kecamatan", "kel": "kelurahan",
    "ds": "desa", "kab": "kabupaten", "jmbtn": "jembatan", "jmbatan": "jembatan", "lmpu": "lampu", "lmp": "lampu",
    "smpah": "sampah", "smph": "sampah", "ktr": "kantor", "kntr": "kantor", "dpt": "dapat", "bs": "bisa", "bsa": "bisa",
    "bgt": "sangat", "banget": "sangat", "bkn": "bukan", "hrs": "harus", "sm": "sama", "tp": "tapi", "tpi": "tapi",
    "dlm": "dalam", "sblm": "sebelum", "stlh": "setelah", "msh": "masih", "jd": "jadi", "dpn": "depan", "blkg": "belakang",
    "ttg": "tentang", "trmksh": "terima kasih", "makasih": "terima kasih", "tks": "terima kasih", "perkab": "kabupaten",
    "pkm": "puskesmas", "rs": "rumah sakit", "bensin": "bbm", "ijin": "izin", "perijinan": "perizinan", "ektp": "ktp",
    "listrk": "listrik", "bansoz": "bansos", "sekolahan": "sekolah", "sertipikat": "sertifikat", "hoax": "hoaks",
    "pln": "pln", "faskes": "faskes", "lampux": "lampunya", "airx": "airnya", "jalanx": "jalannya",
}  # fmt: skip

_MASK = re.compile(r"\[[A-Z ]{2,40}\]")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_APOSTROPHE = re.compile(r"['’‘`´ʔ]")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_TWICE = re.compile(r"\b([^\W\d]{2,})2\b")
_WORD = re.compile(r"[^\W\d_]+")


def words(text: str) -> list[str]:
    """Lower-case words of ``text`` with short forms written out; numbers, links and masks are dropped."""
    text = _LINK.sub(" ", _MASK.sub(" ", unicodedata.normalize("NFKC", text))).lower()
    text = _TWICE.sub(r"\1 \1", _STRETCHED.sub(r"\1", _APOSTROPHE.sub("", text)))
    return [part for word in _WORD.findall(text) for part in SHORT.get(word, word).split()]


def features(text: str, *, characters: bool = True) -> list[str]:
    """What the model counts: words, pairs of words (``a b``) and, marked by ``_``, pieces of 3 to 5 characters."""
    found = words(text)
    counted = found + [f"{a} {b}" for a, b in zip(found, found[1:], strict=False)]
    if characters:
        for word in found:
            padded = f"_{word}_"
            for size in (3, 4, 5):
                counted += [f"_{padded[i : i + size]}" for i in range(len(padded) - size + 1)]
    return counted
