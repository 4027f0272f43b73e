"""The linear model: one weight per word and category, read and used without any learning library."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.domain import Candidate
from classifier.normalise import features

FORMAT = 1
EVIDENCE_WORDS = 4

Vector = np.ndarray[Any, np.dtype[np.float32]]


class ModelError(ValueError):
    """A file that is no model of this version; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """``weights`` has a row per feature and a column per category; ``temperature`` turns scores into confidence.

    Below ``threshold`` the model abstains: chosen so that what is above it is right four times in five.
    """

    version: str
    categories: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: Vector
    weights: Vector
    bias: Vector
    temperature: float
    threshold: float


def score(model: Model, text: str) -> Vector:
    """The raw score of every category, before the temperature."""
    _, spoken = _spoken(model, Counter(features(text)))
    total: Vector = spoken.sum(axis=0) + model.bias
    return total


def rank(model: Model, text: str, count: int = 3) -> tuple[list[Candidate], float]:
    """The ``count`` likeliest categories, best first, and the share of the text's words that the model knows."""
    counts = Counter(features(text))
    known, spoken = _spoken(model, counts)
    scores = (spoken.sum(axis=0) + model.bias) * model.temperature
    odds = np.exp(scores - scores.max())
    shares = odds / odds.sum()
    words = [(i, f) for i, f in enumerate(known) if f[0] != "_"]
    found = [
        Candidate(
            category=model.categories[c],
            confidence=round(float(shares[c]), 4),
            evidence=_evidence([(float(spoken[i, c]), f) for i, f in words]),
        )
        for c in np.argsort(-shares, kind="stable")[:count]
    ]
    said = [f for f in counts if f[0] != "_" and " " not in f]
    return found, sum(f in model.vocabulary for f in said) / max(1, len(said))


def _spoken(model: Model, counts: Counter[str]) -> tuple[list[str], Vector]:
    """The features the model knows, and what each says for every category: a row a feature."""
    known = [f for f in counts if f in model.vocabulary]
    rows = np.fromiter((model.vocabulary[f] for f in known), dtype=np.int64, count=len(known))
    values = np.fromiter((1 + math.log(counts[f]) for f in known), dtype=np.float32, count=len(known)) * model.idf[rows]
    length = float(np.sqrt(values @ values)) or 1.0
    return known, model.weights[rows] * (values / np.float32(length))[:, None]


def _evidence(spoken: list[tuple[float, str]]) -> tuple[str, ...]:
    chosen: list[str] = []
    for weight, word in sorted(spoken, key=lambda s: (-s[0], s[1])):
        if weight <= 0.01 or len(chosen) == EVIDENCE_WORDS:
            break
        if not any(word in other or other in word for other in chosen):
            chosen.append(word)
    return tuple(chosen)


def save(model: Model, path: Path) -> int:
    """Write the model as one file and return its size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "format": FORMAT,
        "version": model.version,
        "categories": model.categories,
        "temperature": model.temperature,
        "threshold": model.threshold,
        "vocabulary": sorted(model.vocabulary, key=model.vocabulary.__getitem__),
    }
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            about=np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8),
            idf=model.idf,
            weights=model.weights.astype(np.float16),
            bias=model.bias,
        )
    return path.stat().st_size


def load(path: Path) -> Model:
    """Read a model written by ``save``.

    Raises:
        ModelError: the file is missing or is not such a model.
    """
    advice = "build it with `classifier build --region DIR --out MODEL`"
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(file["about"].tobytes())
            idf, weights, bias = file["idf"], file["weights"].astype(np.float32), file["bias"]
    except FileNotFoundError as error:
        raise ModelError(f"{path} does not exist: {advice}") from error
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ModelError(f"{path} is not a model ({error}): {advice}") from error
    if about.get("format") != FORMAT:
        raise ModelError(f"{path} was written by another version: {advice}")
    return Model(
        version=about["version"],
        categories=tuple(about["categories"]),
        vocabulary={feature: row for row, feature in enumerate(about["vocabulary"])},
        idf=idf,
        weights=weights,
        bias=bias,
        temperature=about["temperature"],
        threshold=about["threshold"],
    )
