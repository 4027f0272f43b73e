"""Print the folders whose tests a change may break: ``python -m testing.suite.changed [--all]``, for `make check`.

The change is what differs from main (on main itself: from its last commit). A folder of tests is printed if it, or the
member that it belongs to, has a changed file; if it imports a changed module, or one that imports such a module,
however indirectly; and if a row of READERS says so.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from fnmatch import fnmatch
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[4]
ALL = ("*",)
#: Who reads what no module imports: patterns of paths outside the members, and patterns of folders of tests. The first
#: pattern that fits a path counts.
READERS: dict[str, Collection[str]] = {
    "CHANGELOG.md": (),
    "docs/agencies/*": ("tests/agencies", "contracts/tests", "services/unit-desk/tests"),
    "*.md": ("tests/agencies", "deploy/local/tests"),
    "deploy/k8s/*": ("tests/k8s",),
    "deploy/*": ("tests/containers", "tests/k8s", "deploy/*"),
    "docker-compose.yml": ("tests/containers", "tests/k8s"),
    "*": ALL,
}
#: Its tests read all files, so they always run.
READS_ALL = "tests/architecture"
_IMPORT = re.compile(r"^\s*(?:from ([\w.]+) import (\([^)]*|[\w, ]*)|import ([\w.]+))", re.M)
_NAME = re.compile(r"\w+")


def _git(*arguments: str) -> list[str]:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    return done.stdout.splitlines()


def changed_paths() -> list[str]:
    """List the paths that differ from main, and the new ones."""
    since = _git("merge-base", "main", "HEAD")[0]
    return _git("diff", "--name-only", since) + _git("ls-files", "--others", "--exclude-standard")


def members() -> dict[str, str]:
    """Return the folder of each member of the workspace, by the name of its package."""
    found = sorted(ROOT.glob("*/src/*/__init__.py")) + sorted(ROOT.glob("*/*/src/*/__init__.py"))
    return {path.parent.name: str(path.parents[2].relative_to(ROOT)) for path in found}


def all_folders() -> list[str]:
    """List the folders of tests: one for each member that has tests, and those in ``tests/``."""
    own = [f"{folder}/tests" for folder in members().values() if (ROOT / folder / "tests").is_dir()]
    return sorted(own + [str(path.relative_to(ROOT)) for path in (ROOT / "tests").iterdir() if any(path.glob("*.py"))])


def imported(folder: str) -> set[str]:
    """Return what the Python files in ``folder`` import: modules, and names in them that may be modules."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for module, names, plain in _IMPORT.findall(path.read_text()):
            found |= {module or plain, *(f"{module}.{name}" for name in _NAME.findall(names))}
    return found


def affected(paths: Iterable[str]) -> set[str]:
    """Return the modules among ``paths``, and all that import them, however indirectly.

    A page or a statement among the sources may be read by any module of its package.
    """
    packages = members()
    graph = grimp.build_graph(*packages, cache_dir=str(ROOT / ".import_linter_cache"))
    found = set()
    for path in paths:
        for package, folder in packages.items():
            if path.startswith(f"{folder}/src/{package}/"):
                file = path.removeprefix(f"{folder}/src/").removesuffix(".py").removesuffix("/__init__")
                module = file.replace("/", ".") if path.endswith(".py") else package
                found |= {module}
                if module in graph.modules:
                    found |= graph.find_downstream_modules(module, as_package=module == package)
    return found


def readers(path: str, folders: Collection[str]) -> set[str]:
    """Return the folders of tests that may read ``path`` without an import."""
    for folder in folders:
        if path.startswith((f"{folder}/", f"{folder.removesuffix('/tests')}/")):
            return {folder}
    row = next(readers for pattern, readers in READERS.items() if fnmatch(path, pattern))
    return {folder for folder in folders if any(fnmatch(folder, pattern) for pattern in row)}


def folders_to_run(paths: Collection[str]) -> list[str]:
    """List the folders whose tests may break by a change of ``paths``, relative to the project's root."""
    folders, modules = all_folders(), affected(paths)
    read = set().union({READS_ALL}, *(readers(path, folders) for path in paths))
    return [folder for folder in folders if folder in read or imported(folder) & modules]


if __name__ == "__main__":
    print(*(all_folders() if "--all" in sys.argv else folders_to_run(changed_paths())))  # noqa: T201
