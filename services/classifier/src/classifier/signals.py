"""Reads from the words, by rule: what kind of message, how urgent, whether spam, in which language, about which unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from chassis.region import read_region
from classifier.domain import Kind, Urgency


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)")


_ASKS = _any(
    r"(?:mau|ingin|numpang|izin|ijin|mohon ijin|hendak) (?:ber)?tanya\w*", r"(?:minta|mohon|butuh|perlu|mau minta) (?:info|informasi|penjelasan|petunjuk)\w*",
    r"bagaimana (?:cara|prosedur|proses|syarat|mekanisme|alur|kalau mau|kalau)\w*", r"(?:apa|apakah) (?:saja )?(?:syarat|persyaratan|berkas|dokumen)\w*", r"(?:syarat|persyaratan)\w* .{0,60}apa(?: saja)?",
    r"(?:cara|prosedur|syarat|persyaratan|alur|jadwal|tata cara) (?:untuk )?(?:urus|mengurus|daftar|mendaftar|buat|membuat|pindah|bayar|membayar|pendaftaran|pengurusan|pembuatan|pembayaran|mengajukan|imunisasi|vaksin)\w*",
    r"apakah (?:bisa|ada|masih|boleh|benar|sudah|perlu|harus|dapat)", r"bisakah", r"adakah", r"benarkah", r"berapa (?:biaya|lama|tarif|persen|syarat|besar|harga)\w*", r"di ?mana (?:kah|bisa|saya|tempat|alamat|lokasi|daftar|diurus|mengurus|buat|urus|kantor|kami|beli|dapat)\w*",
    r"info(?:rmasi)? (?:tentang|mengenai|terkait|soal|jadwal|pendaftaran|lowongan|nomor|alamat)", r"pekkoga carana", r"aga sara'?na", r"(?:nomor|no) (?:telepon|kontak|hp|wa|call center) .{0,30}(?:berapa|apa)", r"bertanya", r"menanyakan", r"(?:jam|hari) (?:buka|pelayanan|kerja|operasional)\w* .{0,20}(?:berapa|apa|kapan)",
    r"ke ?mana (?:saya|kami|harus|bisa)\w*", r"siapa yang (?:bisa|harus) (?:dihubungi|saya hubungi)",
)  # fmt: skip
_QUESTIONS = _any("kapan", "berapa", "apakah", "bagaimana", "di ?mana", "apa saja", "siga", "pekkoga", "apa", "gmn", "gimana", "kpn", "brp", r"masih ada\b.{0,20}\?")
_COMPLAINS = _any(
    r"rusak\w*", "hancur", "parah", "mati", "padam", "bocor", "tersumbat", "mampet", r"banjir\w*", "longsor", r"kecewa\w*", r"keluh\w*", r"mengeluh\w*", "lambat",
    r"tidak pernah", r"tidak (?:di)?tanggap\w*", r"tidak ada (?:tindak|tanggap|respon)\w*", r"sampai sekarang", r"terus menerus", r"menumpuk", r"meresahkan", r"mengganggu", r"pungli",
    r"oknum", r"korupsi", r"dipersulit", r"tidak adil", r"salah sasaran", r"macet", r"bau", r"kotor", r"langka", r"bahaya\w*", r"membahayakan", r"ditindak\w*", r"dirugikan", r"belum (?:juga|pernah|ada|di\w+|cair|jadi|keluar)", r"berlubang", r"roboh", r"tolong (?:di\w+|pak)", "masolang", r"mangkrak", r"di(?:tahan|potong|tolak|hentikan)",
)  # fmt: skip
_WISHES = _any(r"usul\w*", r"mengusulkan", r"saran\w*", r"menyarankan", r"sebaiknya", r"alangkah baiknya", r"aspirasi", r"masukan", r"kami berharap agar", r"harapan kami agar", r"ide", r"seandainya")

_DIRE = _any(
    r"(?:sedang |lagi )?terbakar", r"kebakaran (?:di|rumah|sekarang|hebat|besar|pasar|gudang)\w*", r"tolong\W+kebakaran", r"api (?:membesar|merambat|masih)\w*", r"tenggelam", r"hanyut", r"terseret arus", r"tertimbun", r"tertimpa", r"menimpa (?:rumah|orang|warga|mobil|motor)\w*", r"(?:ter)?kesetrum", r"tersengat listrik",
    r"keracunan", r"banjir bandang", r"terjebak", r"bunuh diri", r"diperkosa", r"pemerkosaan", r"dibacok", r"ditikam", r"penikaman", r"sekarat", r"kritis", r"kejang", r"pendarahan", r"tidak sadarkan diri", r"gawat darurat", r"kabel (?:pln |listrik )?(?:putus|jatuh)\w*", r"gas (?:bocor|meledak)", r"meledak", r"jembatan (?:putus|ambruk|roboh)", r"tanggul jebol", r"tawuran",
    r"mau melahirkan", r"evakuasi", r"disandera", r"diculik", r"hilang (?:di|tenggelam) (?:sungai|danau|hutan)", r"digigit (?:ular|anjing)", r"nalureng api",
)  # fmt: skip
_PRESSING = _any(
    r"(?:mem)?bahaya\w*", r"korban\w*", r"kecelakaan", r"meninggal", r"nyawa", r"(?:mau|hampir|akan|nyaris|takut) (?:roboh|tumbang|ambruk|putus|runtuh|rubuh|longsor)\w*", r"roboh", r"rubuh", r"ambruk", r"runtuh", r"longsor\w*", r"terendam", r"luka\w*", r"jatuh dari motor", r"(?:sudah|banyak) (?:yang )?jatuh", r"(?:di)?pukul\w*", r"memukul", r"kekerasan", r"dianiaya", r"penganiayaan", r"pelecehan", r"wabah",
    r"demam berdarah", r"dbd", r"muntaber", r"darurat", r"mengancam\w*", r"ancaman", r"diancam", r"begal", r"tabrakan", r"menabrak", r"sakit keras", r"ditolak (?:di )?(?:ugd|igd|rumah sakit|rs)", r"(?:mau|akan|harus) (?:di)?operasi", r"rabies", r"kelaparan", r"pingsan", r"kdrt", r"narkoba", r"tawon", r"ular", r"kebakaran", r"miring", r"menjuntai", r"bayi (?:saya|kami)? ?(?:sakit|demam)", r"tidak bisa lewat", r"terisolasi", r"terputus", r"marebba", r"lempe",
)  # fmt: skip

_FRAUD = (
    _any(r"selamat (?:anda|nomor|no|kpd)\w*", r"anda (?:terpilih|mendapat\w*|memenangkan|pemenang|menang)", r"pemenang undian", r"undian", r"berhadiah", r"cek tunai", r"dapat hadiah", r"poin anda"),
    _any(r"pinjaman (?:cepat|tanpa|online|uang|dana)\w*", r"dana (?:cepat|tunai|kilat|talangan)", r"tanpa (?:agunan|jaminan|survei|bi checking)", r"bunga (?:rendah|ringan|\d)", r"kta", r"cair (?:\d+ menit|hari ini|langsung)", r"butuh (?:dana|uang|modal)\b.{0,20}(?:hub|wa|call|klik)"),
    _any(r"slot\w*", r"gacor", r"maxwin", r"jackpot", r"deposit", r"togel", r"bonus (?:new|member|\d)\w*", r"depo", r"scatter", r"bandar (?:judi|bola)\w*", r"casino"),
    _any(r"promo\w*", r"diskon \d+", r"gratis ongkir", r"cashback", r"beli sekarang", r"harga promo", r"jual (?:obat|follower|akun|pulsa|murah)\w*", r"obat kuat", r"pembesar", r"peninggi", r"pelangsing", r"flash sale", r"open order", r"ready stock", r"dijual (?:cepat|murah|rumah|tanah|mobil)\w*", r"termurah", r"pesan sekarang"),
    _any(r"mama .{0,20}pulsa", r"(?:isikan|kirim(?:kan)?|transfer) (?:pulsa|uang|saldo)\w*", r"kirim ke rek\w*", r"transfer ke rek\w*", r"ketik \w+ (?:kirim|spasi)"),
    _any(r"klik\b.{0,40}", r"hub(?:ungi)?\.? ?(?:wa|nomor|no|kami|cs|bpk|admin)?", r"info lengkap", r"wa\.me\S*", r"bit\.ly\S*", r"daftar sekarang", r"www\.\S+", r"https?://\S+", r"t\.me\S*", r"s\.id/\S*", r"call ?/ ?wa", r"join (?:grup|channel)\w*"),
)  # fmt: skip
_CALL_TO_ACTION = 5
_REPORTS = _any(r"lapor\w*", r"melapor\w*", r"penipuan", r"tertipu", r"ditipu", r"menipu", r"blokir", r"korban", r"mengadu\w*", r"meresahkan", r"mohon (?:di)?tindak\w*", r"ilegal", r"meneror", r"bansos", r"retribusi", r"pajak", r"dinas", r"warga", r"petugas", r"desa", r"jalan", r"rusak")

_BUGIS = frozenset(
    """engka degaga dena de' depa de aja' ri sibawa nasaba narekko rekko ko'e makkada makkeda makkedai iyaro iyatu iyae iyana iya'e idi' idi iko alena
    ladde maega maja' meja' masija' malinta' mabela macawe' maloppo loppo baiccu' matoa malolo makessing madeceng masolang masara macai madodong
    masoli masempo marola maddeppa mabbau macarepa roppo bosi lempe' lempe salo saloe wae uwae api bola bolae bolaku laleng lalenge lalengnge galung galungnge pasa pasae kampong kampongku
    dui' dui doi' esso wenni siminggu tellu dua'e eppa lima'e metta makkokkoe baja denre labe' pura pole pole'e lao laoka lettu jokka najokka tudang tinro manre mandre minung cemme mala mala'i mita uita naita tulung tulungnga tulu'ka jampangi
    aga agana magi magani pekkoga pekku siaga siaga'e niga kega tega maneng maneng'e tau tauwe tau'e ana' ana'ku ambo' indo' indo'ku nene'ku to taniya tania weddi wedding naulle ulle elo elo'ka melo melli ellinna molo paimeng mopa topa lalo marebba cappu cappu'ni kasiasi pettang kape' malasa peddi' peddi babua marakko
    onrong riolo ri'e rilaleng monri riase riawa tongeng majeppu jama jamang pallaonruma na'e mappakoe matteru massing nyawa""".split()
)  # fmt: skip
_MAKASSAR = frozenset(
    "tena tenamo tanre niaka niak inakke kau katte ikatte iangku kontu antekamma apantu apa'na anne anjo antu battu mange naung nai sallo ballak ballaka je'ne jekne jeknek bosi'i agang oloko kalassukang sarro lompo lompona ca'di tau'ai paccce pacce nakana kana mae rigaring pappalak".split()
)
_JAVA = frozenset(
    "ora ana wis durung iki iku kuwi opo apa-apa piye kepriye kok sing karo saka menyang nang ning dalan banyu omah wong akeh rusak'e tulung dandani kulo kula mboten panjenengan sampun dereng niki niku ingkang kaliyan nopo pripun matur nuwun ndalan dalane udan mati'ne isih wae gak'ono ono nggih meniko".split()
) - {"wae", "tulung", "apa-apa"}
_ENGLISH = frozenset(
    "the is are was not and please road broken water our my we you they there have has this that with for from since help fix street light no to of in at been very government when how where".split()
) - {"no", "in", "at", "to"}
_INDONESIAN = frozenset(
    "yang di dan tidak ada sudah belum saya kami mohon tolong dari ke ini itu untuk dengan karena pak bu jalan rumah air lampu desa bisa mau kalau juga lagi sampai warga sekali banyak terima kasih apa kapan bagaimana selalu masih pada ya tdk sdh yg dgn krn utk blm sy".split()
)
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]*)?")
_SENTENCE = re.compile(r"[.!?;\n]+")
_APOSTROPHES = re.compile(r"[’‘`´ʔ]")
LANGUAGE_SHARE = 0.15

_MISCONDUCT = _any(
    r"oknum\w*", r"pungli", r"pungutan liar", r"korup\w*", r"dikorup\w*", r"suap\w*", r"menyuap", r"disuap", r"(?:me)?minta (?:uang|duit|dui|imbalan|bayaran|amplop|jatah|sogok\w*|fee|biaya tambahan|setoran|\d+|rp)\w*", r"dimintai (?:uang|bayaran|duit)\w*", r"meminta .{0,20}(?:ribu|juta|rupiah|uang)", r"minta .{0,12}(?:ribu|juta|rupiah)\b",
    r"uang (?:rokok|pelicin|kopi|terima kasih)", r"pelicin", r"amplop", r"memeras", r"pemerasan", r"kasar", r"membentak\w*", r"dibentak\w*", r"bentak\w*", r"arogan\w*", r"sombong", r"tidak sopan", r"jutek", r"marah marah", r"menghina", r"melecehkan", r"memukul", r"mengancam", r"intimidasi", r"malas\w*", r"bolos\w*", r"jarang (?:masuk|di kantor|ngantor)", r"nongkrong", r"tidur (?:di|saat|waktu)\w*", r"main (?:game|hp|kartu|domino)",
    r"nepotisme", r"kolusi", r"kkn", r"gratifikasi", r"jual beli jabatan", r"penyalahgunaan", r"menyalahgunakan", r"menyeleweng\w*", r"diselewengkan", r"penyelewengan", r"menggelapkan", r"penggelapan", r"fiktif", r"mark ?up", r"mempersulit", r"dipersulit", r"pilih kasih", r"diskriminasi", r"calo\w*", r"selingkuh", r"mabuk", r"mellau dui", r"menilep", r"ditilep", r"sogok\w*", r"menerima (?:uang|suap|fee)\w*", r"kampanye", r"mobil dinas", r"plat merah",
)  # fmt: skip
_NEGLECT = _any(r"tidak (?:pernah )?(?:di|me)?(?:nang|tang|res|gub|tindak|balas|peduli|jawab|kerja|angkat)\w*", r"diabaikan", r"mengabaikan", r"lambat\w*", r"lamban\w*", r"lelet", r"buruk\w*", r"kinerja", r"(?:tidak|tdk) (?:becus|profesional|jelas|beres)", r"keluhan", r"kecewa\w*", r"ditutup sepihak", r"didiamkan", r"cuek", r"aplikasi\w* .{0,20}error", r"mengecewakan")


@dataclass(frozen=True, kw_only=True)
class UnitName:
    """How citizens name a unit. ``keeps_order``: it plays a role in the handling of complaints itself."""

    code: str
    pattern: re.Pattern[str]
    keeps_order: bool


def load_unit_names(region: Path) -> tuple[UnitName, ...]:
    """The names and aliases of ``units.yaml``.

    Raises:
        RegionError: the file is missing or is not YAML.
    """
    return tuple(
        UnitName(
            code=unit["code"],
            pattern=_any(*(re.escape(plain(name)) for name in (unit["name"], *unit.get("aliases", ())))),
            keeps_order=bool(unit.get("triage") or unit.get("conduct") or unit.get("fallback")),
        )
        for unit in read_region(region, "units.yaml")["units"]
    )


def plain(text: str) -> str:
    """Lower case, one kind of apostrophe, hyphens and runs of blanks as one blank: what the rules below expect."""
    return re.sub(r"[-\s]+", " ", _APOSTROPHES.sub("'", text.lower())).strip()


def kind_of(text: str) -> Kind:
    """A complaint, unless the asking or the wishing outweighs the complaining. ``text`` is ``plain``."""
    asks = 2 * bool(_ASKS.search(text)) + bool(_QUESTIONS.search(text)) + text.count("?", 0, 400).__bool__()
    complains = len(set(_COMPLAINS.findall(text)))
    if asks >= 2 and asks > complains:
        return "permintaan_informasi"
    if _WISHES.search(text) and complains < 2:
        return "aspirasi"
    return "pengaduan"


def urgency_of(text: str, kind: Kind) -> Urgency:
    """How long it can wait. ``text`` is ``plain``. Who asks for information or wishes something is in no danger."""
    if kind != "pengaduan" and not _DIRE.search(text):
        return "rendah"
    if _DIRE.search(text):
        return "darurat"
    return "tinggi" if _PRESSING.search(text) else "sedang"


def is_spam(text: str) -> bool:
    """Fraud or advertising: two of its marks, and nobody reports anything. Complaints about fraud are complaints."""
    marks = [i for i, pattern in enumerate(_FRAUD) if pattern.search(text)]
    if not marks or marks == [_CALL_TO_ACTION] or _REPORTS.search(text):
        return False
    return len(marks) > 1 or len(_FRAUD[marks[0]].findall(text)) > 1


def language_of(text: str) -> str:
    """A hint for the choice of a reader: id, bug, mak, jv, en or other. ``text`` is ``plain``."""
    tokens = _TOKEN.findall(text)
    if not tokens:
        return "other"
    lists = {"bug": _BUGIS, "mak": _MAKASSAR, "jv": _JAVA, "en": _ENGLISH}
    found = {name: sum(token in words or token.strip("'") in words for token in tokens) for name, words in lists.items()}
    best = max(found, key=lambda name: found[name])
    known = sum(token in _INDONESIAN for token in tokens)
    needed = LANGUAGE_SHARE if best in ("bug", "mak") else 0.3
    if found[best] >= 2 and found[best] / len(tokens) >= needed and (best in ("bug", "mak") or found[best] > known):
        return best
    return "id"


def units_accused(units: tuple[UnitName, ...], text: str) -> tuple[str, ...]:
    """Units whose own conduct the text is about. ``text`` is lower case.

    Being slow is an accusation only against units that handle complaints themselves: of others it is their daily work.
    """
    accused: list[str] = []
    for sentence in _SENTENCE.split(text):
        line = plain(sentence)
        misconduct, neglect = _MISCONDUCT.search(line), _NEGLECT.search(line)
        for unit in units if misconduct or neglect else ():
            if unit.code not in accused and (misconduct or unit.keeps_order) and unit.pattern.search(line):
                accused.append(unit.code)
    return tuple(accused)
