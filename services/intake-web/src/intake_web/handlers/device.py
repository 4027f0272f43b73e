"""Pages that a device stores: the service worker, the form for use without a network, and the list of drafts."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.response import Template

from intake_web.assets import ASSETS, address
from intake_web.handlers.pages import LOCATES
from intake_web.language import COOKIE, chosen

#: Shown without a network: for a page that is not stored, and for a submission that was not sent.
OFFLINE = ("/luring", "/belum-terkirim")
#: Stored on the device for use without a network. They are nobody's: without key, secret or complaint.
PAGES = ("/formulir", "/draf", *OFFLINE)
_SCRIPTS = ("form.js", "similar.js", "drafts.js", "unggah.js", "device.js", "receipt.js")
_KEPT = ("lapor.css", "lapor-form.css", "lapor.svg", "ikon.svg", *_SCRIPTS)


@get("/draf")
async def drafts() -> Template:
    """Show the drafts and numbers stored on this device; the server knows none of them."""
    return Template("draf.html")


@get("/formulir")
async def blank_form() -> Template:
    """Show the form to store on a device: it makes key and secret by itself."""
    return Template("lapor.html", context={"typed": {}, "problems": {}}, headers=LOCATES)


@get(list(OFFLINE))
async def offline(request: Request[Any, Any, Any]) -> Template:
    """Show the page without a network: it says that a page can't be shown, or that something was not sent."""
    return Template("luring.html", context={"unsent": request.url.path == OFFLINE[1]})


@get("/sw.js")
async def worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve the service worker, preceded by its list of pages and files; other content makes another worker."""
    engine: Any = request.app.template_engine
    pages = [
        engine.get_template("lapor.html").render(typed={}, problems={}),
        engine.get_template("draf.html").render(),
        *(engine.get_template("luring.html").render(unsent=unsent) for unsent in (False, True)),
    ]
    files = [address(name) for name in _KEPT]
    version = hashlib.sha256("\0".join([*files, *pages, chosen().language]).encode()).hexdigest()[:12]
    # Pages are requested in this worker's language, so that a device never mixes languages.
    pages_here = [f"{page}?{COOKIE}={chosen().language}" for page in PAGES]
    kept = msgspec.json.encode({"version": version, "pages": pages_here, "files": files})
    head = b"const KEPT = " + kept + b";\n"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return Response(head + ASSETS["sw.js"], headers=headers, media_type="text/javascript")
