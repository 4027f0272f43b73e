"""One address sets the mail server, and citizens are not asked for contacts that can't be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from intake.mail import MailServer
from intake_web.settings import WebSettings

Make = Callable[..., WebSettings]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://u%40x:p%2Fw@mail.contoh.id", ("mail.contoh.id", 465, True, False, "u@x", "p/w")),
        ("smtp://mail.contoh.id", ("mail.contoh.id", 587, False, False, None, None)),
        ("smtp://u:p@mail.contoh.id:2525/", ("mail.contoh.id", 2525, False, False, "u", "p")),
        ("smtp://127.0.0.1:25", ("127.0.0.1", 25, False, True, None, None)),
        ("smtps://localhost:465", ("localhost", 465, True, False, None, None)),
    ],
)
def test_an_address_says_where_mail_goes_and_how(make_settings: Make, url: str, server: tuple[Any, ...]) -> None:
    names = ("host", "port", "tls", "here", "username", "password")

    assert MailServer(**dict(zip(names, server, strict=True))) == make_settings(smtp_url=url).mail_server


@pytest.mark.parametrize("url", ["mail.contoh.id:25", "http://mail.contoh.id", "smtp://x:port", "smtp://x/y"])
def test_an_address_of_no_mail_server_stops_the_start_and_is_not_repeated(make_settings: Make, url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_settings(smtp_url=url)

    assert [("smtp_url",)] == [each["loc"] for each in caught.value.errors()]
    assert [] == [each for each in caught.value.errors(include_input=False) if url in each["msg"]]


@pytest.mark.parametrize(
    "given",
    [{"mail_from": ""}, {"mail_from": "nobody"}, {"mail_reply_to": "a@b.id, c@d.id"}, {"kannel_password": ""}],
    ids=["no sender", "a name", "two", "no password"],
)
def test_a_way_to_tell_is_there_wholly_or_not_at_all(make_settings: Make, given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        make_settings(**given)


@pytest.mark.parametrize(
    ("given", "media"),
    [
        ({}, ["email", "sms"]),
        ({"smtp_url": ""}, ["sms"]),
        ({"kannel_send_url": ""}, ["email"]),
        ({"smtp_url": None, "kannel_send_url": None}, []),
    ],
    ids=["both", "sms", "mail", "none"],
)
def test_citizens_are_told_by_what_there_is(make_settings: Make, given: dict[str, Any], media: list[str]) -> None:
    assert media == list(make_settings(**given).media)
