from __future__ import annotations

from collections.abc import Callable

import pytest

from chassis.settings import read_settings
from intake_sms.settings import SmsSettings


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
        read_settings(SmsSettings)
    said = capsys.readouterr().err
    assert left.value.code == 78
    for name in ("SMS_MO_TOKEN", "KANNEL_SEND_URL", "SMS_LISTEN_PORT", "KANNEL_PASSWORD", "DATABASE_URL"):
        assert name in said
    assert "too-short" not in said
