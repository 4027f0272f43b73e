"""The data of a complaint's page: pure values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from contracts.vocabulary import Status
from intake.additions import Added
from intake.complaint_view import ComplaintView, Step
from intake.projection import ComplaintProjection
from intake.texts import Texts
from intake_web.page import asked, history, kept_whole, linked, mark_given, sms_to, stands, unbroken
from intake_web.store import Found, Written
from intake_web.tracking import tracking
from testing.events import an_updated

NUMBER, AT = "SPG-W0AB-12CDS", datetime(2026, 11, 24, 10, tzinfo=UTC)


def view(status: str, *steps: Step, **facts: object) -> ComplaintView:
    return ComplaintView(ticket=NUMBER, status=status, steps=list(steps), **{"unit": "PUPR", **facts})  # type: ignore[arg-type]


def wrote(*items: Added) -> Written:
    return Written(text="Jalan rusak", added=items)


def test_every_status_has_a_look_and_a_sentence(texts: Texts) -> None:
    for status in set(Status) - {Status.UNMERGED}:
        shown = stands(view(status, parent="SPG-W000-00004", target="PLN"), texts)
        assert shown["look"]
        assert shown["icon"]
        assert shown["what"].endswith(".")
        assert "{" not in shown["what"]


def test_done_waiting_refused_and_ended_otherwise_look_apart(texts: Texts) -> None:
    ends = ["resolved", "in_progress", "waiting_for_reporter", "rejected", "cancelled", "handed_over"]
    looks = [stands(view(status), texts) for status in ends]

    assert len(ends) == len({each["icon"] for each in looks}) == len({each["look"] for each in looks})


@pytest.mark.parametrize(
    ("status", "unit", "stage"),
    [
        ("received", None, 1),
        ("routed", "PUPR", 2),
        ("routed", "DISKOMINFO", 1),  # a unit that only looks for the right one does not count
        ("acknowledged", "PUPR", 2),
        ("waiting_for_reporter", "PUPR", 3),
        ("closed", "PUPR", 4),
        ("rejected", "PUPR", None),
        ("merged", "PUPR", None),
    ],
)
def test_how_far_it_is(texts: Texts, status: str, unit: str | None, stage: int | None) -> None:
    assert stage == stands(view(status, unit=unit), texts)["stage"]


def test_the_question_stands_until_it_is_answered_here(texts: Texts) -> None:
    question = Step(seq=4, kind="waiting_for_reporter", at=AT, unit="PUPR", text="PU bertanya: mana?", message="Mana?")
    bound = Step(seq=5, kind="paused", at=AT, text="Jawablah paling lambat Kamis 3 Des.")
    story = view("waiting_for_reporter", question, bound)
    before, after = (Added(id="1", kind="addition", at=AT + timedelta(hours=h), text="Sini") for h in (-1, 1))

    asks = asked(story, wrote(before), texts)
    answered = asked(story, wrote(before, after), texts)

    assert asks is not None
    assert answered is not None
    assert ("Mana?", "Jawablah paling lambat Kamis 3 Des.", False) == (asks["text"], asks["until"], asks["answered"])
    assert answered["answered"]
    assert asked(view("in_progress", question), wrote(), texts) is None


def test_the_mark_is_that_of_the_last_round() -> None:
    done = [Step(seq=n, kind="resolved", at=AT + timedelta(hours=n)) for n in (1, 5)]
    marks = [Added(id=str(n), kind="rating", at=AT + timedelta(hours=n), rating=n) for n in (2, 4)]

    assert 4 == mark_given(view("resolved", done[0]), wrote(*marks))
    assert mark_given(view("resolved", *done), wrote(*marks)) is None
    assert mark_given(view("resolved", *done), None) is None


def test_numbers_addresses_and_sites_of_an_office_are_links() -> None:
    parts = linked("telepon 123 atau (0484) 21-345, surel pln@pln.co.id, www.lapor.go.id atau aplikasi PLN Mobile")

    assert ["tel:123", "tel:048421345", "mailto:pln@pln.co.id", "https://www.lapor.go.id"] == [
        part.href for part in parts if part.href
    ]
    assert "telepon 123 atau (0484) 21-345, surel pln@pln.co.id, www.lapor.go.id atau aplikasi PLN Mobile" == "".join(
        part.text for part in parts
    )


def test_an_sms_begins_with_what_the_gateway_looks_for() -> None:
    assert "sms:1708?body=SOPPENG%20" == sms_to("1708", "SOPPENG ")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Selasa 1 Des, 3 hari kerja", "Selasa 1\u00a0Des, 3\u00a0hari\u00a0kerja"),
        ("72 jam", "72\u00a0jam"),
        ("besok", "besok"),
    ],
)
def test_a_number_stays_with_what_it_counts(text: str, kept: str) -> None:
    assert kept == kept_whole(text)


def test_a_number_is_in_one_piece_and_what_is_no_number_stays_text() -> None:
    assert 'sama &lt;b&gt; <span class="ticket">SPG-W000-00004</span>.' == unbroken("sama <b> SPG-W000-00004.")


@pytest.mark.parametrize("to_reporter", [True, False])
@pytest.mark.parametrize(
    ("kind", "message", "how"),
    [("resolved", "Lubang ditambal.", "judge_how"), ("waiting_for_reporter", "Sisi mana?", "answer_how")],
)
def test_a_history_asks_nobody_to_do_something(
    texts: Texts, kind: str, message: str, how: str, to_reporter: bool
) -> None:
    start, origin = datetime(2026, 11, 24, tzinfo=UTC), "intake-web"
    update = an_updated(1, kind, ticket=NUMBER, origin=origin, status=kind, message=message)
    projection = ComplaintProjection(service=origin, texts=texts, notify=True)
    story, effects = projection.on_step(view("in_progress", received_at=start), update, AT)

    (told,) = history(story, texts, to_reporter=to_reporter)
    (also,) = tracking(Found(story=story, received_at=AT), texts, to_reporter=to_reporter)["history"]
    (step,), (notice,) = story.steps, effects.notices

    assert (True, True) == (texts.web[how] in step.text, texts.news[how] in notice.text)
    for text in (told["told"].text, also["text"], texts.told_to_all(notice.text, NUMBER)):
        assert message in text
        assert "di halaman" not in text


@pytest.mark.parametrize(
    ("kind", "facts", "says"),
    [
        ("in_progress", {"code": "answer_passed_on"}, "Sedang ditangani Dinas PUPR."),
        ("in_progress", {"message": "Tim di lokasi."}, "Sedang ditangani Dinas PUPR. Tim di lokasi."),
        ("closed", {"code": "rated_closed"}, "Ditutup."),
        ("cancelled", {}, "Dibatalkan oleh pelapornya."),
        ("appealed", {}, "Pelapor mengajukan keberatan. Dinas PUPR memeriksanya."),
    ],
)
def test_history_for_strangers_does_not_address_the_reporter(
    texts: Texts, kind: str, facts: dict[str, str], says: str
) -> None:
    update = an_updated(1, kind, ticket=NUMBER, origin="intake-web", status=kind, unit="PUPR", **facts)
    projection = ComplaintProjection(service="intake-web", texts=texts, notify=True)
    story, _ = projection.on_step(view("in_progress", received_at=AT), update, AT)

    (read,) = history(story, texts, to_reporter=False)

    assert says == read["told"].text.replace(texts.unit("PUPR"), "Dinas PUPR")
    assert "Anda" not in read["told"].text


def test_answer_of_an_outside_office_is_shown_as_the_answer(texts: Texts) -> None:
    helped = Step(seq=1, kind="noted", at=AT, unit="DLH", text="DLH membantu", message="Kami bantu.")
    away = Step(seq=2, kind="handed_over", at=AT, unit="PUPR", text="dilimpahkan ke PLN", message="Tiang milik PLN.")
    answered = Step(seq=3, kind="noted", at=AT, text="jawaban PLN", message="Tiang dipindah hari Kamis.")
    handed = [view("handed_over", *steps, target="PLN") for steps in ([helped, away], [helped, away, answered])]

    before, after = (tracking(Found(story=each, received_at=AT), texts, to_reporter=True)["said"] for each in handed)

    assert before is None
    assert ("PLN", "Tiang dipindah hari Kamis.", True) == (after["unit_name"], after["text"], after["final"])


async def test_invalid_number_puts_the_focus_in_its_field(web: httpx.AsyncClient) -> None:
    at_first, wrong = [(await web.get(path)).text for path in ("/lacak", "/lacak?nomor=SPG-W0AB")]

    assert (False, True) == ("autofocus" in at_first, 'required autofocus aria-invalid="true"' in wrong)
