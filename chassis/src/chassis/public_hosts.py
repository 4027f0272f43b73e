"""Checks that an address given by a stranger leads to the public Internet: no server-side request forgery.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from chassis.limits import Network

MOST_LETTERS = 1_000
Address: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
# RFC 6052 and RFC 8215: they contain an IPv4 address, which a gateway may connect to.
_NAT64 = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))


class Unfit(Exception):
    """Nothing is sent to this address; ``why`` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def resolve(host: str, port: int) -> list[str]:
    """Look up the addresses of ``host``.

    Raises:
        OSError: it has no address, or nobody answers.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def is_public(address: Address) -> bool:
    """Whether ``address`` is in the public Internet; an IPv6 address that contains an IPv4 one is judged by that."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            return is_public(inner)
        if any(address in network for network in _NAT64):
            return False
    return address.is_global and not address.is_multicast


def check_url(url: str, most_letters: int = MOST_LETTERS) -> tuple[str, str, int]:
    """Split ``url`` into scheme, host and port.

    Raises:
        Unfit: it is not an address that we would call.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Unfit("address") from error
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not plain or len(url) > most_letters or not host or parts.username is not None or parts.fragment:
        raise Unfit("address")
    if parts.scheme not in ("https", "http"):
        raise Unfit("scheme")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


async def place_of(
    url: str, allowed: Sequence[Network], resolve: Resolve = resolve, most_letters: int = MOST_LETTERS
) -> Address:
    """Resolve the host of ``url`` once, and return the address to connect to.

    Raises:
        Unfit: its network is neither public nor among ``allowed``, or it is another machine's and has no TLS.
        OSError: it has no address.
    """
    scheme, host, port = check_url(url, most_letters)
    found = [ip_address(each.partition("%")[0]) for each in await resolve(host, port)]
    if not found:
        raise Unfit("no-such-host")
    # A host with a private address beside a public one is refused.
    for each in found:
        if not is_public(each) and not any(each in network for network in allowed):
            raise Unfit("private-network")
        if scheme == "http" and not each.is_loopback:
            raise Unfit("scheme")
    return found[0]


def connecting_to(url: str, address: Address) -> tuple[str, str, str]:
    """Return ``url`` with ``address`` in place of its host, and that host for the `Host` header and for TLS.

    The name is resolved only once: another answer a moment later changes nothing.
    """
    parts = urlsplit(url)
    place = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    at = parts._replace(netloc=place if parts.port is None else f"{place}:{parts.port}")
    return at.geturl(), parts.netloc, parts.hostname or ""
