"""Where a notice may go: never to our networks, never by a redirect, and only to a server with a valid certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from receiver import HOST, receiving, status

from chassis.public_hosts import Resolve
from testing.waiting import within
from unit_desk.outbound import post

LOOPBACK = [ip_network("127.0.0.0/8")]


def answering(*addresses: str) -> Resolve:
    """Return the next of ``addresses`` with each lookup."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize(
    ("url", "addresses", "why"),
    [
        ("https://a.example/", ["10.0.0.1"], "private-network"),
        ("https://a.example/", ["8.8.8.8", "10.0.0.1"], "private-network"),
        ("https://a.example/", ["fe80::1%eth0"], "private-network"),
        ("https://a.example/", ["127.0.0.2"], "private-network"),
        ("http://a.example/", ["8.8.8.8"], "scheme"),
        ("https://a.example/", [], "no-such-host"),
    ],
)
async def test_a_name_that_leads_to_a_network_of_ours_is_refused(url: str, addresses: list[str], why: str) -> None:
    assert why == await post(url, b"{}", {}, [], resolve=answering(*addresses))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://2130706433:1/"]
)
async def test_this_machine_is_no_receiver_unless_it_is_meant(url: str) -> None:
    assert "private-network" == await post(url, b"{}", {}, [])


async def test_a_name_that_is_not_there_is_said() -> None:
    assert "no-such-host" == await post("https://nowhere.invalid/", b"{}", {}, [])


async def test_the_name_is_asked_for_once_and_what_it_says_later_changes_nothing() -> None:
    """DNS rebinding: the first lookup gives an allowed address, and a later one, for the connection, does not."""
    answers = [[HOST], ["10.0.0.1"]]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async with receiving() as it:
        result = await post(it.url(host="penerima.example"), b"{}", {}, LOOPBACK, resolve=resolve)

    assert ("204", 1) == (result, len(answers))
    assert f"penerima.example:{it.port}" == it.got[0].headers["host"]


async def test_a_redirect_is_not_followed() -> None:
    async with receiving() as it, receiving() as elsewhere:
        it.answers = [status(307, f"location: {elsewhere.url()}")]

        assert "307" == await post(it.url(), b"{}", {}, LOOPBACK)

    assert [] == elsewhere.got


async def test_a_receiver_that_is_slow_is_left_in_time() -> None:
    async with receiving() as it:
        it.hold = asyncio.Event()

        assert "timeout" == await within(post(it.url(), b"{}", {}, LOOPBACK, within_s=0.3), 3)

        it.hold.set()


async def test_huge_answer_body_is_not_read() -> None:
    async with receiving() as it:
        it.answers = [status(200, body=b"a" * 50_000_000)]

        async with asyncio.timeout(60):
            assert "200" == await post(it.url(), b"{}", {}, LOOPBACK)


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n"]
)
async def test_malformed_http_answer_counts_as_no_answer(answer: bytes) -> None:
    async with receiving() as it:
        it.answers = [answer]

        assert "no-answer" == await post(it.url(), b"{}", {}, LOOPBACK)


async def test_where_nobody_listens_there_is_no_answer() -> None:
    async with receiving() as it:
        gone = it.url()

    assert "no-answer" == await post(gone, b"{}", {}, LOOPBACK)


async def test_the_environment_leads_no_notice_over_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as it, receiving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{HOST}:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://{HOST}:{proxy.port}")

        assert "204" == await post(it.url(), b"{}", {}, LOOPBACK)

    assert [] == proxy.got


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make the certificate of a receiver called penerima.example, and a client that trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("penerima.example")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8
    (tmp_path / "pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()) + pem
    )
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(tmp_path / "pem")
    trusts = ssl.create_default_context(cadata=pem.decode())
    return shows, trusts


async def test_tls_is_spoken_with_the_name_that_was_registered(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    shows, trusts = tls
    async with receiving(shows) as it:
        result = await post(
            it.url("https", "penerima.example"), b"{}", {}, LOOPBACK, resolve=answering(HOST), verify=trusts
        )

    assert ("204", 1) == (result, len(it.got))


@pytest.mark.parametrize(("host", "trusted"), [("lain.example", True), ("penerima.example", False)])
async def test_receiver_without_a_valid_certificate_gets_nothing(
    tls: tuple[ssl.SSLContext, ssl.SSLContext], host: str, trusted: bool
) -> None:
    shows, trusts = tls
    async with receiving(shows) as it:
        verify = trusts if trusted else None
        result = await post(it.url("https", host), b"{}", {}, LOOPBACK, resolve=answering(HOST), verify=verify)

    assert ("tls", []) == (result, it.got)
