"""The doors that canaries go through, used as citizens and the gateway use them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import httpx

from prober.settings import Settings

#: The sender of a canary's SMS: not a number, so that no reply can be sent to it.
SENDER = "canary"
#: Hands over a canary, given its name and its text.
Door = Callable[[str, str], Awaitable[None]]


def doors(settings: Settings, http: httpx.AsyncClient) -> Mapping[str, Door]:
    """Return the door of each channel. A door raises httpx.HTTPError if it does not take the canary.

    X and Facebook have no door: a canary there would be a post that everybody reads.
    """

    async def web(name: str, text: str) -> None:
        url = f"{str(settings.probe_web_url).rstrip('/')}/v1/complaints"
        answer = await http.post(url, json={"text": text}, headers={"Idempotency-Key": name})
        answer.raise_for_status()

    async def sms(name: str, text: str) -> None:
        query = {"id": name, "from": SENDER, "text": text, "token": settings.sms_mo_token.get_secret_value()}
        answer = await http.get(str(settings.probe_sms_url), params=query)
        answer.raise_for_status()

    return {"web": web, "sms": sms}
