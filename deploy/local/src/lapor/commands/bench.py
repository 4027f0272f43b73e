"""The command `bench`: its benchmarks are not installed where the system only runs."""

from __future__ import annotations

import importlib.util

from lapor.errors import Refused

if importlib.util.find_spec("testing"):
    from testing.bench.commands import app as app

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}


def bench() -> None:
    """Measure a part of the system. Not installed here.

    Examples:

        lapor bench router
    """
    raise Refused("The benchmarks are not installed here: `make sync` in a checkout installs them.")
