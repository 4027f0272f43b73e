"""A clerk at the counter of the desk, who types in a citizen's complaint through its pages, as a browser does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx

from lapor.errors import Refused
from lapor.processes.data_dir import DataDir
from lapor.system import desk

#: Seconds within which the desk, and the website behind it, are back.
AWAY_S = 30.0
_KEY = re.compile(r'name="key" value="([^"]+)"')
_CODE = re.compile(r'<dt>Kode akses</dt><dd class="big">([^<]+)</dd>')
_NOTICE = re.compile(r'<div class="notice.*?</div>', re.DOTALL)
_MARKUP = re.compile(r"<[^>]+>")


@dataclass
class Clerk:
    """One clerk among the demo accounts, who logs in once, before the first complaint."""

    where: DataDir
    url: str
    http: httpx.AsyncClient = field(init=False, repr=False)
    email: str = ""
    comes_in: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def __post_init__(self) -> None:
        # A client of its own, since its cookie is the clerk's, and with Origin: the desk takes forms of its pages only.
        self.http = httpx.AsyncClient(
            base_url=self.url, headers={"Origin": self.url}, timeout=15, trust_env=False, follow_redirects=True
        )

    async def log_in(self) -> None:
        """Log in as the first clerk who needs a password and no code.

        Raises:
            Refused: no such clerk exists, or the desk does not let them in.
        """
        async with self.comes_in:
            if self.email:
                return
            people = await asyncio.to_thread(desk.people, self.where)
            one = next((each for each in people if not each["code"]), None)
            if one is None:
                raise Refused("Nobody of `lapor desk` can sit at the counter: no unit of this region only answers.")
            page = await self._ask("POST", "/masuk", {"email": one["email"], "password": one["password"]})
            if page.url.path == "/masuk":
                raise Refused(f"The desk does not let {one['email']} in: {_words(page)}")
            self.email = one["email"]

    async def take(self, typed: Mapping[str, str], say: Callable[[str], None]) -> str:
        """Type in, check and send a complaint. Return the access code of its receipt; ``say`` is told about hindrances.

        Raises:
            Refused: the counter does not take the complaint, or gives no receipt in time.
        """
        form = await self._ask("GET", "/loket")
        key = _KEY.search(form.text)
        if key is None:
            raise Refused(f"The counter takes nothing: {_words(form)}")
        typed = {**typed, "key": key[1]}
        page = await self._ask("POST", "/loket", {**typed, "step": "periksa"})
        if "stop-first" in page.text:
            say("the counter says first whom to call")
            typed["called"] = "1"
        page = await self._ask("POST", "/loket", {**typed, "step": "kirim"})
        give_up, waits = time.monotonic() + AWAY_S, False
        while (code := _CODE.search(page.text)) is None:
            if page.status_code != 200 or "data-again" not in page.text:
                raise Refused(f"The counter does not take it: {_words(page)}")
            if time.monotonic() > give_up:
                raise Refused("The website takes nothing from the counter: see `lapor status`. It is kept at the desk.")
            if not waits:
                say("the website is away, it waits at the desk")
                waits = True
            await asyncio.sleep(0.5)
            page = await self._ask("POST", f"/loket/{key[1]}", {})
        return unescape(code[1])

    async def _ask(self, method: str, path: str, form: Mapping[str, Any] | None = None) -> httpx.Response:
        """Request a page, and retry while the desk is away: the desk takes a form once, by its key."""
        give_up = time.monotonic() + AWAY_S
        while True:
            try:
                page = await self.http.request(method, path, data=form)
                why = f"answered {page.status_code}"
                if not page.is_server_error:
                    return page
            except httpx.HTTPError as error:
                why = f"does not answer ({type(error).__name__})"
            if time.monotonic() > give_up:
                raise Refused(f"The loket door {why} at {self.url}: see `lapor status`.")
            await asyncio.sleep(0.5)


def _words(page: httpx.Response) -> str:
    """Extract a page's notice, without its markup."""
    found = _NOTICE.search(page.text)
    said = unescape(_MARKUP.sub(" ", found[0] if found else page.text))
    return " ".join(said.split())[:200]
