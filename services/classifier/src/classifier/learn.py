"""Teaches a model from seed phrases and from labelled complaints. The only module that needs scikit-learn."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import classifier.normalise
import classifier.phrases
import classifier.synth
from classifier.model import Model, score
from classifier.normalise import features
from classifier.synth import dress, synthesise
from classifier.taxonomy import UNKNOWN, Category

#: Each so-manieth seed and term is left out once, to calibrate on.
LEFT_OUT = 3
#: Of the confident answers this share shall be right; the abstention threshold follows from it.
TRUST = 0.85
MAX_FEATURES = 90_000
#: Of synthetic rows beside the labelled ones, measured on exports of other agencies.
SYNTHETIC_WEIGHT = 0.15

#: A category with fewer labelled rows keeps its seeds.
FEW_ROWS = 30
#: Each so-manieth row is held out to measure.
HOLD_OUT = 5

Say = Callable[[str], None]
Row = tuple[str, str]


def build(categories: Sequence[Category], places: Sequence[str], say: Say) -> Model:
    """A model from the seeds alone; the same inputs give the same model."""
    version = _fingerprint(categories, places, ())
    say("checking the seeds against each other")
    temperature, threshold = _calibrate(categories, places)
    say("learning")
    texts, labels = synthesise(categories, places)
    return _fit(texts, labels, None, version=version, temperature=temperature, threshold=threshold)


def train(
    categories: Sequence[Category], places: Sequence[str], rows: Sequence[Row], *, mix_seeds: bool
) -> tuple[Model, Model, list[Row]]:
    """A model from labelled rows; beside it the model that has not seen each fifth row, and those rows, to measure.

    Seeds are mixed in at a low weight when asked, and always for categories with hardly any row.
    """
    rows = [row for row in dict.fromkeys(rows) if row[1] != UNKNOWN]
    held = rows[::HOLD_OUT]
    part = [row for i, row in enumerate(rows) if i % HOLD_OUT]
    counts = Counter(label for _, label in part)
    helped = [category for category in categories if mix_seeds or counts[category.id] < FEW_ROWS]
    texts, labels = synthesise(helped, places)
    synthetic = list(zip(texts, labels, strict=True))
    blind = _fit_mixed(part, synthetic, version="", temperature=1.0, threshold=0.0)
    truth = np.array([blind.categories.index(label) for _, label in held])
    temperature, threshold = _choose(_scores(blind, [text for text, _ in held]), truth)
    version = _fingerprint(categories, places, rows)
    measured = replace(blind, temperature=temperature, threshold=threshold)
    whole = _fit_mixed(rows, synthetic, version=version, temperature=temperature, threshold=threshold)
    return whole, measured, held


def _fit_mixed(
    rows: Sequence[Row], synthetic: Sequence[Row], *, version: str, temperature: float, threshold: float
) -> Model:
    texts, labels = zip(*rows, *synthetic, strict=True)
    weight = [1.0] * len(rows) + [SYNTHETIC_WEIGHT] * len(synthetic)
    return _fit(texts, labels, weight, version=version, temperature=temperature, threshold=threshold)


def _fit(
    texts: Sequence[str],
    labels: Sequence[str],
    weight: Sequence[float] | None,
    *,
    version: str,
    temperature: float,
    threshold: float,
) -> Model:
    vectorizer_class: Any = import_module("sklearn.feature_extraction.text").TfidfVectorizer
    svm_class: Any = import_module("sklearn.svm").LinearSVC
    vectorizer = vectorizer_class(analyzer=features, sublinear_tf=True, min_df=2, max_features=MAX_FEATURES)
    rows = vectorizer.fit_transform(texts).astype(np.float32)
    svm = svm_class(C=1.0, tol=0.01, class_weight="balanced", random_state=0)
    svm.fit(rows, labels, sample_weight=weight)
    # Of two categories the library keeps one column, the second's.
    weights, bias = svm.coef_, svm.intercept_
    if len(svm.classes_) == 2:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    names: list[str] = list(vectorizer.get_feature_names_out())
    return Model(
        version=version,
        categories=tuple(map(str, svm.classes_)),
        vocabulary={name: row for row, name in enumerate(names)},
        idf=vectorizer.idf_.astype(np.float32),
        weights=np.ascontiguousarray(weights.T, dtype=np.float32),
        bias=bias.astype(np.float32),
        temperature=temperature,
        threshold=threshold,
    )


def _scores(model: Model, texts: Sequence[str]) -> Any:
    """Raw scores, a row per text."""
    return np.array([score(model, text) for text in texts])


def _calibrate(categories: Sequence[Category], places: Sequence[str]) -> tuple[float, float]:
    """Temperature and threshold from seeds and terms that the model has not seen, dressed as messages."""
    seen = [replace(c, seeds=_without(c.seeds), terms=_without(c.terms)) for c in categories]
    model = _fit(*synthesise(seen, places), None, version="", temperature=1.0, threshold=0.0)
    unseen = [(seed, model.categories.index(c.id)) for c in categories for seed in c.seeds[::LEFT_OUT]]
    texts = dress([seed for seed, _ in unseen], places)
    return _choose(_scores(model, texts), np.array([label for _, label in unseen]))


def _without(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(phrase for i, phrase in enumerate(phrases) if i % LEFT_OUT)


def _choose(scores: Any, truth: Any) -> tuple[float, float]:
    """The temperature of least log loss, and the lowest threshold above which the share TRUST is right."""

    def shares(temperature: float) -> Any:
        odds = np.exp(temperature * (scores - scores.max(axis=1, keepdims=True)))
        return odds / odds.sum(axis=1, keepdims=True)

    def loss(temperature: float) -> float:
        return float(-np.log(shares(temperature)[np.arange(len(truth)), truth] + 1e-12).mean())

    temperature = float(min(np.arange(0.5, 12.1, 0.25), key=loss))
    found = shares(temperature)
    sure, right = found.max(axis=1), found.argmax(axis=1) == truth
    for threshold in np.arange(0.1, 0.96, 0.01):
        above = sure >= threshold
        if above.any() and right[above].mean() >= TRUST:
            return temperature, round(float(threshold), 2)
    return temperature, 0.95


def _fingerprint(categories: Sequence[Category], places: Sequence[str], rows: Sequence[Row]) -> str:
    digest = hashlib.sha256(repr((tuple(categories), tuple(places), tuple(rows))).encode())
    for module in (classifier.normalise, classifier.phrases, classifier.synth):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]
