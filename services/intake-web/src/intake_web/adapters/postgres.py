"""Complaints in PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

import msgspec

from chassis.database import OUTAGES, Pool, is_outage
from chassis.keys import Key
from chassis.limits import Seldom
from contracts.events import FollowUp, Position
from contracts.evidence_links import PATHS
from contracts.vocabulary import FollowUpKind
from intake import complaint_view
from intake.accesses import Seen, note_seen
from intake.additions import Added, Apart, Taken, follow_up
from intake.complaint_view import ComplaintView, find_view, view_of
from intake.contacts import Contact, find_contacts, find_link, find_marked, hear, silence
from intake.decoder import Decoder
from intake.files import Files, StoreDown
from intake.films import find_films
from intake.submissions import Accepted, Submission, accept, is_owner
from intake_web.adapters import listings, supporters
from intake_web.adapters.accounts import Accounts
from intake_web.adapters.keys import find_key
from intake_web.adapters.supporters import Word
from intake_web.adapters.uploads import Uploads
from intake_web.domain import FINISHED, MAX_FOLLOW_UPS, PASS_DAYS
from intake_web.listing import Figures, Listing
from intake_web.settings import WebSettings
from intake_web.similar import Sought
from intake_web.store import Finished, Found, Written

#: A field of the published event, in which it is masked.
_TOLD = "convert_from(nullif(c.received_event, ''), 'UTF8')::json #>> '{{data,{}}}'"
log = logging.getLogger(__name__)
# One query for everything that each page view and each update needs.
_FIND = f"""
SELECT l.*, (SELECT received_at FROM complaints WHERE ticket = l.ticket) AS received_at,
       (SELECT 1 + count(*) FROM stories WHERE parent = l.ticket) AS reporters,
       coalesce((SELECT supporters FROM public_complaints WHERE ticket = l.ticket), 0) AS supporters
FROM ({complaint_view.LOAD}) AS l"""
_WRITTEN = f"""
SELECT c.text, c.follow_ups, {_TOLD.format("place")} AS place, {_TOLD.format("occurred")} AS occurred,
       {_TOLD.format("position")} AS position
FROM complaints c WHERE ticket = $1 AND erased_at IS NULL"""
_ADDED = "SELECT follow_ups @> $2 FROM complaints WHERE ticket = $1"


class PostgresStore:
    """The ``Store`` for production. ``wake`` tells the relay that an event waits to be published.

    ``keep`` are contacts of offices, which are not masked; ``receipt`` words the first message to a reporter's contact,
    and ``apart`` decides which additions become complaints of their own.
    """

    def __init__(
        self,
        pool: Pool,
        settings: WebSettings,
        origin: str,
        wake: Callable[[], None],
        *,
        within_s: float,
        keep: Collection[str] = (),
        receipt: Callable[[ComplaintView], str] | None = None,
        apart: Apart | None = None,
    ) -> None:
        self.pool, self.settings, self.origin, self.wake, self.within_s = pool, settings, origin, wake, within_s
        self.keep, self.receipt, self.apart, self.lines = keep, receipt, apart, Seldom()
        self.evidence_url = f"{settings.public_url}{PATHS[origin]}"
        self.uploads = Uploads(
            pool, Files(settings.evidence_url, settings.evidence_s3), self._in_time, Decoder(), find_films()
        )
        self.accounts = Accounts(pool, settings.installation_namespace, self._in_time)

    async def accept(self, submission: Submission) -> Accepted:
        async with self._in_time():
            here = (self.pool, self.settings, self.origin)
            return await accept(
                *here, submission, self.receipt, wake=self.wake, keep=self.keep, evidence_url=self.evidence_url
            )

    async def find(self, number: str) -> Found | None:
        async with self._in_time():
            row = await self.pool.fetchrow(_FIND, [number])
        if row is None:
            return None
        counts = {name: row[name] for name in ("received_at", "reporters", "supporters")}
        return Found(story=view_of(row), **counts)

    async def written(self, number: str) -> Written | None:
        async with self._in_time():
            row = await self.pool.fetchrow(_WRITTEN, number)
        if row is None:
            return None
        added = msgspec.json.decode(row["follow_ups"], type=list[Added])
        told = {name: row[name] for name in ("text", "place", "occurred")}
        where = msgspec.json.decode(row["position"], type=Position) if row["position"] else None
        return Written(**told, position=where, added=added)

    async def is_owner(self, number: str, secret: str) -> bool:
        async with self._in_time():
            return await is_owner(self.pool, self.settings, number, secret)

    async def note_seen(self, number: str, seen: Seen) -> None:
        async with self._in_time():
            await note_seen(self.pool, number, seen)

    async def add(self, number: str, item: FollowUp, uploads: Sequence[str] = ()) -> Taken | None:
        async with self._in_time():
            if (
                item.kind == FollowUpKind.ADDITION
                and await self._finished(number)
                and not await self._added(number, item)
            ):
                raise Finished(number)
            here = (self.pool, self.settings, self.origin)
            files: Any = {"uploads": uploads, "evidence_url": self.evidence_url, "apart": self.apart}
            return await follow_up(*here, number, item, most=MAX_FOLLOW_UPS, wake=self.wake, keep=self.keep, **files)

    async def newest(
        self, most: int, narrowed: Mapping[str, Any], after: tuple[datetime, str] | None = None
    ) -> list[Listing]:
        async with self._in_time():
            return await listings.newest(self.pool, most, narrowed, after)

    async def counts(self, narrowed: Mapping[str, Any]) -> dict[str, Counter[Any]]:
        async with self._in_time():
            return await listings.counts(self.pool, narrowed)

    async def find_listed(self, number: str) -> Listing | None:
        async with self._in_time():
            return await listings.find_listed(self.pool, number)

    async def figures(self, first: date, last: date) -> list[tuple[date, Figures]]:
        async with self._in_time():
            return await listings.figures(self.pool, first, last)

    async def similar(self, sought: Sought) -> list[Listing]:
        async with self._in_time():
            return await listings.similar(self.pool, sought)

    async def support(self, number: str, who: bytes) -> bool | None:
        async with self._in_time():
            counted = await supporters.support(self.pool, self.origin, number, who)
        if counted:
            self.wake()
        return counted

    async def supports(self, number: str, who: bytes) -> bool:
        async with self._in_time():
            return await supporters.supports(self.pool, number, who)

    async def supporters(self, numbers: Sequence[str]) -> dict[str, int]:
        async with self._in_time():
            return await supporters.supporters(self.pool, numbers)

    async def follow(self, number: str, contacts: Mapping[str, str], word: Word) -> bool:
        async with self._in_time():
            return await supporters.follow(self.pool, self.settings.installation_namespace, number, contacts, word)

    async def key(self, digest: bytes) -> Key | None:
        async with self._in_time():
            return await find_key(self.pool, digest)

    async def contacts(self, number: str) -> list[Contact]:
        async with self._in_time():
            return await find_contacts(self.pool, number)

    async def link(self, number: str) -> str | None:
        async with self._in_time():
            return await find_link(self.pool, self.settings.installation_namespace, number, PASS_DAYS)

    async def marked(self, mark: bytes) -> Contact | None:
        async with self._in_time():
            return await find_marked(self.pool, mark)

    async def silence(self, mark: bytes, *, stop: bool) -> None:
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            await (silence if stop else hear)(db, mark)

    async def _added(self, number: str, item: FollowUp) -> bool:
        same = msgspec.json.encode([{"id": item.id}]).decode()
        found = await self.pool.fetchval(_ADDED, number, same)
        return bool(found)

    async def _finished(self, number: str) -> bool:
        story = await find_view(self.pool, number)
        return story is not None and story.status in FINISHED

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.within_s):
                yield
        except OUTAGES as error:
            if not is_outage(error):
                raise
            if count := self.lines.due():
                log.warning("store_down", extra={"error": repr(error), "count": count})
            raise StoreDown(type(error).__name__) from error
