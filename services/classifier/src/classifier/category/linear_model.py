"""The linear model: one weight per feature and category, loaded and used without any learning library."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from classifier.domain import Candidate
from classifier.text import FUNCTION_WORDS, char_ngrams, word_ngrams, words
from kabupaten.categories import UNKNOWN

FORMAT = 3
EVIDENCE_WORDS = 4
#: Character n-grams count less than words: two texts that share a syllable may share nothing else.
CHAR_NGRAM_WEIGHT = 0.7
#: The sender's choice makes a category so many times likelier than the text alone does (docs/understanding.md).
CHOSEN = 20.0
#: The share of its words that the model must know to answer: it can't judge a text in another language.
MIN_KNOWN_SHARE = 0.35
_CACHED = 50_000

Vector = np.ndarray[Any, np.dtype[np.float32]]
Ids = np.ndarray[Any, np.dtype[np.int64]]


class ModelError(ValueError):
    """A file that is not a model of this version; the text says what to do."""


class _CharNgramIds(dict[str, Ids]):
    """The rows of each word's character n-grams, looked up once a word, because messages repeat their words."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, word: str) -> Ids:
        found = _ids(self._vocabulary[one] for one in char_ngrams(word) if one in self._vocabulary)
        if len(self) < _CACHED:
            self[word] = found
        return found


@dataclass(frozen=True, kw_only=True)
class Model:
    """``weights`` has a row per feature and a column per category, then one per hint; ``temperature`` turns the scores
    of categories into confidence.

    ``hints`` names the other properties of a text that the model was taught (a question, urgent …). Below ``threshold``
    the model abstains. ``learnt`` are fingerprints of the labelled complaints that it was taught.
    """

    version: str
    categories: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: Vector
    weights: Vector
    bias: Vector
    temperature: float
    threshold: float
    hints: tuple[str, ...] = ()
    learnt: frozenset[int] = field(default=frozenset(), repr=False)

    @cached_property
    def char_ngram_ids(self) -> _CharNgramIds:
        """Rows of character n-grams, by word."""
        return _CharNgramIds(self.vocabulary)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The likeliest categories of a text, best first; the share of its words that the model knows; and the score of
    each hint, above 0 for and below 0 against it.
    """

    top: list[Candidate]
    known: float
    hints: dict[str, float]


def score(model: Model, text: str) -> Vector:
    """Return the raw score of every category, before the temperature."""
    return _read(model, words(text))[0][: len(model.categories)]


def abstains(model: Model, found: Reading) -> bool:
    """Whether a person should decide."""
    return found.top[0].confidence < model.threshold or found.known < MIN_KNOWN_SHARE


def rank(model: Model, text: str, count: int = 3, chosen: str | None = None) -> Reading:
    """Rank the categories of ``text`` and return the best ``count``. ``chosen`` is the sender's choice, if any.

    The unknown category is never returned: a text that resembles it has less confidence in the others.
    """
    found = words(text)
    total, known, values = _read(model, found)
    scores = total[: len(model.categories)] * model.temperature
    if chosen in model.categories:
        scores[model.categories.index(chosen)] += np.float32(np.log(CHOSEN))
    odds = np.exp(scores - scores.max())
    shares = odds / odds.sum()
    likeliest = np.argsort(-shares, kind="stable").tolist()
    best = [c for c in likeliest if model.categories[c] != UNKNOWN][:count]
    rows, said_for = _ids(known.values()), list(known)
    candidates = [
        Candidate(
            category=model.categories[c],
            confidence=round(float(shares[c]), 4),
            evidence=_evidence(model.weights[rows, c] * values, said_for),
        )
        for c in best
    ]
    said = set(found)
    return Reading(
        top=candidates,
        known=sum(word in known for word in said) / max(1, len(said)),
        hints=dict(zip(model.hints, total[len(model.categories) :].tolist(), strict=True)),
    )


def _read(model: Model, found: list[str]) -> tuple[Vector, dict[str, int], Vector]:
    """Return the score of every column; the known words and pairs with their rows; and their values in this text."""
    counts = Counter(word_ngrams(found))
    known = {gram: model.vocabulary[gram] for gram in counts if gram in model.vocabulary}
    rows = _ids(known.values())
    values = _weigh(model, rows, np.fromiter((counts[gram] for gram in known), dtype=np.float32, count=len(known)))
    parts = [model.char_ngram_ids[word] for word in found]
    cut, often = np.unique(np.concatenate(parts) if parts else _ids(()), return_counts=True)
    cut_values = _weigh(model, cut, often.astype(np.float32)) * np.float32(CHAR_NGRAM_WEIGHT)
    total = values @ model.weights[rows] + cut_values @ model.weights[cut] + model.bias
    return total.astype(np.float32), known, values


def _weigh(model: Model, rows: Ids, counts: Vector) -> Vector:
    values = (1 + np.log(counts)) * model.idf[rows]
    weighed: Vector = values / np.float32(np.sqrt(values @ values) or 1.0)
    return weighed


def _ids(rows: Iterable[int]) -> Ids:
    return np.array(list(rows), dtype=np.int64)


def _evidence(spoken: Vector, said: list[str]) -> tuple[str, ...]:
    """Return the words with the most weight, without function words and without words that contain each other."""
    chosen: list[str] = []
    for i in np.argsort(-spoken, kind="stable")[: 4 * EVIDENCE_WORDS].tolist():
        word = said[i]
        if spoken[i] <= 0.01 or len(chosen) == EVIDENCE_WORDS:
            break
        if FUNCTION_WORDS & set(word.split()):
            continue
        if not any(word in other or other in word for other in chosen):
            chosen.append(word)
    return tuple(chosen)


def fingerprint(text: str) -> int:
    """Hash a text to recognize it as learnt, regardless of spaces and capitals; the text can't be recovered."""
    return int.from_bytes(hashlib.sha256(" ".join(words(text)).encode()).digest()[:8], "big")


def versioned(model: Model) -> Model:
    """Give the model its version: a hash of everything that its answers depend on."""
    told = (FORMAT, model.categories, model.hints, model.temperature, model.threshold, tuple(model.vocabulary))
    digest = hashlib.sha256(repr(told).encode())
    for array in (model.idf, model.weights.astype(np.float16), model.bias):
        digest.update(array.tobytes())
    return replace(model, version=digest.hexdigest()[:12])


def save(model: Model, path: Path) -> int:
    """Write the model as one file and return its size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "format": FORMAT,
        "version": model.version,
        "categories": model.categories,
        "hints": model.hints,
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
            learnt=np.array(sorted(model.learnt), dtype=np.uint64),
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
            if about.get("format") != FORMAT:
                raise ModelError(f"{path} was written by another version: {advice}")
            arrays = {name: file[name] for name in ("idf", "weights", "bias", "learnt")}
    except FileNotFoundError as error:
        raise ModelError(f"{path} does not exist: {advice}") from error
    except (OSError, ValueError, KeyError, EOFError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path} is not a model: {advice}") from error
    return Model(
        version=about["version"],
        categories=tuple(about["categories"]),
        vocabulary={feature: row for row, feature in enumerate(about["vocabulary"])},
        idf=arrays["idf"],
        weights=arrays["weights"].astype(np.float32),
        bias=arrays["bias"],
        temperature=about["temperature"],
        threshold=about["threshold"],
        hints=tuple(about["hints"]),
        learnt=frozenset(arrays["learnt"].tolist()),
    )
