"""Committed files work on every machine, and hold no secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

# Written in parts, so that this file does not find itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile("/" + r"(?:home|Users|work)/[a-z]"),
    "a registry's host": re.compile("|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs"])),
    "a choice of registry": re.compile("--" + "(?:extra-)?index-url"),
    "a private key": re.compile("BEGIN [A-Z ]*" + "PRIVATE KEY"),
    "a password in an address": re.compile(r"://[a-z_]+:(?!\$|\{|nothing|secret|geheim|pw|x@|p@)[A-Za-z0-9+/_-]{16,}@"),
    "unfinished work": re.compile(r"#\s*(?:TO" + "DO|FIX" + r"ME|XX" + r"X)\b"),
}


@pytest.fixture(scope="module")
def files(root: Path) -> dict[str, str]:
    """Every text file that is committed or will be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
        timeout=120,
    )
    found = {}
    for name in listed.stdout.decode().split("\0"):
        path = root / name
        if name and path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode()
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_has(what: str, files: dict[str, str]) -> None:
    hits = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]

    assert hits == []


def test_no_lock_file_with_addresses_is_committed(files: dict[str, str]) -> None:
    assert "uv.lock" not in files


def test_the_filled_in_settings_are_not_committed(files: dict[str, str], root: Path) -> None:
    assert ".env" not in files
    assert ".env" in (root / ".gitignore").read_text().splitlines()


def test_the_example_has_no_secret(files: dict[str, str]) -> None:
    """Secrets are files, which deploy/secrets.sh makes."""
    assert [] == re.findall(r"^\w*(?:PASSWORD|TOKEN|SECRET|_KEY)\w*=.*$", files[".env.example"], re.MULTILINE)
