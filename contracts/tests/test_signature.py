"""An event counts as its intake's only if it is signed, unchanged, with the intake's own key."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from contracts.signature import HEADER, is_signed, sign

SECRET, KEY, VALUE = b"k" * 32, b"c1", b'{"id": "e1"}'


def test_it_is_the_hmac_of_key_and_value_in_hex() -> None:
    wanted = hmac.new(SECRET, b'c1\x00{"id": "e1"}', hashlib.sha256).hexdigest().encode()
    assert (HEADER, wanted) == sign(SECRET, KEY, VALUE)


@pytest.mark.parametrize(("key", "value"), [(KEY, VALUE), (None, VALUE), (KEY, None), (KEY, b"")])
def test_signed_record_is_recognised(key: bytes | None, value: bytes | None) -> None:
    assert is_signed(SECRET, key, value, [("content-type", b"json"), sign(SECRET, key, value)])


@pytest.mark.parametrize(
    ("secret", "key", "value"),
    [(b"K" * 32, KEY, VALUE), (SECRET, b"c2", VALUE), (SECRET, KEY, VALUE + b" "), (SECRET, KEY, None)],
)
def test_another_secret_key_or_value_is_another_signature(secret: bytes, key: bytes, value: bytes | None) -> None:
    assert not is_signed(secret, key, value, [sign(SECRET, KEY, VALUE)])


@pytest.mark.parametrize("header", [[], [(HEADER, b"")], [(HEADER, b"\xff")], [("Lapor-Signature", b"x")]])
def test_missing_or_malformed_signature_is_invalid(header: list[tuple[str, bytes]]) -> None:
    assert not is_signed(SECRET, KEY, VALUE, header)
