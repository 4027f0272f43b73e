"""Joins the parts of intake-web; the only module that knows them all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader
from litestar import Litestar, Router
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.datastructures import CacheControlHeader, MutableScopeHeaders
from litestar.di import Provide
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import Message, Scope

from chassis.database import open_pool
from chassis.intake.accept import repair
from chassis.intake.server import WebServer
from chassis.intake.sweep import sweep
from chassis.intake.telling import SOURCES, story_handler
from chassis.intake.texts import Texts, day_in_words, time_in_words
from chassis.outbox import Relay
from chassis.service import region_or_leave, run_intake
from chassis.settings import read_settings
from intake_web.adapters.postgres import PostgresStore
from intake_web.handlers import api, pages, problems
from intake_web.settings import WebSettings
from intake_web.store import Store

SERVICE = "intake-web"
MAX_BODY_BYTES = 64 * 1024
_STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def build_app(store: Store, settings: WebSettings, texts: Texts) -> Litestar:
    """The website and the API, on ``store``."""
    handlers = [
        *(api.submit, api.show, api.add),
        *(pages.form, pages.submit, pages.look_up, pages.track, pages.unlock, pages.addition_form, pages.add),
    ]
    static = create_static_files_router(
        path="/static", directories=[_STATIC], cache_control=CacheControlHeader(max_age=86_400, public=True)
    )
    return Litestar(
        [Router("/", route_handlers=handlers), static],
        dependencies={
            "store": Provide(lambda: store, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "texts": Provide(lambda: texts, sync_to_thread=False),
        },
        exception_handlers={Exception: problems.answer},
        before_send=[_add_headers],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(_templates(texts))),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def run() -> None:
    """Run until SIGTERM."""
    settings = read_settings(WebSettings)
    texts = region_or_leave(SERVICE, Texts, settings.region_dir)
    asyncio.run(serve(settings, texts))


async def serve(settings: WebSettings, texts: Texts) -> None:
    """The website, and behind it the relay, the listener to the story, the repair and the sweep."""
    pool = await open_pool(str(settings.database_url), connected=0)
    relay = Relay(settings, SERVICE)
    store = PostgresStore(pool, settings, SERVICE, relay.wake.set, within_s=settings.web_answer_within_s)
    web = WebServer(
        build_app(store, settings, texts),
        settings.web_host,
        settings.web_port,
        stop_within_s=settings.web_stop_within_s,
    )
    tasks: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("http", web.run),
        ("repair", partial(repair, pool, settings, relay.wake.set)),
        ("sweep", partial(sweep, pool)),
    ]
    handler = story_handler(SERVICE, texts, notify=False)
    await run_intake(SERVICE, settings, handler, SOURCES, pool, relay, tasks, {"http": lambda: web.answers})
    pool.terminate()


def _templates(texts: Texts) -> Environment:
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
    }
    # Its address changes with its content, so that browsers may keep it.
    environment.globals["style"] = f"/static/lapor.css?v={hashlib.sha256(_style()).hexdigest()[:8]}"
    return environment


def _style() -> bytes:
    return (_STATIC / "lapor.css").read_bytes()


async def _add_headers(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
