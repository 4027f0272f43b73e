"""Search for inputs that break a parser, guided by the code that each input reaches: ``guided.py RUNS [PARSER ...]``.

It uses atheris (libFuzzer): an input that reaches new code is kept, and mutated further. It ends with an input that
raised an undocumented error, as a Python literal; that belongs into the parser's tests.
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
#: Bytes of an input; longer ones find nothing more, and take longer.
LONGEST = 2000

with atheris.instrument_imports(
    include=["contracts", "intake", "intake_sms", "intake_social", "intake_web", "planted"]
):
    from changes import change_json
    from parsers import PARSERS, Parser
    from planted import read_word


#: All parsers; the last one has a bug, to test that bugs are found, and only its test runs it.
ALL = {**PARSERS, "planted": Parser(read_word, (b"x",))}


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Mutate the input as JSON in half of all cases: mutated as bytes, it hardly ever remains JSON."""
    random = Random(seed)
    changed = change_json(random, data) if random.random() < 0.5 else None
    mutated: bytes = atheris.Mutate(data, most) if changed is None else changed[:most]
    return mutated


def search(name: str, runs: int) -> None:
    """Run a parser ``runs`` times. Ends the process: with 0, or at the first undocumented error."""
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
    """Try each parser in its own process, since libFuzzer ends it; return 1 if any parser is broken."""
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
