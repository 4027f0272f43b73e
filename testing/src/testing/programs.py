"""Programs that a test needs and a user's machine may lack: in CI that fails, elsewhere the test is skipped."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test for lack of ``what``, which says how to get it; fail the test where nothing may be skipped."""
    if os.environ.get("LAPOR_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


def program(*names: str, debian: str) -> str:
    """Return the path of the first of ``names`` installed; else skip the test, and name the package ``debian``."""
    where = f"{os.environ['PATH']}:/usr/sbin"  # not on every user's PATH
    for name in names:
        if found := shutil.which(name, path=where):
            return found
    missing(f"{names[0]} is not installed (Debian: apt-get install {debian})")
