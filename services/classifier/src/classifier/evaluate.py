"""Measures a model on labelled texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from classifier.model import Model, rank


def evaluate(model: Model, rows: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Shares from 0 to 1; ``interval`` is the half width of the 95 % interval of the accuracy."""
    found = [(label, rank(model, text)[0]) for text, label in rows]
    n = max(1, len(found))
    right = sum(label == top[0].category for label, top in found)
    surest = sorted(((top[0].confidence, label == top[0].category) for label, top in found), reverse=True)
    half = surest[: max(1, len(surest) // 2)]
    kept = [ok for confidence, ok in surest if confidence >= model.threshold]
    labels = sorted({label for label, _ in found})
    per_category = {label: _scores(label, [(truth, top[0].category) for truth, top in found]) for label in labels}
    share = right / n
    return {
        "n": len(found),
        "accuracy": round(share, 4),
        "interval": round(1.96 * math.sqrt(share * (1 - share) / n), 4),
        "macro_f1": round(sum(s["f1"] for s in per_category.values()) / max(1, len(labels)), 4),
        "top3": round(sum(label in [c.category for c in top] for label, top in found) / n, 4),
        "surest_half": round(sum(ok for _, ok in half) / max(1, len(half)), 4),
        "answered": round(len(kept) / n, 4),
        "answered_right": round(sum(kept) / max(1, len(kept)), 4),
        "per_category": per_category,
    }


def _scores(label: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    hits = sum(truth == said == label for truth, said in pairs)
    true, said = sum(t == label for t, _ in pairs), sum(s == label for _, s in pairs)
    precision, recall = hits / said if said else 0.0, hits / true if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"n": true, "precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}
