"""Hands complaints of the counter to the website's API. While that is away nothing is lost: they are sent again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx
import msgspec
from msgspec import Struct

from unit_desk.settings import DeskSettings

log = logging.getLogger(__name__)
#: Timeouts, as a clerk waits for the answer. The next try, under the same key, finds an answer that came later.
_ANSWER_S, _CONNECT_S = 8.0, 3.0


class HeldUp(StrEnum):
    """Why a complaint was not taken, or may not have been."""

    AWAY = "away"
    KEY = "key"  # the API refuses our key
    OFTEN = "often"


class Taken(Struct, frozen=True, kw_only=True):
    """The intake has the complaint. ``told_by`` names the ways to tell its citizen."""

    ticket: str
    access_code: str
    tracking_url: str
    told_by: list[str] = []


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """Nothing was taken; ``problems`` says by field what to fix, and under "form" what is not about a field."""

    problems: Mapping[str, str]


class _FieldProblem(Struct):
    field: str
    detail: str


class _Problem(Struct):
    detail: str
    errors: list[_FieldProblem] = []


class Intake:
    """Hands complaints in at ``url`` with ``key``."""

    def __init__(self, url: str, key: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
            trust_env=False,
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def send(self, key: str, body: Mapping[str, object]) -> Taken | Wrong | HeldUp:
        """Hand ``body`` in; the same ``key`` is the same complaint, however often it is sent."""
        try:
            answer = await self.http.post("/v1/complaints", json=body, headers={"Idempotency-Key": key})
            return _read(answer)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            # Not the error itself: it may quote the complaint.
            log.warning("intake_away", extra={"error": type(error).__name__})
            return HeldUp.AWAY


def _read(answer: httpx.Response) -> Taken | Wrong | HeldUp:
    status = answer.status_code
    if status == 202:
        return msgspec.json.decode(answer.content, type=Taken)
    if status in (401, 403):
        log.error("intake_refuses_key", extra={"status": status, "mend": "DESK_COUNTER_KEY"})
        return HeldUp.KEY
    if status == 429:
        return HeldUp.OFTEN
    if status in (400, 413, 422):
        said = msgspec.json.decode(answer.content, type=_Problem)
        return Wrong(problems={each.field: each.detail for each in said.errors} or {"form": said.detail})
    log.warning("intake_away", extra={"status": status})
    return HeldUp.AWAY


def intake_of(settings: DeskSettings) -> Intake | None:
    """Make the intake that ``settings`` name, if they do."""
    if not (settings.desk_counter_url and settings.desk_counter_key):
        return None
    return Intake(str(settings.desk_counter_url).rstrip("/"), settings.desk_counter_key.get_secret_value())
