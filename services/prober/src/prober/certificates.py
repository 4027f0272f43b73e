"""Shows when the certificates of the brokers, of their listener for units and of the website expire."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

import httpx
from pydantic import AnyHttpUrl

from chassis.certificates import Server, show
from prober.settings import Settings


def show_certificates(settings: Settings, brokers: Iterable[tuple[str, int]]) -> None:
    """Show when the certificates of ``brokers`` and of the website expire, where there is TLS. It blocks.

    Raises:
        OSError: the CA of the brokers can't be read.
    """
    ca, within_s = settings.kafka_ca_file, settings.publish_timeout_s
    for host, port in brokers if ca else ():
        show(Server(host, port), ssl.create_default_context(cafile=ca), within_s)
        if settings.probe_agencies_port:
            # Its certificate may be signed by a public CA (deploy/certificates).
            show(Server(host, settings.probe_agencies_port), _public(ca), within_s)
    if website := _website(settings.probe_web_url):
        show(website, _public(ca), within_s)


def _website(url: AnyHttpUrl) -> Server | None:
    return Server(url.host or "", url.port or 443) if url.scheme == "https" else None


def _public(ca: Path | None) -> ssl.SSLContext:
    """Make a context that trusts ``ca`` beside the CAs that the doors' HTTP client trusts."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca:
        context.load_verify_locations(cafile=ca)
    return context
