"""Which unit a text accuses: whose own conduct it is about, and not whom it calls upon or thanks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from classifier.lexicon import any_of, whole_words
from classifier.text import plain
from kabupaten.categories import Category
from kabupaten.routing import KECAMATAN, Routing
from kabupaten.units import Units

_SENTENCE = re.compile(r"(?<!yth)[.!?;\n]+")
#: Characters between an official and the misconduct: farther apart they belong to different people.
REACH = 25
#: Characters of the longest sentence that is read whole.
LONGEST = 1000
#: Words between somebody and the deed: farther apart it is another's.
CLOSE = 3
_SUFFERING = re.compile(r"\b(?:kena|dikenai|korban|jadi|sering|mengeluh\w*|mengadu\w*|lapor\w*)\b")
_CALLED = re.compile(r"\W+(?:tolong|mohon|harap|kapan)\b")
_BY = r"\W*(?:\w+ )?(?:(?:oleh|sama|sm|dari|seorang|oknum) )*"


MISCONDUCT = any_of(
    r"""
    oknum\w*; pungli; pungutan liar; korup\w*; dikorup\w*; suap\w*; menyuap; disuap;
    (?:me)?minta uang(?! (?:kembali|ganti|saya|kami))\w*; minta (?:jatah|rokok)\w*;
    (?:me)?minta (?:duit|dui|imbalan|bayaran|amplop|sogok\w*|fee|biaya tambahan|setoran|\d+|rp)\w*;
    dimintai (?:uang|bayaran|duit)\w*; meminta .{0,20}(?:ribu|juta|rupiah|uang);
    minta .{0,12}(?:ribu|juta|rupiah)\b; uang (?:rokok|pelicin|kopi|terima kasih); pelicin; amplop; memeras;
    pemerasan; kasar; membentak\w*; dibentak\w*; bentak\w*; arogan\w*; sombong; tidak sopan; jutek; marah marah;
    menghina; melecehkan; memukul; mengancam; intimidasi; malas; bermalas malasan; pemalas; bolos\w*;
    jarang (?:masuk|di kantor|ngantor); nongkrong; tidur (?:saat|waktu|di (?:kantor|kelas|loket|meja|ruang))\w*;
    main (?:game|hp|kartu|domino);
    nepotisme; kolusi; kkn; gratifikasi; jual beli jabatan; penyalahgunaan; menyalahgunakan; menyeleweng\w*;
    diselewengkan; penyelewengan; menggelapkan; penggelapan; fiktif; mark ?up; mempersulit; dipersulit;
    pilih kasih; diskriminasi; calo(?:nya)?; percaloan; selingkuh; mabuk; mellau dui; menilep; ditilep; sogok\w*;
    menerima (?:uang|suap|fee)\w*; kampanye; mobil dinas; plat merah;
    (?:mem)?(?:potong|sunat|motong) .{0,15}(?:bantuan|bansos|dana|pip|kip|bos|honor|insentif|pkh|blt|bpnt)\w*;
    (?:bantuan|bansos|dana|honor|insentif|pkh|blt|bpnt)\w* .{0,25}(?:dipotong|disunat); disunat;
    (?:dokter|bidan|perawat|pegawai|petugas|staf|guru|kepala|camat|lurah)\w* .{0,30}(?:tidak|jarang) (?:pernah )?masuk$;
    (?:tidak|tdk|ndak|gak) pernah (?:masuk (?:kantor|kerja|kelas|tugas)|ngantor);
    (?:ber)?main (?:proyek|anggaran|mata)\w*; menampar\w*; memukuli;
    di(?:tampar|pukul)i? (?:(?:oleh|sama|sm|dari) )?(?:petugas|pegawai|staf|guru|dokter|perawat)\w*;
    makan uang; uang masuk kantong;
    (?:men)?jual (?:pupuk|bibit|benih|obat|blanko|bantuan|jabatan|bbm|beras|aset|soal|solar)\w*;
    (?:me)?manipulasi\w*; (?:meny|s)elewengkan; (?:mem|p)alsukan; (?:meng)?gelapkan; me?malak; palak; dipalak;
    (?:ne|te)rima (?:fee|suap|amplop|setoran|gratifikasi|sogokan)\w*;
    (?:me)?mainkan (?:kuota|anggaran|harga|data|proyek|nama)\w*;
    dipaksa (?:bayar|setor|membayar|menyetor)\w*; jual beli (?:kursi|proyek)
    """
)

#: Who works for an office, without the office's name. Others have officials too: theirs are not the kabupaten's.
OFFICIAL = whole_words(
    r"(?<!per )(?:petugas|pegawai|staff?|oknum|dokter|perawat|bidan|guru"
    r"|kepala|direktur|bendahara|kasi|kabid|kadis|admin|asn|pns|honorer|penyuluh|ppl|pendamping|kepsek|pejabat)(?:nya)?"
    r"(?! (?:dusun|keluarga|lingkungan|warga|kontraktor|polisi|polres|polsek|tni|bpn|pln|bpjs|samsat|bank|lsm"
    r"|wartawan|kampung|ketua|ngaku|anggota|kades|lurah|rt|rw|preman|ormas|pedagang|sopir|toko|swasta"
    r"|perusahaan|pertamina|spbu|parkir liar)\b)"
)

#: Before a unit's name: it is called upon or thanked, not accused.
CALLED_UPON = re.compile(
    r"(?:^|\W)(?:kepada|yth|ke|mohon|harap|agar|supaya|tolong|terima kasih|makasih)"
    r"(?:\W+(?:yth|bapak|pak|ibu|kepala|pihak|kantor|dinas|bupati|dan|tim|kepada|untuk))*\W*$"
)
#: Behind a unit's name: the same, unless its own people follow ("PDAM tolong petugasnya …").
CALLED_AFTER = re.compile(
    r"\W+(?:(?!tidak|tdk|ndak?|n?gak?|kurang|bukan)\w+\W+)?(?:mohon|tolong|harap|kapan|jangan|agar|supaya|bagus|ramah|mantap|hebat)\b"
    r"(?!.*\b(?:petugas|pegawai|staf|oknum|anggota)(?:nya|ta|mu)\b)"
)
#: Before a unit's name: people who work for it and are not of it.
HIRED = re.compile(r"(?:^|\W)(?:mandor|kontraktor|pemborong|rekanan|tukang|buruh)(?:\W+\w+)?\W*$")
#: Before an official: wanted, sent for or missed, not accused; or one of somebody else.
WANTED = re.compile(
    r"(?:^|\W)(?:tidak ada|tdk ada|belum ada|tanpa|kurang|butuh|panggil|kirim|turunkan|lapor|melapor|minta"
    r"|(?:swasta|klinik|toko|perusahaan)(?:\W+(?:yang|yg))?)\W*$"
)
#: Before the misconduct: there is none. "Kalau tidak ada amplop" is some.
DENIED = re.compile(
    r"(?<!kalau )(?<!kalo )(?<!klo )(?<!jika )(?<!bila )"
    r"\b(?:(?:tidak|tdk|tak|ndak|bukan|belum) (?:pernah )?(?:ada )?|bebas (?:dari )?|tanpa |anti )"
    r"(?:lagi |yang |yg |adanya )*$"
)
#: Who is no official of the kabupaten's offices; close before a deed it is theirs.
OTHERS = whole_words(
    r"(?<!ke )(?<!kepada )(?<!dari )(?<!terhadap )(?<!sama )(?<!untuk )(?<!buat )(?<!pada )"
    r"(?:preman|warga|tetangga\w*|pedagang|siswa|murid|pelajar|pemuda|anak punk|kades|kepala desa|perangkat desa"
    r"|kepala dusun|kadus|(?:ketua )?(?:rt|rw)|kontraktor|mandor|sopir|supir|pemilik|pengusaha|juru parkir|jukir"
    r"|tukang parkir"
    r"|maling|suami\w*|polisi|debt collector|kios|toko|apotek|klinik|pengurus|ormas|lsm|pemborong|orang mabuk|pengamen)"
)
_BY_OTHERS = re.compile(_BY + OTHERS.pattern)
NEGLECT = any_of(
    r"""
    tidak (?:pernah )?\w*(?:[tn]anggap|respon|gubris|[tn]indak|balas|peduli|jawab|angkat|becus)\w*; diabaikan;
    mengabaikan; lambat\w*; lamban\w*; lelet; buruk\w*; kinerja;
    (?:tidak|tdk) (?:becus|profesional|jelas|beres); keluhan; kecewa\w*; ditutup sepihak; didiamkan; cuek;
    aplikasi\w* .{0,20}error; mengecewakan;
    (?:menutup|nutup|tutup|menolak|membiarkan|mengabaikan|abaikan) (?:laporan|aduan|pengaduan)\w*; (?:ber)?bohong\w*;
    tidak (?:pernah )?(?:di)?baca; tanpa (?:jawaban|tanggapan|tindak lanjut|penjelasan);
    (?:meng)?hapus (?:laporan|aduan|pengaduan|komentar)\w*;
    (?:laporan|aduan|pengaduan)\w* .{0,15}(?:dihapus|ditutup (?:oleh|sama|tanpa|padahal|sepihak))
    """
)


@dataclass(frozen=True, kw_only=True)
class UnitName:
    """How citizens name a unit. ``keeps_order``: it plays a role in the handling of complaints itself."""

    code: str
    pattern: re.Pattern[str]
    keeps_order: bool


def unit_names(units: Units) -> tuple[UnitName, ...]:
    """Give the names and aliases by which citizens name each of ``units``."""
    return tuple(
        UnitName(
            code=unit.code,
            pattern=whole_words(*map(_named, (unit.name, *unit.aliases))),
            keeps_order=unit.has_role,
        )
        for unit in units.rows
    )


def _named(name: str) -> str:
    """Who heads "Dinas Pendidikan" is "kadis pendidikan"."""
    return re.sub(r"^dinas\\? ", "(?:dinas|kadis|kadin) ", re.escape(plain(name)))


def owners_of(units: Units, categories: Mapping[str, Category]) -> dict[str, str]:
    """Give each category's unit, where it has one; not who looks into conduct: that one judges, it is not meant."""
    judge = units.holder("conduct")
    return {name: its.unit for name, its in categories.items() if its.unit and its.unit != judge}


def leads_of(routing: Routing) -> dict[tuple[str, str], str | None]:
    """Give who leads in a category's matter where a rule says so; None where it is handed over."""
    leads: dict[tuple[str, str], str | None] = {}
    for rule in routing.rules:
        if rule.lead != KECAMATAN and (rule.lead or rule.hand_over):
            for about in product(rule.categories, rule.matters):
                leads.setdefault(about, rule.lead)
    return leads


def units_accused(units: tuple[UnitName, ...], text: str, owner: str | None = None) -> tuple[str, ...]:
    """Units whose own conduct the text is about. ``text`` is lower case.

    Being slow is an accusation only against units that handle complaints themselves: of others it is their daily work.
    An official whose unit the text does not say is taken for one of ``owner``, the unit of the text's category.
    """
    accused: list[str] = []
    unnamed = False
    for line in lines(text):
        deeds = [deed for deed in MISCONDUCT.finditer(line) if not _is_denied_or_of_others(units, line, deed)]
        neglect = NEGLECT.search(line)
        for unit in units if deeds or neglect else ():
            if unit.code not in accused and (deeds or unit.keeps_order) and _is_named(unit.pattern, line):
                accused.append(unit.code)
        unnamed = unnamed or _by_an_official(line, deeds)
    return tuple(accused) or ((owner,) if owner and unnamed else ())


def lines(text: str) -> Iterator[str]:
    """The sentences; one without an end is read in pieces, for every word is held against all that stand before it."""
    for sentence in _SENTENCE.split(text):
        line = plain(sentence)
        yield from (line,) if len(line) <= LONGEST else textwrap.wrap(line, LONGEST)


def _is_denied_or_of_others(units: tuple[UnitName, ...], line: str, deed: re.Match[str]) -> bool:
    """ "Tidak ada pungli", "preman yang memukul": nobody of the kabupaten did it."""
    before, after = line[: deed.start()], line[deed.end() :]
    by_whom_follows = deed[0].startswith(("di", "oknum"))
    if DENIED.search(before) or (by_whom_follows and _BY_OTHERS.match(after)):
        return True
    if by_whom_follows:
        return False
    other = next(iter(reversed(list(OTHERS.finditer(before)))), None)
    between = before[other.end() :] if other else ""
    if other is None or len(between.split()) > CLOSE or _SUFFERING.search(between):
        return False
    return not (OFFICIAL.search(between) or any(unit.pattern.search(between) for unit in units))


def _by_an_official(line: str, deeds: list[re.Match[str]]) -> bool:
    """An official stands close before the misconduct, or right behind it where it is told as suffered."""
    deeds = [deed for deed in deeds if not deed[0].startswith("oknum")]
    for official in OFFICIAL.finditer(line) if deeds else ():
        before = line[: official.start()]
        if CALLED_UPON.search(before) or WANTED.search(before) or _CALLED.match(line, official.end()):
            continue
        for deed in deeds:
            told_after = official.start() <= deed.start() <= official.end() + REACH
            suffered = deed[0].startswith("di") and deed.start() < official.start()
            told_before = suffered and re.fullmatch(_BY, line[deed.end() : official.start()])
            if told_after or told_before:
                return True
    return False


def _is_named(pattern: re.Pattern[str], line: str) -> bool:
    """Named other than to call upon it or to thank it."""
    for found in pattern.finditer(line):
        before = line[: found.start()]
        after = CALLED_AFTER.match(line, found.end())
        # "Inspektorat disuap supaya …" calls upon nobody.
        called = CALLED_UPON.search(before) or (after and not MISCONDUCT.search(after[0]))
        if not (called or WANTED.search(before) or HIRED.search(before)):
            return True
    return False
