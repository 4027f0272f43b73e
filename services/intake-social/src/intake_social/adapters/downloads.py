"""Fetch files that a network keeps for us, from that network and from nowhere else: no server-side request forgery.

The addresses come from the network itself, but strangers may influence its answers.
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

#: Seconds for a whole download.
WITHIN_S = 120.0
#: Networks make videos smaller than telephones do, and three of them lie in memory (`/tmp`) concurrently.
MAX_VIDEO_BYTES = 50 * 1024 * 1024
#: Addresses of Meta's photos carry long signatures.
_MOST_LETTERS, _MOST_REDIRECTS = 4_000, 3
_TIMEOUT = httpx.Timeout(15, connect=5)
#: A network that asks for a longer pause has a broken clock.
_LONGEST_S = 86_400.0
#: Gone, or not for us.
_GONE = frozenset({403, 404, 410})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Gone(SocialRefused):
    """The network no longer has the file, or does not give it to us."""


class NotOurs(SocialRefused):
    """The address is not one that we fetch from."""


class TooLarge(SocialRefused):
    """The file is larger than a photo or a video may be."""


class Later(SocialUnavailable):
    """Try later: in ``after_s`` seconds if the network says so, else 0."""

    def __init__(self, message: str, after_s: float = 0) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True, kw_only=True)
class Places:
    """The hosts where a network keeps photos, all by https; a host that begins with a dot includes its subdomains.

    ``standin`` is the address of the network's stand-in in tests, which may be anywhere and need no TLS.
    """

    hosts: tuple[str, ...]
    standin: str = ""

    def is_standin(self, url: str) -> bool:
        """Whether ``url`` leads to the network's stand-in."""
        return bool(self.standin) and urlsplit(url)[:2] == urlsplit(self.standin)[:2]

    def check(self, url: str) -> None:
        """Check that ``url``, by its words, may be fetched from.

        Raises:
            NotOurs: it is not an address of the network.
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
    """Return how many bytes a file that begins with ``head`` may have."""
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
    """Write the file at ``url`` to ``to``. Redirects are followed, and ``headers`` sent, only within ``places``.

    ``most_bytes`` returns the limit of size for a file's first bytes.

    Raises:
        Gone, NotOurs, TooLarge: it will never succeed.
        SocialUnauthorized, Later: try later.
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
    # An error of httpx tells about the request, which holds our token.
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
    """Write the file at ``url`` to ``to``, or return the address that it redirects to."""
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
