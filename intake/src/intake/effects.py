"""What a step has an intake do beside keeping the complaint's view. :mod:`intake.projection` decides it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct

from chassis.database import Connection, Pool
from intake.complaint_view import Also, ComplaintView, load_views, save_views
from intake.erasure import erase
from intake.notices import NewNotice, Revision, add_notices, revise_notices
from intake.sent import send_asked_again

log = logging.getLogger(__name__)


class Effects(Struct, frozen=True, kw_only=True):
    """What is done once for a complaint. ``again`` are messages (:func:`intake.notices.message_id`) to send anew."""

    erase: tuple[str, bool] | None = None  # the complaint's id, and whether to tell its reporter
    notices: list[NewNotice] = []
    revisions: list[Revision] = []
    again: list[str] = []


class Decided(NamedTuple):
    """What is known of a complaint, and what is still to do for it."""

    view: ComplaintView
    effects: Effects = Effects()


def joined(first: Effects, then: Effects) -> Effects:
    """Return the effects of two steps of one complaint, in their order; the later order to erase counts."""
    return Effects(
        erase=then.erase or first.erase,
        notices=first.notices + then.notices,
        revisions=first.revisions + then.revisions,
        again=first.again + then.again,
    )


async def carry_out(db: Connection, effects: Mapping[str, Effects], *, service: str, event_key: bytes) -> set[str]:
    """Carry out the ``effects`` of each ticket in the caller's transaction.

    Returns the tickets whose reporters were not told a deadline, because the notice that waited for it had gone.
    """
    for ticket, each in effects.items():
        if each.erase:
            complaint_id, tell = each.erase
            counts = await erase(db, service, event_key, complaint_id, ticket, tell=tell)
            log.info("erased", extra={"ticket": ticket, "rows": counts})
    await add_notices(db, [notice for each in effects.values() for notice in each.notices])
    too_late = await revise_notices(db, [revision for each in effects.values() for revision in each.revisions])
    if again := {message: ticket for ticket, each in effects.items() for message in each.again}:
        numbers = await send_asked_again(db, service, again)
        log.info("asked to send again", extra={"tickets": sorted(set(again.values())), "notices": numbers})
    return {revision.ticket for revision in too_late if revision.tells_deadline}


async def load_decided(db: Connection | Pool, tickets: list[str]) -> dict[str, Decided]:
    """Return what is known of ``tickets``, as :func:`intake.complaint_view.load_views` does; nothing is to do yet."""
    return {ticket: Decided(view) for ticket, view in (await load_views(db, tickets)).items()}


async def save_decided(
    db: Connection,
    decided: Mapping[str, Decided],
    *,
    service: str = "",
    event_key: bytes = b"",
    also: Also | None = None,
) -> None:
    """Carry out all effects and store the views after them; ``also`` is as in
    :func:`intake.complaint_view.save_views`."""
    effects = {ticket: each.effects for ticket, each in decided.items()}
    untold = await carry_out(db, effects, service=service, event_key=event_key)
    views = {ticket: kept(each.view, untold=ticket in untold) for ticket, each in decided.items()}
    await save_views(db, views, also=also)


def kept(view: ComplaintView, *, untold: bool) -> ComplaintView:
    """Return ``view`` as it is stored; ``untold``: its reporter was not told the deadline, and may have to be."""
    return msgspec.structs.replace(view, deadline_untold=view.deadline_untold or (untold and view.is_promised))
