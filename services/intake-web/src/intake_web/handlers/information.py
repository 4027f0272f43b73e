"""Information about the website: its pages, robots.txt, security.txt, and QR codes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import segno
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.response import Template
from markupsafe import Markup

from contracts import ticket
from intake.texts import Texts
from intake_web.domain import PASS_DAYS
from intake_web.handlers.api import Config, Words
from kabupaten.pages import NAMES, Contact

#: How long security.txt stays valid: https://www.rfc-editor.org/rfc/rfc9116
_SECURITY_DAYS = 180
_LINKS = {"telepon": "tel:{}", "surel": "mailto:{}", "situs": "https://{}"}


@get([f"/{name}" for name in NAMES])
async def page(request: Request[Any, Any, Any], texts: Words) -> Template:
    """Show one of the region's pages about the service."""
    name: Any = request.url.path.strip("/")
    context = {
        "page": texts.pages.pages[name],
        "here": name,
        "fill": lambda text: text.format(**facts(texts)),
        "contacts": [_shown(each) for each in texts.pages.site.contacts if each.value] if name == "kontak" else [],
    }
    headers = {"Cache-Control": "public, max-age=3600"}
    return Template("informasi.html", context=context, headers=headers)


@get("/robots.txt", media_type="text/plain")
async def robots() -> str:
    """Allow search engines all but the API; pages of complaints themselves forbid indexing."""
    return "User-agent: *\nDisallow: /v1/\n"


@get("/.well-known/security.txt", media_type="text/plain")
async def security(settings: Config) -> str:
    """Say where to report a vulnerability."""
    expires = datetime.now(UTC).date() + timedelta(days=_SECURITY_DAYS)
    return f"Contact: {settings.public_url}/kontak\nExpires: {expires}T00:00:00Z\nPreferred-Languages: id, en\n"


@get("/laporan/{number:str}/qr.svg")
async def qr(number: str, settings: Config) -> Response[bytes]:
    """Draw the address of a complaint's page as a QR code for another phone; it holds only that address.

    Raises:
        NotFoundException: ``number`` is not a ticket.
    """
    canonical = ticket.parse(number)
    if canonical is None:
        raise NotFoundException
    picture = _drawn(f"{settings.public_url}/laporan/{canonical}", scale=4)
    return Response(picture, headers={"Cache-Control": "private, max-age=86400"}, media_type="image/svg+xml")


def in_page(text: str, called: str) -> Markup:
    """Draw ``text`` as a QR code within a page, ``called`` so for screen readers; it has no address of its own."""
    picture = _drawn(text, xmldecl=False, omitsize=True, title=called).decode()
    return Markup(picture.replace("<svg ", '<svg role="img" ', 1))  # noqa: S704 - drawn by us, its title escaped


def _drawn(text: str, **how: Any) -> bytes:
    """Draw ``text`` as SVG, dark on white on any background."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="svg", border=3, light="#fff", **how)
    return out.getvalue()


def facts(texts: Texts) -> Mapping[str, object]:
    """Return the facts that pages insert: promises, retention periods, and who runs the service."""
    site = texts.pages.site
    kept = {end: _in_words(span, texts) for end, span in texts.retention.items()}
    whose = {"owner": site.owner, "office": site.office, "number": texts.on_web("sms_number"), "days": PASS_DAYS}
    return {**texts.promises, **kept, **whose}


def _in_words(span: timedelta, texts: Texts) -> str:
    years, rest = divmod(span.days, 365)
    return texts.on_web("kept_days", n=span.days) if rest else texts.on_web("kept_years", n=years)


def _shown(contact: Contact) -> dict[str, Any]:
    """Return a contact for the page; an unconfirmed one is marked so, and is not a link."""
    link = _LINKS.get(contact.kind, "") if contact.confirmed else ""
    href = link.format(contact.value.replace(" ", ""))
    return {"kind": contact.kind, "value": contact.value, "href": href, "confirmed": contact.confirmed}
