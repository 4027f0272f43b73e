"""No program spells out a word of the vocabulary, and none decides by a sentence written for people."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from contracts import vocabulary
from contracts.vocabulary import ComplaintType, Urgency
from unit_desk.notices import Kind
from unit_desk.people import Role

SOURCES = (
    *("contracts/src", "chassis/src", "intake/src", "look/src", "kabupaten/src", "services/*/src"),
    *("deploy/local/src", "deploy/monitoring/src", "testing/src"),
)
SETS = [
    each
    for each in vars(vocabulary).values()
    if isinstance(each, type) and issubclass(each, StrEnum) and each is not StrEnum
]
WORDS = {word.value for words in SETS for word in words}
#: Nobody types these by chance. All others are also English words, and count only where a program decides by them.
UNMISTAKABLE = {word for word in WORDS if "_" in word or "-" in word} | {*ComplaintType, *Urgency}
#: Fields that hold a word of the vocabulary, on the wire or on the way to it.
FIELDS = {"kind", "status", "why", "stage", "lane", "role", "note", "action", "type", "urgency", "right"}
Parents = dict[ast.AST, ast.AST]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        for folder in root.glob(source):
            yield from sorted(folder.glob("**/*.py"))


def parameters(trees: Mapping[Path, ast.Module]) -> dict[str, list[str]]:
    """Return the positional parameters of each function of ours by its name; empty if several of that name differ."""
    found: dict[str, list[str]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                names = [each.arg for each in node.args.args if each.arg != "self"]
                found[node.name] = names if found.get(node.name, names) == names else []
    return found


def typed(tree: ast.Module, functions: Mapping[str, list[str]]) -> Iterator[ast.Constant]:
    """Yield the constants in ``tree`` that are used as words of the vocabulary."""
    parents: Parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node.value not in WORDS:
            continue
        if not _in_a_literal(node, parents) and (node.value in UNMISTAKABLE or _decides(node, parents, functions)):
            yield node


def _in_a_literal(node: ast.AST, parents: Parents) -> bool:
    """Whether it stands in ``Literal[…]``: a set of its own, where mypy checks each comparison."""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.Subscript) and _name(node.value) == "Literal":
            return True
    return False


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _decides(node: ast.Constant, parents: Parents, functions: Mapping[str, list[str]]) -> bool:
    held = parents[node]
    if isinstance(held, ast.Tuple | ast.List | ast.Set) and len(held.elts) > 1 and _of_one_set(held.elts):
        return True
    if isinstance(held, ast.Dict) and node in held.keys and len(held.keys) > 1 and _of_one_set(held.keys):
        return True
    outer: ast.AST = node
    while isinstance(parents[outer], ast.Tuple | ast.List | ast.Set | ast.BoolOp | ast.IfExp):
        outer = parents[outer]
    match parents[outer]:
        case ast.Compare() | ast.MatchValue() | ast.Return() | ast.Yield():
            return True
        case ast.keyword(arg=name):
            return name in FIELDS
        case ast.AnnAssign(target=target) | ast.Assign(targets=[target]):
            return _name(target) in FIELDS
        case ast.arguments() as given:
            names = [each.arg for each in given.args[len(given.args) - len(given.defaults) :]]
            defaults = [
                *zip(names, given.defaults, strict=True),
                *zip([a.arg for a in given.kwonlyargs], given.kw_defaults, strict=True),
            ]
            return any(default is outer and name in FIELDS for name, default in defaults)
        case ast.Call(func=func, args=arguments) if outer in arguments:
            names = functions.get(_name(func), [])
            return dict(zip(map(id, arguments), names, strict=False)).get(id(outer)) in FIELDS
        case ast.Subscript(value=value):
            return _name(value) in {"stages", "statuses"}
    return False


def _of_one_set(nodes: list[ast.expr] | list[ast.expr | None]) -> bool:
    values = {node.value if isinstance(node, ast.Constant) else None for node in nodes}
    return any(values <= set(words) for words in SETS)


#: Words that may be spelled out, by the end of the file's path, with the reason.
EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    "contracts/topics.py": ({"unit"}, "a part of a topic's name"),
    "intake/reading/commands.py": (
        {"addition", "cancel", "rating", "reopen", "appeal", "erasure", "restriction", "confidential"},
        "what a message asks for: a Literal of its own, to which mypy holds all",
    ),
    "intake/reading/talk.py": (
        {"addition", "cancel", "rating", "reopen", "appeal", "erasure", "restriction", "confidential"},
        "the same Literal",
    ),
    "intake/own.py": ({"addition"}, "the same Literal"),
    "intake/projection.py": ({"deadline"}, "what a notice waits for: a Literal, to which mypy holds all"),
    "kabupaten/texts.py": ({"deadline", "apology", "correction"}, "keys of texts.yaml"),
    "intake_sms/handlers.py": (
        {"addition", "cancel", "confidential", "follow-up", "added"},
        "the same Literal; a part of what an id is derived from",
    ),
    "intake_sms/domain.py": ({"addition"}, "the same Literal"),
    "intake_social/domain.py": ({"addition", "confidential"}, "the same Literal"),
    "intake_social/handlers.py": (
        {"addition", "cancel", "rating", "reopen", "appeal", "erasure", "restriction", "confidential"},
        "the same Literal",
    ),
    "intake_social/acting.py": ({"follow-up"}, "a part of what an id is derived from"),
    "router/metrics.py": ({"danger"}, "a label of a figure: why a complaint waits"),
    "router/rules.py": ({"hand-over"}, "the lane of an assignment that no unit gets, never on the wire"),
    "kabupaten/place.py": ({"sedang"}, "a citizen's word: just now"),
    "kabupaten/sla.py": ({"lapsed"}, "at_deadline of sla.yaml: a Literal, to which mypy holds all"),
    "sla_monitor/stage_clock.py": ({"lapsed"}, "at_deadline of sla.yaml: a Literal, to which mypy holds all"),
    "unit_desk/acts.py": ({"unit", "support"}, "fields of a reply"),
    "unit_desk/adapters/complaints.py": ({"triage"}, "a list of the desk"),
    "demo/hops.py": ({"received"}, "a hop of the demo"),
    "demo/player.py": ({"replied"}, "a part of a topic's name"),
}


def found_in(sources: Mapping[Path, str]) -> list[tuple[Path, int, str]]:
    """Return each spelled-out word with its place, except those of ``vocabulary.py`` itself."""
    trees = {path: ast.parse(text) for path, text in sources.items() if path.name != "vocabulary.py"}
    functions = parameters(trees)
    return [(path, node.lineno, str(node.value)) for path, tree in trees.items() for node in typed(tree, functions)]


def _excepted(path: Path) -> set[str]:
    return next((words for end, (words, _) in EXCEPTIONS.items() if path.as_posix().endswith(f"/{end}")), set())


def test_no_program_types_a_word_of_the_vocabulary(root: Path) -> None:
    found = found_in({path: path.read_text() for path in modules(root)})

    told = [f"{path.relative_to(root)}:{line} {word}" for path, line, word in found if word not in _excepted(path)]
    assert told == [], "use its name in contracts.vocabulary"


def test_every_exception_is_still_needed(root: Path) -> None:
    used = {(path, word) for path, _, word in found_in({path: path.read_text() for path in modules(root)})}

    for end, (words, why) in EXCEPTIONS.items():
        assert words == {word for path, word in used if path.as_posix().endswith(f"/{end}")}, why


@pytest.mark.parametrize(
    "line",
    [
        'late = case.status == "closed"',
        'late = case.status in ("closed", other)',
        'late = not ("routed" == kind)',
        'FINAL = frozenset({"closed", "rejected"})',
        'SAYS = {"closed": "ditutup", "rejected": "ditolak"}',
        'ASKED = "waiting_for_reporter"',
        'def f(): return "tinggi"',
        'def f(): return "closed" if late else "routed"',
        'def f(lane="unit"): ...',
        'def f(*, lane="unit"): ...',
        'class Case: status: str = "closed"',
        'told = UnitRouted(why="rated")',
        'told = UnitRouted(why=reason or "rated")',
        'def tell(case, why): ...\ntell(case, "rated")',
        'stage = policy.stages["closing"]',
        'match kind:\n    case "closed" | "merged": ...',
        'match data:\n    case Updated(kind="closed"): ...',
    ],
)
def test_a_typed_word_is_found(line: str) -> None:
    assert found_in({Path("a.py"): line})


@pytest.mark.parametrize(
    "line",
    [
        'log.info("started", extra={"unit": unit})',
        'shown = {"unit": unit, "stage": stage}',
        'rating = given["rating"]',
        'GAUGE = Gauge("lapor_x", "About.", ["unit", "topic"])',
        'def f(kind: Literal["rating", "status"]): ...',
        "late = case.status == Status.CLOSED",
        'say = {"receipt": "Laporan diterima", "last": "merged"}',
    ],
)
def test_english_key_label_or_sentence_is_passed_over(line: str) -> None:
    assert [] == found_in({Path("a.py"): line})


_WORD = r"""["'][^"']*["']"""
_COMPARED = re.compile(rf"\b(?:{'|'.join(sorted(FIELDS))})\s*(?:==|!=|not in|in)\s*({_WORD}|\((?:\s*{_WORD}\s*,?)+\))")
#: Words of fields of the same name that only one service has.
OF_THE_DESK = {*Kind, *Role} | {"alarm", "gathered", "morning", "webhook.test"}


def compared(template: str) -> list[str]:
    """The words with which a template compares a field that holds words of the vocabulary."""
    tags = " ".join(re.findall(r"\{[%{].*?[%}]\}", template, re.DOTALL))
    return [word.strip("\"'") for found in _COMPARED.findall(tags) for word in re.findall(_WORD, found)]


def test_templates_compare_with_words_of_the_vocabulary(root: Path) -> None:
    """A word that is renamed there would be compared in vain here, and no type checker reads templates."""
    found = {path: compared(path.read_text()) for path in root.glob("services/*/src/*/templates/**/*.html")}
    known = WORDS | OF_THE_DESK

    assert sum(map(len, found.values())) > 20
    assert [] == [(path.name, word) for path, words in found.items() for word in words if word not in known]


def test_a_comparison_in_a_template_is_found() -> None:
    assert ["closed", "a", "b"] == compared("""{% if it.status == "closed" %}{{ 1 if step.kind in ("a", 'b') }}""")


PROSE = {"reason", "message"}
_READS = {"startswith", "endswith", "partition", "rpartition", "split", "removeprefix", "removesuffix", "find", "index"}
_MATCHES = {"match", "search", "fullmatch", "findall", "finditer"}
#: Places where a sentence, or a variable named like one, may be read.
READERS_OF_PROSE = {
    "intake/smtp.py": "what a mail server says begins with a code (RFC 3463)",
    "intake_social/adapters/x.py": "X has no code for a duplicate: only its title says so",
}


def _is_prose(node: ast.AST) -> bool:
    match node:
        case ast.BoolOp(values=values):
            return any(map(_is_prose, values))
        case ast.Call(func=func):
            return _name(func).strip("_") in PROSE or (isinstance(func, ast.Attribute) and _is_prose(func.value))
    return _name(node) in PROSE


def reads_prose(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that decide something by the content of a sentence."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                told = any(isinstance(op, ast.In | ast.NotIn | ast.Eq | ast.NotEq) for op in ops)
                found = told and any(map(_is_prose, [left, *others]))
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[_, *_] as given):
                found = (attr in _READS and _is_prose(value)) or (attr in _MATCHES and any(map(_is_prose, given)))
            case ast.Match(subject=subject):
                found = _is_prose(subject)
            case _:
                found = False
        if found:
            yield node.lineno  # type: ignore[attr-defined]


def test_no_program_reads_a_sentence(root: Path) -> None:
    found = {path: list(reads_prose(ast.parse(path.read_text()))) for path in modules(root)}
    told = {path.as_posix(): lines for path, lines in found.items() if lines}

    left = {
        path: lines for path, lines in told.items() if not any(path.endswith(f"/{end}") for end in READERS_OF_PROSE)
    }
    assert left == {}, "decide by a code that stands beside the sentence"
    for end, why in READERS_OF_PROSE.items():
        assert [path for path in told if path.endswith(f"/{end}")], why


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('late = told.reason.startswith("menunggu")', True),
        ('late = "terlambat" in (told.reason or "")', True),
        ('late = re.search("terlambat", told.reason)', True),
        ('late = LATE.search(told.message or "")', True),
        ('late = told.reply.reason == "terlambat"', True),
        ('match told.reason:\n    case "terlambat": ...', True),
        ("offset = message.partition()", False),
        ('say = f"{unit}: {told.reason}"', False),
        ("late = told.reason is None", False),
        ("late = told.code == code", False),
    ],
)
def test_code_that_decides_by_a_sentence_is_found(line: str, found: bool) -> None:
    assert found == bool(list(reads_prose(ast.parse(line))))
