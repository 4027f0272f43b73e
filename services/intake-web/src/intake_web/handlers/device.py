"""What a device keeps: the website's own program for it, the form without a network, and the page of drafts."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.response import Template

from intake_web.assets import ASSETS, address
from intake_web.handlers.pages import LOCATES
from intake_web.language import COOKIE, chosen

#: What a device shows where a page is not to be had without a network, and where something could not be sent.
OFFLINE = ("/luring", "/belum-terkirim")
#: What a device keeps to work without a network. Nobody's: neither a key nor a secret nor a complaint is in them.
PAGES = ("/formulir", "/draf", *OFFLINE)
_SCRIPTS = ("form.js", "similar.js", "drafts.js", "unggah.js", "device.js", "receipt.js")
_KEPT = ("lapor.css", "lapor-form.css", "lapor.svg", "ikon.svg", *_SCRIPTS)


@get("/draf")
async def drafts() -> Template:
    """The drafts and the numbers that this device keeps; the server knows none of them."""
    return Template("draf.html")


@get("/formulir")
async def blank_form() -> Template:
    """The form as a device keeps it: it makes the key and the secret itself."""
    return Template("lapor.html", context={"typed": {}, "problems": {}}, headers=LOCATES)


@get(list(OFFLINE))
async def offline(request: Request[Any, Any, Any]) -> Template:
    """What is said without a network: that a page can't be shown, or that something was not sent."""
    return Template("luring.html", context={"unsent": request.url.path == OFFLINE[1]})


@get("/sw.js")
async def worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The service worker, which begins with what it keeps; with other pages or files it is another one."""
    engine: Any = request.app.template_engine
    pages = [
        engine.get_template("lapor.html").render(typed={}, problems={}),
        engine.get_template("draf.html").render(),
        *(engine.get_template("luring.html").render(unsent=unsent) for unsent in (False, True)),
    ]
    files = [address(name) for name in _KEPT]
    version = hashlib.sha256("\0".join([*files, *pages, chosen().language]).encode()).hexdigest()[:12]
    # Each is asked for in the language of this program, so that a device never keeps one in each.
    pages_here = [f"{page}?{COOKIE}={chosen().language}" for page in PAGES]
    kept = msgspec.json.encode({"version": version, "pages": pages_here, "files": files})
    head = b"const KEPT = " + kept + b";\n"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return Response(head + ASSETS["sw.js"], headers=headers, media_type="text/javascript")
