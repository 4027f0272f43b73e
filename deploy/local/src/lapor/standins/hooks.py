"""Webhooks as Meta sends them: signed over their bytes, and retried with longer pauses until they are taken."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

import httpx

from lapor.standins.faults import Faults

#: Seconds between tries; after the last one the receiver has to poll.
PAUSES_S = (1, 2, 4, 8, 15, 30, 60)
CHALLENGE = "1158201444"


class Hooks:
    """Pushes to one address with the faults of ``vendor``; without an address it pushes nothing."""

    def __init__(self, url: str, secret: str, token: str, faults: Faults, vendor: str = "graph") -> None:
        self._url, self._secret, self._token, self._faults, self._vendor = url, secret, token, faults, vendor
        self._client = httpx.AsyncClient(timeout=20, trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()
        self._late: list[bytes] = []

    def push(self, told: dict[str, Any]) -> None:
        """Deliver ``told`` in the background, once unless a fault says otherwise. What is late goes before the next."""
        if not self._url or self._faults.take(self._vendor, "hook_lost"):
            return
        # Meta escapes non-ASCII letters as \\uXXXX, and signs the escaped bytes.
        body = json.dumps(told).encode()
        if self._faults.take(self._vendor, "hook_late"):
            self._late.append(body)
            return
        before, self._late = self._late, []
        wrong = self._faults.take(self._vendor, "hook_wrong_signature")
        for _ in range(2 if self._faults.take(self._vendor, "hook_twice") else 1):
            task = asyncio.create_task(self._deliver([*before, body], "wrong" if wrong else self._secret))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, bodies: Sequence[bytes], secret: str) -> None:
        for body in bodies:
            await self._deliver_one(body, secret)

    async def _deliver_one(self, body: bytes, secret: str) -> None:
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": signature}
        for pause_s in (*PAUSES_S, 0):
            with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
                if (await self._client.post(self._url, content=body, headers=headers)).status_code == 200:
                    return
            await asyncio.sleep(pause_s)

    async def handshake(self) -> bool:
        """Whether the receiver at the address knows our verification token."""
        asked = {"hub.mode": "subscribe", "hub.verify_token": self._token, "hub.challenge": CHALLENGE}
        answer = await self._client.get(self._url, params=asked)
        return answer.status_code == 200 and answer.text == CHALLENGE

    async def stop(self) -> None:
        """Cancel deliveries that were not taken."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()
