"""Texts for citizens stand in texts.yaml: no module of ours has an Indonesian sentence, with the exceptions below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = (
    *("chassis/src", "intake/src", "look/src", "kabupaten/src"),
    *("services/intake-*/src", "services/router/src", "services/sla-monitor/src"),
)
#: Words that are frequent in Indonesian sentences and don't exist in English.
WORDS = {
    "anda", "kami", "laporan", "nomor", "pelapor", "petugas", "jawaban", "tenggat", "hari", "jam", "menit",
    "silakan", "tidak", "belum", "sudah", "bukan", "lagi", "akan", "dapat", "harus", "boleh", "ada", "adalah",
    "yang", "dengan", "untuk", "dari", "dalam", "pada", "oleh", "karena", "bila", "atau", "dan", "ini", "itu",
    "sampai", "sejak",
}  # fmt: skip
#: Exceptions by the beginning of the path, with the reason.
EXCEPTIONS = {
    "intake/src/intake/reading/commands.py": "by these words the messages of citizens are read",
    "kabupaten/src/kabupaten/hand_over_reason.py": "words of units that give no reason: read, and told to nobody",
    "kabupaten/src/kabupaten/sla.py": "units of time, as units, operators and citizens read them",
    "kabupaten/src/kabupaten/promises.py": "a unit of time, as the law writes it",
    "kabupaten/src/kabupaten/resolution_check.py": "what units read of a refused resolution",
    "services/router/src/": "sentences for units stand where it is decided what happens",
    "services/sla-monitor/src/": "sentences for units and operators stand where it is decided what counts",
}


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the Indonesian sentences, and parts of them, among the strings of a module, each with its line."""
    tree = ast.parse(text)
    passed = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                passed |= {id(line.value) for line in node.body if isinstance(line, ast.Expr)}
            case ast.JoinedStr(values=parts):
                said = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)  # type: ignore[misc]
                if is_indonesian(said):
                    yield node.lineno, said
            case ast.Constant(value=str(said)) if id(node) not in passed and is_indonesian(said):
                yield node.lineno, said


def is_indonesian(said: str) -> bool:
    """Whether it has several words, and one of them is one of ``WORDS``."""
    words = [word.strip(".,:;!?()\"'").lower() for word in said.split()]
    return len(words) > 1 and not WORDS.isdisjoint(words)


def found_in(root: Path) -> list[tuple[str, int, str]]:
    """Return each sentence in the sources, with its place."""
    paths = [path for source in SOURCES for folder in root.glob(source) for path in sorted(folder.rglob("*.py"))]
    return [(str(path.relative_to(root)), line, said) for path in paths for line, said in sentences(path.read_text())]


def test_no_module_has_a_sentence_for_citizens(root: Path) -> None:
    told = [f"{path}:{line} {said}" for path, line, said in found_in(root) if not path.startswith(tuple(EXCEPTIONS))]

    assert told == [], "write it into texts.yaml"


def test_every_exception_is_still_needed(root: Path) -> None:
    paths = {path for path, _, _ in found_in(root)}

    assert [] == [begin for begin in EXCEPTIONS if not any(path.startswith(begin) for path in paths)]


@pytest.mark.parametrize(
    "line",
    [
        'say = "Laporan tidak ditemukan"',
        'say = ("Kiriman Anda BELUM kami terima. " "Kirim lagi.")',
        'say = f"Terlalu banyak. {said} Silakan coba {again}."',
        'say = f"{minutes} menit lagi"',
        'SAYS = {404: ("Halaman", "Alamat ini tidak ada.")}',
        'def f():\n    """Say."""\n    return "Isi laporan masih kosong"',
    ],
)
def test_a_sentence_is_found(line: str) -> None:
    assert 1 == len(list(sentences(line)))


@pytest.mark.parametrize(
    "line",
    [
        '"""Says "Laporan tidak ditemukan"."""',
        'def f():\n    """Say "Laporan tidak ditemukan"."""',
        'class A:\n    """Says "Laporan tidak ditemukan"."""',
        "say = texts  # Laporan tidak ditemukan",
        '@get("/laporan/{number:str}/tambahan")\ndef f(): ...',
        'page = "laporan.html"',
        'problem = "no unit has kecamatan: {}"',
        'log.info("not_yours")',
    ],
)
def test_docstrings_comments_paths_and_english_texts_are_passed_over(line: str) -> None:
    assert [] == list(sentences(line))
