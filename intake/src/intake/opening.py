"""Opens an attachment to a unit: by a link that the router signed for it, while the unit has the complaint.

Each opening is noted. Importing this needs `litestar`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from litestar import Response

from chassis.database import Connection, Pool
from contracts.evidence_links import MARK, UNIT, UNTIL, is_marked
from contracts.vocabulary import Status
from intake.complaint_view import find_view
from intake.evidence import Kept

#: Even files that we made are served as if a stranger had: they can do nothing, and are not cached.
HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
#: Query parameter of a link that asks for the small picture.
SMALLER = "kecil"
#: Media type of the small picture, and the file extensions for saving.
_SMALL_TYPE, _ENDINGS = "image/jpeg", {"image/jpeg": "jpg", "video/mp4": "mp4"}
#: The only form of range that players request.
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{1,12})?")


class Barred(Exception):
    """The file is not opened: ``kind`` tells programs why, ``name`` is its text in texts.yaml, with ``values``."""

    def __init__(self, name: str, **values: str) -> None:
        super().__init__(name)
        self.kind, self.name, self.values = name.replace("_", "-"), name, values


def unit_of(event_key: bytes, name: str, query: Mapping[str, str]) -> str | None:
    """Return the unit that the link for the file ``name`` was signed for; None if it is not a unit's link.

    Raises:
        Barred: the link was changed, or is too old.
    """
    unit, until, mark = (query.get(each, "") for each in (UNIT, UNTIL, MARK))
    if not mark:
        return None
    if not is_marked(event_key, name, unit, until, mark):
        raise Barred("link_damaged")
    if int(until) < datetime.now(UTC).timestamp():
        raise Barred("link_expired")
    return unit


async def is_with(db: Connection | Pool, unit: str, ticket: str) -> bool:
    """Whether ``unit`` has the complaint now, or supports it, or the one it was merged into."""
    story = await find_view(db, ticket)
    if story and story.status == Status.MERGED and story.parent and unit not in (story.unit, *story.support):
        story = await find_view(db, story.parent)
    return story is not None and not story.erased and unit in (story.unit, *story.support)


def not_with(unit: str, kept: Kept) -> Barred:
    """Make the refusal for ``unit``, which does not have the complaint of ``kept``."""
    return Barred("link_not_yours", unit=unit, ticket=kept.ticket)


def shown(kept: Kept, content: bytes, *, small: bool, wanted: str = "", elsewhere: bool = False) -> Response[bytes]:
    """Make the response with ``content``, of ``kept`` or its ``small`` picture; ``wanted`` is the header `Range`.

    ``elsewhere``: the desk shows it on its page.
    """
    media_type = _SMALL_TYPE if small else kept.media_type
    name = f"{kept.ticket}-{kept.name[:6]}.{_ENDINGS[media_type]}"
    headers = {**HARMLESS, "Content-Disposition": f'inline; filename="{name}"', "Accept-Ranges": "bytes"}
    if elsewhere:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    asked = _RANGE.fullmatch(wanted)
    if asked is None:
        return Response(content, headers=headers, media_type=media_type)
    # Safari plays no video from a server that ignores ranges (RFC 9110, 14.2).
    first, last, size = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1), len(content)
    if first > last:
        return Response(b"", headers={**headers, "Content-Range": f"bytes */{size}"}, status_code=416)
    part = {**headers, "Content-Range": f"bytes {first}-{last}/{size}"}
    return Response(content[first : last + 1], headers=part, media_type=media_type, status_code=206)
