"""Passwords, and the codes beside them.

NIST SP 800-63B-4, 3.1.1.2: at least 15 letters, or 8 beside a second factor; compared as typed, and refused if easily
guessed. OWASP ASVS 5.0, 6.2: no other rules for their composition.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b32encode
from functools import cache
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from zxcvbn import zxcvbn

ALONE, BESIDE_A_CODE, LONGEST = 15, 8, 200
#: RFC 6238: a code is for half a minute; the codes before and after it count too, as clocks differ.
STEP_S, AROUND = 30, 1
#: The least guesses that a password must take, as a power of ten: without a code, and beside one. zxcvbn counts a
#: factor of 10 for each letter that matches no pattern.
_GUESSES = {False: 10.0, True: 7.5}
#: zxcvbn gets slower with each letter, and letters after these only make a password stronger.
_WEIGHED = 72
#: Words that everybody here would try first.
_OURS = ("soppeng", "lapor", "diskominfo", "kominfo", "watansoppeng", "kabupaten", "petugas")
#: OWASP Password Storage: argon2id, 19 MiB, two passes. Two at a time: a flood of guesses must not take all memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = asyncio.Semaphore(2)


def why_not(password: str, *, with_code: bool, about: tuple[str, ...] = ()) -> str | None:
    """Say what is wrong with ``password``, or None. ``about`` are the person's name and address."""
    least = BESIDE_A_CODE if with_code else ALONE
    if len(password) < least:
        return f"Kata sandi paling sedikit {least} huruf. Tiga atau empat kata yang tidak berhubungan mudah diingat."
    if len(password) > LONGEST:
        return f"Kata sandi paling panjang {LONGEST} huruf."
    words = [part for each in about for part in each.casefold().replace("@", " ").split()]
    if zxcvbn(password[:_WEIGHED], user_inputs=[*_OURS, *words])["guesses_log10"] < _GUESSES[with_code]:
        return "Kata sandi ini cepat ditebak: kata, nama, atau urutan yang biasa. Pilih yang lain."
    return None


async def hashed(password: str) -> str:
    """Hash ``password`` for storage."""
    async with _at_once:
        return await asyncio.to_thread(_hasher.hash, password)


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's")


async def fits(password: str, kept: str | None) -> bool:
    """Whether ``password`` matches the hash ``kept``; takes equally long without a hash."""
    async with _at_once:
        try:
            await asyncio.to_thread(_hasher.verify, kept or _nobodys(), password)
        except (VerifyMismatchError, InvalidHashError):
            return False
    return kept is not None


def code_secret(key: bytes, person: UUID, number: int) -> str:
    """Derive the secret of a person's codes from the desk's ``key``; it is stored nowhere."""
    return b32encode(hmac.digest(key, f"code of {person}, {number}".encode(), hashlib.sha256)[:20]).decode()


def code_now(secret: str, at_s: float) -> str:
    """Return the code that is valid at ``at_s``."""
    return pyotp.TOTP(secret, interval=STEP_S).at(int(at_s))


def step_of(secret: str, code: str, at_s: float) -> int | None:
    """Return the half minute that ``code`` is for, if it is near ``at_s``; else None."""
    digits = code.replace(" ", "")
    now = int(at_s) // STEP_S
    steps = range(now - AROUND, now + AROUND + 1)
    found = [step for step in steps if hmac.compare_digest(code_now(secret, step * STEP_S).encode(), digits.encode())]
    return found[-1] if found else None


def code_address(secret: str, email: str) -> str:
    """Return the address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Meja LAPOR!")
