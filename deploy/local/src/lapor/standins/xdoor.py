"""The checks before every call of the X API: faults, identity, rate limits; and the shapes of its answers."""

import asyncio
import time
from typing import Any

from litestar import Request
from litestar.response import Response

from lapor.standins.faults import Faults, cut_off
from lapor.standins.oauth1 import signed_by
from lapor.standins.settings import Settings

Ask = Request[Any, Any, Any]
Answer = Response[Any]
PROBLEMS = "https://api.twitter.com/2/problems/"


class Windows:
    """Counts calls per endpoint and window of 15 minutes, for the x-rate-limit-* headers."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used: dict[str, tuple[float, int]] = {}

    def count(self, endpoint: str) -> tuple[int, int, int]:
        """Count one more call. Return (limit, remaining, reset in unix seconds); `remaining` < 0 is one too many."""
        reset, used = self._used.get(endpoint, (0.0, 0))
        if reset <= time.time():
            reset, used = time.time() + 900, 0
        self._used[endpoint] = (reset, used + 1)
        return self._limit, self._limit - used - 1, int(reset)


def answer(request: Ask, body: Any, status: int = 200, *, reset: bool = True) -> Answer:
    limit, remaining, until = request.scope["state"].get("window", (0, 0, 0))
    headers = {
        "x-access-level": "read-write",
        "api-version": "2.178",
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(max(0, remaining)),
        "content-type": "application/json; charset=utf-8",
        **({"x-rate-limit-reset": str(until)} if reset else {}),
    }
    return Response(body, status_code=status, headers=headers)


def problem(request: Ask, status: int, title: str, detail: str, kind: str = "", *, reset: bool = True) -> Answer:
    body = {
        "title": title,
        "detail": detail,
        "type": (kind and PROBLEMS + kind) or "about:blank",
        "status": status,
    }
    return answer(request, body, status, reset=reset)


def invalid(request: Ask, parameter: str, value: str, message: str) -> Answer:
    body = {
        "errors": [{"parameters": {parameter: [value]}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": PROBLEMS + "invalid-request",
    }
    return answer(request, body, 400)


def _known(request: Ask, settings: Settings) -> bool:
    """Whether our account calls (OAuth 1.0a)."""
    authorization = request.headers.get("authorization", "")
    return authorization.startswith("OAuth ") and signed_by(
        authorization,
        method=request.method,
        url="https://api.twitter.com" + request.scope["path"].removeprefix("/x").rstrip("/"),
        query=request.scope["query_string"].decode(),
        consumer=(settings.x_consumer_key, settings.x_consumer_secret),
        token=(settings.x_access_token, settings.x_access_secret),
    )


async def at_the_door(request: Ask) -> Answer | None:
    """Answer instead of the handler on a fault, a wrong signature or too many calls."""
    state = request.app.state
    faults: Faults = state.faults
    endpoint = request.scope["path"].rstrip("/").rsplit("/", 1)[-1]
    request.scope["state"]["window"] = window = state.windows.count(endpoint)
    if faults.take("x", "slow"):
        await asyncio.sleep(30)
    fault = _fault(request, faults)
    if fault is not None:
        return fault
    if not _known(request, state.settings):
        return problem(request, 401, "Unauthorized", "Unauthorized")
    if window[1] < 0:
        return problem(request, 429, "Too Many Requests", "Too Many Requests")
    return None


def _fault(request: Ask, faults: Faults) -> Answer | None:
    if faults.take("x", "throttle"):
        return problem(request, 429, "Too Many Requests", "Too Many Requests")
    if faults.take("x", "throttle_no_reset"):
        return problem(request, 429, "Too Many Requests", "Too Many Requests", reset=False)
    if faults.take("x", "throttle_v1"):
        return answer(request, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, 429)
    if faults.take("x", "throttle_text"):
        return Response("Rate limit exceeded", status_code=429, media_type="text/plain")
    if faults.take("x", "html503"):
        return Response("<html><body>Over capacity</body></html>", status_code=503, media_type="text/html")
    if faults.take("x", "json503"):
        return problem(request, 503, "Service Unavailable", "Service Unavailable")
    return cut_off() if faults.take("x", "hangup") else None
