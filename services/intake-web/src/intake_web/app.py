"""Joins the parts of intake-web; the only module that knows them all."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from jinja2 import Environment, PackageLoader
from litestar import Litestar, Request, Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.middleware.compression import CompressionMiddleware
from litestar.params import Dependency
from litestar.template import TemplateConfig
from litestar.types import Message, Receive, Scope, Send
from markupsafe import Markup, escape

from chassis.http_server import Limits, WebServer, with_heads
from contracts.dates import date_in_words, day_in_words, lately_in_words, time_in_words
from contracts.vocabulary import DangerKind
from intake.service import Context, Parts, Task, run_intake
from intake.texts import Texts
from intake_web.adapters import listings
from intake_web.adapters.postgres import PostgresStore
from intake_web.assets import ASSETS, address
from intake_web.changes import Changes
from intake_web.domain import PASS_DAYS
from intake_web.handlers import (
    api,
    device,
    evidence,
    hints,
    information,
    live,
    news,
    open311,
    openapi,
    pages,
    problems,
    public,
    uploads,
)
from intake_web.handlers.visit import Visit, visit_of
from intake_web.limits import Guard
from intake_web.page import kept_whole, sms_to
from intake_web.report import CARRIED, areas
from intake_web.senders import senders
from intake_web.settings import WebSettings
from intake_web.store import Store
from intake_web.tracking import calls
from kabupaten.promises import NEXT_STEP

SERVICE = "intake-web"
MAX_BODY_BYTES = 64 * 1024
#: Seconds that a form with photos may take: 10 MB over 2G.
PHOTOS_S = 900
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: Addresses whose answers never end.
_STREAMS = ["/events$", "/kabar$"]
#: No search engine lists these.
_UNLISTED = ("/laporan/", "/v1/")
#: A year, as https://www.rfc-editor.org/rfc/rfc6797 shows. Without subdomains, of which we know nothing.
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def build_app(
    store: Store, settings: WebSettings, texts: Texts, guard: Guard | None = None, changes: Changes | None = None
) -> Litestar:
    """The website and the API, on ``store``; without ``guard`` it counts by the machine's clock.

    Without ``changes`` that listen, streams of events tell how it stands, and nothing after.
    """
    guard, changes = guard or Guard(settings.web_takes_per_s), changes or Changes()
    files = {**ASSETS, "lambang.svg": texts.pages.arms}

    def visit(request: Request[Any, Any, Any]) -> Visit:
        return visit_of(request, store, guard, settings)

    handlers = [
        *(api.submit, api.show, api.add),
        *(pages.form, pages.submit, pages.look_up, pages.track, pages.unlock, pages.addition_form, pages.add),
        *(public.browse, public.listed, public.numbers, public.figures, public.data, public.download, public.support),
        openapi.document,
        *(open311.show, open311.service, open311.one, open311.token, open311.submit),
        *(live.events, information.page, information.robots, information.security, information.qr),
        *(device.drafts, device.blank_form, device.worker, hints.hints, pages.code_form),
        *(uploads.able, uploads.create, uploads.show, uploads.append, uploads.terminate),
        *(evidence.for_unit, evidence.for_reporter, evidence.for_program),
        *(news.enter, news.ask_stop, news.stop),
        static,
    ]
    headers = {**_HEADERS, **(_HTTPS_ONLY if settings.public_url.startswith("https:") else {})}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            if scope.get("path", "").startswith(_UNLISTED):
                given.add(b"x-robots-tag")
                message["headers"] = [*message["headers"], (b"x-robots-tag", b"noindex")]
            message["headers"] = [*message["headers"], *(each for each in raw if each[0] not in given)]

    return Litestar(
        [Router("/", route_handlers=handlers)],
        guards=[_only_from_here],
        dependencies={
            "visit": Provide(visit, sync_to_thread=False),
            "changes": Provide(lambda: changes, sync_to_thread=False),
            "files": Provide(lambda: files, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "texts": Provide(lambda: texts, sync_to_thread=False),
        },
        exception_handlers={Exception: partial(problems.answer, texts)},
        before_send=[add_headers],
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(_templates(texts, files, settings))
        ),
        compression_config=CompressionConfig(backend="gzip", middleware_class=_OfLooks, exclude=_STREAMS),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def run() -> None:
    """Run until SIGTERM."""
    run_intake(SERVICE, WebSettings, parts, notify=True)


@asynccontextmanager
async def parts(context: Context[WebSettings]) -> AsyncIterator[Parts]:
    """Give the website, and a sender for each medium that there is."""
    settings, texts = context.settings, context.texts
    within_s, keep = settings.web_answer_within_s, texts.contacts
    receipt = partial(texts.receipt, SERVICE)
    store = PostgresStore(context.pool, settings, SERVICE, context.wake, within_s=within_s, keep=keep, receipt=receipt)
    changes = Changes()
    web = WebServer(
        with_heads(build_app(store, settings, texts, changes=changes)),
        settings.web_host,
        settings.web_port,
        stop_within_s=settings.web_stop_within_s,
        limits=Limits(proxies=settings.web_trusted_proxies, longest_body_s=PHOTOS_S),
    )
    also = partial(listings.keep, texts.zone)
    async with senders(context.pool, settings, texts) as sending:
        tasks: list[Task] = [
            ("http", web.run),
            ("discarded files", store.uploads.keep_deleting),
            ("changes", partial(changes.listen, context.pool)),
            *sending,
        ]
        yield Parts(tasks=tasks, ready={"http": lambda: web.answers}, also=also)


def _templates(texts: Texts, files: Mapping[str, bytes], settings: WebSettings) -> Environment:
    environment = Environment(
        loader=PackageLoader("intake_web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "time": partial(time_in_words, zone=texts.zone),
        "until": texts.day,
        "day": day_in_words,
        "date": lambda at: date_in_words(at.astimezone(texts.zone).date()),
        "when": lambda at: lately_in_words(at, datetime.now(UTC), texts.zone),
        "kept_whole": kept_whole,
    }
    environment.globals |= {"say": partial(_say, texts), "promises": lambda: texts.promises}
    environment.globals["emergency"] = {
        "text": texts.danger["form"],
        "call": calls([DangerKind.UNSPECIFIED], texts),
    }
    # Their addresses change with their content, so that browsers may keep them.
    environment.globals |= {"asset": partial(address, files=files), "style": address("lapor.css")}
    environment.globals |= {"site": texts.pages.site, "information": texts.pages.pages}
    environment.globals |= {"areas": areas(texts.territory), "carried": CARRIED}
    environment.globals["sms"] = lambda: sms_to(texts.on_web("sms_number"), texts.on_web("sms_begins"))
    environment.globals["today"] = lambda: datetime.now(texts.zone).date()
    environment.globals["media"] = settings.media
    return environment


def _say(texts: Texts, name: str, **values: object) -> Markup:
    """A text of `web` for a page; of ``values`` those that are markup stay so."""
    known = {**texts.promises, NEXT_STEP: texts.parts[NEXT_STEP], "days": PASS_DAYS}
    return escape(texts.web[name]).format(**{**known, **values})


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


class _OfLooks(CompressionMiddleware):
    """Compresses what is looked at.

    Not what answers something sent: beside the sender's secret it repeats what was typed, and the length of the two
    together would tell of the secret (BREACH). What is looked at repeats nothing that another could choose.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await (super().__call__ if scope.get("method") == "GET" else self.app)(scope, receive, send)


async def _only_from_here(connection: ASGIConnection[Any, Any, Any, Any], _handler: Any) -> None:
    """Refuse what a page of another site sends in its visitor's name; programs and old browsers don't say.

    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header. Neighbours under the same domain are others, too. It is
    a coroutine, for Litestar runs a guard that is none in a thread.
    """
    method: Any = connection.scope.get("method")
    if method == "POST" and connection.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise problems.cross_site()
