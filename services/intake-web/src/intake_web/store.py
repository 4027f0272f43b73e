"""What the handlers need to have kept, and what can go wrong with it."""

from __future__ import annotations

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
from intake_web.listing import Figures, Group, Listing
from intake_web.similar import Sought

if TYPE_CHECKING:
    from intake_web.adapters.accounts import Accounts
    from intake_web.adapters.supporters import Word
    from intake_web.adapters.uploads import Uploads


class Finished(ValueError):
    """Nothing can be added to this complaint any more."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What its reporter wrote, for their eyes: ``text`` as they did, the rest masked."""

    text: str
    place: str | None = None
    position: Position | None = None
    occurred: str | None = None
    added: Sequence[Added] = ()


@dataclass(frozen=True, kw_only=True)
class Found:
    """A complaint that exists. ``received_at`` is known only for those that came through this intake.

    ``reporters`` counts who reported the same: this complaint and those merged into it; ``supporters`` who has it too.
    """

    story: ComplaintView
    received_at: datetime | None
    reporters: int = 1
    supporters: int = 0


class Store(Protocol):
    """Complaints. Every method raises ``StoreDown`` when the database does not answer in time."""

    @property
    def uploads(self) -> Uploads:
        """What is attached to them."""

    @property
    def accounts(self) -> Accounts:
        """Whose they are, of those who want to come back."""

    async def accept(self, submission: Submission) -> Accepted:
        """Keep a complaint, or find it kept before.

        Raises:
            intake.submissions.KeyReused: the key is known with another content or another secret.
            intake.evidence.EvidenceProblem: an upload can't be attached.
        """

    async def find(self, number: str) -> Found | None:
        """The complaint with ticket ``number``, in canonical form."""

    async def written(self, number: str) -> Written | None:
        """What its reporter wrote; None if it was not sent here, or was erased."""

    async def is_owner(self, number: str, secret: str) -> bool:
        """Whether the complaint was made here and with ``secret``."""

    async def note_seen(self, number: str, seen: Seen) -> None:
        """Note how somebody came to see what its reporter sees, or was refused it."""

    async def add(self, number: str, item: FollowUp, uploads: Sequence[str] = ()) -> Taken | None:
        """Keep ``item``; None if no complaint of this intake has that number. Adding it again changes nothing.

        ``uploads`` are attached to it.

        Raises:
            intake.submissions.KeyReused: the id is known with another content.
            Finished: it is an addition, and the complaint is over.
            TextProblem: no more may be added.
            intake.evidence.EvidenceProblem: an upload can't be attached.
        """

    async def newest(
        self, most: int, narrowed: Mapping[str, Any], after: tuple[datetime, str] | None = None
    ) -> list[Listing]:
        """The ``most`` newest complaints that may be listed and whose fields are as ``narrowed``; with ``after``, the
        moment of receipt and the ticket of one, those that come behind it."""

    async def groups(self) -> list[Group]:
        """How many complaints may be listed, by all that the list can be narrowed down by."""

    async def find_listed(self, number: str) -> Listing | None:
        """The complaint with ticket ``number``, if it may be listed."""

    async def figures(self, first: date, last: date) -> list[tuple[date, Figures]]:
        """The figures of each month from ``first`` to ``last``, which are first days of months."""

    async def similar(self, sought: Sought) -> list[Listing]:
        """The listed complaints that may be what is ``sought``, the likeliest first."""

    async def support(self, number: str, who: bytes) -> bool | None:
        """Count ``who`` as one more who has the same, once for each; whether it was. None: no such listed complaint."""

    async def supports(self, number: str, who: bytes) -> bool:
        """Whether ``who`` is counted among those who have the same."""

    async def follow(self, number: str, contacts: Mapping[str, str], word: Word) -> bool:
        """Tell ``contacts``, medium to address, what becomes of it, and first, by ``word``, that they will be told.

        False if no listed complaint has that number.
        """

    async def supporters(self, numbers: Sequence[str]) -> dict[str, int]:
        """How many support each of ``numbers``; those whom nobody does are left out."""

    async def key(self, digest: bytes) -> Key | None:
        """The key of another system of which ``digest`` is kept, expired and revoked ones too; it is used today."""

    async def contacts(self, number: str) -> list[Contact]:
        """What its reporter left to be told by, and what was sent there."""

    async def link(self, number: str) -> str | None:
        """The token of its secret link, as long as that holds."""

    async def marked(self, mark: bytes) -> Contact | None:
        """The contact that ``mark`` stands for."""

    async def silence(self, mark: bytes, *, stop: bool) -> None:
        """Send nothing more to the contact of ``mark``; without ``stop`` send to it again."""
