from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote_plus

import pytest

from intake.dialect import read_dialect
from intake_sms.adapters.gateway import Asked, Unreadable, read_messages, without_token
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings

Settings = Callable[..., SmsSettings]


def read_mo(query: bytes, settings: SmsSettings) -> Mo:
    (mo,) = read_messages(Asked(query=query), "kannel", read_dialect("kannel"), settings)
    return mo


def query(**given: str) -> bytes:
    usual = {"from": "+6281234567890", "to": "1708", "id": "abc", "raw": "SOPPENG jalan rusak", "charset": "UTF-8"}
    return "&".join(f"{name}={quote_plus(value)}" for name, value in {**usual, **given}.items()).encode()


def test_the_original_text_is_read_and_not_the_one_with_squeezed_blanks(make_settings: Settings) -> None:
    given = query(raw="SOPPENG  jalan + lampu 🚧", text="SOPPENG jalan + lampu 🚧")
    assert Mo(id="abc", sender="+6281234567890", repliable=True, text="SOPPENG  jalan + lampu 🚧") == read_mo(
        given, make_settings()
    )


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("UTF-8", "ᨍᨒ 🚧"),
        ("", "ᨍᨒ 🚧"),
        ("UTF-16BE", "ᨍᨒ 🚧"),
        ("windows-1252", "1 € café"),
        ("WINDOWS-1252", "1 € café"),
        ("ISO-8859-1", "café"),
        ("latin-1", "café"),
        ("US-ASCII", "jalan"),
    ],
)
def test_a_text_is_decoded_from_the_charsets_that_kannel_has(make_settings: Settings, charset: str, text: str) -> None:
    raw = "".join(f"%{byte:02X}" for byte in text.encode(charset or "UTF-8"))
    assert read_mo(f"from=0812345678&id=x&raw={raw}&charset={charset}".encode(), make_settings()).text == text


def test_an_empty_text_is_an_sms_too(make_settings: Settings) -> None:
    assert read_mo(b"from=0812345678&id=x&raw=&text=", make_settings()).text == ""


@pytest.mark.parametrize("to", ["1708", " 1708 ", ""])
def test_an_sms_is_for_us_or_for_nobody_named(make_settings: Settings, to: str) -> None:
    assert read_mo(query(to=to), make_settings()).text == "SOPPENG jalan rusak"


@pytest.mark.parametrize(
    ("sender", "prefixes", "repliable"),
    [
        ("+6281234567890", "+62", True),
        ("081234567890", "+62", True),
        ("+60123456789", "+62", False),
        ("+60123456789", "+62, +60", True),
        ("+881623456789", "+62", False),
        ("+19005551234", "+62", False),
    ],
)
def test_only_numbers_with_our_prefixes_are_answered(
    make_settings: Settings, sender: str, prefixes: str, repliable: bool
) -> None:
    mo = read_mo(query(**{"from": sender}), make_settings(sms_reply_prefixes=prefixes))
    assert mo.repliable == repliable


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"from=0812345678&raw=x",
        b"id=1&raw=x",
        b"id=&from=0812345678&raw=x",
        b"id=1&from=0812345678",
        b"id=1&from=0812345678&raw=%FF%FE&charset=UTF-8",
        b"id=1&from=0812345678&raw=%00a%00&charset=UTF-16BE",
        b"id=1&from=0812345678&raw=x&charset=zlib",
        b"id=1&from=0812345678&raw=x&charset=%00",
        b"id=1&from=0812345678&raw=x&charset=idna",
        b"id=1&from=0812345678&raw=x&charset=UTF-7",
        b"id=1&from=0812345678&raw=x&charset=utf-16",
        b"id=1&from=0812345678&raw=x&charset=%E9",
        b"id=1&from=0812345678&raw=x&to=1709",
        b"id=1&from=0812345678&raw=x&to=17080",
        b"id=1&from=%FF&raw=x",
    ],
)
def test_invalid_sms_requests_are_unreadable(make_settings: Settings, broken: bytes) -> None:
    with pytest.raises(Unreadable):
        read_mo(broken, make_settings())


def test_the_secret_is_not_kept_with_a_request() -> None:
    assert without_token(b"id=1&token=SECRET&raw=x") == b"id=1&raw=x"
