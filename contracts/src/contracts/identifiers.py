"""Identifiers of citizens, and numbers that only look like one: data and small rules for `masking.py`.

NIK and KK have 16 digits, an NPWP 15 or 16, an Indonesian mobile number starts with +62, 62 or 0 and an 8 (Permendagri
109/2019; PMK 112/2022; numbering plan of Kominfo). A number of BPJS (13 digits), a bank account (10 to 16) or a
passport (a letter and 6 to 8) is known only by the word beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from contracts.digits import BREAK


def _any_of(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


# --- numbers that are known to be something else -------------------------------------------------

_HOUR = r"(?:[01]?\d|2[0-4])[.:][0-5]\d(?:[.:][0-5]\d)?"
_D, _M, _Y = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_DATE = _any_of(
    rf"{_Y}[./-]{_M}[./-]{_D}", rf"{_D}\s?[./-]\s?{_M}\s?[./-]\s?{_Y}", rf"(?<!\d ){_D} {_M} {_Y}(?! \d{{4}}(?!\d))"
)
_SHORT_DATE = rf"{_D}(?P<date>[./-]){_M}(?P=date)\d\d(?!\d)"
_HOME = r"73[0127]\d"  # NIK of Sulawesi Selatan
_NO_PHONE = "(?!08[1-9]|628)"
_NUMBERED = r"(?:nya)?\W{1,3}(?:(?:no(?:mor|mer)?|id|kode)\b\W{0,3})?(?<!\+)(?<!\+\W)"
_OF = r"(?:\s(?:pln|pdam|listrik|air|pajak|pbb|bphtb|pdrd|sppt|saya|kami)){0,2}"
_PHONE_WORDS = r"(?:hp|nohp|wa|whatsapp|hape|ponsel|telp|tlp|tele?pon|telfon|hub|cp|sms)"
# No word behind it says that it is a telephone number; in "IDPEL 081520374699, hp 0815..." "hp" belongs to the next.
_UNSAID = (
    rf"(?![ .-]?\d|\W{{1,3}}{_PHONE_WORDS}(?![a-z]|\W{{0,3}}(?:(?:saya|sy|no|nomor|aktif)\W{{1,3}}){{0,2}}\+?[\do[]))"
)

#: Never masked, wherever they stand.
OTHER = re.compile(
    _any_of(
        r"\bspg[\s-]*[0-9a-z]{4}[\s-]*[0-9a-z]{5}\b",
        r"\b(?:rp|idr)\.?\s?(?:\d{1,3}(?:[.,]\d{3})+|[1-9]\d{0,12})(?:,\d\d)?(?![.,]?\d)",
        rf"(?<![\d./-])(?:{_D}[./-]{_M}[./-]\d\d\s?[-/]\s?)?(?:{_DATE})"
        rf"(?:[-\s,/&]{{1,3}}(?:(?:s/?d|sampai|dan) )?(?:{_DATE}|{_SHORT_DATE})){{0,6}}"
        rf"(?![./-]?\d)(?:[t ,]{{1,2}}(?:pukul |jam |pkl\.? )?{_HOUR}(?!\d))?",
        rf"\b(?:pukul|jam|pkl)\.?\s?{_HOUR}(?![.:]?\d)",
        # Latitude and longitude of Indonesia, as maps give them.
        r"(?<![\d.])-?(?:\d|1[01]|9[5-9]|1[0-3]\d|14[01])\.\d{4,}(?!\.?\d)",
        r"(?<![\d,])-?(?:\d|1[01]),\d{4,}[\s;,]{1,3}(?:9[5-9]|1[0-3]\d|14[01]),\d{4,}(?!,?\d)",
        r"\br[tw]\W{0,3}(?!08(?:\W{1,3}\d{3,4}\W|(?:\W{1,3}\d{2}){4}))(?:0[0-2])?\d{1,2}(?:\s?/\s?(?:rw\W{0,3})?\d{1,3})?(?!\d)",
        r"\b(?:rumah|blok|kavling|absen)\W{1,3}no(?:mor|mer)?\W{1,3}\d{1,2}"
        r"(?:(?:, ?| ?[&/-] ?| )(?:(?:dan|s/d) )?\d{1,2})*(?!\d)",
        rf"\b(?:tiket|invoice|faktur){_NUMBERED}(?:\d{{8,14}}|\d{{3}}\.\d{{3}}-\d\d\.\d{{8}}){_UNSAID}",
        rf"\b(?:order|resi|kwitansi|pesanan|transaksi|nop){_NUMBERED}(?:(?!hp|wa|cp|no|tp)[a-z]{{2}}(?=\d)|{_NO_PHONE})(?!\d{{16}}(?!\d))\d[\d.-]{{6,24}}\d(?!\d)",
        # Bills have 14 or 15 digits, or letters before them.
        rf"\b(?:billing|kode bayar|tagihan|faktur|invoice){_OF}{_NUMBERED}"
        rf"(?:(?!628)\d{{14,15}}|(?:fk|fp|inv|kw|tgh|bl)[-/]\d{{8,15}}){_UNSAID}",
        r"\binv(?:oice)?[/-][\w/.-]+",
        # Degrees, minutes and seconds; a halal certificate.
        rf"\d{{1,3}}\s?{BREAK}\s?\d{{1,2}}\s?['*]\s?\d{{1,2}}(?:[.,]\d{{1,3}})?\s?(?:\"|''|\*\*?)",
        r"\bhalal\W{1,3}(?:no(?:mor)?\W{1,3})?id\d{17}(?!\d)",
        # Meters and customers of PLN (11 or 12 digits) and PDAM, and the 20 digits of a prepaid token.
        rf"(?<!\d )\b(?:meter(?:an)?|id\s?pel(?:anggan)?)(?:\s?(?:pln|listrik))?{_NUMBERED}\d{{11,12}}{_UNSAID}",
        rf"\b(?:pdam|pel(?:anggan)?|langganan|sambungan|nosal|nosamb){_NUMBERED}{_NO_PHONE}\d{{5,10}}(?!\d)",
        rf"\b(?:(?:no(?:mor|mer)?\W{{1,2}}(?:meter(?:an)?|pel(?:anggan)? pln)|id\s?pel(?:anggan)?){_OF}"
        r"|pel(?:anggan)? (?:pln|listrik)(?= (?:no|id)))(?:nya)?(?: (?:no(?:mor)?|id)\b)?[ .:]{1,3}"
        rf"(?:\d{{11,12}}|\d{{4}}(?P<meter>[ -])\d{{4}}(?P=meter)\d{{3,4}}){_UNSAID}",
        rf"\b(?:nop|sppt|pbb){_OF}{_NUMBERED}(?:\d{{18}}|\d\d\.\d\d(?:\.\d{{3}}){{3}}[.-]\d{{4}}\.\d)(?!\d)",
        rf"\b(?:token|stroom|meter(?:an)?)(?:\s(?!nik|k?kk|ktp|{_PHONE_WORDS})[a-z]{{2,12}}){{0,3}}{_NUMBERED}"
        rf"(?:\d[ -]?){{19}}\d{_UNSAID}",
        # Letters and regulations: 800/123/BKPSDM/2024.
        r"(?<![\d./])(?!08[1-9]|0\d*\.)(?:\d{1,3}\.){0,5}\d{1,5}(?:/[\d.]{1,8}){0,4}(?:/[a-z][a-z.-]{0,30}){1,4}"
        r"(?:/[\d.]{1,8}){1,3}",
        r"(?<![\d/])\d{1,3}(?:/\d{1,4})+/(?:19|20)\d\d(?![\d/])",
        r"(?:status|groups?|posts?|photos?|videos?|reels?|permalink|fbid)[/=]\d{14,19}(?!\d)",
        r"[?&]id=(?!\d{16}(?!\d))\d{14,19}(?!\d)",
        r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b",
    )
)
_THOUSANDS = r"[1-9]\d{0,2}(?:(?:\.\d{3}){1,4}(?:,\d\d)?|(?:,\d{3}){1,4})"
#: Not masked, unless an identifier began before them.
PERHAPS_OTHER = re.compile(
    _any_of(
        rf"{_HOUR}(?:\s?[-,/&\s]\s?{_HOUR}){{1,9}}(?![.:]?\d)",
        # Prices of a range do not fall, while an NPWP may look like that: "85.793.145-6.808.000".
        rf"(?!62\.8|8[1-35789]\d(?:[.,]\d{{3}}){{3}}|\d\d(?:\.\d{{3}}){{2}}\s?-\s?\d(?:\.\d{{3}}){{2}}(?!\.?\d))"
        rf"{_THOUSANDS}(?:\s?-\s?{_THOUSANDS})?(?![.,-]?\d|\n[.-]\d|[.-]\n\d)",
        rf"{_SHORT_DATE}(?![./-]?\d| \d{{6}})",
        # A token of PLN.
        rf"(?!{_HOME}|08|62)\d{{4}}(?P<token>[ .-]|[,;] )(?:\d{{4}}(?P=token)){{3}}\d{{4}}(?!\d|(?P=token)\d{{4}})",
    )
)

# --- words beside a number that say what it is ---------------------------------------------------

_FILLER = (
    r"(?:no(?:mor|mer)?|nmr|saya|sy|sya|aku|ku|kami|adalah|ini|itu|yaitu|yg|yang"
    r"|(?:anak|istri|suami|ibu|bapak)(?:ku|nya|q)?|pak|bu|ke|di|dgn|dengan|aktif|baru|lama|betul|benar"
    r"|bank|kesehatan|ketenagakerjaan|peserta|kartu|a\.n\.? ?[a-z]+|an\.? [a-z]+|atau|dan|1[56] (?:digit|angka))"
)
_GENTLE = rf"[^\w{BREAK}]{{0,8}}"


def _said(words: str, between: str = rf"{_GENTLE}(?:{_FILLER}\b{_GENTLE}){{0,4}}") -> re.Pattern[str]:
    """Compile one of ``words`` and what people say between it and the number, up to the number."""
    return re.compile(rf"(?<![\[a-z])(?:{words})(?:nya|ku|q)?(?![a-z]){between}$")


_ANYTHING = rf"[^\d{BREAK}\[\]\n]{{0,40}}"
_BPJS_WORDS = r"b\W?p\W?j\W?s\W?(?:kes|tk)?|jkn|kis|kpj|noka|no(?:mor)?\W{1,2}kartu|kartu (?:indonesia )?sehat"
_KK_WORDS, _NPWP_WORDS = r"k\W?k\.?|kartu keluarga", r"n\W?p\W?w\W?p|wajib pajak"
_NIK_WORDS = r"n\W?i\W?k|e?-?k\W?t\W?p|kependudukan|identitas"
_BANKS = r"(?:bank )?(?:bri|bni|bca|bsi|btn|mandiri|sulselbar|bpd|cimb|danamon|permata|muamalat|seabank|jago)"
_OWN_ACCOUNT = r"rekening(?!\W{1,3}(?:listrik|air|pln|pdam|telepon|telkom))|no\W?rek|rek"
_ACCOUNT_WORDS = rf"{_OWN_ACCOUNT}|{_BANKS}|bank|tabungan|simpedes|britama"


def _always(line: str) -> bool:
    return True


_GROUPS = re.compile(r"\d+")


def _are_counts(groups: list[str]) -> bool:
    """Whether the groups are counts: at most three digits each, and none begins with 0."""
    sizes = {len(group) for group in groups}
    return sizes != {1} and max(sizes) <= 3 and not any(group[0] == "0" for group in groups)


def _are_years_or_prices(groups: list[str]) -> bool:
    years = all(re.fullmatch(_Y, group) for group in groups)
    return years or all(len(group) > 2 and group.endswith(("00", "50")) for group in groups)


def _is_list(line: str) -> bool:
    groups = _GROUPS.findall(line)
    return len(groups) > 1 and (_are_counts(groups) or _are_years_or_prices(groups))


def _is_no_list(line: str) -> bool:
    return not _is_list(line)


class ByWord(NamedTuple):
    """An identifier that is known by a word before it, or right behind it. The first shape that fits wins."""

    kind: str
    before: re.Pattern[str]
    shapes: tuple[re.Pattern[str], ...]
    behind: re.Pattern[str] | None = None
    holds: Callable[[str], bool] = _is_no_list


def _digits(*counts: int) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\d(?:\D?\d){{{count - 1}}}(?!\d)") for count in counts)


def _behind(words: str) -> re.Pattern[str]:
    return re.compile(rf"{_GENTLE}(?:{_FILLER}\b{_GENTLE}){{0,2}}(?<!\[)(?:{words})(?![a-z])")


_PHONE_BEHIND = r"(?:nomor|nomer|no|nmr)?\W{0,2}(?:hp|wa|whatsapp|tele?pon|telp|tlp|telfon|telpon|ponsel)"
_IN_A_ROW = re.compile(r"\d{12,19}(?!\d)")
_SIXTEEN = re.compile(r"\d(?:\D?\d){15}(?!\d)")
_MISTYPED = re.compile(rf"(?={_HOME}|(?:\d+\D){{1,15}}0)(?:\d(?:\D?\d){{14}}|\d(?:\D?\d){{16}})(?!\d)")
_ACCOUNT = re.compile(r"(?!08[1-35789])\d{10,16}(?!\d)")
_SPELT_ACCOUNT = re.compile(r"(?!0\D8\D)\d(?:[ .-]\d){9,15}(?!\D?\d)")
# Divided by the same sign throughout: 0123-01-012345-50-1.
_DIVIDED_ACCOUNT = re.compile(r"(?!0\D?8)(?=(?:\D?\d){10})\d+(?P<sign>\D)(?:\d+(?P=sign)){0,8}\d+(?!\d)")
_LONG_DIVIDED_ACCOUNT = re.compile(
    r"(?!0\D?8)(?=(?:\D?\d){12,16}(?!\D?\d))\d{3,6}(?P<sign>[.-])(?:\d+(?P=sign)){1,6}\d+(?!\d)"
)
_NINE_IN_A_ROW = re.compile(r"(?!\d+0000)\d{9}(?!\d)")
# Neither counts nor a price: "123 456 789", but not "150.000.000".
_NINE = re.compile(r"(?!\d+\D?0{3}\D?0{3}|\d{1,2}(?:\D\d{1,2})+(?!\d))\d(?:\D?\d){8}(?!\d)")
BY_WORD = (
    ByWord("[KK]", _said(_KK_WORDS, _ANYTHING), (_SIXTEEN,)),
    ByWord("[KK]", _said(_KK_WORDS), (_SIXTEEN, _MISTYPED, _IN_A_ROW)),
    ByWord("[NPWP]", _said(_NPWP_WORDS, _ANYTHING), _digits(16, 15)),
    ByWord("[NPWP]", _said(_NPWP_WORDS), (*_digits(16, 15, 14, 17), _IN_A_ROW)),
    ByWord("[NIK]", _said(_NIK_WORDS, _ANYTHING), (_SIXTEEN,)),
    ByWord("[NIK]", _said(_NIK_WORDS), (_SIXTEEN, _MISTYPED, _IN_A_ROW)),
    ByWord("[BPJS]", _said(_BPJS_WORDS, rf"{_ANYTHING}\s{{0,4}}"), _digits(13), _behind(_BPJS_WORDS)),
    ByWord("[BPJS]", _said(_BPJS_WORDS), (re.compile(r"(?!0?8)\d{11}(?!\d)"),)),
    ByWord("[PASPOR]", _said("pass?port?", rf"{_ANYTHING}(?<![a-z])[a-z]{{1,2}}\W{{0,3}}"), _digits(8, 7, 6)),
    # "pasporC5518036", "paspor 2 bulan, nomor lama A9021547"
    ByWord("[PASPOR]", re.compile(r"pass?port?[a-z]$"), _digits(7)),
    ByWord(
        "[PASPOR]", re.compile(rf"pass?port?[^{BREAK}\[\]\n]{{0,50}}(?<![a-z])[a-z]$"), (re.compile(r"\d{7}(?!\d)"),)
    ),
    # A first letter O or I has become a digit.
    ByWord("[PASPOR]", _said("pass?port?"), (re.compile(r"[01]\d{6,8}(?!\d)"),)),
    ByWord(
        "[TELEPON]",
        _said(
            r"hp|nohp|nope|wa|whatsapp|whatsap|hape|ponsel|phone|tele?pon|telfon|telp|tlp|telpon|kontak|hubungi|hub|sms|call|cp"
            r"|nom[oe]r (?:saya|sy|ku)|nom[oe]r(?=ku)|no (?:saya|sy)|\[telepon\]"
        ),
        (
            re.compile(r"8\D?[1-35789]\d{7,10}(?!\d)"),
            re.compile(r"8\D?[1-35789](?:\D?\d){7,10}(?!\d)"),
            re.compile(r"0[2-79]\d{1,2}\D?\d{3,4}\D?\d{2,4}(?!\d)"),
        ),
        _behind(_PHONE_BEHIND),
        holds=_always,
    ),
    # A local number: "telp rumah 21-234". Only with these words, since five digits can be much else.
    ByWord(
        "[TELEPON]",
        _said(r"(?:tele?pon|telfon|telp|tlp|telpon)(?:nya)?\W{1,3}(?:rumah|kantor)"),
        (
            re.compile(r"[2-9]\d{4,5}(?!\D?\d)"),
            re.compile(r"[2-9]\d\D{1,3}\d{3}(?!\D?\d)"),
            re.compile(r"[2-9](?:\D\d){4,5}(?!\D?\d)"),
        ),
        holds=_always,
    ),
    # Fixed lines in any groups behind the area code, or digit by digit: "kantor lurah (0413) 81 224".
    ByWord(
        "[TELEPON]",
        _said("tele?pon|telfon|telp|tlp|kantor|rumah|hubungi", rf"[^\d{BREAK}\[\]\n]{{0,24}}"),
        (
            re.compile(r"0[2-79]\d{1,2}[^\d,;:\n](?!(?:19|20)\d\d(?!\d))\d(?:[^\d,;:\n]?\d){3,6}(?!\d)"),
            re.compile(r"0\D[2-79](?:\D\d){5,9}(?!\d)"),
        ),
        holds=_always,
    ),
    ByWord("[REKENING]", _said(_ACCOUNT_WORDS, _ANYTHING), (_ACCOUNT, _SPELT_ACCOUNT), _behind(_ACCOUNT_WORDS)),
    ByWord("[REKENING]", _said(_ACCOUNT_WORDS), (_DIVIDED_ACCOUNT,)),
    ByWord("[REKENING]", _said(_OWN_ACCOUNT, _ANYTHING), (_LONG_DIVIDED_ACCOUNT,)),
    ByWord("[REKENING]", _said(_OWN_ACCOUNT, _ANYTHING), (_NINE_IN_A_ROW,), _behind(_OWN_ACCOUNT)),
    ByWord("[REKENING]", _said(rf"(?:{_OWN_ACCOUNT})(?:nya)?(?: {_BANKS})?"), (_NINE,), holds=_always),
)

# --- identifiers known by their shape ------------------------------------------------------------

_PROVINCE = re.compile(r"1\D?[1-9]|2\D?1|3\D?[1-6]|5\D?[1-3]|6\D?[1-5]|7\D?[1-6]|8\D?[12]|9\D?[1-7]")
_DAY = r"(?:[04]\D?[1-9]|[1256]\D?\d|[37]\D?[01])"  # 40 more for women
_MONTH = r"(?:0\D?[1-9]|1\D?[0-2])"
#: Sixteen digits that begin with a province and contain a date of birth.
_BORN = rf"(?={_PROVINCE.pattern})(?:\d\D?){{6}}{_DAY}\D?{_MONTH}(?:\D?\d){{6}}(?!\d)"
# Signs that stand between numbers of a list more often than within one number.
_LISTING = ",;:\n"


def _is_usual(line: str) -> bool:
    """Whether the groups divide one number as usual, and are not numbers of their own: "08, 10, 12, 14, 16"."""
    groups, signs = _GROUPS.findall(line), set(re.findall(r"\D", line))
    sizes = [len(group) for group in groups]
    if sizes.count(1) > len(sizes) / 2 or len(sizes) == 1:
        return True
    if max(sizes) == 2:
        steps = [int(b) - int(a) for a, b in pairwise(groups)]
        return len(signs) == 1 and not all(0 < step < 10 for step in steps)
    return not signs & set(_LISTING) or 2 not in sizes[:-1]


# Some group begins with 0, as the month or the last four digits of a NIK do, or is too long for a list.
_DIVIDED = re.compile(rf"{_HOME}|(?:\d+\D){{0,15}}(?:0|\d{{8}})")


def _is_nik(line: str) -> bool:
    return bool(_DIVIDED.match(line)) and _is_usual(line) and not _is_list(line)


def _is_divided_nik(line: str) -> bool:
    """Whether groups of the usual size are a NIK, even if its date is made up or mistyped."""
    listing = bool(set(line) & set(_LISTING))
    return bool(_DIVIDED.match(line) and re.match(_BORN if listing else _PROVINCE, line))


def _is_divided_npwp(line: str) -> bool:
    signs = set(re.findall(r"\D", line))
    return len(signs) == 1 or not (signs - {"\n"}) & set(_LISTING)


def _is_long(line: str) -> bool:
    """Whether such a long row of digits is not an order number, which begins with its day."""
    return not re.match(r"20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", line)


_COUNTRY = re.compile(r"(?:00)?62\D")
_PRICE = re.compile(rf"{_THOUSANDS}(?![.,]?\d)")


def _is_phone(line: str) -> bool:
    """Whether the start of a phone number is not the start of a list: "no. 08, 2019, 2020", "62 70 81 95"."""
    if country := _COUNTRY.match(line):
        return _is_usual(line[country.end() :]) and not _is_list(line)
    rest = line[3:] if line.startswith("08") and not line[2].isdigit() else ""
    listed = rest and (_are_years_or_prices(_GROUPS.findall(rest)) or _PRICE.match(rest))
    return _is_usual(line) and not listed


class Shape(NamedTuple):
    """An identifier that is known by its digits and groups."""

    kind: str
    line: re.Pattern[str]
    holds: Callable[[str], bool] = _always
    #: It has several lengths: if the whole does not hold, it may hold without the last group.
    shortens: bool = False


def _shape(kind: str, *lines: str, holds: Callable[[str], bool] = _always, shortens: bool = False) -> Shape:
    return Shape(kind, re.compile(_any_of(*lines)), holds, shortens)


_MOBILE = r"(?:(?:00)?62\D?0?\D?|0\D?)8"
_AREA = r"0[2-79]\d{1,2}"
SHAPES = (
    _shape("[TELEPON]", r"(?:08\d?|(?:0062|620?)8)\d{7,11}(?!\d)", r"08\d{7,9}[-.]\d{1,3}(?!\d)"),
    _shape("[NPWP]", r"(?!20)\d{15}(?!\d)"),
    _shape("[NIK]", r"\d{14,18}(?!\d)", r"\d{21,}", holds=_is_long),
    _shape(
        "[NIK]",
        r"\d{4}\D\d{4}\D\d{4}\D\d{4}(?!\d)",
        r"\d{6}\D\d{6}\D\d{4}(?!\d)",
        r"\d\d\D\d\d\D\d\d\D\d{6}\D\d{4}(?!\d)",
        holds=_is_divided_nik,
    ),
    _shape("[NIK]", _BORN, holds=_is_nik),
    _shape("[NIK]", rf"{_HOME}\D\d{{4}}\D\d{{4}}\D\d{{3,5}}(?!\d)", r"7\D3(?:\D\d){13,15}(?!\d)"),
    _shape(
        "[NPWP]",
        r"\d\d\D\d{3}\D\d{3}\D\d\D\d{3}\D\d{3}(?!\d)",
        r"0(?!8)\d{3}\D\d{4}\D\d{4}\D\d{4}(?!\d)",
        holds=_is_divided_npwp,
    ),
    _shape("[TELEPON]", rf"(?<=\+){_MOBILE}(?:\D?\d){{7,11}}(?!\d)"),
    _shape(
        "[TELEPON]",
        rf"{_MOBILE}\d{{7,11}}(?!\d)",
        rf"{_MOBILE}[1-35789]\d?\D\d{{3}}\D\d{{3}}\D\d{{2,4}}(?!\d)",
        rf"{_MOBILE}[1-35789]\d{{0,2}}\D\d{{3,4}}\D\d{{3,5}}(?!\d)",
        rf"{_MOBILE}\D?[1-35789](?:\D?\d){{6,11}}(?!\d)",
        holds=_is_phone,
        shortens=True,
    ),
    # A mobile number without its zero, and an account of the most common bank: 852-4217-9036, 3817-01-009426-53-2.
    _shape("[TELEPON]", r"8[1-35789]\d-\d{3,4}-\d{3,4}(?!\D?\d)", r"8\D[1-35789](?:\D\d){7,10}(?!\D?\d)"),
    _shape("[REKENING]", r"\d{4}-\d\d-\d{6}-\d\d-\d(?!\D?\d)"),
    # Digit by digit, as words or with blanks, then in any grouping: "nol delapan dua belas, tiga puluh empat, ...".
    _shape("[TELEPON]", r"(?:0\D8|6\D2\D(?:0\D)?8)(?=\D)(?:\D?\d){7,12}(?!\d)"),
    # Fixed lines: an area code apart from the number, or nine to ten digits in a row.
    _shape(
        "[TELEPON]",
        rf"{_AREA}[ *-]\d{{3,4}}[ *-]?\d{{2,4}}(?!\d)",
        r"0484[^\d\n](?:\d[^\d\n,;:]?){4,6}\d(?!\d)",
        rf"{_AREA}\d{{6}}(?!\d)",
        r"0[2-79]\d{8}(?!\d)",
        r"(?:(?<=\+)62\D?[2-79]\d{1,2}|62\D?4\d\d)\D?\d{3,4}\D?\d{2,4}(?!\d)",
        r"(?<=\+)[1-9]\d(?:[ *-]?\d){7,13}(?!\d)",
    ),
)

#: A NIK with some digits left out: "731201450790xxxx", "7312 xxxx 0913 0004". Its sixteen signs and the gaps between
#: them are 48 letters at most. No part looks further, or a line of digits would be read from each of them.
BLURRED = re.compile(
    r"(?<![\w-])(?=\d)(?=(?:[ .-]{0,2}[\dx*]){16}(?![\w*-]))(?=(?:[ .x*-]{0,48}\d){8})(?=[\d .-]{0,48}[x*]{2})"
    r"\d{2}(?:[ .-]{0,2}[\dx*]){14}"
)

# --- e-mail --------------------------------------------------------------------------------------

_LOCAL = r"(?<![\w.+%-])(?:[\w.+%-]{1,64}\s(?:dot|titik|underscore|strip)\s){0,2}[\w.+%-]{1,64}"
# These words before an @ announce a page and not a mailbox: "ig @soppeng.info", "tolong @soppeng.info".
_PAGE = (
    r"(?:ig|insta(?:gram)?|fb|facebook|twitter|x|tiktok|threads|telegram|yt|youtube|medsos|sosmed|akun|halaman|follow"
    r"|mention|tag|via|cek|lihat|kepada|ke|dari|di|dan|oleh|tolong|halo|min|admin|pak|bu|kami|ini)\s{1,2}@\w"
)
AT = (
    r"\s{0,2}(?:@{1,3}|[(\[{<]\s?(?:@|at|et|aet|a|keong)\s?[)\]}>]|\b(?:at|et|aet|arroba)\b"
    r"|[-_](?:at|et)[-_]|\b(?:a\s)?keong\b|\ba[ -]bulat\b)\s{0,2}"
)
DOT = r"\s?(?:[.,*]|[(\[{<]\s?(?:dot|titik|\.)\s?[)\]}>]|\b(?:dot|titik|punto)\b)\s?"
_PROVIDER = (
    r"(?:g\s?mail|gmial|gamil|gmal|gmai|jimel|jimail|gimel|gimail|yahoo|yaho|yahu|ymail|rocketmail|hotmail|outlook|icloud|proton(?:mail)?)"
    rf"(?:(?:{DOT}|\s)?(?:com|kom|[ck]o(?:{DOT}|\s)?(?:id|aidi)|id|net|me))?(?![a-z])"
)
EMAIL = re.compile(
    _any_of(
        _LOCAL + r"@{1,3}(?:[\w-]{1,63}\.{1,3}){1,6}[\w-]{1,63}",
        r"(?<!\w)(?:[\w.+-][\s*_]){3,40}@(?:[\s*_][\w.-]|[.]){4,40}(?!\w)",  # letter by letter
        # "budi (at) gmail (dot) com", "budi @ yahoo. co. id": only with a real ending.
        rf"(?!{_PAGE}){_LOCAL}{AT}(?!www\b)[\w-]{{1,63}}(?:{DOT}[\w-]{{1,63}}){{0,2}}?{DOT}(?:com|net|org|id|info|me)(?![a-z])",
        _LOCAL + AT + _PROVIDER,
        r"(?<![\w.+%-])(?=[\d.+%-]{0,63}[a-z_])[\w.+%-]{1,64}#" + _PROVIDER,
        _LOCAL + r"@[\w-]{1,63}\s(?:com|co\s?id|net|org)(?![a-z])",
        # "gmail: budi_77", "email saya budi77 gmail"
        rf"(?<![a-z@.]){_PROVIDER}(?:(?:nya|ku| saya| sy)?\s?[:=]\s?|(?:nya|ku| saya| sy)\s)"
        r"(?!www\b)(?=[a-z.+%-]*[\d._]\w)[\w.+%-]{4,64}",
        # "musdalifah.gmail.com"
        rf"(?<![\w.@/-])(?!(?:www|mail|accounts?|support|help|id)\.)[\w+%-]{{3,64}}\.{_PROVIDER}(?<=com)",
        r"(?<![a-z])(?:e-?mail|imel|surel)(?:nya|ku)?\W{1,3}(?:(?:saya|sy|ku|adalah|yaitu|baru|alamat)\W{1,3}){0,2}"
        rf"(?=[a-z.+%-]*[\d._])[\w.+%-]{{4,64}}\s{_PROVIDER}",
        # "budi77 gmail com"
        rf"(?<![\w.+%-])(?=[a-z.+%-]*[\d._])[\w.+%-]{{3,64}}\s(?=[a-z]+\W{{1,3}}(?:com|co)(?![a-z])){_PROVIDER}",
    )
)
#: Every address contains one of these. Most texts contain no such sign, so they need not be searched at every word.
EMAIL_SIGNS = (
    "@",
    "mail",
    "yahoo",
    "outlook",
    "icloud",
    "proton",
    "keong",
    "bulat",
    "jimel",
    "jimail",
    "gimel",
    "yahu",
    "#",
    " at ",
    " et ",
    " aet ",
    "arroba",
    *(a + b for a in "([{<-_" for b in ("at", "et", "a)", "a]", "a}", "a>", "a ", " a ")),
)
