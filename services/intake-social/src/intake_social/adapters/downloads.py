"""Fetches what a network keeps for us, from that network and from nowhere else: no server-side request forgery.

The addresses come from the network itself, but what is in its answers strangers may have a hand in.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO
from urllib.parse import urljoin, urlsplit

import httpx

from chassis.public_hosts import Resolve, Unfit, check_url, connecting_to, place_of, resolve
from contracts.links import listed
from intake.photo import HEAD, MAX_BYTES, is_video
from intake_social.adapters.errors import SocialError, SocialRefused, SocialUnauthorized, SocialUnavailable

#: Seconds for all of it.
WITHIN_S = 120.0
#: Bytes of a video. Networks make them smaller than a telephone does, and three at once lie in memory (`/tmp`).
MAX_VIDEO_BYTES = 50 * 1024 * 1024
#: Addresses of Meta's photos carry long signatures.
_MOST_LETTERS, _MOST_REDIRECTS = 4_000, 3
_TIMEOUT = httpx.Timeout(15, connect=5)
#: Who asks for more has a broken clock.
_LONGEST_S = 86_400.0
#: Not any more, or not for us.
_GONE = frozenset({403, 404, 410})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Gone(SocialRefused):
    """The network has it no more, or does not give it to us."""


class NotOurs(SocialRefused):
    """It is where nothing is fetched from."""


class TooLarge(SocialRefused):
    """It has more bytes than a photo or a video may have."""


class Later(SocialUnavailable):
    """Not now; ``after_s`` is how long the network wants to be left alone, 0 where it does not say."""

    def __init__(self, message: str, after_s: float = 0) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a network keeps photos: ``hosts``, of which one with a dot in front has all below it, by https.

    ``standin`` is the address of what plays the network, which may be anywhere and need no TLS.
    """

    hosts: tuple[str, ...]
    standin: str = ""

    def is_standin(self, url: str) -> bool:
        """Whether ``url`` leads to what plays the network."""
        return bool(self.standin) and urlsplit(url)[:2] == urlsplit(self.standin)[:2]

    def check(self, url: str) -> None:
        """Return if something may be fetched from ``url``, as far as its words say.

        Raises:
            NotOurs: it is no address of the network.
        """
        try:
            scheme, host, port = check_url(url, _MOST_LETTERS)
        except Unfit as error:
            raise NotOurs(error.why) from None
        if self.is_standin(url):
            return
        if scheme != "https" or port != 443 or not listed(host, self.hosts):
            raise NotOurs("no address of the network")


def most_bytes(head: bytes) -> int:
    """How many bytes may have what begins with ``head``."""
    return MAX_VIDEO_BYTES if is_video(head) else MAX_BYTES


async def download(
    url: str,
    to: IO[bytes],
    places: Places,
    *,
    most_bytes: Callable[[bytes], int] = most_bytes,
    headers: Mapping[str, str] = _NO_HEADERS,
    resolve: Resolve = resolve,
    verify: ssl.SSLContext | None = None,
    within_s: float = WITHIN_S,
) -> None:
    """Write what is at ``url`` to ``to``. Redirects are followed within ``places``; ``headers`` go nowhere else either.

    ``most_bytes`` says by its first bytes how many it may have.

    Raises:
        Gone, NotOurs, TooLarge: never.
        SocialUnauthorized, Later: later.
    """
    try:
        async with asyncio.timeout(within_s):
            for _ in range(_MOST_REDIRECTS + 1):
                places.check(url)
                elsewhere = await _fetch(url, to, places, headers, most_bytes, resolve, verify)
                if elsewhere is None:
                    return
                url = elsewhere
    except TimeoutError:
        raise Later("timeout") from None
    # An error of httpx tells of the request, in which our token is.
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError) as error:
        raise Later(type(error).__name__) from None
    raise NotOurs("too many redirects")


async def _fetch(
    url: str,
    to: IO[bytes],
    places: Places,
    headers: Mapping[str, str],
    most: Callable[[bytes], int],
    resolve: Resolve,
    verify: ssl.SSLContext | None,
) -> str | None:
    """Write what is there to ``to``; or the address to which it redirects."""
    at, extensions = url, dict[str, str]()
    if not places.is_standin(url):
        try:
            address = await place_of(url, [], resolve, _MOST_LETTERS)
        except Unfit as error:
            raise (Later if error.why == "no-such-host" else NotOurs)(error.why) from None
        except socket.gaierror:
            raise Later("no-such-host") from None
        at, host, name = connecting_to(url, address)
        headers, extensions = {**headers, "host": host}, {"sni_hostname": name}
    transport = httpx.AsyncHTTPTransport(verify=verify or ssl.create_default_context(), retries=0)
    async with (
        httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=_TIMEOUT) as http,
        http.stream("GET", at, headers=headers, extensions=extensions) as answer,
    ):
        if answer.is_redirect:
            return urljoin(url, str(answer.headers.get("location", "")))
        if not answer.is_success:
            raise _in_our_words(answer)
        await _copy(answer, to, most)
    return None


async def _copy(answer: httpx.Response, to: IO[bytes], most: Callable[[bytes], int]) -> None:
    head, size = b"", 0
    async for chunk in answer.aiter_bytes():
        head, size = (head + chunk)[:HEAD], size + len(chunk)
        if size > most(head):
            raise TooLarge(f"more than {most(head)} bytes")
        to.write(chunk)


def _in_our_words(answer: httpx.Response) -> SocialError:
    status = answer.status_code
    if status in _GONE or (400 <= status < 500 and status not in (401, 408, 429)):
        return Gone(f"HTTP {status}")
    if status == 401:
        return SocialUnauthorized("HTTP 401")
    asked = answer.headers.get("retry-after", "")
    return Later(f"HTTP {status}", min(float(asked), _LONGEST_S) if asked.isascii() and asked.isdigit() else 0)
