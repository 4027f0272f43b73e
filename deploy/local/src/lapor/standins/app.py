"""Joins the stand-ins into one web application."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, SerializationException
from litestar.response import Response

from lapor.standins import graph, page, photos, sms, whatsapp, xapi
from lapor.standins.faults import KINDS, Faults
from lapor.standins.hooks import Hooks
from lapor.standins.mail import mail_server
from lapor.standins.settings import Settings
from lapor.standins.sms import Courier
from lapor.standins.state import World
from lapor.standins.xdoor import Windows


@get("/ready")
async def ready() -> dict[str, bool]:
    """Answer as soon as the journal is read."""
    return {"ready": True}


@get("/sent")
async def sent(world: World) -> list[dict[str, Any]]:
    """List all messages that citizens were sent, oldest first."""
    shown = ("channel", "to", "ticket", "text", "at", "thread")
    return [{name: getattr(each, name) for name in shown} for each in world.sent]


@post([f"/{vendor}/fault" for vendor in KINDS])
async def fault(request: Request[Any, Any, Any], faults: Faults) -> Response[Any]:
    """Arm a fault: {"kind": …, "times": n}."""
    values, vendor = await sms.citizen_values(request), request.scope["path"].split("/")[1]
    try:
        faults.set(vendor, values.get("kind", ""), int(values.get("times", "1")))
    except ValueError as error:
        return Response({"error": str(error)}, status_code=400)
    return Response({"kind": values["kind"], "times": int(values.get("times", "1"))}, status_code=201)


def _bad_values(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    # Litestar's own 404 and 405 are ValueErrors too.
    return Response({"error": str(error)}, status_code=error.status_code if isinstance(error, HTTPException) else 400)


def build_app(settings: Settings) -> Litestar:
    """Build the application. It reads the journal immediately, and delivers nothing until it is started."""
    # httpx logs each URL it calls, and the MO's URL carries the gateway's token.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    world, faults = World(settings.state_file), Faults()
    courier = Courier(world, settings)
    hooks = Hooks(settings.facebook_webhook_url, settings.facebook_app_secret, settings.facebook_webhook_token, faults)
    whatsapp_hooks = Hooks(
        settings.whatsapp_webhook_url,
        settings.whatsapp_app_secret,
        settings.whatsapp_webhook_token,
        faults,
        "whatsapp",
    )

    @asynccontextmanager
    async def courier_at_work(_: Litestar) -> AsyncIterator[None]:
        courier.start()
        async with mail_server(world, settings.host, int(settings.smtp_port)) if settings.smtp_port else nullcontext():
            yield
        await courier.stop()
        await hooks.stop()
        await whatsapp_hooks.stop()
        world.close()

    return Litestar(
        route_handlers=[
            ready,
            sent,
            fault,
            sms.router,
            xapi.router,
            graph.router,
            whatsapp.router,
            photos.router,
            page.front,
            page.talks,
        ],
        dependencies={
            "world": Provide(lambda: world, sync_to_thread=False),
            "faults": Provide(lambda: faults, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "courier": Provide(lambda: courier, sync_to_thread=False),
            "whatsapp_hooks": Provide(lambda: whatsapp_hooks, sync_to_thread=False),
            "hooks": Provide(lambda: hooks, sync_to_thread=False),
        },
        state=State(
            {
                "world": world,
                "faults": faults,
                "settings": settings,
                "windows": Windows(int(settings.x_window_limit)),
                "token_ends": {"expires_at": 0, "data_access_expires_at": 0},
            }
        ),
        lifespan=[courier_at_work],
        before_send=[graph.drop_content_type],
        exception_handlers={ValueError: _bad_values, SerializationException: _bad_values},
        openapi_config=None,
        logging_config=None,
    )
