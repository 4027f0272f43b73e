"""Strangers' input makes a parser raise only documented errors."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from changes import change_json
from hypothesis import given, settings
from hypothesis import strategies as st
from parsers import PARSERS

from testing.lengths import length
from testing.programs import missing

pytestmark = [pytest.mark.slow, pytest.mark.soak]

GUIDED = Path(__file__).with_name("guided.py")
#: Inputs for each parser: guided by the code that they reach, and spoilt.
RUNS, SPOILT = length(5_000, 500_000), length(2_000, 100_000)
#: Bytes that replace others: delimiters, and bytes that are not text.
OTHERS = (b"\0", b"\xff", b"\n", b'"', b"%", b"&", b"+", b"\xed\xa0\x80", "\u202e".encode(), b"9" * 40)
#: services/intake-sms/tests/test_gateway.py tests these with requests of their own kind.
THERE = ("kannel", "jasmin", "twilio", "vonage", "infobip")


def search(*arguments: str, **environment: str) -> tuple[int, str]:
    """Search for inputs that break a parser. Return the exit code and the output."""
    if not importlib.util.find_spec("atheris"):
        missing("atheris is not installed (it has no build for this machine: pip install atheris)")
    done = subprocess.run(
        [sys.executable, GUIDED, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "0", **environment},
        timeout=length(600, 7_200),
    )
    return done.returncode, done.stdout + done.stderr


def test_coverage_guided_inputs_break_no_parser() -> None:
    code, said = search(str(RUNS))

    broken = [line for line in said.splitlines() if "can't read" in line or "Error" in line]
    assert (0, []) == (code, broken)
    assert f"{len(PARSERS)} parsers, {RUNS} inputs each; broken: none" in said


def test_a_parser_that_breaks_is_named_with_the_input_that_broke_it() -> None:
    code, said = search(str(RUNS), "planted")

    assert (1, True) == (code, "broken: planted" in said)
    assert "planted can't read b'LAPOR!" in said


def spoilt(random: Random, seeds: tuple[bytes, ...]) -> bytes:
    """Return any bytes, or one of ``seeds`` with another value in its JSON, or with some bytes replaced."""
    if random.random() < 0.1:
        return random.randbytes(random.randrange(61))
    seed = random.choice(seeds)
    changed = change_json(random, seed) if random.random() < 0.6 else None
    if changed is not None:
        return changed
    start, other = random.randrange(len(seed) + 1), random.choice([*OTHERS, random.randbytes(random.randrange(9))])
    return seed[:start] + other + seed[start + random.randrange(41) :]


@pytest.mark.parametrize("name", [name for name in PARSERS if not name.endswith(THERE)])
def test_no_spoilt_input_breaks_a_parser(name: str) -> None:
    parser = PARSERS[name]

    # Drawing each input takes ten times as long as parsing it.
    @settings(max_examples=SPOILT // 20, database=None)
    @given(st.integers(0, 2**32 - 1))
    def try_twenty(number: int) -> None:
        random = Random(number)
        for _ in range(20):
            data = spoilt(random, parser.seeds)
            try:
                parser.try_it(data)
            except Exception as error:
                raise AssertionError(f"{name} can't read {data!r}") from error

    try_twenty()
