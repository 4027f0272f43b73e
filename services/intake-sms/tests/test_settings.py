from __future__ import annotations

from collections.abc import Callable

import pytest

from chassis.settings import read_settings
from intake_sms.settings import NEEDED, SmsSettings, settings_of


def test_keywords_are_tried_longest_first(make_settings: Callable[..., SmsSettings]) -> None:
    assert make_settings(sms_keywords="lapor, lapor  soppeng ,,SOPPENG").sms_keywords == (
        "LAPOR SOPPENG",
        "SOPPENG",
        "LAPOR",
    )


def test_every_setting_that_is_missing_or_wrong_is_named_and_no_value_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SMS_MO_TOKEN", "too-short")
    monkeypatch.setenv("KANNEL_SEND_URL", "not a url")
    with pytest.raises(SystemExit) as left:
        read_settings(settings_of())
    said = capsys.readouterr().err
    assert left.value.code == 78
    for name in ("SMS_MO_TOKEN", "KANNEL_SEND_URL", "SMS_LISTEN_PORT", "KANNEL_PASSWORD", "DATABASE_URL"):
        assert name in said
    assert "too-short" not in said


@pytest.mark.parametrize("dialect", NEEDED)
def test_each_dialect_names_all_that_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dialect: str
) -> None:
    monkeypatch.setenv("SMS_DIALECT", dialect)
    with pytest.raises(SystemExit):
        read_settings(settings_of())
    named = {line.strip().partition(":")[0] for line in capsys.readouterr().err.splitlines()}

    gateways = {name.upper() for needed in NEEDED.values() for name in needed}
    assert {name.upper() for name in NEEDED[dialect]} == named & gateways


def test_unknown_sms_dialect_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SMS_DIALECT", "smpp")
    with pytest.raises(SystemExit):
        read_settings(settings_of())

    assert "SMS_DIALECT: Input should be 'kannel', 'jasmin'" in capsys.readouterr().err


def test_kannels_address_is_said_to_be_empty_and_not_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is empty until there is a contract. If it could be omitted, SMS might be off without anybody noticing."""
    named = []
    for empty in (False, True):
        if empty:
            monkeypatch.setenv("KANNEL_SEND_URL", "")
        with pytest.raises(SystemExit):
            read_settings(settings_of())
        named.append("KANNEL_SEND_URL: " in capsys.readouterr().err)

    assert [True, False] == named
