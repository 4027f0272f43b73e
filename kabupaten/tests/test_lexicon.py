"""The lexicon's files: each list becomes part of one matcher, and phrases that can never be found are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import RegionError
from kabupaten.lexicon import MessageType, Spam, phrases_of, read_lists
from kabupaten.phrases import tokenise
from kabupaten.source import Source


def source(tmp_path: Path, text: str) -> Source:
    path = tmp_path / "spam.yaml"
    path.write_text(text)
    return Source.parse(path)


def test_lexicon_file_gives_its_lists_by_name_without_the_groups(tmp_path: Path) -> None:
    lists = read_lists(Spam, source(tmp_path, "groups: {UANG: [uang, dana]}\noffers: [pinjaman UANG]\ncalls: [hub]"))
    given = dict(lists.lists())

    assert (("pinjaman UANG",), ("hub",), ()) == (given["offers"], given["calls"], given["sales"])
    assert "groups" not in given


def test_the_lists_of_several_files_are_searched_at_once() -> None:
    spam = Spam(groups={"UANG": ("uang", "dana")}, offers=("pinjaman UANG",))
    kinds = MessageType(asks=("apakah",), complains=("rusak",), wishes=("semoga",))

    found = phrases_of(spam, kinds).search(tokenise("apakah ada pinjaman dana"))

    assert (True, True, False) == tuple(name in found for name in ("offers", "asks", "complains"))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("calls: [hub]", None, "missing required field `offers`"),
        ("offers: []", 1, "offers"),
        ("offers: [pinjaman]\ncalls:\n- hub\n- UANG kita", 4, "'UANG kita' has UANG, which is no group"),
        ("offers: [pinjaman]\nshouts: [hei]", 2, "shouts"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_line(
    tmp_path: Path, text: str, line: int | None, says: str
) -> None:
    with pytest.raises(RegionError) as refused:
        read_lists(Spam, source(tmp_path, text))

    assert says in str(refused.value)
    assert line is None or f"line {line}: " in str(refused.value)
