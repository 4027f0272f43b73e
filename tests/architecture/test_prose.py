"""English prose is understood at first sight: subjects first, and no forms that must be read twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from prose import Sentence, files, sentences

from testing.suite.sentence_lines import files as markdown
from testing.suite.sentence_lines import one_a_line

#: Of a part's sentences, at most this share has one of the forms; some have no better wording.
MOST = 0.02


def test_hardly_any_sentence_must_be_read_twice() -> None:
    written, odd = Counter[str](), dict[str, list[str]]()
    for path in files():
        for each in sentences(path):
            part = "/".join(each.path.split("/")[: 2 if each.path.startswith(("services/", "deploy/")) else 1])
            written[part] += 1
            if each.forms:
                odd.setdefault(part, []).append(f"{each.path}:{each.line}: {each.text} ({'; '.join(each.forms)})")

    assert sum(written.values()) > 15_000
    assert {} == {part: found for part, found in odd.items() if len(found) > max(1, MOST * written[part])}


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        ("Who is late is told so.", "", 1),
        ("A unit that is late is told so.", "", 0),
        ("What happens when Kafka is away?", "", 0),
        ("What a unit gave back", "cell", 0),
        ("Of messages that come twice one is kept.", "", 1),
        ("Raise ValueError if the text is none.", "", 1),
        ("Return None if the text is no address.", "", 0),
        ("The stories are read anew, for ever.", "", 1),
        ("The door gives it to who knocks.", "", 1),
        ("The key by which it is found.", "", 1),
        ("Nobody knows that there is one.", "", 1),
        ("Code in ``what is none`` is no prose.", "", 0),
        ("The complaint of this reporter.", "verb", 1),
        ("Return the complaint of this reporter.", "verb", 0),
        ("Whether it is late.", "verb", 1),
        ("Whether it is late.", "whether", 0),
    ],
)
def test_each_form_is_found_where_it_is_odd(text: str, kind: str, count: int) -> None:
    assert count == len(Sentence(path="a.py", line=1, text=text, kind=kind).forms)


def test_markdown_has_one_sentence_a_line(root: Path) -> None:
    assert [] == [str(path) for path in markdown(root) if one_a_line(path.read_text()) != path.read_text()], "make fmt"


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("One. Two,\nthree. `Four` five.\n", "One.\nTwo, three.\n`Four` five.\n"),
        ("- One. Two\n  three.\n- Four.\n", "- One.\n  Two three.\n- Four.\n"),
        ("1. One. Two.\n", "1. One.\n   Two.\n"),
        (
            "Names such as e.g. Soppeng. It is [one. Two](a.md).\n",
            "Names such as e.g. Soppeng.\nIt is [one. Two](a.md).\n",
        ),
        ("`a. B` stays. Yes.\n", "`a. B` stays.\nYes.\n"),
        ("| a. B | c |\n", "| a. B | c |\n"),
        ("```\na. B\nc. D\n```\n", "```\na. B\nc. D\n```\n"),
        ("# One. Two\n\nThree.\n", "# One. Two\n\nThree.\n"),
    ],
)
def test_sentences_are_split_and_tables_and_code_stay(text: str, split: str) -> None:
    assert split == one_a_line(text)
    assert split == one_a_line(split)
