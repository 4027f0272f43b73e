"""Certificates: made once, renewed in time, and given ones used where there are any."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from typer.testing import CliRunner

from lapor.__main__ import app
from lapor.errors import Refused
from lapor.servers.certificates import Server, prepare, server

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
KAFKA = Server(name="kafka", hosts=("kafka", "localhost", "127.0.0.1"))
ROUTER_DB = Server(name="router-db", hosts=("router-db",))


def days(number: int) -> datetime:
    return NOW + timedelta(days=number)


def states(out: Path, now: datetime = NOW, given: Path | None = None) -> dict[str, str]:
    """Run again, and return the outcome for each certificate."""
    return {each.name: each.state for each in prepare(out, [KAFKA, ROUTER_DB], given=given, now=now)}


def trusts(trust: Path, certificate: Path, host: str, now: datetime = NOW) -> bool:
    """Whether a client with ``trust`` accepts ``certificate`` from ``host``."""
    store = Store(x509.load_pem_x509_certificates(trust.read_bytes()))
    leaf, *others = x509.load_pem_x509_certificates(certificate.read_bytes())
    subject = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    try:
        PolicyBuilder().store(store).time(now).build_server_verifier(subject).verify(leaf, others)
    except VerificationError:
        return False
    return True


@pytest.fixture
def out(tmp_path: Path) -> Path:
    prepare(tmp_path / "out", [KAFKA, ROUTER_DB], now=NOW)
    return tmp_path / "out"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder of certificates that another CA issued, as an operator gives them."""
    prepare(tmp_path / "other", [KAFKA], now=NOW)
    folder = tmp_path / "given"
    shutil.copytree(tmp_path / "other" / "kafka", folder / "kafka")
    shutil.copy(tmp_path / "other" / "trust" / "ca.pem", folder / "ca.pem")
    return folder


@pytest.mark.parametrize("host", KAFKA.hosts)
def test_a_client_that_trusts_the_ca_accepts_every_host(out: Path, host: str) -> None:
    assert trusts(out / "trust" / "ca.pem", out / "kafka" / "cert.pem", host)
    assert not trusts(out / "trust" / "ca.pem", out / "router-db" / "cert.pem", host)


def test_a_client_of_another_installation_accepts_none(out: Path, theirs: Path) -> None:
    assert not trusts(theirs / "ca.pem", out / "kafka" / "cert.pem", "kafka")


def test_keys_are_for_their_owner_only_and_certificates_for_all(out: Path) -> None:
    modes = {str(path.relative_to(out)): stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*.pem")}

    keys = dict.fromkeys(["authority/key.pem", "kafka/key.pem", "router-db/key.pem"], 0o600)
    others = ["authority/cert.pem", "kafka/cert.pem", "router-db/cert.pem", "trust/ca.pem"]
    assert keys | dict.fromkeys(others, 0o644) == modes


def test_again_nothing_changes(out: Path) -> None:
    before = {path: path.read_bytes() for path in out.rglob("*.pem")}

    assert {"CA": "kept", "kafka": "kept", "router-db": "kept"} == states(out)
    assert before == {path: path.read_bytes() for path in out.rglob("*.pem")}


@pytest.mark.parametrize(("now", "state"), [(days(304), "kept"), (days(306), "made"), (days(366), "made")])
def test_a_certificate_is_renewed_in_its_last_sixty_days_and_the_ca_stays(out: Path, now: datetime, state: str) -> None:
    authority = (out / "authority" / "cert.pem").read_bytes()

    assert {"CA": "kept", "kafka": state, "router-db": state} == states(out, now)
    assert authority == (out / "authority" / "cert.pem").read_bytes()
    assert trusts(out / "trust" / "ca.pem", out / "kafka" / "cert.pem", "kafka", now)


def test_certificates_end_with_their_ca_and_an_expired_ca_is_replaced(out: Path) -> None:
    last = days(3650 - 10)
    (expires,) = {each.expires for each in prepare(out, [KAFKA], now=last)}

    assert days(3650).date().isoformat() == expires
    assert {"CA": "made", "kafka": "made", "router-db": "made"} == states(out, days(3651))
    assert trusts(out / "trust" / "ca.pem", out / "kafka" / "cert.pem", "kafka", days(3651))


Spoil = Callable[[Path], object]


def remove(name: str) -> Spoil:
    return lambda out: (out / name).unlink()


@pytest.mark.parametrize(
    "spoil",
    [
        remove("kafka/cert.pem"),
        remove("kafka/key.pem"),
        lambda out: (out / "kafka" / "cert.pem").write_text("half a certif"),
        lambda out: shutil.copy(out / "router-db" / "key.pem", out / "kafka" / "key.pem"),
        lambda out: prepare(out, [Server(name="kafka", hosts=("kafka",))], now=NOW),
        lambda out: shutil.copytree(out / "router-db", out / "kafka", dirs_exist_ok=True),
    ],
    ids=["no certificate", "no key", "half written", "another key", "other hosts", "another's"],
)
def test_unusable_certificate_is_replaced(out: Path, spoil: Spoil) -> None:
    spoil(out)

    assert {"CA": "kept", "kafka": "made", "router-db": "kept"} == states(out)
    assert trusts(out / "trust" / "ca.pem", out / "kafka" / "cert.pem", "localhost")


@pytest.mark.parametrize("names", [["cert.pem"], ["key.pem"], ["cert.pem", "key.pem"]])
def test_a_ca_that_clients_trust_is_not_replaced_because_it_is_not_whole(out: Path, names: list[str]) -> None:
    for name in names:
        (out / "authority" / name).unlink()

    with pytest.raises(Refused, match="is not whole: put cert"):
        states(out)


def test_incomplete_ca_of_an_interrupted_start_is_replaced(tmp_path: Path, out: Path) -> None:
    (tmp_path / "new" / "authority").mkdir(parents=True)
    shutil.copy(out / "authority" / "key.pem", tmp_path / "new" / "authority")

    assert "made" == states(tmp_path / "new")["CA"]


def test_a_given_certificate_is_taken_and_its_ca_trusted_beside_ours(out: Path, theirs: Path) -> None:
    assert {"CA": "kept", "kafka": "given", "router-db": "kept"} == states(out, given=theirs)
    assert (theirs / "kafka" / "cert.pem").read_bytes() == (out / "kafka" / "cert.pem").read_bytes()
    assert trusts(out / "trust" / "ca.pem", out / "kafka" / "cert.pem", "kafka")
    assert trusts(out / "trust" / "ca.pem", out / "router-db" / "cert.pem", "router-db")

    shutil.rmtree(theirs)
    assert {"CA": "kept", "kafka": "made", "router-db": "kept"} == states(out, given=theirs)


@pytest.mark.parametrize(
    ("spoil", "now", "said"),
    [
        (remove("kafka/key.pem"), NOW, "must hold cert.pem and the key that belongs to it"),
        (lambda given: None, days(366), "has expired on 2027-11-26: put the new one there"),
        (
            lambda given: prepare(given, [Server(name="kafka", hosts=("kafka", "*.x"))], now=NOW),
            NOW,
            r"is not for localhost, 127.0.0.1, but for \*\.x, kafka",
        ),
        (lambda given: (given / "ca.pem").write_text("none"), NOW, "ca.pem holds no certificate in PEM"),
    ],
)
def test_a_given_certificate_that_clients_would_refuse_is_refused(
    out: Path, theirs: Path, spoil: Spoil, now: datetime, said: str
) -> None:
    before = (out / "kafka" / "cert.pem").read_bytes()
    spoil(theirs)

    with pytest.raises(Refused, match=said):
        states(out, now, given=theirs)
    assert before == (out / "kafka" / "cert.pem").read_bytes()


def test_a_given_certificate_may_be_for_all_names_of_a_domain(tmp_path: Path) -> None:
    given = tmp_path / "given"
    prepare(given, [Server(name="agencies", hosts=("*.soppengkab.go.id",))], now=NOW)

    one = Server(name="agencies", hosts=("kafka.soppengkab.go.id",))
    assert "given" == prepare(tmp_path / "out", [one], given=given, now=NOW)[1].state
    with pytest.raises(Refused, match="is not for a"):
        prepare(tmp_path / "out", [Server(name="agencies", hosts=("a.kafka.soppengkab.go.id",))], given=given, now=NOW)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("router-db", ("router-db",)),
        ("kafka=kafka,localhost", ("kafka", "localhost")),
        ("agencies=kafka.soppengkab.go.id,10.0.0.7,::1", ("kafka.soppengkab.go.id", "10.0.0.7", "::1")),
        ("agencies=kafka.soppengkab.go.id:9095", None),
        ("agencies=https://kafka.go.id", None),
        ("agencies=kafka,", None),
        ("agencies=kafka dua", None),
        ("agencies=käfka", None),
        ("../kafka", None),
        ("trust", None),
        ("authority=kafka", None),
        ("=kafka", None),
        ("", None),
    ],
)
def test_hosts_are_names_or_addresses_and_folders_are_plain(text: str, hosts: tuple[str, ...] | None) -> None:
    if hosts:
        assert hosts == server(text).hosts
    else:
        with pytest.raises(Refused, match=r"can't name a folder|is no host of"):
            server(text)


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["certificates", "--out", str(tmp_path), "--host", "kafka=kafka,localhost"])

    assert (0, ["CA", "kafka"]) == (
        done.exit_code,
        [line.partition(": made, valid until 20")[0] for line in done.stderr.splitlines()],
    )
