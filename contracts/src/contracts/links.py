"""Links that units give to citizens: where they really lead, and which of them lead to hosts that the kabupaten allows.

A host is read as browsers read it (https://url.spec.whatwg.org/#host-parsing), and only in ASCII: a name that looks
like another host, or hides it, is not accepted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from unicodedata import category, normalize
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# Anybody can register a name below these: https://pandi.id/en/domain-id/
_FOR_ALL = re.compile(r"\.(?:ac|biz|co|desa|go|mil|my|net|or|ponpes|sch|web)\.id")
_PORTS = {"https": 443, "http": 80}
# Without a scheme a name is a link if telephones make it one: by its ending. An ending of two letters may be a word
# ("sudah.ke"), a name of one letter a title ("M.Si", "S.Bio"). Endings in _PLAIN count everywhere; longer ones and
# those in _SHORT count behind a name of two letters; the rest only before a path.
_PLAIN = frozenset({"com", "net", "org", "biz", "xyz", "id"})
_SHORT = frozenset(
    "co io me ly gl gd to cc tv us my sg ru cn be eu uk in ai gg sh vc ws pw tk ml ga cf gq".split()  # noqa: SIM905
)
# Signs that browsers and telephones read as a dot, https://www.unicode.org/reports/tr46/#Notation, and what people
# write instead of one to hide a link from programs.
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_SAID = r"\s?[\[({<]\s?(?:\.|dot|titik)\s?[\])}>]\s?|\sdot\s"
_DOT = re.compile(rf"\.|{_SAID}", re.IGNORECASE)
# Bounded, so that no text takes long; a longer name is found from its middle on.
_NAME = rf"(?:[\w-]{{1,63}}(?:\.|{_SAID})){{1,9}}[^\W\d_][\w-]{{1,62}}\.?(?![\w-])"
_LINK = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,20}://\S+|\bwww\.\S+)"
    r"|(?P<act>\b(?:tel|sms|smsto|mailto|geo|intent|whatsapp|market):[^\s,;]\S*)"
    # E-mail addresses are masked elsewhere, and an office's stay.
    r"|(?P<address>(?<![\w.+%-])(?P<local>[\w.+%-]{1,64})@[\w.-]+(?!://))"
    r"|(?P<machine>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?[/?#]\S*)"
    rf"|(?P<name>(?<![\w@-]){_NAME})(?P<path>(?::\d+)?[/?#]\S*)?",
    re.IGNORECASE,
)
#: Below the desk's address: photos of repairs, open to everybody who has their address.
PHOTOS = "/bukti/"
_AFTER = ".,;:!?)\"'\u201d\u2019"


def host_of(url: str) -> str | None:
    """Return the host of an ``http`` or ``https`` address, in lower case and without its final dot.

    Return None for anything that could deceive: userinfo, an unusual port, blanks, control and bidi characters, a host
    that is not ASCII.
    """
    if any(category(letter)[0] in "CZ" for letter in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or "@" in parts.netloc or port not in (None, _PORTS[parts.scheme]):
        return None
    host = normalize("NFKC", parts.hostname or "").lower().removesuffix(".")
    return host if _HOST.fullmatch(host) else None


def listed(host: str, hosts: Collection[str]) -> bool:
    """Whether ``host`` is one of ``hosts``; an entry with a dot in front stands for itself and all hosts below it."""
    return any(host == each.removeprefix(".") or (each[:1] == "." and host.endswith(each)) for each in hosts)


def can_be_listed(entry: str) -> bool:
    """Whether ``entry`` is a host, or a dot and a host below which not everybody can register a name."""
    return bool(_HOST.fullmatch(entry.removeprefix("."))) and not (entry[:1] == "." and _FOR_ALL.fullmatch(entry))


def links_in(text: str) -> list[str]:
    """List the links in ``text``, also those without a scheme, as they are written."""
    return [text[begin:end] for begin, end, address in _found(text) if not address]


def mask_links(text: str, hosts: Collection[str], keep: Collection[str] = ()) -> str:
    """Replace each link in ``text`` by ``[TAUTAN]`` unless it leads to one of ``hosts`` or is, as written, in ``keep``.

    A link to one of ``hosts`` whose query names another address to go on to is replaced too.
    """
    shown, at = list[str](), 0
    for begin, end, address in _found(text):
        link = text[begin:end]
        host = host_of(link if "://" in link else f"https://{link}")
        if address or link in keep or (host is not None and listed(host, hosts) and not _LEADS_ON.search(link)):
            continue
        shown += [text[at:begin], "[TAUTAN]"]
        at = end
    return "".join([*shown, text[at:]])


_LEADS_ON = re.compile(r"\?.*(?://|%2f%2f|=www\.)", re.IGNORECASE)


def _found(text: str) -> Iterator[tuple[int, int, bool]]:
    """Find where each link in ``text`` begins and ends, and whether it is the address of a mailbox."""
    read = _as_read(text)
    for match in _LINK.finditer(read):
        end = match.start() + len(match[0].rstrip(_AFTER))
        if match["name"] and not _is_link(match["name"].rstrip("."), has_path=bool(match["path"])):
            if begins := _first_of(match["name"]):
                yield match.start(), match.start() + len(begins), False
            continue
        # An address whose local part is a host is not a mailbox: it shows one host and leads to another.
        mailbox = bool(match["address"]) and not _is_link(match["local"].strip("."), has_path=True)
        yield match.start(), end, mailbox


def _first_of(name: str) -> str:
    """Return the start of ``name`` that is a link: a sentence may follow without a blank (``evil.com.Terima``)."""
    dots = [dot.start() for dot in _DOT.finditer(name)]
    return next((name[:dot] for dot in reversed(dots) if _is_link(name[:dot], has_path=False)), "")


def _as_read(text: str) -> str:
    """Rewrite ``text`` letter by letter as a browser reads a host: narrow letters, and a full stop for each dot."""
    if text.isascii():
        return text
    folded = (normalize("NFKC", letter) for letter in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(folded, text, strict=True)).translate(_DOTS)


def _is_link(name: str, *, has_path: bool) -> bool:
    """Whether a telephone would turn ``name``, which has no scheme, into a link."""
    *above, ending = _DOT.split(name.lower())
    if not above or not _is_ending(ending):
        return False
    if ending in _PLAIN:
        return True
    if len(ending) > 2 or not ending.isascii() or ending in _SHORT:
        return has_path or len(above[-1]) > 1
    return has_path and len(above[-1]) > 2


def _is_ending(label: str) -> bool:
    try:
        return bool(_endings().publicsuffix(label.encode("idna").decode()))
    except UnicodeError:  # too long, or not a label
        return False


@cache
def _endings() -> PublicSuffixList:
    """Load all endings that names may have (https://publicsuffix.org/)."""
    return PublicSuffixList(accept_unknown=False, only_icann=True)
