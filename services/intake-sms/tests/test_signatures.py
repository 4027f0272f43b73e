"""Recognising the gateway's own requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from intake_sms.adapters.gateway import Asked
from intake_sms.adapters.signatures import is_authentic, vonage_signature
from intake_sms.settings import SmsSettings

Settings = Callable[..., SmsSettings]
#: The example of https://www.twilio.com/docs/usage/security, with its signature.
TWILIO = Asked(
    method="POST",
    target="/myapp.php?foo=1&bar=2",
    body=urlencode(
        {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
    ).encode(),
    signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=",
)


@pytest.fixture
def twilio(make_settings: Settings) -> SmsSettings:
    return make_settings(
        sms_dialect="twilio",
        sms_public_url="https://mycompany.com/",
        sms_send_username="AC1",
        sms_send_password="12345",
    )


def test_twilios_own_example_is_twilios(twilio: SmsSettings) -> None:
    assert is_authentic(TWILIO, "twilio", twilio)


@pytest.mark.parametrize(
    "change",
    [
        {"target": "/myapp.php?foo=1&bar=3"},
        {"body": TWILIO.body.replace(b"1234&", b"1235&")},
        {"body": TWILIO.body + b"&Digits="},
        {"body": b"\xff"},
        {"body": b"%FF=%FE"},
        {"signature": ""},
        {"signature": "é"},
        {"signature": TWILIO.signature.lower()},
    ],
)
def test_altered_request_is_not_authentic(twilio: SmsSettings, change: dict[str, Any]) -> None:
    asked = Asked(**{**{name: getattr(TWILIO, name) for name in ("method", "target", "body", "signature")}, **change})

    assert not is_authentic(asked, "twilio", twilio)


def test_without_a_secret_nobody_is_believed(make_settings: Settings) -> None:
    settings = make_settings(sms_dialect="twilio", sms_public_url="https://mycompany.com")

    assert not is_authentic(TWILIO, "twilio", settings)
    assert not is_authentic(Asked(query=b"sig="), "vonage", settings)


def test_an_empty_field_is_signed_too(twilio: SmsSettings) -> None:
    import base64
    import hmac

    signed = b"https://mycompany.com/xBodyMediaUrl0"
    mac = base64.b64encode(hmac.digest(b"12345", signed, "sha1")).decode()

    assert is_authentic(Asked(method="POST", target="/x", body=b"MediaUrl0=&Body=", signature=mac), "twilio", twilio)


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
def test_vonage_signs_its_fields_in_order(make_settings: Settings, method: str) -> None:
    settings = make_settings(sms_dialect="vonage", sms_signing_secret="s3cret", sms_signing_method=method)
    row = {"msisdn": b"62812", "messageId": b"0A", "text": b"a&b=c", "timestamp": b"1700000000"}
    mac = vonage_signature(row, b"s3cret", method)
    query = urlencode({**{name: value.decode() for name, value in row.items()}, "sig": mac.upper()})

    assert is_authentic(Asked(query=query.encode()), "vonage", settings)
    # It does not sign our own parameters in the URL.
    assert is_authentic(Asked(query=b"id=7-0&" + query.encode()), "vonage", settings)
    assert not is_authentic(Asked(query=query.replace("62812", "62813").encode()), "vonage", settings)
    assert not is_authentic(Asked(method="POST", body=b"{", content_type="application/json"), "vonage", settings)


def test_vonages_signature_is_the_one_that_its_documents_describe() -> None:
    import hashlib

    row = {"b": b"2&2", "a": b"1=1", "sig": b"x"}

    expected = hashlib.md5(b"&a=1_1&b=2_2" + b"k").hexdigest()  # noqa: S324
    assert expected == vonage_signature(row, b"k", "md5hash")


@pytest.mark.parametrize(("query", "secret", "right"), [
    (b"token=a-token-of-the-test&id=1", b"", True),
    (b"id=1", b"a-token-of-the-test", True),
    (b"token=wrong", b"a-token-of-the-test", False),
    (b"", b"", False),
])  # fmt: skip
def test_the_token_is_in_the_query_or_else_in_the_path(
    make_settings: Settings, query: bytes, secret: bytes, right: bool
) -> None:
    assert right == is_authentic(Asked(query=query, secret=secret), "token", make_settings())
