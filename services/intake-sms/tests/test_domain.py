from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import ticket
from intake_sms.domain import Wish, read, read_complaint
from intake_sms.settings import KEYWORDS

WORDS = tuple(sorted(KEYWORDS, key=lambda word: -len(word)))


def checked(body: str) -> str:
    """Return the ticket with this body, with the check character that fits."""
    return next(t for c in ticket.ALPHABET if (t := ticket.parse(f"SPG-{body}{c}")))


T, WEB, LETTERS = checked("S0AB-12CD"), checked("W7K4-Q2M9"), checked("SABC-DEFG")
SPACED = T.replace("-", " ")
WRONG = T[:-1] + next(c for c in "7HJ" if c != T[-1])

COMPLAINTS = {
    "SOPPENG jalan rusak di Lalabata": "jalan rusak di Lalabata",
    "soppeng jalan rusak": "jalan rusak",
    "  Soppeng   jalan rusak": "jalan rusak",
    "SOPPENG#lapor jalan rusak": "jalan rusak",
    "SOPPENG*jalan rusak": "jalan rusak",
    "SOPPENG: jalan rusak": "jalan rusak",
    "SOPPENG, - jalan rusak": "jalan rusak",
    "SOPPENG\njalan rusak": "jalan rusak",
    "SOPPENG banjir": "banjir",
    "SOPPENGbanjir": "banjir",
    "SOPENG banjir": "banjir",
    "SOPPENGG banjir": "banjir",
    "SOPPNEG banjir": "banjir",
    "S0PPENG banjir": "banjir",
    "SOPPENG (spasi) lampu mati": "lampu mati",
    "SOPPENG spasi lampu mati": "lampu mati",
    "SPG lampu mati": "lampu mati",
    "SPG pipa bocor di Cabenge": "pipa bocor di Cabenge",
    "SPG 2023 jalan ini sudah rusak": "2023 jalan ini sudah rusak",
    "SPG-RT02 banjir": "RT02 banjir",
    "SPG - satu lampu mati": "satu lampu mati",
    "LAPOR banjir": "banjir",
    "LAPOR! banjir": "banjir",
    "lapor 1708! banjir": "banjir",
    "LAPOR SOPPENG banjir": "banjir",
    "LAPOR SOPENG banjir": "banjir",
    "laporan saya tidak pernah dijawab": "laporan saya tidak pernah dijawab",
    "Lapar pak, bansos belum turun": "Lapar pak, bansos belum turun",
    "air PDAM mati": "air PDAM mati",
    "lampujalanmatisejakkemarin": "lampujalanmatisejakkemarin",
    "ᨒᨒᨅᨈ ᨔᨚᨄᨙ ᨍᨒ": "ᨒᨒᨅᨈ ᨔᨚᨄᨙ ᨍᨒ",
    "SOPPENG ᨍᨒ 🚧": "ᨍᨒ 🚧",
    "SOPPENG a+b & c % d": "a+b & c % d",
    "STATUS jalan di kampung kami masih rusak": "STATUS jalan di kampung kami masih rusak",
    "Batal panen karena irigasi kering": "Batal panen karena irigasi kering",
    "SOPPENG buka portal di jalan desa": "buka portal di jalan desa",
    "SOPPENG hapus coretan": "hapus coretan",
    "terima kasih tapi jalannya masih rusak": "terima kasih tapi jalannya masih rusak",
}
OTHERS = {
    "SOPPENG": Wish("help"),
    "soppeng #": Wish("help"),
    "SOPPENG#lapor": Wish("help"),
    "SPG": Wish("help"),
    "info": Wish("help"),
    "SOPPENG bantuan": Wish("help"),
    "": Wish("hint"),
    "halo": Wish("hint", "halo"),
    "halo pak": Wish("hint", "halo pak"),
    "08123": Wish("hint", "08123"),
    "terima kasih": Wish("thanks", "terima kasih"),
    "Ok, makasih banyak pak": Wish("thanks", "Ok, makasih banyak pak"),
    f"SOPPENG STATUS {T}": Wish("status", "", T),
    f"status {T}": Wish("status", "", T),
    f"Cek {WEB.lower()}": Wish("status", "", WEB),
    f"SOPPENG#STATUS#{T}": Wish("status", "", T),
    f"STATUS {SPACED}": Wish("status", "", T),
    f"status laporan saya {T} dong": Wish("status", "", T),
    T: Wish("status", "", T),
    f"SOPPENG {T}": Wish("status", "", T),
    "STATUS": Wish("bad_ticket"),
    "STATUS SPG-123": Wish("bad_ticket"),
    f"STATUS {WRONG}": Wish("bad_ticket"),
    f"{WRONG} lampunya masih mati": Wish("bad_ticket"),
    f"{T[:-1]} lampunya masih mati": Wish("bad_ticket"),
    f"{T}X": Wish("bad_ticket"),
    T[:8]: Wish("bad_ticket"),
    "BATAL": Wish("bad_ticket"),
    f"BATAL {T}": Wish("cancel", "", T),
    f"SOPPENG BATALKAN {T} sudah beres": Wish("cancel", "sudah beres", T),
    f"SOPPENG NILAI {T} 5 bagus": Wish("rating", "bagus", T),
    f"soppeng nilai {SPACED} 7": Wish("bad_rating", "", T),
    f"SOPPENG BUKA {T} belum beres": Wish("reopen", "belum beres", T),
    f"SOPPENG HAPUS DATA {T}": Wish("erasure", "", T),
    f"SOPPENG BATASI DATA {T}": Wish("restriction", "", T),
    "SOPPENG NILAI 5": Wish("bad_ticket"),
    f"{T} lampunya masih mati": Wish("addition", "lampunya masih mati", T),
    f"{T}: lampunya masih mati": Wish("addition", "lampunya masih mati", T),
    f"{SPACED} lampunya masih mati": Wish("addition", "lampunya masih mati", T),
    f"{LETTERS} lampunya masih mati": Wish("addition", "lampunya masih mati", LETTERS),
    f"SOPPENG soal {T} lampunya masih mati": Wish("addition", "soal lampunya masih mati", T),
    f"soal {T.replace('-', '')}, masih mati": Wish("addition", "soal masih mati", T),
}


RAHASIA, ANONIM = {"rahasia": True}, {"anonim": True}
BOTH = {**RAHASIA, **ANONIM}
MARKED = {
    "SOPPENG RAHASIA ada pungli": ("ada pungli", RAHASIA),
    "soppeng#rahasia#ada pungli": ("ada pungli", RAHASIA),
    "LAPOR SOPPENG rahasia: ada pungli": ("ada pungli", RAHASIA),
    "SOPENG ANONIM ada pungli": ("ada pungli", ANONIM),
    "SPG anonim rahasia pungli": ("pungli", BOTH),
    "SOPPENG RAHASIA ANONIM ada pungli": ("ada pungli", BOTH),
    "RAHASIA kades minta uang bansos": ("kades minta uang bansos", RAHASIA),
    "anonim, rahasia: kades minta uang": ("kades minta uang", BOTH),
    "ANONIM\nkades minta uang": ("kades minta uang", ANONIM),
    "RAHASIA pungli sekolah": ("pungli sekolah", RAHASIA),
}
#: The same words elsewhere are no marks.
UNMARKED = {
    "SOPPENG rahasia umum kalau pasar kotor": "rahasia umum kalau pasar kotor",
    "rahasia umum kalau pasar kotor": "rahasia umum kalau pasar kotor",
    "SOPPENG surat anonim beredar": "surat anonim beredar",
    "SOPPENG tolong rahasia, ada pungli": "tolong rahasia, ada pungli",
    "jalan rusak RAHASIA ANONIM": "jalan rusak RAHASIA ANONIM",
    "SOPPENG rahasiakan nama saya, ada pungli": "rahasiakan nama saya, ada pungli",
}


@pytest.mark.parametrize(("text", "means"), MARKED.items())
def test_a_complaint_is_marked_by_its_first_words_or_those_behind_the_keyword(
    text: str, means: tuple[str, dict[str, bool]]
) -> None:
    complaint, marks = means
    assert Wish("complaint", complaint, **marks) == read(text, WORDS)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "complaint"), UNMARKED.items())
def test_a_word_that_is_no_mark_stays_in_the_complaint(text: str, complaint: str) -> None:
    assert Wish("complaint", complaint) == read(text, WORDS)


@pytest.mark.parametrize("text", ["SOPPENG RAHASIA", "soppeng anonim.", "SPG rahasia dan anonim", "SOPPENG RAHASIA !"])
def test_a_mark_alone_asks_for_the_text(text: str) -> None:
    assert Wish("help") == read(text, WORDS)


@pytest.mark.parametrize("text", ["RAHASIA", "anonim", "rahasia dan anonim", "rahasia pungli", "rahasia pak"])
def test_mark_with_too_little_text_is_asked_about_and_may_be_an_answer(text: str) -> None:
    assert (Wish("hint", text), True) == ((wish := read(text, WORDS)), wish.bare)


def test_a_marked_complaint_answers_no_question_but_a_few_words_may() -> None:
    assert [False, True] == [read(text, WORDS).bare for text in ("RAHASIA kades minta uang", "rahasia lah pak")]


@pytest.mark.parametrize(
    ("text", "secret"), [(f"RAHASIA {T} lampunya masih mati", True), (f"SOPPENG ANONIM {T} lampunya masih mati", False)]
)
def test_rahasia_before_an_addition_makes_the_complaint_confidential(text: str, secret: bool) -> None:
    assert Wish("addition", "lampunya masih mati", T, rahasia=secret) == read(text, WORDS)


@pytest.mark.parametrize("text", [f"RAHASIA {T}", f"rahasiakan laporan saya {T}", f"SOPPENG RAHASIA {T} ya pak"])
def test_a_mark_with_nothing_but_a_ticket_behind_it_is_a_wish(text: str) -> None:
    assert Wish("confidential", "", T) == read(text, WORDS)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("SOPPENG RAHASIA ada pungli", Wish("complaint", "ada pungli", rahasia=True)),
        ("ANONIM pungli", Wish("complaint", "pungli", anonim=True)),
        ("RAHASIA", Wish("complaint", "RAHASIA")),
        ("STATUS", Wish("complaint", "STATUS")),
        ("SOPPENG ada pungli", Wish("complaint", "SOPPENG ada pungli")),
    ],
)
def test_sender_who_cannot_be_answered_may_mark_a_complaint(text: str, wish: Wish) -> None:
    assert wish == read_complaint(text, WORDS)


@pytest.mark.parametrize(("text", "complaint"), COMPLAINTS.items())
def test_a_complaint_keeps_its_words_and_loses_its_keyword(text: str, complaint: str) -> None:
    assert Wish("complaint", complaint) == read(text, WORDS)


@pytest.mark.parametrize(("text", "wish"), OTHERS.items())
def test_messages_other_than_complaints_are_understood(text: str, wish: Wish) -> None:
    assert wish == read(text, WORDS)


@pytest.mark.parametrize("text", ["Rumah nomor 12", "12", "ya", "air PDAM mati", "STATUS jalan di kampung masih rusak"])
def test_text_without_keyword_ticket_or_command_may_be_an_answer(text: str) -> None:
    assert read(text, WORDS).bare


@pytest.mark.parametrize("text", ["", "?!", "info", "SOPPENG rumah nomor 12", f"STATUS {T}", f"{T} nomor 12", "BATAL"])
def test_empty_texts_and_requests_are_not_taken_for_answers(text: str) -> None:
    assert not read(text, WORDS).bare


@given(st.text())
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    wish = read(text, WORDS)
    assert wish.kind != "complaint" or wish.text.strip()


@given(st.text(st.characters(categories=["Ll"]), min_size=1, max_size=40))
def test_text_after_the_keyword_is_never_a_hint_or_thanks(text: str) -> None:
    assert read(f"SOPPENG {text}", WORDS).kind not in ("hint", "thanks")
