"""The channels of conversations: SMS and X as their intakes take them, and the website by its pages."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import httpx

from chassis.database import Pool
from intake.texts import Texts
from intake_sms.domain import Mo
from intake_sms.handlers import Desk as SmsDesk
from intake_sms.handlers import take as take_sms
from intake_social.handlers import take as take_post
from intake_social.post import Desk as SocialDesk
from intake_social.post import SocialPost

ME = "+6281234567890"
#: Commands chosen on the page of a complaint; all other texts are written there as they are.
_CHOSEN = {"NILAI": "rating", "BUKA": "reopen", "KEBERATAN": "appeal", "BATAL": "cancel"}
#: Outcomes that begin on the form of the front page.
_BY_FORM = ("new", "danger", "none", "help")


class Door(Protocol):
    """A citizen's channel. ``service`` is the intake behind it; ``notify``: it answers by messages."""

    service: str
    notify: bool

    @property
    def pool(self) -> Pool: ...

    @property
    def texts(self) -> Texts: ...

    async def say(self, text: str, becomes: str, ticket: str, *, stranger: bool) -> str:
        """Say ``text``, about ``ticket`` if there is one. Return the words of the page that follows."""

    async def look(self, ticket: str) -> str:
        """Return the words of the page of ``ticket``."""


class _ByMessage:
    """A channel that answers by messages, without pages. ``desk`` is its intake's."""

    desk: Any
    notify = True

    @property
    def pool(self) -> Pool:
        return cast(Pool, self.desk.pool)

    @property
    def texts(self) -> Texts:
        return cast(Texts, self.desk.texts)

    async def look(self, ticket: str) -> str:
        return ""


@dataclass
class SmsDoor(_ByMessage):
    desk: SmsDesk
    service: str = "intake-sms"
    sent: int = 0

    async def say(self, text: str, becomes: str, ticket: str, *, stranger: bool) -> str:
        self.sent += 1
        await take_sms(self.desk, Mo(id=f"mo-{self.sent}", sender=ME, repliable=True, text=text))
        return ""


@dataclass
class XDoor(_ByMessage):
    """Posts that answer the first one: a new matter opens a conversation of its own."""

    desk: SocialDesk
    service: str = "intake-social"
    sent: int = 0
    root: str = ""

    async def say(self, text: str, becomes: str, ticket: str, *, stranger: bool) -> str:
        self.sent += 1
        number = str(100 + self.sent)
        self.root = self.root or number
        author = ("7", "lain") if stranger else ("42", "warga")
        post = SocialPost(
            channel="x", id=number, version=number, author_id=author[0], author=author[1], root=self.root,
            text=f"@LaporSoppeng {text}", at=datetime.now(UTC),
        )  # fmt: skip
        # As in a process just started: only stored marks say which posts were taken.
        await take_post(replace(self.desk, known={}), post)
        return ""


@dataclass
class WebDoor:
    client: httpx.AsyncClient
    pool: Pool
    texts: Texts
    service: str = "intake-web"
    notify: bool = False
    sent: int = 0

    async def say(self, text: str, becomes: str, ticket: str, *, stranger: bool) -> str:
        self.sent += 1
        if becomes in _BY_FORM:
            page = (await self.client.get("/")).text
            return await self._sent("/", {**_hidden(page), "text": text})
        word, _, rest = text.partition(" ")
        kind = _CHOSEN.get(word, becomes if becomes == "cancel" else "addition")
        form = {"key": f"key-{self.sent}", "kind": kind, "text": rest if word in _CHOSEN else text}
        if kind == "rating":
            form |= {"rating": rest.split()[0], "text": ""}
        if kind == "appeal":
            form |= {"rating": rest.split()[0], "text": rest.partition(" ")[2]}
        return await self._sent(f"/laporan/{ticket}/tambahan", form)

    async def _sent(self, path: str, form: dict[str, Any]) -> str:
        answer = await self.client.post(path, files={name: (None, value) for name, value in form.items()})
        if answer.is_redirect:
            answer = await self.client.get(answer.headers["location"])
        carried = _hidden(answer.text)
        if "called" in carried and "called" not in form:  # the page first says whom to call; then the citizen goes on
            return f"{_read(answer.text)} {await self._sent(path, carried)}"
        return _read(answer.text)

    async def look(self, ticket: str) -> str:
        return _read((await self.client.get(f"/laporan/{ticket}")).text)


def _hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of its forms."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def _read(page: str) -> str:
    """Return the visible words of a page's main part."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())
