"""Read the certificates of all authorities once: httpx does so for each client, which takes longer than its request."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from ssl import SSLContext
from typing import Any

from httpx._transports import default


def pytest_configure() -> None:
    """Let clients that trust the usual authorities, and show no certificate of their own, share one SSL context."""
    own = vars(default)
    make: Callable[..., SSLContext] = own["create_ssl_context"]

    @functools.cache
    def usual(trust_env: bool, *_named: str | None) -> SSLContext:
        return make(trust_env=trust_env)

    def shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> SSLContext:
        if verify is True and cert is None:
            return usual(trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        return make(verify=verify, cert=cert, trust_env=trust_env)

    own["create_ssl_context"] = shared
