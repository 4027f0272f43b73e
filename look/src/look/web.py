"""What each website of ours answers with: its files, the headers that protect its pages, and what it refuses."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from litestar import Response, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.middleware.compression import CompressionMiddleware
from litestar.params import Dependency
from litestar.types import Message, Receive, Scope, Send

from look.files import address

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self' blob:; "
    "script-src 'self'; worker-src 'self'; manifest-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`, with which a browser says `Origin: null` of what our own forms send (https://fetch.spec.whatwg.org,
    # "append a request Origin header").
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: A year, as https://www.rfc-editor.org/rfc/rfc6797 shows. Without subdomains, of which we know nothing.
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def protecting(
    public_url: str, unlisted: Sequence[str], images: str = ""
) -> Callable[[Message, Scope], Awaitable[None]]:
    """Give the hook that adds the headers to each answer; no search engine lists what begins with ``unlisted``.

    ``images`` are other sites of ours whose pictures pages show, with blanks between them.
    """
    policy = _HEADERS["Content-Security-Policy"].replace("img-src 'self'", f"img-src 'self' {images}".rstrip())
    headers = {
        **_HEADERS,
        "Content-Security-Policy": policy,
        **(_HTTPS_ONLY if public_url.startswith("https:") else {}),
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            if scope.get("path", "").startswith(tuple(unlisted)):
                given.add(b"x-robots-tag")
                message["headers"] = [*message["headers"], (b"x-robots-tag", b"noindex")]
            message["headers"] = [*message["headers"], *(each for each in raw if each[0] not in given)]

    return add_headers


def from_elsewhere(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Tell what a page of another site sends in its visitor's name; programs don't say.

    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header. Neighbours under the same domain are others, too. Old
    browsers, and all where a site has no TLS, name the page's site in Origin; ours is never null, see ``_HEADERS``.
    """
    method: Any = connection.scope.get("method")
    if method != "POST":
        return False
    if (site := connection.headers.get("sec-fetch-site")) is not None:
        return site not in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != connection.headers.get("host")


@get("/static/{name:str}")
async def static(
    name: str, files: Annotated[Mapping[str, bytes], Dependency(skip_validation=True)], v: str = ""
) -> Response[bytes]:
    """A file of the website's own; the one that a page names by its version never changes."""
    if name not in files:
        raise NotFoundException
    kept = "max-age=31536000, immutable" if v == address(name, files).rpartition("=")[2] else "max-age=86400"
    media_type = mimetypes.guess_type(name)[0]
    return Response(files[name], headers={"Cache-Control": f"public, {kept}"}, media_type=media_type)


class CompressingLooks(CompressionMiddleware):
    """Compresses what is looked at.

    Not what answers something sent: beside the sender's secret it repeats what was typed, and the length of the two
    together would tell of the secret (BREACH). What is looked at repeats nothing that another could choose.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await (super().__call__ if scope.get("method") == "GET" else self.app)(scope, receive, send)
