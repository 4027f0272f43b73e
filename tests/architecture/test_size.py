"""A file that grows past a bound hides a module that is missing. Files that are longer today may only shrink."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

#: Lines of a source file, and of a test file.
SOURCE, TEST = 400, 600
#: Longer files: how long they may be, and why they are still whole.
LONGER = {
    "chassis/src/chassis/batch.py": (440, "one batch from its read to its commit, which is one order of steps"),
    "contracts/src/contracts/events.py": (680, "all events, which share their parts"),
    "contracts/src/contracts/identifiers.py": (430, "one kind of identifier after the other"),
    "contracts/tests/test_masking.py": (620, "cases of masking, as tables"),
    "deploy/local/src/lapor/demo/player.py": (430, "the travels of a demonstration, to be split by channel"),
    "deploy/local/src/lapor/system/archive.py": (410, "an archive's files, to be split from how they are read back"),
    "intake/src/intake/projection.py": (490, "a story becomes a view and notices, which are decided together"),
    "intake/src/intake/submissions.py": (560, "seven subjects: accepting, looking up and storing are to be split"),
    "intake/src/intake/reading/talk.py": (490, "the meanings of a message without a ticket"),
    "intake/tests/test_projection.py": (1050, "stories of one projection, to be split by subject"),
    "services/intake-sms/tests/test_handlers.py": (910, "messages of one handler, to be split by subject"),
    "services/intake-social/src/intake_social/adapters/facebook.py": (450, "posts, comments and messages of one API"),
    "services/intake-social/tests/test_photos.py": (1020, "photos, videos and deletions, to be split so"),
    "services/intake-web/src/intake_web/adapters/uploads.py": (420, "one state machine of an upload"),
    "services/intake-web/src/intake_web/handlers/pages.py": (
        525,
        "pages of one complaint, to be split into form and story",
    ),
    "services/intake-web/tests/test_accounts.py": (745, "one account's life, to be split by subject"),
    "services/intake-web/tests/test_form_browser.py": (650, "one form in a browser"),
    "services/intake-web/tests/test_pages.py": (845, "pages of form and story, to be split with their module"),
    "services/unit-desk/src/unit_desk/acts.py": (485, "acts as a table"),
    "services/unit-desk/src/unit_desk/adapters/complaints.py": (425, "statements of the lists, and their filters"),
    "tests/cost/test_statements.py": (745, "values for each statement, as tables"),
}


def lengths(root: Path) -> Iterator[tuple[str, int, int]]:
    """List each Python file of ours with its lines, and the bound of its kind."""
    for path in sorted(root.glob("**/*.py")):
        name = str(path.relative_to(root))
        if not {".venv", "node_modules", "build"} & set(path.relative_to(root).parts):
            yield name, len(path.read_text().splitlines()), TEST if "tests" in path.parts else SOURCE


def test_no_file_is_longer_than_its_bound(root: Path) -> None:
    found = list(lengths(root))

    assert len(found) > 1_000
    assert [] == [(name, n) for name, n, bound in found if n > LONGER.get(name, (bound, ""))[0]]


def test_longer_files_are_still_longer(root: Path) -> None:
    found = {name: (n, bound) for name, n, bound in lengths(root)}

    assert [] == [name for name in LONGER if name not in found or found[name][0] <= found[name][1]]
