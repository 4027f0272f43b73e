"""Links that units give to citizens: where they really lead, and which lead where the kabupaten answers for it.

A host is read as browsers read it (https://url.spec.whatwg.org/#host-parsing), and only in ASCII: what looks like
another host, or hides it, is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from unicodedata import category, normalize
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# Whoever registers gets a name below these: https://pandi.id/en/domain-id/
_FOR_ALL = re.compile(r"\.(?:ac|biz|co|desa|go|mil|my|net|or|ponpes|sch|web)\.id")
_PORTS = {"https": 443, "http": 80}
# Without a scheme a name is a link where telephones make one of it: by its ending, more of them before a path.
_ENDING = "com|net|org|biz|xyz|id"
_ENDING_OF_PATH = (
    rf"{_ENDING}|info|co|io|me|ly|gl|gle|gd|to|cc|tv|us|my|sg|ru|cn|be|ee|top|site|online|store|shop|club|app|dev|link|page"
    r"|live|click|web|pro|vip|icu"
)
# Bounded, so that no text takes long; a longer name is found from its middle on.
_NAMES = r"(?<![\w@-])(?:[\w-]+\.){1,9}"
_MORE = r"(?:\.[\w-]+){0,9}"
_LINK = re.compile(
    r"(?P<address>(?<![\w.+%-])[\w.+%-]{1,64}@[\w.-]+(?!://))"  # e-mail is masked elsewhere, and an office's stays
    r"|[a-z][a-z0-9+.-]{0,20}://\S+"
    r"|\bwww\.\S+"
    rf"|{_NAMES}(?:{_ENDING_OF_PATH}){_MORE}(?::\d+)?[/?#]\S*"
    rf"|{_NAMES}(?:{_ENDING}){_MORE}(?![\w-])",
    re.IGNORECASE,
)
#: Below the desk's address: photos of repairs, which everybody may see who has the address of one.
PHOTOS = "/bukti/"
_AFTER = ".,;:!?)\"'\u201d\u2019"


def host_of(url: str) -> str | None:
    """The host to which an ``http`` or ``https`` address leads, in lower case and without its final dot.

    None for anything that could deceive: userinfo, a port that is not the usual one, blanks, control and bidi
    characters, a host that is not ASCII.
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
    """Whether ``host`` is one of ``hosts``; one with a dot in front stands for itself and all below it."""
    return any(host == each.removeprefix(".") or (each[:1] == "." and host.endswith(each)) for each in hosts)


def can_be_listed(entry: str) -> bool:
    """Whether ``entry`` is a host, or a dot and a host below which not everybody may have a name."""
    return bool(_HOST.fullmatch(entry.removeprefix("."))) and not (entry[:1] == "." and _FOR_ALL.fullmatch(entry))


def links_in(text: str) -> list[str]:
    """The links in ``text``, also without a scheme, as they are written."""
    return [match[0].rstrip(_AFTER) for match in _LINK.finditer(text) if not match["address"]]


def mask_links(text: str, hosts: Collection[str], keep: Collection[str] = ()) -> str:
    """``text`` with ``[TAUTAN]`` for every link that leads to none of ``hosts`` and is not, as written, in ``keep``."""

    def shown(match: re.Match[str]) -> str:
        link = match[0].rstrip(_AFTER)
        host = host_of(link if "://" in link else f"https://{link}")
        own = match["address"] or link in keep or (host is not None and listed(host, hosts))
        return match[0] if own else "[TAUTAN]" + match[0][len(link) :]

    return _LINK.sub(shown, text)
