"""The routes of the conversations' complaints, by the region's model and words and by the router's rules.

`test_conversations.py` takes the routes from the files, so that it needs no model; here they are worked out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from led import REGION, conversations
from msgspec import UNSET
from test_conversations import NOT_YET as NOT_LED

from classifier.classify import Knowledge, classify, load_knowledge
from classifier.handlers import on_message
from contracts.events import ComplaintClassified, ComplaintFollowedUp, FollowUp
from contracts.vocabulary import Lane, Status, Urgency
from intake.noting import noted, noted_in
from intake.reading.reader import NOTHING
from intake.submissions import Submission
from intake.texts import Texts
from intake_sms.domain import read
from router.adapters.region import read_rules
from router.case import Case
from router.follow_ups import on_followed_up
from router.registration import on_classified, on_received
from router.rules import DANGER, PERHAPS_ACCUSING, Rules, in_force
from testing.events import NOW, a_received
from testing.fakes import message
from testing.model import model_of

KEYWORDS = ("soppeng", "lapor")
#: Conversations that may accuse somebody, by the weights of their words.
_ACCUSING = (
    "Nilai lima",
    "Baru separuh",
    "Dua selesai sekaligus",
    "Sekalian pak",
    "Cara melapor",
    "Nomor HP di kiriman",
    "Orang lain dengan laporannya sendiri",
    "Berhenti lalu laporan baru",
    "Yang lampu saja",
    "Data penerima bantuan bukan data sendiri",
)
#: Conversations whose words leave the model unsure.
_UNSURE = (
    "Nilai sebelum selesai",
    "Baru padahal belum ada apa-apa",
    "Orang lain menilai",
    "Jangan sms saya lagi",
    "Bus tidak stop",
)
#: Conversations that go to triage first; this list may only get shorter.
NOT_YET = dict.fromkeys((*_ACCUSING, *_UNSURE), "DISKOMINFO")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(model_of(REGION), REGION)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return in_force(read_rules(REGION), datetime.now(UTC))


def taken(step: dict[str, Any], channel: str) -> str:
    """Return the complaint in the first message of ``step``, as its channel takes it from words and marks."""
    text = step["citizen"] if isinstance(step["citizen"], str) else step["citizen"][0]
    return text if channel == "web" else read(text, KEYWORDS).text or text


def routed(rules: Rules, knowledge: Knowledge, texts: Texts, text: str, **facts: Any) -> Case:
    return decided(rules, knowledge, texts, text, **facts)[0]


def decided(rules: Rules, knowledge: Knowledge, texts: Texts, text: str, **facts: Any) -> tuple[Case, list[Any]]:
    sent = Submission(channel="sms", gateway="1708", external_id="1", text=text)
    heard = noted(sent, texts.reader.read(text), texts.reader)
    received = a_received(text=text, place=UNSET, danger=list(heard.danger), faint=heard.faint, **facts)
    (out,) = on_message(partial(classify, knowledge), "v", message(received))
    assert isinstance(out.data, ComplaintClassified)
    case, _ = on_received(rules, Case(ticket=received.ticket), received)
    after, told = on_classified(rules, case, out.data)
    return after, [*told]


def with_answer(rules: Rules, texts: Texts, case: Case, text: str) -> Case:
    item = noted_in(FollowUp(id="a1", kind="addition", at=NOW, text=text), NOTHING, texts.reader)
    data = ComplaintFollowedUp(complaint_id="c", ticket=case.ticket, items=[item])
    return on_followed_up(rules, {}, case, data)[0][case.ticket]


def goes_to(rules: Rules, case: Case) -> str | None:
    """Return the unit that has it, or the outside target that it was handed over to."""
    if case.status != Status.HANDED_OVER:
        return case.unit
    return next(code for code, target in rules.targets.items() if target.name == case.target)


def routes(rules: Rules, knowledge: Knowledge, texts: Texts, asked: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return for each of its complaints the wanted route and the actual one."""
    found, last = [], None
    for step in asked["steps"]:
        wanted = step.get("target") or step.get("sorted") or (step.get("unit") if "citizen" in step else None)
        if "citizen" in step and step["becomes"] in ("new", "danger"):
            text = taken(step, asked["channel"])
            asks = texts.reader.talk.lacks_place(text)
            last = routed(rules, knowledge, texts, text, place_asked=asks)
        elif wanted and last and step["becomes"] == "answer":
            last = with_answer(rules, texts, last, step["citizen"])
        if wanted and last:
            found.append((wanted, goes_to(rules, last)))
            assert "sorted" not in step or last.lane == Lane.TRIAGE
    return found


NAMES = [
    name
    for name, asked in conversations().items()
    if any("citizen" in step and {"unit", "target", "sorted"} & step.keys() for step in asked["steps"])
]


@pytest.mark.parametrize("name", NAMES)
def test_a_complaint_goes_where_the_conversation_says(
    rules: Rules, knowledge: Knowledge, texts: Texts, name: str
) -> None:
    found = routes(rules, knowledge, texts, conversations()[name])

    missed = {goes for wanted, goes in found if goes != wanted}
    assert missed == ({NOT_YET[name]} if name in NOT_YET else set()), found


def test_long_words_of_despair_reach_the_desk_as_danger_and_not_as_doubt_about_conduct(
    rules: Rules, knowledge: Knowledge, texts: Texts
) -> None:
    text = (
        "Selamat malam admin, saya tidak tahu harus bicara dengan siapa. Petugas bank datang menagih setiap hari, "
        "usaha saya tutup, dan setiap malam saya berpikir lebih baik saya tidak ada di dunia ini, supaya anak saya "
        "tidak malu."
    )
    case, told = decided(rules, knowledge, texts, text)

    assert case.classified
    assert (Lane.TRIAGE, Urgency.DARURAT) == (case.lane, case.classified.urgency)
    assert [] != [each for each in told if DANGER in (getattr(each, "reason", None) or "")]
    assert [] == [each for each in told if PERHAPS_ACCUSING in (getattr(each, "reason", None) or "")]


def test_complaints_not_yet_routed_well_exist_and_are_few() -> None:
    assert set() == set(NOT_YET) - set(NAMES)
    assert len(NOT_YET) <= 15


def test_all_that_is_not_well_yet_only_gets_less() -> None:
    """How it is led and where it goes, together: a commit that mends one lowers the ceiling."""
    assert len({*NOT_YET, *NOT_LED}) <= 19
