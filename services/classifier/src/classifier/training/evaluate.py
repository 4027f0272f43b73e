"""Measures a model and the rules of a region on labelled texts. Shares are from 0 to 1, intervals have 95 %."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import UNSET

from classifier.category.linear_model import Model, abstains, rank
from classifier.classify import Knowledge, Rules, classify
from classifier.domain import Classification
from classifier.training.labelled_rows import Row
from contracts.vocabulary import URGENT, Urgency
from kabupaten.categories import UNKNOWN

_Z = 1.96
_RESAMPLES = 400

Pairs = Sequence[tuple[str, str]]


def evaluate(model: Model, rows: Sequence[Row], rules: Rules | None = None) -> dict[str, Any]:
    """Measure how often the model is right on ``rows``: over all, by category, and by source if the rows name it.

    Rows of a category that the model does not know count as wrong, and are reported as ``unknown``. Rows of the unknown
    category count as right if the model abstains. With ``rules``, type, urgency, spam and kecamatan are measured too if
    the rows have these labels.
    """
    read = [(row, rank(model, row.text)) for row in rows]
    found = [(row, reading.top, abstains(model, reading)) for row, reading in read]
    # Abstaining is the right answer to a text without a category.
    pairs = [
        (row.category, UNKNOWN if silent and row.category == UNKNOWN else top[0].category) for row, top, silent in found
    ]
    surest = sorted(
        ((top[0].confidence, truth == said) for (_, top, _), (truth, said) in zip(found, pairs, strict=True)),
        reverse=True,
    )
    half = surest[: max(1, len(surest) // 2)]
    kept = [row.category == top[0].category for row, top, silent in found if not silent]
    silent_on_unknown = [silent for row, _, silent in found if row.category == UNKNOWN]
    strange = Counter(row.category for row in rows if row.category not in {*model.categories, UNKNOWN})
    n, right = max(1, len(pairs)), sum(truth == said for truth, said in pairs)
    per_category = scores(pairs)
    return {
        "n": len(pairs),
        **({"unknown": dict(strange)} if strange else {}),
        "accuracy": round(right / n, 4),
        "accuracy_95": wilson(right, n),
        "macro_f1": round(sum(s["f1"] for s in per_category.values()) / max(1, len(per_category)), 4),
        "macro_f1_95": _resampled(pairs),
        "top3": round(
            sum(t in {s, *(c.category for c in top)} for (t, s), (_, top, _) in zip(pairs, found, strict=True)) / n, 4
        ),
        "surest_half": round(sum(ok for _, ok in half) / max(1, len(half)), 4),
        "answered": round(len(kept) / n, 4),
        "answered_right": round(sum(kept) / max(1, len(kept)), 4),
        **(
            {"unknown_abstained": round(sum(silent_on_unknown) / len(silent_on_unknown), 4)}
            if silent_on_unknown
            else {}
        ),
        "per_category": per_category,
        **_by_source(rows, pairs),
        **(_by_rule(Knowledge(model=model, rules=rules), rows) if rules else {}),
    }


def scores(pairs: Pairs) -> dict[str, dict[str, Any]]:
    """Compute n, precision, recall and F1 of every label that is true somewhere."""
    return {label: _scores(label, pairs) for label in sorted({truth for truth, _ in pairs})}


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Compute Wilson's interval of a share."""
    if not n:
        return (0.0, 1.0)
    share, z2 = hits / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (round(max(0.0, middle - reach), 4), round(min(1.0, middle + reach), 4))


def _scores(label: str, pairs: Pairs) -> dict[str, Any]:
    hits = sum(truth == said == label for truth, said in pairs)
    true, said = sum(t == label for t, _ in pairs), sum(s == label for _, s in pairs)
    precision, recall = hits / said if said else 0.0, hits / true if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {
        "n": true,
        "precision": round(precision, 4),
        "precision_95": wilson(hits, said),
        "recall": round(recall, 4),
        "recall_95": wilson(hits, true),
        "f1": round(f1, 4),
    }


def _resampled(pairs: Pairs) -> tuple[float, float]:
    """Compute the interval of the macro-F1 by bootstrap, with the same draws every time."""
    if not pairs:
        return (0.0, 1.0)
    labels = sorted({label for pair in pairs for label in pair})
    at = {label: i for i, label in enumerate(labels)}
    truth, said = (np.array([at[pair[i]] for pair in pairs]) for i in (0, 1))
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_RESAMPLES):
        drawn = rng.integers(0, len(pairs), len(pairs))
        t, s = truth[drawn], said[drawn]
        hits, true, told = (np.bincount(v, minlength=len(labels)) for v in (t[t == s], t, s))
        found.append(float((2 * hits / np.maximum(1, true + told))[true > 0].mean()))
    low, high = np.quantile(found, (0.025, 0.975))
    return (round(float(low), 4), round(float(high), 4))


def _by_source(rows: Sequence[Row], pairs: Pairs) -> dict[str, Any]:
    sources = Counter(row.source for row in rows if row.source)
    found = {}
    for source, n in sources.items():
        right = sum(t == s for row, (t, s) in zip(rows, pairs, strict=True) if row.source == source)
        found[source] = {"n": n, "accuracy": round(right / n, 4), "accuracy_95": wilson(right, n)}
    return {"per_source": found} if found else {}


def _by_rule(knowledge: Knowledge, rows: Sequence[Row]) -> dict[str, Any]:
    read = [(row, classify(knowledge, row.text)) for row in rows]
    result: dict[str, Any] = {}
    if types := [(row.type, found.type) for row, found in read if row.type]:
        result["type"] = scores(types)
    if urgency := [(row.urgency, found.urgency) for row, found in read if row.urgency]:
        yes = [(str(t in URGENT), str(s in URGENT)) for t, s in urgency]
        result["urgent"] = _scores("True", yes)
        result[Urgency.DARURAT] = _scores(Urgency.DARURAT, urgency)
    if spam := [(str(row.spam), str(found.spam)) for row, found in read if row.spam is not None]:
        flagged, honest = sum(s == "True" for t, s in spam if t == "False"), sum(t == "False" for t, _ in spam)
        result["spam"] = {**_scores("True", spam), "complaints_flagged": round(flagged / max(1, honest), 4)}
    if places := [(row, found) for row, found in read if row.kecamatan is not UNSET]:
        result["kecamatan"] = _places(places)
    return result


def _places(read: Sequence[tuple[Row, Classification]]) -> dict[str, Any]:
    """Compute the share of right answers among texts that name a kecamatan, and of wrong ones among all texts.

    A kecamatan found in a text that names no kecamatan is wrong, too.
    """
    named = [(row.kecamatan, found.place.kecamatan) for row, found in read if row.kecamatan]
    right = sum(truth == said for truth, said in named)
    wrong = sum(found.place.kecamatan not in (None, row.kecamatan) for row, found in read)
    return {
        "n": len(read),
        "named": len(named),
        "right": round(right / max(1, len(named)), 4),
        "right_95": wilson(right, len(named)),
        "wrong": round(wrong / max(1, len(read)), 4),
        "wrong_95": wilson(wrong, len(read)),
    }
