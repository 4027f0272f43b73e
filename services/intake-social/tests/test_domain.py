"""What a post wants from us, and how an answer fits."""

from __future__ import annotations

import pytest

from intake.notices import Notice
from intake_social.domain import calls_us, posts, read, weight, with_page

T = "SPG-M000-0000C"


@pytest.mark.parametrize(
    ("text", "kind", "ticket", "rest"),
    [
        ("@LaporSoppeng jalan rusak", "complaint", "", "jalan rusak"),
        ("@LaporSoppeng @bupati #LAPOR jalan rusak #Soppeng #LAPOR", "complaint", "", "jalan rusak"),
        ("@LaporSoppeng lampu mati di #Cabenge", "complaint", "", "lampu mati di Cabenge"),
        (
            "@LaporSoppeng #JalanRusak di depan #SDN12Lalabata #darurat #LAPOR",
            "complaint",
            "",
            "Jalan Rusak di depan SDN12 Lalabata darurat",
        ),
        ("#BanjirLalabata #Tolong @LaporSoppeng", "complaint", "", "Banjir Lalabata Tolong @LaporSoppeng"),
        ("#LAPOR @LaporSoppeng lampu mati di pasar", "complaint", "", "lampu mati di pasar"),
        ("jalan rusak @LaporSoppeng di Cabenge", "complaint", "", "jalan rusak @LaporSoppeng di Cabenge"),
        ("tolong cek #1 dan #2 ya", "complaint", "", "tolong cek #1 dan #2 ya"),
        ("@LaporSoppeng Soppeng banjir", "complaint", "", "Soppeng banjir"),
        ("@LaporSoppeng", "complaint", "", ""),
        ("@LaporSoppeng #LAPOR", "complaint", "", ""),
        ("", "complaint", "", ""),
        ("@LaporSoppeng status", "bad_ticket", "", ""),
        (f"@LaporSoppeng STATUS {T}", "status", T, ""),
        (f"@LaporSoppeng {T}", "status", T, ""),
        ("@LaporSoppeng spg m000 oooo c?", "complaint", "", "spg m000 oooo c?"),
        ("@LaporSoppeng spg m000 ooooc?", "status", T, ""),
        (f"@LaporSoppeng bagaimana status {T} sekarang?", "status", T, ""),
        (f"@LaporSoppeng {T} masih berlubang", "addition", T, "masih berlubang"),
        (f"@LaporSoppeng {T} statusnya masih berlubang", "addition", T, "statusnya masih berlubang"),
        ("@LaporSoppeng SPG-M000-0000D salah tulis", "bad_ticket", "", ""),
        ("@LaporSoppeng dua\nbaris", "complaint", "", "dua\nbaris"),
        (f"@LaporSoppeng SOPPENG NILAI {T} 4 bagus #LAPOR", "rating", T, "bagus"),
        (f"@LaporSoppeng nilai {T} 9", "bad_rating", T, ""),
        (f"@LaporSoppeng buka {T} masih berlubang", "reopen", T, "masih berlubang"),
        (f"@LaporSoppeng BATAL {T}", "cancel", T, ""),
        (f"@LaporSoppeng hapus data {T}", "erasure", T, ""),
        (f"@LaporSoppeng batasi data {T}", "restriction", T, ""),
        ("@LaporSoppeng bantuan", "help", "", "bantuan"),
        ("@LaporSoppeng Terima kasih, min! #LAPOR", "thanks", "", "Terima kasih, min!"),
        ("@LaporSoppeng terima kasih tapi masih rusak", "complaint", "", "terima kasih tapi masih rusak"),
    ],
)
def test_a_post_is_a_complaint_a_command_or_an_addition(text: str, kind: str, ticket: str, rest: str) -> None:
    wish = read(text)
    assert (kind, ticket, rest) == (wish.kind, wish.ticket, wish.text)


RAHASIA, ANONIM = (True, False), (False, True)


@pytest.mark.parametrize(
    ("text", "rest", "marks"),
    [
        ("@LaporSoppeng RAHASIA ada pungli", "ada pungli", RAHASIA),
        ("@LaporSoppeng Anonim: ada pungli", "ada pungli", ANONIM),
        ("@LaporSoppeng LAPOR SOPPENG rahasia anonim ada pungli", "ada pungli", (True, True)),
        ("@LaporSoppeng #LAPOR #Rahasia ada pungli", "ada pungli", RAHASIA),
        ("@LaporSoppeng ada pungli #rahasia di #Cabenge #anonim", "ada pungli di Cabenge", (True, True)),
        ("@LaporSoppeng RAHASIA ada pungli #ANONIM", "ada pungli", (True, True)),
        ("@LaporSoppeng ada pungli #rahasia #LAPOR", "ada pungli", RAHASIA),
        ("@LaporSoppeng rahasia umum ada pungli", "rahasia umum ada pungli", (False, False)),
        ("@LaporSoppeng ada #RahasiaUmum di pasar", "ada Rahasia Umum di pasar", (False, False)),
        ("@LaporSoppeng akun anonim menyebar fitnah", "akun anonim menyebar fitnah", (False, False)),
        ("@LaporSoppeng lihat https://contoh.id/#rahasia", "lihat https://contoh.id/rahasia", (False, False)),
        ("@LaporSoppeng pungli#rahasia", "punglirahasia", (False, False)),
        ("@LaporSoppeng #anonim", "", ANONIM),
    ],
)
def test_a_post_is_marked_by_its_first_words_or_by_hashtags(text: str, rest: str, marks: tuple[bool, bool]) -> None:
    wish = read(text)
    assert ("complaint", rest, marks) == (wish.kind, wish.text, (wish.rahasia, wish.anonim))


def test_in_a_conversation_the_first_word_may_be_the_answer() -> None:
    wish = read("@LaporSoppeng rahasia pak", known=T)
    assert ("complaint", "rahasia pak", False) == (wish.kind, wish.text, wish.rahasia)


def test_in_a_conversation_a_yes_may_be_the_answer() -> None:
    assert "complaint" == read("@LaporSoppeng iya pak", known=T).kind


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
def test_what_is_too_long_for_a_post_goes_on_in_the_next(text: str) -> None:
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


def test_what_is_far_too_long_is_cut() -> None:
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


@pytest.mark.parametrize(
    "text",
    [
        "#LAPOR lampu padam", "mohon dicek #laporsoppeng", "LAPOR! Soppeng lampu padam", "lapor min, lampu padam",
        "SOPPENG lampu padam", f"status {T}", "STATUS", "ada pungli #rahasia",
    ],
)  # fmt: skip
def test_a_comment_that_is_meant_for_us_says_so(text: str) -> None:
    assert calls_us(text)


@pytest.mark.parametrize("text", ["mantap pak bupati", "lampu di rumah saya padam", "dilaporkan saja", "#soppengkeren"])
def test_a_comment_that_is_not_is_left_alone(text: str) -> None:
    assert not calls_us(text)
