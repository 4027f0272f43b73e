"""A notice fits into posts that a network takes, and no two posts are the same."""

from __future__ import annotations

import pytest

from intake.notices import Notice
from intake.posts import posts, weight, with_page

T = "SPG-M000-0000C"
EMPTY = "Isi laporan masih kosong."
SAY = {"nth_step": "Kabar ke-{n}.", "nth_answer": "Jawaban no. {n}."}


def notice(text: str, name: str, ticket: str = T) -> Notice:
    kind, _, key = name.partition("-")
    return Notice(id=1, ticket=ticket, kind=kind, key=key, address="1", thread=None, text=text, attempts=0)


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        (f"{T} diterima.", "receipt-", f"{T} diterima."),
        (f"{T} diteruskan.", "step-1", f"{T} diteruskan. Kabar ke-1."),
        (f"{T} dibuka kembali.", "step-6", f"{T} dibuka kembali. Kabar ke-6."),
        (f"{T}: kapan?", "step-9", f"{T}: kapan? Kabar ke-9."),
        (f"{T}: ditutup", "answer-2125287186050842624", f"{T}: ditutup Jawaban no. 2624."),
        ("x" * 280, "receipt-", "x" * 280),
        (f"{T}: maaf", "apology-3", f"{T}: maaf"),
        ("x" * 268, "step-1", "x" * 268 + " Kabar ke-1."),
        ("https://contoh.id/" + "x" * 300, "receipt-", "https://contoh.id/" + "x" * 300),
    ],
)
def test_an_answer_fits_and_is_never_the_same_twice(text: str, name: str, says: str) -> None:
    assert [says] == posts(notice(text, name), SAY)
    assert weight(says) <= 280


@pytest.mark.parametrize(
    "text", [f"{T}: dinas bertanya: " + "kata " * 60 + "sampai Kamis", "kata 💥 " * 100, "x" * 700]
)
def test_text_too_long_for_a_post_continues_in_the_next(text: str) -> None:
    found = posts(notice(text, "step-3"), SAY)
    ends = [f" Kabar ke-3. ({n}/{len(found)})" for n in range(1, len(found) + 1)]
    assert [True] * len(found) == [each.endswith(end) for each, end in zip(found, ends, strict=True)]
    assert max(map(weight, found)) <= 280
    said = "".join(each.removesuffix(end).removesuffix("...") for each, end in zip(found, ends, strict=True))
    said = said[:1] + said[1:].replace(f"{T}: ", "")
    assert text.replace(" ", "") == said.replace(" ", "")


def test_two_citizens_who_are_told_the_same_at_length_get_different_posts() -> None:
    one, two = (posts(notice(f"{ticket}: " + "kata " * 90, "step-3", ticket), SAY) for ticket in (T, "SPG-M000-00001"))
    assert 2 == len(one)
    assert set() == {*one} & {*two}
    assert max(map(weight, [*one, *two])) <= 280


def test_text_far_too_long_for_posts_is_cut() -> None:
    *_, last = found = posts(notice("kata " * 900, "step-3"), SAY)
    assert (4, True) == (len(found), last.endswith("... Kabar ke-3. (4/4)"))


def test_two_questions_with_one_answer_get_two_different_posts() -> None:
    assert posts(notice(EMPTY, "answer-100001"), SAY) != posts(notice(EMPTY, "answer-100002"), SAY)


def test_a_receipt_links_to_its_page_where_there_is_room() -> None:
    say, page = {**SAY, "page": "Lihat {where}"}, "https://lapor.contoh.go.id"
    receipt = notice(f"{T} kami terima.", "receipt-")
    assert [f"{T} kami terima. Lihat {page}/laporan/{T}"] == posts(with_page(receipt, say, page), say)
    full = notice("x" * 260, "receipt-")
    for other, address in ((full, page), (receipt, ""), (notice("a", "step-1"), page)):
        assert other == with_page(other, say, address)


def test_the_page_has_room_for_long_answers() -> None:
    assert ["x" * 1000 + " Kabar ke-3."] == posts(notice("x" * 1000, "step-3"), SAY, "facebook")


def test_where_the_same_may_be_said_twice_no_number_stands_behind_it() -> None:
    step = Notice(id=1, ticket="T", kind="step", key="3", address="", thread="", text="selesai", attempts=0)

    assert ["selesai"] == posts(step, {"nth_step": "Kabar ke-{n}."}, "whatsapp")
