"""Limits for one client: its address, token buckets, and log lines that can't be flooded."""

from __future__ import annotations

import heapq
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
Network: TypeAlias = IPv4Network | IPv6Network

#: Letters of the longest address: eight groups, the last one written as IPv4.
_LONGEST = 45
_WITH_PORT = re.compile(r"(?P<v4>[0-9.]+):[0-9]+|\[(?P<v6>[^]]+)\](?::[0-9]+)?")


def network_of(address: str) -> str:
    """Return the network that counts as one client: an IPv4 address, or the whole /64 of an IPv6 one.

    Any other text is returned as it is, cut to the length of an address.
    """
    parsed = _parsed(address[:_LONGEST])
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed or address[:_LONGEST])


@lru_cache(4096)
def home_of(network: str) -> str:
    """Return the /56 around an IPv6 ``network``, as much as a household gets (RFC 6177); any other one as it is."""
    try:
        return str(IPv6Network(network).supernet(new_prefix=56))
    except ValueError:
        return network


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """Whether ``address`` is in one of ``networks``; a text that is not an address never is."""
    parsed = _parsed(address[:_LONGEST])
    return parsed is not None and any(parsed in network for network in networks)


@lru_cache(4096)  # each request asks several times, and few clients ask most
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Parse an address; an IPv4 one that came to an IPv6 socket is returned as IPv4 (RFC 4291, 2.5.5.2)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None) or parsed


def client_of(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """Return the client's network: ``peer``, or behind ``proxies`` the last forwarded address that is not theirs.

    ``forwarded`` are the X-Forwarded-For headers. Each proxy appends at the end, so entries further left may be made up
    (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security_and_privacy_concerns).
    """
    told = [_without_port(hop.strip()) for header in forwarded for hop in header.split(",") if hop.strip()]
    hops = [*told, peer]
    return network_of(next((hop for hop in reversed(hops) if not is_among(hop, proxies)), hops[0]))


def _without_port(hop: str) -> str:
    """Strip the port: some proxies write ``192.0.2.1:1234`` and ``[2001:db8::1]:1234``, as RFC 7239, 6 allows."""
    found = _WITH_PORT.fullmatch(hop[: _LONGEST + len("[]:65535")])
    return (found["v4"] or found["v6"]) if found else hop


@dataclass(frozen=True, kw_only=True)
class Rate:
    """``burst`` at once, and ``per_hour`` in the long run."""

    burst: int
    per_hour: float

    def times(self, factor: int) -> Rate:
        """Return the rate of ``factor`` clients together, each with this one."""
        return Rate(burst=self.burst * factor, per_hour=self.per_hour * factor)


class Buckets:
    """Token buckets of one ``rate``, one for each key; time is in seconds of ``clock``.

    Each is kept as the moment at which it will be full again: the generic cell rate algorithm of ITU-T I.371. Beyond
    ``most`` keys the fullest are forgotten, since they lose least. With ``shared_as``, which names a key to other
    processes, taken tokens are noted for them.
    """

    def __init__(
        self,
        rate: Rate,
        clock: Clock = time.monotonic,
        most: int = 100_000,
        shared_as: Callable[[str], str] | None = None,
    ) -> None:
        self.rate, self.clock, self.most, self.shared_as = rate, clock, most, shared_as
        self._name: Callable[[str], str] = shared_as or (lambda key: key)
        self._each_s = 3600 / rate.per_hour
        self._full_at: dict[str, float] = {}
        self._noted: dict[str, float] = {}

    def full_in_s(self, key: str) -> float:
        """Return the seconds until the bucket of ``key`` is full."""
        return max(0.0, self._full_at.get(self._name(key), float("-inf")) - self.clock())

    def wait_s(self, key: str) -> float:
        """Return the seconds until there is a token for ``key``; 0 is now."""
        return max(0.0, self.full_in_s(key) - self._each_s * (self.rate.burst - 1))

    def take(self, key: str, count: float = 1) -> None:
        """Take ``count`` tokens, and owe the missing ones: a client let in several times concurrently pays for all."""
        name = self._name(key)
        self._full_at[name] = self.clock() + self.full_in_s(key) + self._each_s * count
        self._note(name, count)
        if len(self._full_at) > self.most:
            self._forget()

    def give_back(self, key: str) -> None:
        """Put a token back."""
        if (name := self._name(key)) in self._full_at:
            self._full_at[name] -= self._each_s
            self._note(name, -1)

    def taken(self) -> dict[str, float]:
        """Return, by name, how many seconds later each bucket will be full, by the tokens taken since the last call."""
        noted, self._noted = self._noted, {}
        return {name: count * self._each_s for name, count in noted.items() if count}

    def hear(self, name: str, full_in_s: float) -> None:
        """Set when the bucket of ``name`` is full, as all processes together know it, in seconds from now.

        Tokens taken here since :meth:`taken` are added.
        """
        self._full_at[name] = self.clock() + full_in_s + self._each_s * self._noted.get(name, 0)

    def take_back(self, name: str, seconds: float) -> None:
        """Note again the result of :meth:`taken`, because nobody received it."""
        self._note(name, seconds / self._each_s)

    def _note(self, name: str, count: float) -> None:
        if self.shared_as:
            self._noted[name] = self._noted.get(name, 0) + count

    def __len__(self) -> int:
        """Count the keys that are remembered."""
        return len(self._full_at)

    def _forget(self) -> None:
        now = self.clock()
        missing = [(at, key) for key, at in self._full_at.items() if at > now]
        self._full_at = {key: at for at, key in heapq.nlargest(self.most * 9 // 10, missing)}


class Seldom:
    """Lets one log line through every ``every_s`` seconds, and counts the others."""

    def __init__(self, every_s: float = 60, clock: Clock = time.monotonic) -> None:
        self.every_s, self.clock = every_s, clock
        self._count, self._next = 0, float("-inf")

    def due(self) -> int:
        """Count one more; return the count since the last line if it is time for another, else 0."""
        self._count += 1
        now = self.clock()
        if now < self._next:
            return 0
        count, self._count, self._next = self._count, 0, now + self.every_s
        return count
