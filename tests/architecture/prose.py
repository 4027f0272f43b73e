"""Sentences of docstrings, comments and Markdown that a reader must read twice; run it with paths to list theirs.

The forms are those by which half of this project's prose once read as a translation: a relative clause without a person
in place of a subject ("Who is late is told"), "is none" in place of a noun, and words that no English text of the field
has ("anew", "for ever").
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: The files with English prose.
FILES = ("**/*.py", "**/*.md")
SKIPPED = re.compile(r"(^|/)(\.venv|node_modules|build|\.git)/|^docs/agencies/.*\.md$")

_HEADLESS = r"(?:who|whoever|whom|whose|what|whatever|whichever)\b"
#: By name: the form, which is looked for in each sentence without its code.
FORMS = {
    "begins with a clause in place of a subject": re.compile(
        rf"^(?:(?:of|to|for|from|by|with|beside|before|after|in|on|at|until|as|and|but|or) )?{_HEADLESS}(?!.*\?$)", re.I
    ),
    "begins with `of`": re.compile(r"^of\b(?! course)", re.I),
    "`none` in place of a noun": re.compile(
        r"\b(?:is|are|was|were|be|has|have|had|as|for) none\b|\bnone (?:is|are|was|may|can|has)\b"
    ),
    "a word that the field does not use": re.compile(
        r"\b(?:anew|for ever|no more(?! than)|so long as|as well the)\b", re.I
    ),
    "`who` or `what` after a preposition": re.compile(
        rf"\b(?:of|to|for|from|by|with|beside|than|as|like|in|on|at|between|only) {_HEADLESS}"
        r"(?! (?:extent|kind|else|time|order|way)\b)",
        re.I,
    ),
    "a preposition before `which`": re.compile(r"\b(?:of|by|to|from|until|after|beside) which\b", re.I),
    "`that there is`": re.compile(r"\bthat there (?:is|are|was|were)\b", re.I),
}
#: A function's docstring begins with a verb, or with "Whether" where it answers a question.
_NO_VERB = re.compile(
    r"^(?:a|an|the|all|each|every|everything|everybody|one|two|some|somebody|something|any|no|not|nothing|nobody|none|it|its|"
    r"this|that|these|those|they|their|we|our|you|your|he|she|his|her|how|where|when|why|if|as|so|such|in|on|at|by|from|to|"
    r"for|with|without|only|also|both|most|more|just|here|there|now|then|once|until|while|after|before|beside|between)\b",
    re.I,
)
_CODE = re.compile(r"``[^`]*``|`[^`]*`|\"[^\"]*\"|“[^”]*”|\*\*|\[([^\]]*)\]\([^)]*\)")
_END = re.compile(r"(?<=[.!?:;])[)\"]*\s+(?=[A-Z`\"*\[(])")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence, and where its paragraph begins."""

    path: str
    line: int
    text: str
    kind: str = ""

    @property
    def forms(self) -> list[str]:
        """The names of the forms that it has."""
        plain = _CODE.sub(lambda found: found[1] or "N", self.text).strip(" -*>|#")
        forms = [name for name, form in FORMS.items() if form.search(plain)]
        if self.kind == "cell":  # headings and cells name things, and may do so by a clause
            return [name for name in forms if not name.startswith("begins")]
        if self.kind == "whether" and not plain.startswith("Whether") and _NO_VERB.search(plain):
            return [*forms, "a docstring that begins with neither a verb nor `Whether`"]
        if self.kind == "verb" and (_NO_VERB.search(plain) or plain.startswith("Whether")):
            return [*forms, "a docstring that begins with no verb"]
        return forms


def sentences(path: Path) -> Iterator[Sentence]:
    """Find the sentences of a file."""
    text = path.read_text()
    paragraphs = _of_python(text) if path.suffix == ".py" else _of_markdown(text)
    source = "/src/" in str(path)
    for line, paragraph, kind in paragraphs:
        for n, each in enumerate(_END.split(" ".join(paragraph.split()))):
            if len(each.split()) > 3:
                which = kind if kind == "cell" or (n == 0 and source) else ""
                yield Sentence(path=str(path.relative_to(ROOT)), line=line, text=each, kind=which)


def _kind(node: ast.AST) -> str:
    """Say how a docstring of ``node`` has to begin: with a "verb", with "whether", or as it likes."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ""
    if any("property" in ast.unparse(each) for each in node.decorator_list):
        return ""
    return "whether" if node.returns and ast.unparse(node.returns) == "bool" else "verb"


def _of_python(text: str) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                parts = re.split(r"\n\s*\n|\n\s*(?=(?:Raises|\w+Error|\w+):\s)", first.value.value)
                yield from ((first.lineno, part, "" if n else _kind(node)) for n, part in enumerate(parts))
    before, begin, lines = -2, 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or re.match(r"#!|# (?:type|noqa|fmt|pragma)", token.string):
            continue
        row, alone = token.start[0], not token.line[: token.start[1]].strip()
        if lines and not (alone and row == before + 1):
            yield begin, " ".join(lines), ""
            lines = []
        begin = begin if lines else row
        lines.append(re.sub(r"\s*(?:# )?(?:noqa|type:).*$", "", token.string.lstrip("#: ")))
        before = row if alone else -2
    if lines:
        yield begin, " ".join(lines), ""


def _of_markdown(text: str) -> Iterator[tuple[int, str, str]]:
    begin, lines, fenced = 0, list[str](), False
    for row, line in enumerate([*text.splitlines(), ""], 1):
        fenced ^= line.lstrip().startswith("```")
        cells = line.strip().startswith("|")
        ends = fenced or not line.strip() or cells or re.match(r"\s*(?:[-*>#]|\d+\.) ?|```", line)
        if ends and lines:
            yield begin, " ".join(lines), ""
            lines = []
        if fenced or not line.strip() or line.lstrip().startswith("```"):
            continue
        if cells or line.startswith("#"):
            yield from ((row, cell, "cell") for cell in re.split(r"(?<!\\)\|", line.lstrip("# ")))
            continue
        begin = begin if lines else row
        lines.append(re.sub(r"^\s*(?:[-*>#]+|\d+\.)\s+", "", line))


def files(*wanted: str) -> Iterator[Path]:
    """Find all files with prose, or those below the paths ``wanted``."""
    for pattern in FILES:
        for path in sorted(ROOT.glob(pattern)):
            name = str(path.relative_to(ROOT))
            if not SKIPPED.search(name) and (
                not wanted or any(name == w or name.startswith(f"{w.rstrip('/')}/") for w in wanted)
            ):
                yield path


if __name__ == "__main__":
    found = [each for path in files(*sys.argv[1:]) for each in sentences(path)]
    odd = [each for each in found if each.forms]
    for each in odd:
        print(f"{each.path}:{each.line}: {each.text}\n    {'; '.join(each.forms)}")
    print(f"{len(odd)} of {len(found)} sentences: {100 * len(odd) / max(1, len(found)):.1f} %")
