"""Measures how many texts a second are classified on one core. ``lapor bench classify`` runs it."""

from __future__ import annotations

import argparse
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

from classifier.category.linear_model import rank
from classifier.classify import classify, load_knowledge
from kabupaten.training import load_training
from testing.bench.harness import percentiles, say

_WORD = re.compile(r"\w+")


def _texts(region: Path) -> Iterator[str]:
    """Yield practice complaints, each with a number of its own, so that no cache knows it."""
    given = [
        text for category in load_training(region) for text in [m.text for m in category.messages] or category.seeds
    ]
    return (f"{text} {n}" for n, text in enumerate(cycle(given)))


def timed(phase: str, work: Callable[[str], object], texts: Iterator[str], seconds: float) -> tuple[float, list[float]]:
    """Return texts a second, and the seconds that each took."""
    spans: list[float] = []
    start = time.perf_counter()
    while (gone := time.perf_counter() - start) < seconds:
        for text in islice(texts, 100):
            began = time.perf_counter()
            work(text)
            spans.append(time.perf_counter() - began)
        say(phase=phase, done=min(gone, seconds), of=seconds)
    return len(spans) / sum(spans), spans


def main() -> None:
    """Measure the whole output, the category alone, and a bare loop that only counts words, in one run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--region", type=Path, required=True)
    options.add_argument("--seconds", type=float, default=5)
    given = options.parse_args()
    knowledge, texts = load_knowledge(given.model, given.region), _texts(given.region)
    bare, _ = timed("a bare loop", lambda text: Counter(_WORD.findall(text.lower())), texts, given.seconds)
    category, _ = timed("category", lambda text: rank(knowledge.model, text), texts, given.seconds)
    cpu = time.process_time()
    rate, spans = timed("everything", lambda text: classify(knowledge, text), texts, given.seconds)
    say(
        rate=round(rate),
        count=len(spans),
        errors=0,
        **percentiles(spans),
        category_rate=round(category),
        baseline_rate=round(bare),
        ratio=round(rate / bare, 3),
        cpu_s={"classifier": round(time.process_time() - cpu, 2)},
        rss_mb={"classifier": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)},
    )


if __name__ == "__main__":
    main()
