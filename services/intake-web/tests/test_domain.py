"""The input that citizens may send, and the corrections that they are asked for."""

from __future__ import annotations

from uuid import UUID

import pytest

from contracts import ticket, vocabulary
from intake import submissions
from intake_web import domain
from intake_web.domain import Invalid, Said, number_in, read_addition, read_complaint, read_key, read_secret, say

NUMBER = ticket.parse("spg-w0ab-12cds")


@pytest.mark.parametrize(
    "typed",
    [
        *("SPG-W0AB-12CDS", "SPG-W0AB-12CDS.", "w0ab12cds", "W0AB 12CDS", " spg w0ab 12cds ", "SPGW0AB12CDS"),
        *("nomor saya SPG-W0AB-12CDS, terima kasih", "https://lapor.example/laporan/SPG-W0AB-12CDS?baru=1"),
        "SPG-WOAB-I2CDS",
    ],
)
def test_a_number_is_read_however_it_is_typed_or_pasted(typed: str) -> None:
    assert NUMBER is not None
    assert NUMBER == number_in(typed)


@pytest.mark.parametrize("typed", ["", "SPG", "SPG-W0AB-12CD9", "SPG-XXXX-XXXXC", "SPG-W0AB-12CDSX", "jalan rusak"])
def test_invalid_ticket_number_is_not_recognised(typed: str) -> None:
    assert number_in(typed) is None


def problems_of(raw: dict[str, object]) -> dict[str, Said]:
    with pytest.raises(Invalid) as caught:
        read_complaint(raw)
    return caught.value.problems


def test_a_text_is_all_that_is_needed() -> None:
    draft = read_complaint({"text": "  Jalan berlubang\r\ndi Lalabata \x00 "})

    assert draft.text == "Jalan berlubang\ndi Lalabata"
    assert (draft.name, draft.phone, draft.anonim, draft.rahasia) == (None, None, False, False)


def test_everything_wrong_is_named_at_once() -> None:
    raw = {"text": 7, "phone": "dua", "email": "a@b", "place": "x" * 501, "anonim": "ya"}

    assert set(problems_of(raw)) == {"text", "phone", "email", "place", "anonim"}


@pytest.mark.parametrize("text", ["", "  \n", None], ids=["empty", "blank", "null"])
def test_a_complaint_without_text_is_told_what_to_write(text: str | None) -> None:
    assert problems_of({"text": text}) == {"text": say("empty")}


def test_text_may_have_at_most_ten_thousand_characters() -> None:
    assert len(read_complaint({"text": "x" * 10_000}).text) == 10_000
    assert problems_of({"text": "x" * 10_001}) == {"text": say("field_too_long", length="10.001", most="10.000")}


def test_the_limit_is_that_of_every_intake() -> None:
    assert domain.MAX_TEXT == submissions.MAX_TEXT


@pytest.mark.parametrize("phone", ["081234567890", "+62 812-3456-7890", "(0484) 21 234"])
def test_phone_numbers_are_taken_as_people_write_them(phone: str) -> None:
    assert read_complaint({"text": "x", "phone": phone}).phone == phone


@pytest.mark.parametrize(
    "raw",
    [
        {"kind": "addition", "text": " "},
        {"kind": "rating"},
        {"kind": "rating", "rating": 6},
        {"kind": "rating", "rating": True},
        {"kind": "rights_request", "text": "x"},
        {"kind": "appeal", "rating": 1},
        {"kind": "rights_request", "right": "access"},
        {"text": "x"},
    ],
    ids=str,
)
def test_an_addition_that_says_nothing_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_addition(raw)


def test_a_key_is_the_same_with_and_without_quotes() -> None:
    assert read_key('"8e03978e"') == read_key("8e03978e") == "8e03978e"


@pytest.mark.parametrize("key", [None, "", '""', "a b", "x" * 201])
def test_a_key_that_cannot_be_one_is_refused(key: str | None) -> None:
    with pytest.raises(Invalid):
        read_key(key)


@pytest.mark.parametrize(("length", "taken"), [(15, False), (16, True), (200, True), (201, False)])
def test_a_secret_is_neither_short_nor_endless(length: int, taken: bool) -> None:
    if taken:
        assert read_secret("s" * length) == "s" * length
    else:
        with pytest.raises(Invalid, match="Access-Secret"):
            read_secret("s" * length)


def test_an_empty_secret_is_not_no_secret() -> None:
    assert read_secret(None) is None
    with pytest.raises(Invalid):
        read_secret("")


def test_a_pass_opens_one_complaint_of_one_installation() -> None:
    ours, theirs = UUID(int=1), UUID(int=2)
    given = domain.pass_for(ours, "SPG-A")

    assert domain.is_pass(ours, "SPG-A", given)
    assert not domain.is_pass(ours, "SPG-B", given)
    assert not domain.is_pass(theirs, "SPG-A", given)
    assert not domain.is_pass(ours, "SPG-A", None)


def test_a_trace_tells_the_same_from_another_form_and_nothing_else() -> None:
    ours, theirs = UUID(int=1), UUID(int=2)
    draft, other = read_complaint({"text": "Lampu"}), read_complaint({"text": "Lampu", "name": "Andi"})
    trace = domain.trace_of(ours, "SPG-A", "key-1", draft)

    assert domain.sent_as(ours, trace, "key-2", draft) == "SPG-A"
    assert domain.sent_as(ours, trace, "key-1", draft) is None
    assert domain.sent_as(ours, trace, "key-2", other) is None
    assert domain.sent_as(theirs, trace, "key-2", draft) is None
    assert domain.sent_as(ours, trace.replace("SPG-A", "SPG-B"), "key-2", draft) is None
    assert [domain.sent_as(ours, bad, "key-2", draft) for bad in (None, "", "..", "é.é.é")] == [None] * 4
    assert "Lampu" not in trace


def test_a_sentence_loses_the_number_that_is_known() -> None:
    assert domain.sentence("SPG-A", "SPG-A: PUPR bertanya: di mana?") == "PUPR bertanya: di mana?"
    assert domain.sentence("SPG-A", "SPG-A diteruskan.") == "Diteruskan."
    assert domain.sentence("SPG-A", "SPG-A. Penilaian dicatat.") == "Penilaian dicatat."


def test_finished_statuses_are_the_final_ones_and_archived() -> None:
    assert set(domain.FINISHED) == {*vocabulary.FINAL, "archived"}


def test_reasons_of_a_mark_are_those_that_fit_it() -> None:
    raw = {"kind": "rating", "reasons": ["quickly_done", "took_too_long", "not_done"]}

    bad, good = (read_addition({**raw, "rating": mark}) for mark in (3, 4))

    assert (("not_done", "took_too_long"), ("quickly_done",)) == (bad.reasons, good.reasons)
    assert () == read_addition({**raw, "kind": "addition", "text": "x"}).reasons


@pytest.mark.parametrize("reasons", ["took_too_long", ["late"], [1]])
def test_invalid_rating_reasons_are_named(reasons: object) -> None:
    with pytest.raises(Invalid) as wrong:
        read_addition({"kind": "rating", "rating": 1, "reasons": reasons})

    assert {"reasons"} == wrong.value.problems.keys()
