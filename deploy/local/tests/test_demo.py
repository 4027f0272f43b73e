"""`lapor demo`: which story can be played in which region."""

import json
from pathlib import Path

import pytest

from lapor.commands.demo import promises_seconds


@pytest.mark.parametrize(("region", "quick"), [("soppeng", False), ("seconds", True)])
def test_only_a_region_with_deadlines_in_seconds_can_show_a_breach(region: str, quick: bool) -> None:
    assert promises_seconds(Path("region", region)) is quick


def test_a_region_may_have_several_promises_by_date(tmp_path: Path) -> None:
    pause = {"during": ["waiting_for_reporter"], "amount": 5, "unit": "days"}
    closing = {"starts": ["resolved"], "amount": 1, "unit": "days", "at_deadline": "lapsed"}
    policies = {
        name: {
            "valid_from": since,
            "stages": {
                "completion": {"starts": ["registered"], "amount": 1, "unit": unit, "pause": pause},
                "closing": closing,
            },
        }
        for name, unit, since in (("a", "seconds", "0001-01-01"), ("b", "days", "2030-01-01"))
    }
    (tmp_path / "sla.yaml").write_text(json.dumps({"default": ["a", "b"], "policies": policies}))
    assert not promises_seconds(tmp_path)
