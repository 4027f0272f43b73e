"""What the app of intake-social hands to its sender."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chassis.database import Pool
from intake.service import Context
from intake_social.app import parts
from intake_social.settings import SocialSettings
from testing import fixtures
from testing.notices import at_night, bounded_by
from testing.standins import mention

pytestmark = pytest.mark.connected
REGION = Path(__file__).parents[3] / "region" / "soppeng"


@pytest.mark.parametrize(
    ("quiet_hours", "expected"), [(False, {"sent": 6, "dropped": 2}), (True, {"sent": 1, "waits": 7})]
)
async def test_the_sender_keeps_the_bounds_of_a_day_and_the_quiet_hours(
    pool: Pool, make_settings: Callable[..., SocialSettings], base: str, quiet_hours: bool, expected: dict[str, int]
) -> None:
    settings = make_settings(x_api_url=f"{base}/x", quiet_hours=quiet_hours)
    threads = [f"x:{mention(base, f'@LaporSoppeng lampu padam ke-{n}')}" for n in range(8)]
    texts = at_night(fixtures.texts_of(REGION))
    async with parts(Context(pool=pool, settings=settings, texts=texts, wake=lambda: None)) as made:
        sender = next(task for task in made.tasks if task[0] == "sender")
        told = await bounded_by(pool, sender, "warga", threads)

    assert expected == told
