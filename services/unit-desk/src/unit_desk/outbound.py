"""Sends to an address that a person of a unit typed, but never into our networks (:mod:`chassis.public_hosts`)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence

import httpx

from chassis.limits import Network
from chassis.public_hosts import Address, Resolve, Unfit, connecting_to, place_of, resolve

#: For the whole request: lookup, connection and answer.
WITHIN_S = 10.0


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    allowed: Sequence[Network],
    *,
    resolve: Resolve = resolve,
    verify: ssl.SSLContext | None = None,
    within_s: float = WITHIN_S,
) -> str:
    """Send ``body``; return the status of the answer, or a code that says why no answer came. Redirects are not
    followed, and only the head of the answer is read.
    """
    try:
        async with asyncio.timeout(within_s):
            address = await place_of(url, allowed, resolve)
            return await _post(url, address, body, headers, verify)
    except Unfit as error:
        return error.why
    except TimeoutError:
        return "timeout"
    except socket.gaierror:
        return "no-such-host"
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError) as error:
        # The text of an httpx error quotes the request, so it is neither logged nor kept.
        return "tls" if "CERTIFICATE" in str(error) or "SSL" in str(error) else "no-answer"


async def _post(
    url: str, address: Address, body: bytes, headers: Mapping[str, str], verify: ssl.SSLContext | None
) -> str:
    at, host, name = connecting_to(url, address)
    transport = httpx.AsyncHTTPTransport(verify=verify or ssl.create_default_context(), retries=0)
    async with (
        httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=None) as http,  # noqa: S113
        http.stream(
            "POST", at, content=body, headers={**headers, "host": host}, extensions={"sni_hostname": name}
        ) as answer,
    ):
        return str(answer.status_code)
