"""Documents name what is there: links lead somewhere, and tables of files are whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([\w-]+))?\)")
MODULE = re.compile(r"`((?:\w+/)*\w+\.py)`")
PATH = re.compile(r"`((?:\w[\w.-]*/)+[\w.-]*)`")


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def _rows(page: Path, first: str) -> str:
    """Give the rows of the tables whose head begins with the column ``first``."""
    tables = re.findall(r"(?:^\|.*\n?)+", page.read_text(), re.MULTILINE)
    return "".join(table for table in tables if table.startswith(f"| {first} |"))


def test_every_link_leads_to_a_file_and_to_a_heading(root: Path) -> None:
    pages = [page for place in ("*.md", "[!.]*/**/*.md") for page in root.glob(place)]
    dead = []
    for page in pages:
        for target, anchor in LINK.findall(page.read_text()):
            to = page.parent / target if target else page
            if not to.exists() or (anchor and anchor not in _anchors(to)):
                dead.append(f"{page.relative_to(root)}: {target}#{anchor}")

    assert len(pages) > 20
    assert [] == dead


@pytest.mark.parametrize("part", ["contracts", "chassis", "intake", "kabupaten", "testing"])
def test_the_table_of_a_part_names_every_module_or_its_folder(part: str, root: Path) -> None:
    named = "".join(re.findall(r"^\|(.*?)\|", _rows(root / part / "README.md", "file"), re.MULTILINE))
    source = root / part / "src" / part
    modules = {str(path.relative_to(source)) for path in source.rglob("*.py")} - {"__init__.py"}
    in_folders = {name for name in modules if f"`{name.split('/')[0]}/`" in named}

    assert modules - in_folders == set(MODULE.findall(named))


def test_a_service_says_of_no_module_that_is_gone(root: Path) -> None:
    there = [str(path) for place in ("kabupaten/src/**/*.py", "services/*/src/**/*.py") for path in root.glob(place)]
    named = {
        (readme.parent.name, name)
        for readme in root.glob("services/*/README.md")
        for name in MODULE.findall(_rows(readme, "change"))
    }

    assert len(named) > 20
    assert set() == {it for it in named if not any(path.endswith(f"/{it[1]}") for path in there)}


def test_what_one_wants_to_change_is_where_it_is_said_to_be(root: Path) -> None:
    paths = PATH.findall(_rows(root / "CONTRIBUTING.md", "I want to change"))

    assert len(paths) > 30
    assert [] == [path for path in paths if not (root / path).exists()]
