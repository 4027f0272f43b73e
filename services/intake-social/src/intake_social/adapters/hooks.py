"""The HTTP endpoint for webhooks of the networks. It answers 200 only when the webhook is stored.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started/: the handshake, and the signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from chassis.database import OUTAGES
from chassis.limits import Buckets, Clock, Rate, Seldom, network_of
from intake import metrics
from intake_social.adapters.errors import SocialError

log = logging.getLogger(__name__)

#: Bytes; a webhook of Meta brings up to 1,000 changes.
MAX_BODY_BYTES = 2 * 1024 * 1024
#: Wrong signatures from one address: in a burst and in an hour; beyond that it is answered with 429.
WRONG_SIGNATURES = Rate(burst=50, per_hour=600)
#: Seconds until a webhook that is not stored is answered with 503: the network delivers it again.
WITHIN_S = 15
SIGNATURE = "x-hub-signature-256"


@dataclass(frozen=True, kw_only=True)
class Hooked:
    """A network that pushes: the word it shows once when our address is registered, and the secret it signs with.

    ``take`` stores a body, or raises.
    """

    channel: str
    token: str
    secret: str
    take: Callable[[bytes], Awaitable[None]]


def sign(secret: str, body: bytes) -> str:
    """Return the signature header of ``body``, over its bytes as received: Meta writes ``\\u00e4`` for ``ä``."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class _Keeper:
    """Lets in only the networks, and counts the refusals of each address."""

    def __init__(self, networks: Mapping[str, Hooked], clock: Clock) -> None:
        self.networks = networks
        self.wrong, self.lines = Buckets(WRONG_SIGNATURES, clock), Seldom(clock=clock)

    def greet(self, name: str, asked: Mapping[str, str], client: str) -> Response[str]:
        """Prove once that we know the word that was given to the network."""
        network = self.networks.get(name)
        if network is None:
            return _said("", 404)
        known = hmac.compare_digest(asked.get("hub.verify_token", "").encode(), network.token.encode())
        challenge = asked.get("hub.challenge", "")
        # Only digits go back: nothing that a stranger wrote appears under our name.
        if not known or asked.get("hub.mode") != "subscribe" or not (challenge.isascii() and challenge.isdigit()):
            return self.refuse(network, client)
        log.info("hook_subscribed", extra={"channel": network.channel})
        return _said(challenge, 200)

    async def take(self, name: str, signature: str, body: bytes, client: str) -> Response[str]:
        """Store the body that a network pushes."""
        network = self.networks.get(name)
        if network is None:
            return _said("", 404)
        if not hmac.compare_digest(signature.encode(), sign(network.secret, body).encode()):
            return self.refuse(network, client)
        try:
            async with asyncio.timeout(WITHIN_S):
                await network.take(body)
        except (SocialError, *OUTAGES) as error:
            metrics.REQUESTS.labels(network.channel, "unavailable").inc()
            log.warning("hook_not_stored", extra={"channel": network.channel, "error": type(error).__name__})
            return _said("", 503, 10)
        return _said("", 200)

    def refuse(self, network: Hooked, client: str) -> Response[str]:
        """Refuse ``client``, which is not ``network``, without a reason."""
        metrics.REQUESTS.labels(network.channel, "not_authentic").inc()
        if count := self.lines.due():
            log.warning("hook_not_authentic", extra={"channel": network.channel, "count": count})
        if wait_s := self.wrong.wait_s(client):
            return _said("", 429, wait_s)
        self.wrong.take(client)
        return _said("", 403)


def door(networks: Mapping[str, Hooked], *more: HTTPRouteHandler, clock: Clock = time.monotonic) -> Litestar:
    """Return the application: ``/hooks/NAME`` for each of ``networks``, and the routes ``more``."""
    keeper = _Keeper(networks, clock)

    @get("/hooks/{name:str}", media_type=MediaType.TEXT)
    async def handshake(request: Request[Any, Any, Any], name: str) -> Response[str]:
        return keeper.greet(name, dict(request.query_params.items()), _client(request))

    @post("/hooks/{name:str}", status_code=200, media_type=MediaType.TEXT, request_max_body_size=MAX_BODY_BYTES)
    async def pushed(request: Request[Any, Any, Any], name: str) -> Response[str]:
        return await keeper.take(name, request.headers.get(SIGNATURE, ""), await request.body(), _client(request))

    return Litestar(
        [handshake, pushed, *more], openapi_config=None, logging_config=None, exception_handlers={Exception: _failed}
    )


def _client(request: Request[Any, Any, Any]) -> str:
    return network_of(request.client.host if request.client else "")


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    if isinstance(error, HTTPException):
        return _said("", error.status_code)
    log.error("hook_failed", exc_info=error)
    return _said("", 500)


def _said(text: str, status: int, retry_after_s: float = 0) -> Response[str]:
    headers = {"Retry-After": str(math.ceil(retry_after_s))} if retry_after_s else {}
    return Response(text, status_code=status, media_type=MediaType.TEXT, headers=headers)
