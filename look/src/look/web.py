"""The parts of an answer that all our websites share: files, protective headers, compression and refusals."""

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
    # Not `no-referrer`: a browser would then send `Origin: null` with our own forms (https://fetch.spec.whatwg.org,
    # "append a request Origin header").
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: A year, as in https://www.rfc-editor.org/rfc/rfc6797. Without subdomains, because we know nothing about them.
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def protecting(
    public_url: str, unlisted: Sequence[str], images: str = ""
) -> Callable[[Message, Scope], Awaitable[None]]:
    """Return the hook that adds the headers to each answer and keeps paths below ``unlisted`` out of search engines.

    ``images`` are our other sites whose pictures the pages show, separated by blanks.
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
    """Whether a page of another site sends this POST in its visitor's name; requests of programs count as ours.

    By https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header; other hosts of the same domain count as other sites.
    Old browsers, and all browsers without TLS, name only the Origin; ours is never null, see ``_HEADERS``.
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
    """Answer with a static file; a file that is requested by its present version may be cached for a year."""
    if name not in files:
        raise NotFoundException
    kept = "max-age=31536000, immutable" if v == address(name, files).rpartition("=")[2] else "max-age=86400"
    media_type = mimetypes.guess_type(name)[0]
    return Response(files[name], headers={"Cache-Control": f"public, {kept}"}, media_type=media_type)


class CompressingLooks(CompressionMiddleware):
    """Compresses answers to GET only.

    The answer to a form repeats what was typed beside the sender's secret, and the compressed length of both would
    reveal the secret (BREACH). An answer to GET repeats nothing that an attacker could choose.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, compressed if the request is a GET."""
        await (super().__call__ if scope.get("method") == "GET" else self.app)(scope, receive, send)
