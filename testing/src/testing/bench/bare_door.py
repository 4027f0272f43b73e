"""A baseline for our HTTP servers: the same server, with one insert a request and no logic. Reads DATABASE_URL."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from ipaddress import ip_network
from typing import Annotated, Any

import asyncpg
import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.di import Provide
from litestar.params import Dependency

from chassis.database import open_pool
from chassis.http_server import Limits, WebServer
from intake_web.app import CONNECTIONS

_TABLE = "CREATE TABLE IF NOT EXISTS bare (id text PRIMARY KEY, body text)"
_INSERT = "INSERT INTO bare (id, body) VALUES ($1, $2)"
Pool = Annotated[asyncpg.Pool, Dependency(skip_validation=True)]


@post("/v1/complaints", status_code=202)
async def submit(request: Request[Any, Any, Any], pool: Pool) -> Response[bytes]:
    """Store the body."""
    body, id_ = msgspec.json.decode(await request.body()), str(uuid.uuid4())
    await pool.execute(_INSERT, id_, body["text"])
    return Response(msgspec.json.encode({"id": id_}), status_code=202, media_type="application/json")


@get("/sms/kannel/mo")
async def take(request: Request[Any, Any, Any], pool: Pool) -> Response[bytes]:
    """Store Kannel's message."""
    given = request.query_params
    await pool.execute(_INSERT, given["id"], given["text"])
    return Response(b"", media_type="text/plain")


async def serve(dsn: str, port: int) -> None:
    """Serve until killed."""
    pool = await open_pool(dsn, most=CONNECTIONS)
    await pool.execute(_TABLE)
    provided = {"pool": Provide(lambda: pool, sync_to_thread=False)}
    app = Litestar([submit, take], dependencies=provided, openapi_config=None, logging_config=None)
    limits = Limits(proxies=[ip_network("127.0.0.1")])
    await WebServer(app, "127.0.0.1", port, limits=limits).run()


if __name__ == "__main__":
    asyncio.run(serve(os.environ["DATABASE_URL"], int(sys.argv[1])))
