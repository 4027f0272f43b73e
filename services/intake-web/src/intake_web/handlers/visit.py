"""The store as one client may use it."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request

from chassis.limits import client_of, is_among
from contracts import ticket
from contracts.events import FollowUp
from intake.contacts import Contact
from intake.submissions import Accepted, Submission
from intake_web.domain import Draft, is_code, is_pass
from intake_web.limits import Guard
from intake_web.photos import Upload
from intake_web.settings import WebSettings
from intake_web.store import Found, Store, Written

#: The cookie of the browser that sent a complaint.
PASS = "akses"  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What ``client`` does, with its ``cookies``. Every method may raise ``Limited`` and what the store raises."""

    store: Store
    guard: Guard
    settings: WebSettings
    client: str
    cookies: Mapping[str, str]

    async def accept(self, draft: Draft, submission: Submission) -> Accepted:
        """Keep ``draft``, as ``submission``; one that was kept before costs its sender nothing."""
        with self.guard.complaint(self.client, draft) as bill:
            await self.store.uploads.finish_all(submission.uploads)
            accepted = await self.store.accept(submission)
            bill.owes = accepted.fresh
        return accepted

    async def add(self, number: str, item: FollowUp, uploads: Sequence[str] = ()) -> bool:
        """Keep ``item``, with ``uploads``; False if no complaint of this intake has that number."""
        with self.guard.addition(self.client) as bill:
            await self.store.uploads.finish_all(uploads)
            bill.owes = await self.store.add(number, item, uploads)
        return bill.owes

    async def begin_upload(self, length: int) -> Upload:
        """Begin an upload of ``length`` bytes."""
        self.guard.upload(self.client, length)
        return await self.store.uploads.create(length)

    async def upload(self, body: AsyncIterator[bytes]) -> Upload:
        """Keep a photo that comes at once."""
        self.guard.upload(self.client, 0)
        upload = await self.store.uploads.whole(body)
        self.guard.uploaded(self.client, upload.received)
        return upload

    async def find(self, number: str) -> Found | None:
        """The complaint with this number, however it is written. The browser that sent it does not guess."""
        canonical = ticket.parse(number)
        if not canonical or not self.has_pass(canonical):
            self.guard.may_look(self.client)
        if not canonical:
            return None
        found = await self.store.find(canonical)
        if found is None:
            self.guard.missed(self.client)
        return found

    async def support(self, number: str, who: bytes) -> bool:
        """Count ``who`` as one more who has the same; False if no listed complaint has that number."""
        with self.guard.addition(self.client) as bill:
            bill.owes = await self.store.support(number, who)
        return bill.owes

    async def written(self, number: str) -> Written | None:
        """What its reporter wrote, for the browser that sent it."""
        return await self.store.written(number) if self.has_pass(number) else None

    async def is_owner(self, number: str, secret: str | None) -> bool:
        """Whether ``secret`` is the complaint's access code, or it was made here and with ``secret``."""
        if not secret:
            return False
        self.guard.may_try(self.client, number)
        coded = is_code(self.settings.installation_namespace, number, secret)
        owner = coded or await self.store.is_owner(number, secret)
        if not owner:
            self.guard.tried_wrong(self.client, number)
        return owner

    async def enters(self, number: str, token: str) -> bool:
        """Whether ``token`` is that of the secret link of the complaint ``number``.

        What became confidential since is opened by its access code alone, as what was from the start.
        """
        self.guard.may_try(self.client, number)
        link, found = await self.store.link(number), await self.store.find(number)
        entered = link is not None and found is not None and not found.story.rahasia
        entered = entered and hmac.compare_digest((link or "").encode(), token.encode())
        if not entered:
            self.guard.tried_wrong(self.client, number)
        return entered

    async def marked(self, mark: bytes | None) -> Contact | None:
        """The contact that ``mark`` stands for; who asks for others too often is refused."""
        self.guard.may_look(self.client)
        found = await self.store.marked(mark) if mark else None
        if found is None:
            self.guard.missed(self.client)
        return found

    def has_pass(self, number: str) -> bool:
        """Whether it is the browser that sent the complaint ``number``."""
        return is_pass(self.settings.installation_namespace, number, self.cookies.get(PASS))


def visit_of(request: Request[Any, Any, Any], store: Store, guard: Guard, settings: WebSettings) -> Visit:
    """What ``request`` may do."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getall("x-forwarded-for", [])
    if forwarded and not is_among(peer, settings.web_trusted_proxies):
        guard.not_believed()
    client = client_of(peer, forwarded, settings.web_trusted_proxies)
    return Visit(store=store, guard=guard, settings=settings, client=client, cookies=request.cookies)
