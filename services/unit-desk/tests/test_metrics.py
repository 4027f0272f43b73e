"""The metrics of the desk."""

from __future__ import annotations

import pytest
from desk_office import PAGE, LogIn, Tell, hidden
from prometheus_client import REGISTRY

from chassis.database import Pool
from contracts.events import ReplyAnswer
from unit_desk import dispatch, metrics
from unit_desk.adapters import arrivals
from unit_desk.rules import Rules

pytestmark = pytest.mark.connected


def _seen(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_delay_until_a_unit_is_told_is_measured(tell: Tell) -> None:
    before = _seen("lapor_desk_told_seconds_count")

    await tell(complaint_id="m1")

    assert before + 1 == _seen("lapor_desk_told_seconds_count")


async def test_replies_are_counted_as_sent_and_by_their_answer_once(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1)
    web = await log_in()
    before = {result: _seen("lapor_desk_replies_total", result=result) for result in ("sent", "accepted", "refused")}

    form = hidden(await web.get(f"{PAGE}/terima"))
    for _ in range(2):
        await web.post(f"{PAGE}/terima", data={**form, "words": "", "step": "kirim"})
    answer = ReplyAnswer(event_id=str(await pool.fetchval("SELECT id FROM replies")), accepted=True)
    for _ in range(2):
        await tell(seq=1, why="replied", reply=answer)

    after = {result: _seen("lapor_desk_replies_total", result=result) - was for result, was in before.items()}
    assert {"sent": 1, "accepted": 1, "refused": 0} == after


async def test_number_of_untold_citizens_is_a_metric(pool: Pool, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    async def missing(_db: object) -> int:
        return 7

    monkeypatch.setattr(arrivals, "how_many_missing", missing)
    async with pool.acquire() as db:
        await dispatch.show(db, dispatch.Office(rules=rules, media=()))

    assert 7 == _seen("lapor_desk_citizens_untold")
    metrics.nothing()
    assert 0 == _seen("lapor_desk_citizens_untold")
