"""How much one client may ask for: where it comes from, token buckets, and log lines that can't be flooded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
Network: TypeAlias = IPv4Network | IPv6Network


def network_of(address: str) -> str:
    """Give what counts as one client: an IPv4 address, or the /64 of an IPv6 one, of which a client has all.

    What is no address is given back as it is.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if not parsed.ipv4_mapped:
            return str(ip_network((int(parsed) >> 64 << 64, 64)))
        parsed = parsed.ipv4_mapped
    return str(parsed)


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether ``address`` is of one of ``networks``; what is no address is of none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


class Seldom:
    """Lets one log line through every ``every_s`` seconds, and counts the others."""

    def __init__(self, every_s: float = 60, clock: Clock = time.monotonic) -> None:
        self.every_s, self.clock = every_s, clock
        self._count, self._next = 0, float("-inf")

    def due(self) -> int:
        """Count one more; returns how many there were since the last line if it is time for one, else 0."""
        self._count += 1
        now = self.clock()
        if now < self._next:
            return 0
        count, self._count, self._next = self._count, 0, now + self.every_s
        return count
