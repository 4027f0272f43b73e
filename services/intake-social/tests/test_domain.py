"""Reading the wish in a post."""

from __future__ import annotations

import pytest

from intake_social.domain import calls_us, read

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
