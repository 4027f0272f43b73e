"""The same thing has the same id, whenever and wherever it happens again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import complaint_id, derived_id, sla_id

HERE = UUID("0b0f8f5e-2f0f-4d4b-8a0e-6b7a0e0c1708")
THERE = UUID("0b0f8f5e-2f0f-4d4b-8a0e-6b7a0e0c1709")
DEADLINE = datetime(2026, 3, 26, 16, tzinfo=UTC)


def test_ids_stay_what_they_were() -> None:
    """A change here would make a new complaint of every one that is delivered again after an update."""
    assert (
        complaint_id(HERE, channel="sms", gateway="kannel", external_id="m-20260316-00017")
        == "818a6b47-1318-554b-a127-c7bfca99ea1a"
    )


@given(st.text(), st.text(), st.integers(0, 9))
def test_a_derived_id_depends_on_nothing_but_its_cause(cause: str, event_type: str, n: int) -> None:
    assert derived_id(cause, event_type, n) == derived_id(cause, event_type, n)


def test_another_cause_type_or_number_is_another_id() -> None:
    ids = {derived_id(cause, kind, n) for cause in "ab" for kind in "xy" for n in range(3)}

    assert len(ids) == 12


def test_another_installation_has_other_complaints() -> None:
    one, other = (complaint_id(it, channel="sms", gateway="kannel", external_id="1") for it in (HERE, THERE))

    assert one != other


def test_the_parts_of_a_message_are_not_mixed_up() -> None:
    one = complaint_id(HERE, channel="sms", gateway="a", external_id="bc")
    other = complaint_id(HERE, channel="sms", gateway="ab", external_id="c")

    assert one != other


def test_a_deadline_announced_in_another_time_zone_is_the_same() -> None:
    wita = DEADLINE.astimezone(timezone(timedelta(hours=8)))

    ids = {sla_id("c", 0, round_=1, stage="completion", kind="breached", deadline_at=at) for at in (DEADLINE, wita)}

    assert len(ids) == 1


def test_another_round_stage_kind_or_deadline_is_another_announcement() -> None:
    ids = {
        sla_id("c", 0, round_=round_, stage=stage, kind=kind, deadline_at=DEADLINE + timedelta(seconds=later))
        for round_ in (1, 2)
        for stage in ("completion", "closing")
        for kind in ("warned", "breached")
        for later in (0, 1)
    }

    assert len(ids) == 16
