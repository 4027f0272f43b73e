"""The storage that the handlers need, and its errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from chassis.keys import Key
from contracts.events import FollowUp, Position
from intake.accesses import Seen
from intake.additions import Added, Taken
from intake.complaint_view import ComplaintView
from intake.contacts import Contact
from intake.submissions import Accepted, Submission
from intake_web.listing import Figures, Listing
from intake_web.similar import Sought

if TYPE_CHECKING:
    from intake_web.adapters.accounts import Accounts
    from intake_web.adapters.supporters import Word
    from intake_web.adapters.uploads import Uploads


class Finished(ValueError):
    """The complaint accepts no additions any longer."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """The reporter's own words, for their eyes: ``text`` as they wrote it, the rest masked."""

    text: str
    place: str | None = None
    position: Position | None = None
    occurred: str | None = None
    added: Sequence[Added] = ()


@dataclass(frozen=True, kw_only=True)
class Found:
    """A complaint that exists. ``received_at`` is known only for complaints of this intake.

    ``reporters`` counts the reports of the same: this complaint and those merged into it; ``supporters`` its
    supporters.
    """

    story: ComplaintView
    received_at: datetime | None
    reporters: int = 1
    supporters: int = 0


class Store(Protocol):
    """Storage of complaints. Every method raises ``StoreDown`` when the database does not answer in time."""

    @property
    def uploads(self) -> Uploads:
        """Their attachments."""

    @property
    def accounts(self) -> Accounts:
        """The accounts of reporters who want to come back."""

    async def accept(self, submission: Submission) -> Accepted:
        """Store a complaint, or find the one stored before.

        Raises:
            intake.submissions.KeyReused: the key was used with other content or another secret.
            intake.evidence.EvidenceProblem: an upload can't be attached.
        """

    async def find(self, number: str) -> Found | None:
        """Return the complaint with the ticket ``number``, in canonical form."""

    async def written(self, number: str) -> Written | None:
        """Return what its reporter wrote; None if it was not sent here, or was erased."""

    async def is_owner(self, number: str, secret: str) -> bool:
        """Check whether the complaint was sent here, with ``secret``."""

    async def note_seen(self, number: str, seen: Seen) -> None:
        """Record how somebody got to see the reporter's view, or was refused."""

    async def add(self, number: str, item: FollowUp, uploads: Sequence[str] = ()) -> Taken | None:
        """Store ``item``; None if no complaint of this intake has that number. Adding it again changes nothing.

        ``uploads`` are attached to it.

        Raises:
            intake.submissions.KeyReused: the id was used with other content.
            Finished: it is an addition, and the complaint is closed for good.
            TextProblem: the complaint has as many additions as it may have.
            intake.evidence.EvidenceProblem: an upload can't be attached.
        """

    async def newest(
        self, most: int, narrowed: Mapping[str, Any], after: tuple[datetime, str] | None = None
    ) -> list[Listing]:
        """Return the ``most`` newest listed complaints that match ``narrowed``.

        ``after``, receipt and ticket of one of them, continues behind it.
        """

    async def counts(self, narrowed: Mapping[str, Any]) -> dict[str, Counter[Any]]:
        """Count for each filter what its values find beside the others of ``narrowed``, by column value; None: any."""

    async def find_listed(self, number: str) -> Listing | None:
        """Return the complaint with the ticket ``number``, if it is listed."""

    async def figures(self, first: date, last: date) -> list[tuple[date, Figures]]:
        """Return the figures of each month from ``first`` to ``last``, which are first days of months."""

    async def similar(self, sought: Sought) -> list[Listing]:
        """List the complaints that may be the one ``sought``, the likeliest first."""

    async def support(self, number: str, who: bytes) -> bool | None:
        """Count ``who`` as a supporter once; return whether they are new. None: no listed complaint has that number."""

    async def supports(self, number: str, who: bytes) -> bool:
        """Check whether ``who`` is counted among the supporters."""

    async def follow(self, number: str, contacts: Mapping[str, str], word: Word) -> bool:
        """Notify ``contacts``, medium to address, of each change, beginning with a message by ``word``.

        Return False if no listed complaint has that number.
        """

    async def supporters(self, numbers: Sequence[str]) -> dict[str, int]:
        """Return the number of supporters of each of ``numbers``; those without supporters are missing."""

    async def key(self, digest: bytes) -> Key | None:
        """Return the key with this ``digest``, even if expired or revoked, and note that it was used today."""

    async def contacts(self, number: str) -> list[Contact]:
        """Return the contacts that its reporter left, and what was sent there."""

    async def link(self, number: str) -> str | None:
        """Return the token of its secret link, while that is valid."""

    async def marked(self, mark: bytes) -> Contact | None:
        """Return the contact that ``mark`` identifies."""

    async def silence(self, mark: bytes, *, stop: bool) -> None:
        """Stop all messages to the contact of ``mark``, or allow them again without ``stop``."""
