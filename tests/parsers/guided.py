"""Looks for inputs that break a parser, guided by what each input reaches: ``guided.py RUNS [PARSER ...]``.

It is atheris (libFuzzer): what reaches something new is kept, and changed further. It ends with the input that raised
what its parser does not document, in Python's words; that belongs into the parser's tests.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import atheris

#: The same inputs in every run.
SEED = 1708
#: Letters of an input; longer ones find nothing that shorter ones don't, and take longer.
LONGEST = 2000

with atheris.instrument_imports(
    include=["contracts", "intake", "intake_sms", "intake_social", "intake_web", "planted"]
):
    from changes import change_json
    from parsers import PARSERS, Parser
    from planted import read_word


#: Whether a bug is found can be tried with the last one, which nobody runs but its test.
ALL = {**PARSERS, "planted": Parser(read_word, (b"x",))}


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Change JSON as JSON in half of all cases: changed as bytes, it is hardly ever any."""
    random = Random(seed)
    changed = change_json(random, data) if random.random() < 0.5 else None
    mutated: bytes = atheris.Mutate(data, most) if changed is None else changed[:most]
    return mutated


def search(name: str, runs: int) -> None:
    """Give a parser so many inputs. Ends the process: with 0, or at the first error that it does not document."""
    parser = ALL[name]

    def try_it(data: bytes) -> None:
        try:
            parser.try_it(data)
        except BaseException:
            print(f"{name} can't read {data!r}", flush=True)
            raise

    with tempfile.TemporaryDirectory() as folder:
        for n, seed in enumerate(parser.seeds):
            Path(folder, str(n)).write_bytes(seed)
        options = [f"-runs={runs}", f"-seed={SEED}", f"-max_len={LONGEST}", f"-artifact_prefix={folder}/"]
        atheris.Setup([sys.argv[0], *options, folder], try_it, custom_mutator=mutate)
        atheris.Fuzz()


def main(runs: int, names: Sequence[str]) -> int:
    """Try each parser in a process of its own, for libFuzzer ends the one it is in; returns 1 if any is broken."""
    broken = []
    for name in names:
        if not (child := os.fork()):
            search(name, runs)
        _, status = os.waitpid(child, 0)
        if status:
            broken.append(name)
    print(f"{len(names)} parsers, {runs} inputs each; broken: {', '.join(broken) or 'none'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:] or sorted(PARSERS)))
