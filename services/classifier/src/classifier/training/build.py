"""Teaches a model from seed phrases and from labelled complaints. The only module that needs scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from classifier.category.linear_model import CHAR_NGRAM_WEIGHT, Model, fingerprint, score, versioned
from classifier.domain import KINDS, URGENT
from classifier.text import char_ngrams, word_ngrams, words
from classifier.training.augment import PER_SEED, dress, synthesise
from classifier.training.labelled_rows import Row, learnable
from contracts import vocabulary
from kabupaten.categories import UNKNOWN
from kabupaten.training import Message, TaughtCategory

#: One in so many seeds, terms and messages is left out of a first model, to calibrate on.
CALIBRATE_EVERY = 3
#: The precision required of answers without a person; the abstention threshold follows from it.
TARGET_PRECISION = 0.9
#: The threshold's minimum, and its default with fewer texts to calibrate on than the last figure.
MIN_THRESHOLD, DEFAULT_THRESHOLD, MIN_CALIBRATION_TEXTS = 0.5, 0.75, 100
MAX_WORD_NGRAMS, MAX_CHAR_NGRAMS = 90_000, 60_000
#: The support vector machine's inverse strength of regularisation.
C = 1.0
#: The same for the hints of type and urgency, which learn from fewer messages.
HINT_C = 0.2
#: The weight of naive Bayes beside the support vector machine, and its additive smoothing.
BAYES_WEIGHT, BAYES_ALPHA = 0.7, 0.1
#: The weight of a dressed seed beside a whole message.
SEED_WEIGHT = 0.5
#: The weight of synthetic texts beside labelled complaints.
SYNTHETIC_WEIGHT = 0.5
#: The weight of the logarithm of a category's share in its score.
PRIOR_WEIGHT = 0.1

#: A category with fewer labelled rows keeps its seeds.
FEW_ROWS = 100
#: One in so many rows is held out for measuring.
HOLD_OUT_EVERY = 5

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model of all rows; ``blind`` is a model for measuring that has not seen ``held``, a fifth of them."""

    model: Model
    blind: Model
    held: tuple[Row, ...]


def build(categories: Sequence[TaughtCategory], places: Sequence[str], say: Say) -> Model:
    """Build a model from the seeds and messages of a region; the same inputs give the same model."""
    say("checking the seeds against each other")
    temperature, threshold = _calibrate(categories, places)
    say("learning")
    model = _of_seeds(categories, places, hints=_messages(categories))
    return versioned(replace(model, temperature=temperature, threshold=threshold))


def train(
    categories: Sequence[TaughtCategory], places: Sequence[str], rows: Sequence[Row], *, mix_seeds: bool
) -> Trained:
    """Train a model on labelled rows.

    Seeds and messages are mixed in at a low weight if ``mix_seeds``, and always for categories with few rows.
    """
    rows = learnable(rows)
    held = rows[::HOLD_OUT_EVERY]
    part = [row for i, row in enumerate(rows) if i % HOLD_OUT_EVERY]
    counts = Counter(row.category for row in part)
    helped = [category for category in categories if mix_seeds or counts[category.id] < FEW_ROWS]
    synthetic = _synthetic(helped, places, PER_SEED, SYNTHETIC_WEIGHT)
    blind = _fit([*part, *synthetic])
    known = [row for row in held if row.category in blind.categories]
    truth = np.array([blind.categories.index(row.category) for row in known])
    temperature, threshold = _fit_confidence(blind, [row.text for row in known], truth)
    learnt = frozenset(fingerprint(row.text) for row in rows)
    whole = _fit([*rows, *synthetic], _messages(categories))
    return Trained(
        model=versioned(replace(whole, learnt=learnt, temperature=temperature, threshold=threshold)),
        blind=replace(blind, temperature=temperature, threshold=threshold),
        held=tuple(held),
    )


def _of_seeds(
    categories: Sequence[TaughtCategory], places: Sequence[str], copies: int = PER_SEED, hints: Sequence[Message] = ()
) -> Model:
    model = _fit(_synthetic(categories, places, copies), hints)
    shares = {category.id: category.share for category in categories}
    common = np.log(np.array([shares[name] for name in model.categories], dtype=np.float32))
    bias = model.bias.copy()
    bias[: len(common)] += np.float32(PRIOR_WEIGHT) * (common - common.mean())
    return replace(model, bias=bias)


def _messages(categories: Sequence[TaughtCategory]) -> list[Message]:
    return [message for category in categories for message in category.messages]


def _synthetic(
    categories: Sequence[TaughtCategory], places: Sequence[str], copies: int, weight: float = 1.0
) -> list[Row]:
    """Make rows to learn from: the seeds, dressed as messages, and the whole messages."""
    texts, labels = synthesise(categories, places, copies)
    dressed = [Row(text=t, category=c, weight=weight * SEED_WEIGHT) for t, c in zip(texts, labels, strict=True)]
    return dressed + [Row(text=m.text, category=m.category, weight=weight) for m in _messages(categories)]


def _fit(rows: Sequence[Row], hints: Sequence[Message] = ()) -> Model:
    """Fit an uncalibrated model to ``rows``, and its hints to the messages ``hints``. Word n-grams are one block of
    features, character n-grams another of less weight.

    The weights of a support vector machine and of complement naive Bayes are added up. The latter generalizes better to
    people who write differently from the training texts.
    """
    vectorizer: Any = import_module("sklearn.feature_extraction.text").TfidfVectorizer
    svm_class: Any = import_module("sklearn.svm").LinearSVC
    bayes_class: Any = import_module("sklearn.naive_bayes").ComplementNB
    stack: Any = import_module("scipy.sparse").hstack
    texts = [words(row.text) for row in rows]
    whole = vectorizer(analyzer=word_ngrams, sublinear_tf=True, max_features=MAX_WORD_NGRAMS)
    cut = vectorizer(analyzer=_all_char_ngrams, sublinear_tf=True, min_df=2, max_features=MAX_CHAR_NGRAMS)
    seen = stack([whole.fit_transform(texts), cut.fit_transform(texts) * CHAR_NGRAM_WEIGHT]).tocsr().astype(np.float32)
    labels, weighed = [row.category for row in rows], np.array([row.weight for row in rows])
    svm = svm_class(C=C, tol=0.01, class_weight="balanced", random_state=0)
    svm.fit(seen, labels, sample_weight=weighed)
    # With two categories the library keeps only the second one's column.
    weights, bias = svm.coef_, svm.intercept_
    if len(svm.classes_) == 2:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    often = Counter(labels)
    rarity = np.sqrt([len(labels) / len(often) / often[label] for label in labels])
    bayes = bayes_class(alpha=BAYES_ALPHA).fit(seen, labels, sample_weight=weighed * rarity)
    second = bayes.feature_log_prob_ - bayes.feature_log_prob_.mean(axis=0)
    weights = weights + second * BAYES_WEIGHT * (seen @ weights.T).std() / (seen @ second.T).std()
    names = [*whole.get_feature_names_out(), *cut.get_feature_names_out()]
    more, more_weights, more_bias = _hints(
        hints, len(names), lambda texts: stack([whole.transform(texts), cut.transform(texts) * CHAR_NGRAM_WEIGHT])
    )
    return Model(
        version="",
        categories=tuple(map(str, svm.classes_)),
        vocabulary={str(name): row for row, name in enumerate(names)},
        idf=np.concatenate([whole.idf_, cut.idf_]).astype(np.float32),
        weights=np.ascontiguousarray(np.vstack([weights, more_weights]).T, dtype=np.float32),
        bias=np.concatenate([bias, more_bias]).astype(np.float32),
        hints=more,
        temperature=1.0,
        threshold=0.0,
    )


def _hints(messages: Sequence[Message], features: int, read: Callable[[Any], Any]) -> tuple[tuple[str, ...], Any, Any]:
    """Fit names, weights and bias of the hints; no hints unless messages have examples for and against each of them."""
    svm_class: Any = import_module("sklearn.svm").LinearSVC
    known = [message for message in messages if message.type and message.urgency]
    facts: dict[str, list[bool]] = {kind: [m.type == kind for m in known] for kind in KINDS}
    facts[URGENT] = [m.urgency in vocabulary.URGENT for m in known]
    if not all(any(fact) and not all(fact) for fact in facts.values()):
        return (), np.empty((0, features)), np.empty(0)
    seen = read([words(message.text) for message in known])
    taught = [
        svm_class(C=HINT_C, tol=0.01, class_weight="balanced", random_state=0).fit(seen, fact)
        for fact in facts.values()
    ]
    return tuple(facts), np.vstack([s.coef_ for s in taught]), np.concatenate([s.intercept_ for s in taught])


def _all_char_ngrams(found: Sequence[str]) -> list[str]:
    return [one for word in found for one in char_ngrams(word)]


def _calibrate(categories: Sequence[TaughtCategory], places: Sequence[str]) -> tuple[float, float]:
    """Choose temperature and threshold on messages that the model has not seen; without messages, on dressed seeds."""
    seen = [
        replace(c, seeds=_without(c.seeds), terms=_without(c.terms), messages=_without(c.messages)) for c in categories
    ]
    model = _of_seeds(seen, places, 1)
    whole = [(message.text, c.id) for c in categories for message in c.messages[::CALIBRATE_EVERY]]
    seeds = [(seed, c.id) for c in categories for seed in c.seeds[::CALIBRATE_EVERY]]
    unseen = whole or list(zip(dress([seed for seed, _ in seeds], places), [c for _, c in seeds], strict=True))
    truth = np.array([model.categories.index(category) for _, category in unseen])
    return _fit_confidence(model, [text for text, _ in unseen], truth)


def _without(phrases: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(phrase for i, phrase in enumerate(phrases) if i % CALIBRATE_EVERY)


def _fit_confidence(model: Model, texts: Sequence[str], truth: Any) -> tuple[float, float]:
    """Return the temperature of least log loss, and the lowest threshold whose precision is ``TARGET_PRECISION``."""
    scores = np.array([score(model, text) for text in texts])
    answers = np.array([name != UNKNOWN for name in model.categories])

    def shares(temperature: float) -> Any:
        odds = np.exp(temperature * (scores - scores.max(axis=1, keepdims=True)))
        return odds / odds.sum(axis=1, keepdims=True)

    def loss(temperature: float) -> float:
        return float(-np.log(shares(temperature)[np.arange(len(truth)), truth] + 1e-12).mean())

    temperature = float(min(np.arange(0.5, 12.1, 0.25), key=loss))
    found = shares(temperature) * answers
    sure, right = found.max(axis=1), found.argmax(axis=1) == truth
    if len(truth) < MIN_CALIBRATION_TEXTS:
        return temperature, DEFAULT_THRESHOLD
    for threshold in np.arange(MIN_THRESHOLD, 0.96, 0.01):
        above = sure >= threshold
        if above.any() and right[above].mean() >= TARGET_PRECISION:
            return temperature, round(float(threshold), 2)
    return temperature, 0.95
