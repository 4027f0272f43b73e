"""Finds the narrower subject of a complaint: the one whose words, listed in ``categories.yaml``, say most."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifier.normalise import words
from classifier.taxonomy import load_matters


@dataclass(frozen=True, kw_only=True)
class Matters:
    """For each category: name of the matter, and its cues as they read in a normalised text."""

    cues: dict[str, tuple[tuple[str, tuple[str, ...]], ...]]


def read_matters(region: Path) -> Matters:
    """The matters of ``categories.yaml``.

    Raises:
        RegionError: the file is missing or is not YAML.
    """
    return Matters(
        cues={
            category: tuple((name, tuple(dict.fromkeys(map(_plain, given)))) for name, given in named.items())
            for category, named in load_matters(region).items()
            if named
        }
    )


def matter_of(matters: Matters, category: str, text: str) -> str | None:
    """The matter of ``category`` that ``text`` names with the most words; None when it names none."""
    cues = matters.cues.get(category)
    if cues is None:
        return None
    read = _plain(text)
    weights = {name: sum(cue.count(" ") - 1 for cue in given if cue in read) for name, given in cues}
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] else None


def _plain(text: str) -> str:
    """Normalised words, each between blanks, so that a cue is found as whole words only."""
    return f" {' '.join(words(text))} "
