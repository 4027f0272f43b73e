"""The store, as one client may use it."""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from litestar import Request
from litestar.types import ASGIApp, Receive, Scope, Send

from chassis.keys import Key, KeyRefused
from chassis.limits import client_of, is_among
from contracts import ticket
from contracts.events import FollowUp
from intake.accesses import Seen
from intake.additions import Taken
from intake.contacts import Contact
from intake.decoder import Sender
from intake.files import StoreDown
from intake.photo import Place
from intake.submissions import Accepted, Submission
from intake_web import metrics
from intake_web.account import SESSION, Account, cookie
from intake_web.adapters.supporters import Word
from intake_web.domain import Draft, is_code, is_pass
from intake_web.keys import KeyClient, KeyRight, Keys, source_of
from intake_web.limits import Guard
from intake_web.photos import Upload
from intake_web.settings import WebSettings
from intake_web.store import Found, Store, Written

log = logging.getLogger(__name__)
#: The cookie of the browser that sent a complaint.
PASS = "akses"  # noqa: S105
#: The cookie that limits a browser to one support per complaint. It is a random number, without personal data.
SUPPORTER = "dukung"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """The actions of ``client``, with its ``cookies``. Every method may raise ``Limited`` and the store's errors.

    ``account`` is the signed-in user's, and ``owned`` the requested complaint, if it belongs to that account. With the
    ``key`` of another system, that system is the client.
    """

    store: Store
    guard: Guard
    settings: WebSettings
    client: str
    cookies: Mapping[str, str]
    keys: Keys
    account: Account | None = None
    owned: str | None = None
    key: Key | None = None

    async def with_key(self, shown: str, right: KeyRight) -> Visit:
        """Return the visit of the system with this key.

        Raises:
            KeyRefused: the key is not valid, or lacks ``right``.
        """
        try:
            key = await self.keys.of(shown, right)
        except KeyRefused as error:
            metrics.KEYS_REFUSED.labels(error.why).inc()
            raise
        return replace(self, client=KeyClient(key.id), key=key)

    def source(self, usual: str) -> str:
        """Name the source of a complaint: the system whose key was shown, or the ``usual`` one."""
        return source_of(self.key) if self.key else usual

    @property
    def at_counter(self) -> bool:
        """Whether the client may submit complaints brought to a counter of the kabupaten."""
        return self.key is not None and KeyRight.COUNTER in self.key.rights

    async def accept(self, draft: Draft, submission: Submission) -> Accepted:
        """Store ``draft`` as ``submission``; a repeated one costs its sender nothing."""
        with self.guard.complaint(self.client, draft) as bill:
            await self.store.uploads.finish_all(submission.uploads, self._sender())
            accepted = await self.store.accept(submission)
            bill.owes = accepted.fresh
        if self.key and accepted.fresh:
            metrics.BY_KEY.labels(self.key.system).inc()
        if self.account and not submission.anonim:
            # Not in the transaction of the complaint: if this fails, the complaint is stored, and its owner can add it
            # by code.
            try:
                await self.store.accounts.keep(self.account.account_id, accepted.ticket)
            except StoreDown:
                log.warning("complaint_not_in_account", extra={"ticket": accepted.ticket})
        return accepted

    async def add(self, number: str, item: FollowUp, uploads: Sequence[str] = ()) -> Taken | None:
        """Store ``item`` with ``uploads``; None if no complaint of this intake has that number."""
        with self.guard.addition(self.client) as bill:
            await self.store.uploads.finish_all(uploads, self._sender())
            taken = await self.store.add(number, item, uploads)
            bill.owes = taken is not None
        return taken

    async def begin_upload(self, length: int) -> Upload:
        """Begin an upload of ``length`` bytes."""
        self.guard.upload(self.client, length)
        return await self.store.uploads.create(length)

    async def upload(self, body: AsyncIterator[bytes]) -> Upload:
        """Store a photo that comes in one request."""
        self.guard.upload(self.client, 0)
        self.guard.may_make(self.client)
        upload = await self.store.uploads.whole(body, self._sender())
        self.guard.uploaded(self.client, upload.received)
        return upload

    async def finish(self, upload: Upload) -> tuple[Upload, Place | None]:
        """Have the new photos made, once all bytes are here."""
        if upload.all_came and upload.state != "ready":
            self.guard.may_make(self.client)
        return await self.store.uploads.finish(upload, self._sender())

    def _sender(self) -> Sender:
        return Sender(client=self.client, charge=partial(self.guard.made, self.client))

    async def find(self, number: str) -> Found | None:
        """Find the complaint with this number, in any form. The sender's browser is not limited: it does not guess."""
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
        """Count ``who`` as a supporter; return False if no listed complaint has that number."""
        with self.guard.support(self.client) as bill:
            counted = await self.store.support(number, who)
            bill.owes = counted is not None
        return bill.owes

    async def supports(self, number: str) -> bool:
        """Check whether this browser is counted among the supporters of complaint ``number``."""
        own = self.cookies.get(SUPPORTER, "")
        return bool(own) and await self.store.supports(number, self.supporter(number, own))

    def supporter(self, number: str, own: str) -> bytes:
        """Hash the supporter of ``number`` whose browser keeps ``own``, for storage."""
        told = f"intake-web supporter\x1f{number}\x1f{own}".encode()
        return hmac.digest(self.settings.installation_namespace.bytes, told, "sha256")

    async def follow(self, number: str, draft: Draft, contacts: Mapping[str, str], word: Word) -> bool:
        """Notify the contacts of ``draft`` of a complaint's changes; return False if no listed one has that number."""
        with self.guard.complaint(self.client, draft) as bill:
            bill.owes = await self.store.follow(number, contacts, word)
        return bill.owes

    async def written(self, number: str) -> Written | None:
        """Return what its reporter wrote, if this browser may see it; the access is logged."""
        return await self.store.written(number) if await self.sees(number) else None

    async def sees(self, number: str) -> bool:
        """Check whether this browser gets the reporter's view without a code; the access is logged."""
        if known := self.has_pass(number):
            await self.store.note_seen(number, Seen.ACCOUNT if number == self.owned else Seen.BROWSER)
        return known

    async def is_owner(self, number: str, secret: str | None) -> bool:
        """Check whether ``secret`` is the access code, or the one it was sent with; the attempt is logged."""
        if not secret:
            return False
        coded = is_code(self.settings.installation_namespace, number, secret)
        owner = coded or await self.store.is_owner(number, secret)
        if not owner:
            self.guard.tried_wrong(self.client, number)
        await self.store.note_seen(number, Seen.CODE if owner else Seen.WRONG_CODE)
        return owner

    async def enters(self, number: str, token: str) -> bool:
        """Check whether ``token`` opens the secret link of complaint ``number``; the attempt is logged.

        A confidential complaint is opened by its access code only, even if it became confidential later.
        """
        link, found = await self.store.link(number), await self.store.find(number)
        entered = link is not None and found is not None and not found.story.rahasia
        entered = entered and hmac.compare_digest((link or "").encode(), token.encode())
        if not entered:
            self.guard.tried_wrong(self.client, number)
        await self.store.note_seen(number, Seen.LINK if entered else Seen.WRONG_LINK)
        return entered

    async def marked(self, mark: bytes | None) -> Contact | None:
        """Return the contact that ``mark`` identifies; clients that guess too often are refused."""
        self.guard.may_look(self.client)
        found = await self.store.marked(mark) if mark else None
        if found is None:
            self.guard.missed(self.client)
        return found

    def has_pass(self, number: str) -> bool:
        """Check whether this browser sent complaint ``number``, or its account has it."""
        return number == self.owned or is_pass(self.settings.installation_namespace, number, self.cookies.get(PASS))


#: Read-only methods.
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Paths that accept keys; pages accept none.
_OPEN311 = "/open311/"
_PROGRAMS = ("/v1/", _OPEN311)


def counting(guard: Guard, settings: WebSettings) -> Callable[[ASGIApp], ASGIApp]:
    """Return a middleware that gives each request its ``client``, and the resources ``held`` until it is answered."""

    def around(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            peer = (scope["client"] or ("",))[0]
            forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
            if forwarded and not is_among(peer, settings.web_trusted_proxies):
                guard.not_believed()
            client = client_of(peer, forwarded, settings.web_trusted_proxies)
            with guard.request(client) as held:
                scope["state"] |= {"client": client, "held": held}
                await app(scope, receive, send)

        return answer

    return around


async def visit_of(
    request: Request[Any, Any, Any], store: Store, guard: Guard, settings: WebSettings, keys: Keys
) -> Visit:
    """Build the visit of ``request``.

    Raises:
        KeyRefused: its key is not valid, or lacks the right.
    """
    client = request.state.client
    account, owned = await _signed_in(request, store, settings)
    request.state.account = account  # for the templates
    here: Any = {"store": store, "guard": guard, "settings": settings, "client": client, "cookies": request.cookies}
    visit = Visit(**here, keys=keys, account=account, owned=owned)
    shown = key_of(request)
    return await visit.with_key(shown, right_of(request)) if shown is not None else visit


async def _signed_in(
    request: Request[Any, Any, Any], store: Store, settings: WebSettings
) -> tuple[Account | None, str | None]:
    """Return the signed-in account, and the complaint in the address, if the account owns it.

    Without a database nobody is signed in: pages that need none still work, and the others report it.
    """
    token = request.cookies.get(cookie(SESSION, settings.public_url))
    if not token or not settings.media:
        return None, None
    number = ticket.parse(request.path_params.get("number", ""))
    try:
        found = await store.accounts.session(token, number)
    except StoreDown:
        return None, None
    return (found[0], number if found[1] else None) if found else (None, None)


def key_of(request: Request[Any, Any, Any]) -> str | None:
    """Return the key in the header of ``request`` (RFC 6750), or in Open311's query; for forms see ``open311.py``."""
    path = request.url.path
    if not path.startswith(_PROGRAMS):
        return None
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    shown: str | None = request.query_params.get("api_key") if path.startswith(_OPEN311) else None
    return shown or None


def right_of(request: Request[Any, Any, Any]) -> KeyRight:
    """Return the right that a key needs for ``request``."""
    return KeyRight.READ if request.method in _READS else KeyRight.SEND
