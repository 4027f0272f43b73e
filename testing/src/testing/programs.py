"""Programs that a test needs and a user's machine may lack: in CI that fails, elsewhere the test is skipped."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test for want of ``what``, which says how to get it; fail it where nothing may be skipped."""
    if os.environ.get("LAPOR_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


def program(*names: str, debian: str) -> str:
    """Give the path of the first of ``names`` that is here, from the package ``debian``. Skip the test if none is."""
    where = f"{os.environ['PATH']}:/usr/sbin"  # not on every user's PATH
    for name in names:
        if found := shutil.which(name, path=where):
            return found
    missing(f"{names[0]} is not installed (Debian: apt-get install {debian})")
