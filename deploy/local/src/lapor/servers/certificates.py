"""The certificates of an installation's servers: a CA of its own and a certificate for each, renewed in time."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lapor.errors import Refused

# This runs once a month: a certificate with 61 days left is renewed before LaporCertificateEnds fires at 30 days.
AUTHORITY_LASTS, LASTS, RENEWED = timedelta(days=3650), timedelta(days=365), timedelta(days=60)
SKEW = timedelta(minutes=5)  # a client's clock may be this slow
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
RESERVED = ("authority", "trust")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server: the folder of its certificate, and the hosts that clients know it by."""

    name: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The outcome for one certificate: ``kept``, ``made`` or ``given``. ``expires`` is an ISO date."""

    name: str
    state: str
    expires: str


@dataclass(frozen=True, kw_only=True)
class _Pair:
    certificate: x509.Certificate
    key: Any  # a private key of cryptography: our own are EC, a given one may be RSA
    pem: bytes  # the certificate, and those between it and its CA


def server(text: str) -> Server:
    """Parse ``NAME`` or ``NAME=HOST,HOST``. Raises Refused if the name or a host is not valid."""
    name, _, hosts = text.partition("=")
    if not NAME.fullmatch(name) or name in RESERVED:
        raise Refused(f"{name!r} can't name a folder of certificates: small letters, digits and -, not {RESERVED}.")
    found = tuple(hosts.split(",")) if hosts else (name,)
    if wrong := [each for each in found if not _is_host(each)]:
        raise Refused(f"{wrong[0]!r} is no host of {name}: write a name or an IP address, without a port.")
    return Server(name=name, hosts=found)


def prepare(
    out: Path, servers: Sequence[Server], *, given: Path | None = None, owner: int | None = None, now: datetime
) -> list[Certificate]:
    """Bring the certificates in ``out`` up to date; a valid CA is never replaced.

    Args:
        out: gets ``authority/``, ``trust/`` and a folder for each server.
        given: a folder with certificates that others issued; those are used for the servers that it has one for.
        owner: uid of the user who may read the servers' keys; None: the user who runs this.
        now: aware; the time that expiry is compared with.

    Raises:
        Refused: a given certificate can't be used, or the CA is damaged.
    """
    authority, made = _authority(out, now)
    _write(out / "trust" / "ca.pem", authority.pem + _given_authorities(given), 0o644)
    done = [Certificate(name="CA", state="made" if made else "kept", expires=_day(authority))]
    for each in servers:
        state, pair = "given", _given(given / each.name, each, now) if given else None
        if pair is None:
            state, pair = "kept", _usable(out / each.name, each, authority, now)
        if pair is None:
            state, pair = "made", _issue(each, authority, now)
        _keep(out / each.name, pair, owner)
        done.append(Certificate(name=each.name, state=state, expires=_day(pair)))
    return done


def _authority(out: Path, now: datetime) -> tuple[_Pair, bool]:
    """Return the CA, and whether it is new. A CA that clients already trust is not replaced if half of it is lost."""
    folder = out / "authority"
    there = _read(folder)
    if there and there.certificate.not_valid_after_utc > now:
        return there, False
    if not there and (out / "trust" / "ca.pem").exists():
        raise Refused(
            f"The CA in {folder} is not whole: put cert.pem and key.pem back from a copy. Or remove {out}: "
            "a new CA is made, and units need its trust/ca.pem."
        )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"LAPOR! CA {now:%Y-%m-%d}")])
    pair = _signed(name, now, AUTHORITY_LASTS, None, ())
    _keep(folder, pair, None)
    return pair, True


def _issue(server: Server, authority: _Pair, now: datetime) -> _Pair:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, server.name)])
    lasts = min(LASTS, authority.certificate.not_valid_after_utc - now)
    return _signed(name, now, lasts, authority, server.hosts)


def _signed(name: x509.Name, now: datetime, lasts: timedelta, by: _Pair | None, hosts: Sequence[str]) -> _Pair:
    """Make a new key and its certificate: a server's, signed ``by`` a CA, or without ``by`` a CA's own.

    The extensions are those that RFC 5280 requires; clients with Python 3.13 refuse a certificate without them.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, issuer_key = (by.certificate.subject, by.key) if by else (name, key)
    is_ca = by is None
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_ca, key_cert_sign=is_ca, crl_sign=is_ca, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_ca:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        certificate = certificate.add_extension(names, critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    signed = certificate.sign(issuer_key, hashes.SHA256())
    return _Pair(certificate=signed, key=key, pem=signed.public_bytes(Encoding.PEM))


def _usable(folder: Path, server: Server, authority: _Pair, now: datetime) -> _Pair | None:
    """Return the pair in ``folder`` if it fits the server and the CA, and is valid for at least 60 days more."""
    pair = _read(folder)
    if pair is None or _hosts(pair) != set(server.hosts) or pair.certificate.not_valid_after_utc - now < RENEWED:
        return None
    try:
        pair.certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return None
    return pair


def _given(folder: Path, server: Server, now: datetime) -> _Pair | None:
    if not folder.is_dir():
        return None
    pair = _read(folder)
    if pair is None:
        raise Refused(
            f"{folder} must hold cert.pem and the key that belongs to it, key.pem, both PEM without password."
        )
    if pair.certificate.not_valid_after_utc <= now:
        raise Refused(f"{folder}/cert.pem has expired on {_day(pair)}: put the new one there.")
    names = _hosts(pair)
    if missing := [host for host in server.hosts if not names & {host, f"*.{host.partition('.')[2]}"}]:
        raise Refused(f"{folder}/cert.pem is not for {', '.join(missing)}, but for {', '.join(sorted(names))}.")
    return pair


def _given_authorities(given: Path | None) -> bytes:
    if given is None or not (path := given / "ca.pem").is_file():
        return b""
    try:
        return b"".join(each.public_bytes(Encoding.PEM) for each in x509.load_pem_x509_certificates(path.read_bytes()))
    except ValueError as error:
        raise Refused(f"{path} holds no certificate in PEM.") from error


def _read(folder: Path) -> _Pair | None:
    """Read a certificate and its key; None unless both exist and belong together."""
    try:
        pem = (folder / "cert.pem").read_bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if certificate.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        return None
    return _Pair(certificate=certificate, key=key, pem=pem)


def _keep(folder: Path, pair: _Pair, owner: int | None) -> None:
    """Write the pair, the key first: after an interruption a reader sees that key and certificate don't fit.

    The key is PKCS #8, the only form that Kafka takes.
    """
    key = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(folder / "key.pem", key, 0o600, owner)
    _write(folder / "cert.pem", pair.pem, 0o644, owner)


def _write(path: Path, content: bytes, mode: int, owner: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        part.unlink()
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        if owner is not None:
            os.fchown(file.fileno(), owner, owner)
    part.replace(path)


def _hosts(pair: _Pair) -> set[str]:
    try:
        names = pair.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}


def _is_host(text: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return bool(HOST.fullmatch(text))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _day(pair: _Pair) -> str:
    return pair.certificate.not_valid_after_utc.date().isoformat()
