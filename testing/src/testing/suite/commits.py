"""Read the messages of the commits that are not on main yet, for `make check`."""

from __future__ import annotations

import subprocess
import sys

LONGEST_SUBJECT = 72


def problems(text: str) -> list[str]:
    """List the defects of a commit message: it needs a short subject, and a body that says why."""
    subject, _, body = text.strip().partition("\n")
    found = []
    if len(subject) > LONGEST_SUBJECT:
        found.append(f"the subject has {len(subject)} characters, not at most {LONGEST_SUBJECT}")
    if ";" in subject:
        found.append("the subject names two things")
    if not subject[:1].isupper() or subject.endswith("."):
        found.append("the subject does not begin with a capital letter, or ends with a full stop")
    if not body.strip():
        found.append("no body says why")
    return found


def main() -> int:
    """Print the defects of each commit since main; return 1 if there are any."""
    command = ["git", "log", "--no-merges", "--format=%h%x00%B%x01", "main..HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own
    if done.returncode:  # not a clone, or a clone without main
        print(f"commit messages were not read: {done.stderr.strip()}")  # noqa: T201
        return 0
    commits = [each.strip().split("\0", 1) for each in done.stdout.split("\1") if each.strip()]
    wrong = [f"{name}: {problem}" for name, text in commits for problem in problems(text)]
    print("\n".join(wrong), end="\n" if wrong else "")  # noqa: T201
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
