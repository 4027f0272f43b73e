"""No test waits for anything without a limit: one that hung would hold up all tests behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Awaitables that another task, process or server may never complete.
ENDLESS = ("communicate", "getone", "read", "readexactly", "readline", "readuntil", "wait", "wait_closed")
#: Functions that run a program to its end.
PROGRAMS = ("subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.run")
#: The helpers that set a limit, and benchmarks, which somebody watches.
PASSED_OVER = ("testing/src/testing/waiting.py", "testing/src/testing/bench/", "tests/benchmarks/")


def sources() -> list[Path]:
    """Return all files of tests and of the code shared by tests."""
    found = (path for pattern in ("tests/**/*.py", "testing/src/**/*.py") for path in ROOT.rglob(pattern))
    ours = {path for path in found if ".venv" not in path.parts}
    return sorted(path for path in ours if not str(path.relative_to(ROOT)).startswith(PASSED_OVER))


def unbounded(tree: ast.AST, *, is_bounded: bool = False) -> Iterator[ast.Await]:
    """Yield each await of something endless below ``tree`` outside an ``asyncio.timeout``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from unbounded(node)
        elif isinstance(node, ast.With | ast.AsyncWith):
            limits = any("timeout(" in ast.unparse(each.context_expr) for each in node.items)
            yield from unbounded(node, is_bounded=is_bounded or limits)
        else:
            if isinstance(node, ast.Await) and not is_bounded and _is_endless(node.value):
                yield node
            yield from unbounded(node, is_bounded=is_bounded)


def _is_endless(awaited: ast.expr) -> bool:
    if not isinstance(awaited, ast.Call) or not isinstance(awaited.func, ast.Attribute):
        return False
    name = ast.unparse(awaited.func)
    if name == "asyncio.wait":
        return _lacks_a_timeout(awaited)
    return name == "asyncio.gather" or awaited.func.attr in ENDLESS


def _lacks_a_timeout(call: ast.Call) -> bool:
    return not any(keyword.arg in ("timeout", None) for keyword in call.keywords)


def test_nothing_endless_is_awaited_without_a_limit() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{each.lineno}: {ast.unparse(each)}: use testing.waiting.within or finish"
        for path in sources()
        for each in unbounded(ast.parse(path.read_text()))
    ]

    assert [] == found


def test_no_program_is_run_without_a_limit() -> None:
    calls = (
        (path, node)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PROGRAMS
    )
    found = [f"{path.relative_to(ROOT)}:{call.lineno}" for path, call in calls if _lacks_a_timeout(call)]

    assert [] == found


def test_unbounded_wait_is_found_and_a_bounded_one_passes() -> None:
    tree = ast.parse(
        """
async def test():
    await event.wait()
    await asyncio.gather(one, two)
    async with asyncio.timeout(5):
        await event.wait()
    await within(event.wait())
    await asyncio.wait([task], timeout=5)
    await read(of_ours)
"""
    )

    assert [3, 4] == [each.lineno for each in unbounded(tree)]
