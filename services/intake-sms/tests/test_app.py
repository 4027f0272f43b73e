"""The URL at which a gateway is asked to report, if it is, and with which its report is recognised.

Without a gateway nothing is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chassis.database import Pool
from intake.service import Context
from intake_sms.app import parts, report_url
from intake_sms.settings import SmsSettings
from testing import fixtures
from testing.notices import at_night, bounded_by
from testing.standins import serving, settings_for_tests

REGION = Path(__file__).parents[3] / "region" / "soppeng"

DOOR = "http://127.0.0.1:17082/sms"


@pytest.mark.parametrize(
    ("dialect", "given", "expected"),
    [
        ("kannel", "", ""),
        ("kannel", f"{DOOR}/kannel/dlr", f"{DOOR}/kannel/dlr?token=a-token-of-the-test&"),
        ("jasmin", f"{DOOR}/jasmin/dlr", f"{DOOR}/jasmin/dlr?token=a-token-of-the-test&"),
        ("twilio", f"{DOOR}/twilio/dlr", f"{DOOR}/twilio/dlr?"),
        ("vonage", f"{DOOR}/vonage/dlr", f"{DOOR}/vonage/dlr?"),
    ],
)
def test_the_address_of_reports_has_the_token_where_nothing_is_signed(
    make_settings: Callable[..., SmsSettings], dialect: str, given: str, expected: str
) -> None:
    assert expected == report_url(make_settings(sms_dialect=dialect, sms_report_url=given))


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/cgi-bin/sendsms"])
async def test_without_a_gateway_the_door_is_open_nothing_is_sent_and_the_log_says_so(
    make_settings: Callable[..., SmsSettings], caplog: pytest.LogCaptureFixture, url: str
) -> None:
    none: Any = None  # the database is not used before the tasks run
    context = Context(
        pool=none, settings=make_settings(kannel_send_url=url), texts=fixtures.texts_of(REGION), wake=lambda: None
    )
    with caplog.at_level(logging.WARNING):
        async with parts(context) as made:
            tasks = {name for name, _ in made.tasks}

    assert ({"http", "parts"} if not url else {"http", "parts", "sender"}) == tasks
    assert ("sms_is_off" in caplog.messages) is not bool(url)


@pytest.mark.connected
@pytest.mark.parametrize(
    ("quiet_hours", "expected"), [(False, {"sent": 6, "dropped": 2}), (True, {"sent": 1, "waits": 7})]
)
async def test_the_sender_keeps_the_bounds_of_a_day_and_the_quiet_hours(
    pool: Pool, make_settings: Callable[..., SmsSettings], tmp_path: Path, quiet_hours: bool, expected: dict[str, int]
) -> None:
    standin = settings_for_tests(tmp_path / "state")
    with serving(standin) as url:
        settings = make_settings(
            kannel_send_url=f"{url}/cgi-bin/sendsms", kannel_password=standin.kannel_password, quiet_hours=quiet_hours
        )
        texts = at_night(fixtures.texts_of(REGION))
        async with parts(Context(pool=pool, settings=settings, texts=texts, wake=lambda: None)) as made:
            sender = next(task for task in made.tasks if task[0] == "sender")
            told = await bounded_by(pool, sender, "+6281234567890", [f"sms:{n}" for n in range(8)])

    assert expected == told
