"""Starts the stand-ins inside a test, on a free port."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from lapor.standins.app import build_app
from lapor.standins.settings import Settings

#: Secrets shared by X's stand-in and its client.
X_SECRETS: dict[str, Any] = {
    "consumer_key": "consumer-key",
    "consumer_secret": "consumer-secret",
    "access_token": "access-token",
    "access_secret": "access-secret",
}


def settings_for_tests(state: Path, **changes: str) -> Settings:
    """Settings with made-up secrets; `changes` override single fields."""
    settings = Settings(
        port="0",
        state=str(state),
        sms_mo_url="http://127.0.0.1:9/sms/kannel/mo",
        sms_mo_token="mo-token",  # noqa: S106
        kannel_username="lapor",
        kannel_password="kannel-password",  # noqa: S106
        **{f"x_{name}": secret for name, secret in X_SECRETS.items()},
        mo_retry_s="0.05",
        facebook_app_secret="app-secret",  # noqa: S106
        whatsapp_app_secret="app-secret",  # noqa: S106
    )
    return replace(settings, **changes)


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve in a thread. Yields: the base URL, without a slash at its end."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        build_app(replace(settings, url=url)),
        log_level="critical",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield url
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


def mention(base: str, text: str = "@LaporSoppeng jalan rusak", handle: str = "warga", **more: str) -> str:
    """Write a post that mentions us on the stand-in at ``base``. Return its id."""
    return str(post(f"{base}/x/mention", handle=handle, text=text, **more)["id"])


def post(address: str, **fields: str) -> Any:
    """Post ``fields`` as JSON to a stand-in, and return its answer."""
    # There is no TLS, and reading all the machine's certificates would take longer than the post.
    return httpx.post(address, json=fields, verify=False).json()  # noqa: S501


def send_photo(base: str, content: bytes) -> str:
    """Give a photo to a citizen of the stand-ins at ``base``; their posts name it in the field `photo`."""
    return str(httpx.post(f"{base}/photos", content=content, verify=False).json()["id"])  # noqa: S501
