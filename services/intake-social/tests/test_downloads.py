"""Files are fetched from the network that keeps them for us, and from nowhere else."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.public_hosts import Resolve
from intake_social.adapters import downloads
from intake_social.adapters.downloads import Gone, Later, NotOurs, Places, TooLarge, download, most_bytes
from intake_social.adapters.errors import SocialUnauthorized
from lapor.processes.ports import HOST
from testing.waiting import within

META = Places(hosts=(".fbcdn.net", "lookaside.fbsbx.com"))
PHOTO = b"\xff\xd8\xff" + bytes(2_000)


@dataclass(kw_only=True)
class Network:
    """Answers each request with the next of ``answers``, and keeps the requests' headers."""

    answers: list[bytes] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    port: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.got.append((await within(reader.readuntil(b"\r\n\r\n"))).decode())
        answer = self.answers.pop(0) if self.answers else b""
        if answer == b"hold":
            await within(self.over.wait())
        writer.write(answer)
        writer.close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/foto.jpg"

    @property
    def standin(self) -> Places:
        return Places(hosts=(), standin=f"http://{HOST}:{self.port}")


@asynccontextmanager
async def network(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Network]:
    it = Network(answers=list(answers))
    server = await asyncio.start_server(it, HOST, 0, ssl=tls)
    it.port = server.sockets[0].getsockname()[1]
    yield it
    it.over.set()
    server.close()
    await asyncio.sleep(0)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers))
    return head.encode() + b"\r\n\r\n" + body


def answering(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


async def fetched(url: str, places: Places, **more: float | Resolve | ssl.SSLContext | dict[str, str]) -> bytes:
    came = io.BytesIO()
    await download(url, came, places, **{"most_bytes": lambda _head: 10_000, **more})  # type: ignore[arg-type]
    return came.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        *("http://scontent.fbcdn.net/a.jpg", "https://scontent.fbcdn.net:8443/a.jpg", "https://pbs.twimg.com/a.jpg"),
        *("https://fbcdn.net.example/a.jpg", "https://evilfbcdn.net/a.jpg", "https://a@scontent.fbcdn.net/a.jpg"),
        *("https://127.0.0.1/a.jpg", "https://[::1]/a.jpg", "file:///etc/passwd", "ftp://scontent.fbcdn.net/a", ""),
        *("https://scontent.fbcdn.net\\@127.0.0.1/", "https://x.lookaside.fbsbx.com/", "https://10.0.0.1/"),
    ],
)
async def test_addresses_outside_the_network_are_never_called(url: str) -> None:
    with pytest.raises(NotOurs):
        await fetched(url, META, resolve=unasked)


async def unasked(host: str, port: int) -> Sequence[str]:
    raise AssertionError(host)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
async def test_a_name_of_the_network_that_leads_into_ours_is_not_called(address: str) -> None:
    with pytest.raises(NotOurs, match="private-network"):
        await fetched("https://scontent.fbcdn.net/a.jpg", META, resolve=answering("157.240.1.1", address))


async def test_a_name_that_nobody_knows_is_asked_for_later() -> None:
    with pytest.raises(Later):
        await fetched("https://scontent.fbcdn.net/a.jpg", META, resolve=answering())


async def test_standin_of_the_network_is_called_at_any_address() -> None:
    async with network(answer("200 OK", PHOTO)) as it:
        assert PHOTO == await fetched(it.url, it.standin, headers={"authorization": "Bearer kami"})

    assert "authorization: Bearer kami" in it.got[0]


async def test_but_nothing_else_on_its_machine() -> None:
    async with network(answer("200 OK", PHOTO)) as it, network(answer("200 OK", PHOTO)) as other:
        with pytest.raises(NotOurs):
            await fetched(other.url, it.standin)

    assert [] == other.got


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_redirect_leads_nowhere_but_to_the_network(status: str) -> None:
    async with network() as elsewhere, network(answer(status, b"", f"location: {elsewhere.url}")) as it:
        with pytest.raises(NotOurs):
            await fetched(it.url, it.standin, headers={"authorization": "Bearer kami"})

    assert [] == elsewhere.got


async def test_a_redirect_within_the_network_is_followed() -> None:
    async with network(answer("302 Found", b"", "location: /lain.jpg"), answer("200 OK", PHOTO)) as it:
        assert PHOTO == await fetched(it.url, it.standin)

    assert ["/foto.jpg", "/lain.jpg"] == [head.split()[1] for head in it.got]


async def test_redirects_in_a_circle_end() -> None:
    async with network(*[answer("302 Found", b"", "location: /foto.jpg")] * 9) as it:
        with pytest.raises(NotOurs):
            await fetched(it.url, it.standin)

    assert 4 == len(it.got)


async def test_too_many_bytes_are_not_read() -> None:
    async with network(answer("200 OK", bytes(2_000_000))) as it:
        with pytest.raises(TooLarge):
            await fetched(it.url, it.standin)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *(("403 Forbidden", Gone), ("404 Not Found", Gone), ("410 Gone", Gone), ("400 Bad Request", Gone)),
        *(("401 Unauthorized", SocialUnauthorized), ("429 Too Many", Later), ("500 Oops", Later), ("503 Away", Later)),
    ],
)
async def test_each_answer_in_our_words(status: str, kind: type[Exception]) -> None:
    async with network(answer(status)) as it:
        with pytest.raises(kind):
            await fetched(it.url, it.standin)


async def test_the_network_says_how_long_it_wants_to_be_left_alone() -> None:
    async with network(answer("429 Too Many", b"", "retry-after: 120")) as it:
        with pytest.raises(Later) as later:
            await fetched(it.url, it.standin)

    assert 120 == later.value.after_s


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx", b"hold"]
)
async def test_invalid_response_postpones_the_download(said: bytes) -> None:
    async with network(said) as it:
        with pytest.raises(Later):
            await fetched(it.url, it.standin, within_s=0.5 if said == b"hold" else 30.0)


async def test_an_error_never_tells_our_token() -> None:
    async with network(b"nonsense") as it:
        with pytest.raises(Later) as later:
            await fetched(f"{it.url}?oh=rahasia", it.standin, headers={"authorization": "Bearer kami"})

    assert not any(word in repr(later.value) for word in ("rahasia", "kami"))
    assert later.value.__cause__ is None


async def test_the_environment_leads_over_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with network(answer("200 OK", PHOTO)) as it, network() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{HOST}:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://{HOST}:{proxy.port}")

        assert PHOTO == await fetched(it.url, it.standin)


async def test_download_uses_the_checked_address_and_the_networks_own_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is resolved once. The test's network is on this machine, which is allowed here."""
    shows, trusts = certified(tmp_path, "scontent.fbcdn.net")
    asked: list[str] = []

    async def place_of(url: str, *_: object) -> object:
        asked.append(url)
        return ip_address(HOST)

    async with network(answer("200 OK", PHOTO), tls=shows) as it:
        monkeypatch.setattr(downloads, "place_of", place_of)
        monkeypatch.setattr(Places, "check", lambda self, url: None)
        found = await fetched(f"https://scontent.fbcdn.net:{it.port}/a.jpg", META, verify=trusts)
        with pytest.raises(Later):
            await fetched(f"https://lain.fbcdn.net:{it.port}/a.jpg", META, verify=trusts)

    assert (PHOTO, 2) == (found, len(asked))
    assert [f"host: scontent.fbcdn.net:{it.port}"] == [
        line for head in it.got for line in head.lower().split("\r\n") if line.startswith("host:")
    ]


def certified(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a certificate for a server called ``host``, and a client's trust in it."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, form = made.public_bytes(serialization.Encoding.PEM), serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "pem").write_bytes(secret + pem)
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(folder / "pem")
    return shows, ssl.create_default_context(cadata=pem.decode())


def test_a_video_may_be_larger_than_a_photo() -> None:
    heads = PHOTO[:16], b"\x00\x00\x00\x18ftypmp42" + bytes(4)

    assert [10, 50] == [most_bytes(head) >> 20 for head in heads]
