"""The addresses of files change with the content, and scripts that import each other match."""

from __future__ import annotations

import re
from pathlib import Path

from look.files import address, gather


def test_a_website_has_its_own_files_and_those_of_all(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text("p {}")

    files = gather(tmp_path)

    assert {"own.css", "lapor.css", "ikon.svg"} <= files.keys()


def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text("p {}")
    before = address("own.css", gather(tmp_path))
    (tmp_path / "own.css").write_text("p { margin: 0 }")

    assert before != address("own.css", gather(tmp_path))


def test_a_script_imports_others_by_the_address_that_pages_name(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text('import { a } from "./two.js";')
    (tmp_path / "two.js").write_text("export const a = 1;")

    files = gather(tmp_path)
    imported = re.findall(r'"\./(.*)"', files["one.js"].decode())

    assert [address("two.js", files).rpartition("/")[2]] == imported
