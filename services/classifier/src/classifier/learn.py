"""Teaches a model from seed phrases and from labelled complaints. The only module that needs scikit-learn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import classifier.normalise
import classifier.synth
from classifier.model import Model, score
from classifier.normalise import features
from classifier.synth import synthesise
from classifier.taxonomy import UNKNOWN, Category

FOLDS = 4
#: Of the confident answers this share shall be right; the abstention threshold follows from it.
TRUST = 0.85
MAX_FEATURES = 90_000
#: Of synthetic rows beside the labelled ones, measured on exports of other agencies.
SYNTHETIC_WEIGHT = 0.15

Say = Callable[[str], None]


def build(categories: Sequence[Category], places: Sequence[str], say: Say) -> Model:
    """A model from the seeds alone; the same inputs give the same model."""
    version = _fingerprint(categories, places, ())
    say("checking the seeds against each other")
    temperature, threshold = _calibrate(categories, places)
    say("learning")
    texts, labels = synthesise(categories, places)
    return _fit(texts, labels, None, version=version, temperature=temperature, threshold=threshold)


def train(
    categories: Sequence[Category], places: Sequence[str], rows: Sequence[tuple[str, str]], *, mix_seeds: bool
) -> Model:
    """A model from labelled rows (text, category id), with the seeds mixed in at a low weight when asked."""
    rows = [(text, label) for text, label in rows if label != UNKNOWN]
    held = [row for i, row in enumerate(rows) if i % 5 == 0]
    part = _fit_rows(categories, places, [row for i, row in enumerate(rows) if i % 5], mix_seeds, ("", 1.0, 0.0))
    scores = _scores(part, [text for text, _ in held])
    known = [i for i, (_, label) in enumerate(held) if label in part.categories]
    truth = np.array([part.categories.index(held[i][1]) for i in known])
    temperature, threshold = _choose(scores[known], truth)
    version = _fingerprint(categories, places, rows)
    return _fit_rows(categories, places, rows, mix_seeds, (version, temperature, threshold))


def _fit_rows(
    categories: Sequence[Category],
    places: Sequence[str],
    rows: Sequence[tuple[str, str]],
    mix_seeds: bool,
    about: tuple[str, float, float],
) -> Model:
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    weight = [1.0] * len(texts)
    if mix_seeds:
        more, their = synthesise(categories, places)
        texts, labels = texts + more, labels + their
        weight += [SYNTHETIC_WEIGHT] * len(more)
    version, temperature, threshold = about
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
    svm = svm_class(C=0.5, class_weight="balanced", random_state=0)
    svm.fit(rows, labels, sample_weight=weight)
    names: list[str] = list(vectorizer.get_feature_names_out())
    return Model(
        version=version,
        categories=tuple(map(str, svm.classes_)),
        vocabulary={name: row for row, name in enumerate(names)},
        idf=vectorizer.idf_.astype(np.float32),
        weights=np.ascontiguousarray(svm.coef_.T, dtype=np.float32),
        bias=svm.intercept_.astype(np.float32),
        temperature=temperature,
        threshold=threshold,
    )


def _scores(model: Model, texts: Sequence[str]) -> Any:
    """Raw scores, a row per text."""
    return np.array([score(model, text) for text in texts])


def _calibrate(categories: Sequence[Category], places: Sequence[str]) -> tuple[float, float]:
    """Temperature and threshold from seeds that the model has not seen: each fold is left out once."""
    scores, truth = [], []
    for fold in range(FOLDS):
        seen = [_without(category, fold) for category in categories]
        model = _fit(*synthesise(seen, places), None, version="", temperature=1.0, threshold=0.0)
        for category in categories:
            left = category.seeds[fold::FOLDS]
            if left:
                scores.append(_scores(model, left))
                truth += [model.categories.index(category.id)] * len(left)
    return _choose(np.concatenate(scores), np.array(truth))


def _without(category: Category, fold: int) -> Category:
    seeds = tuple(seed for i, seed in enumerate(category.seeds) if i % FOLDS != fold)
    terms = tuple(term for i, term in enumerate(category.terms) if i % FOLDS != fold)
    return Category(id=category.id, name=category.name, seeds=seeds, terms=terms, lapor=category.lapor)


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


def _fingerprint(categories: Sequence[Category], places: Sequence[str], rows: Sequence[tuple[str, str]]) -> str:
    digest = hashlib.sha256(repr((tuple(categories), tuple(places), tuple(rows))).encode())
    for module in (classifier.normalise, classifier.synth):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]
