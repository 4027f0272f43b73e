"""A change runs the tests of what changed, of what imports it, and of what reads it; and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from testing.suite.changed import READS_ALL, all_folders, folders_to_run, imported

#: By a path that changed: folders of tests that run, and folders that don't.
CHANGES = {
    "services/router/src/router/rules.py": ({"services/router/tests", "tests/conversations"}, {"chassis/tests"}),
    "services/intake-web/src/intake_web/page.py": ({"services/intake-web/tests"}, {"services/router/tests"}),
    "services/intake-web/src/intake_web/templates/lapor.html": ({"services/intake-web/tests"}, {"intake/tests"}),
    "services/router/migrations/0001_router.sql": ({"services/router/tests"}, {"services/sla-monitor/tests"}),
    "contracts/src/contracts/codec.py": ({"contracts/tests", "chassis/tests", "services/router/tests"}, {"look/tests"}),
    "look/src/look/static/look.css": ({"services/intake-web/tests", "services/unit-desk/tests"}, {"chassis/tests"}),
    "chassis/tests/test_batch.py": ({"chassis/tests"}, {"services/router/tests"}),
    "tests/conversations/doors.py": ({"tests/conversations"}, {"services/router/tests"}),
    "docs/agencies/terima.mjs": ({"tests/agencies"}, {"services/router/tests"}),
    "deploy/k8s/base/router.yaml": ({"tests/k8s"}, {"services/router/tests"}),
    "CHANGELOG.md": (set(), {"services/router/tests", "tests/agencies"}),
}


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_runs_what_imports_or_reads_it_and_no_more(path: str) -> None:
    found = set(folders_to_run([path]))

    wanted, others = CHANGES[path]
    assert wanted | {READS_ALL} <= found
    assert set() == others & found


@pytest.mark.parametrize("path", ["region/soppeng/texts.yaml", "requirements/dev.txt", "pyproject.toml"])
def test_a_change_of_what_everybody_reads_runs_everything(path: str) -> None:
    assert all_folders() == folders_to_run([path])


def test_an_import_of_many_lines_is_an_import(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("from a.b import (\n    c,\n    d as e,\n)\nimport f.g\nfrom h import i, j\n")

    assert {"a.b", "a.b.c", "a.b.d", "f.g", "h", "h.i", "h.j"} <= imported(str(tmp_path))
