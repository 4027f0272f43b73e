"""Promote a challenger over the champion only if it wins, on rows that neither has learnt from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from classifier.category.linear_model import Model, abstains, fingerprint, rank
from classifier.training.labelled_rows import Row
from kabupaten.categories import UNKNOWN

#: Fewer rows than this decide nothing.
MIN_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How often each model was right on the same rows, and whether the challenger may replace the champion."""

    rows: int
    check_rows: int
    champion: int
    challenger: int
    champion_on_check: int
    challenger_on_check: int
    promoted: bool

    def sentence(self) -> str:
        """Describe the result and its figures."""
        figures = (
            f"right on {self.challenger} of {self.rows} rows that neither has learnt from, the present one on "
            f"{self.champion}; on the check set {self.challenger_on_check} against {self.champion_on_check} "
            f"of {self.check_rows}"
        )
        if self.promoted:
            return f"the new model wins: {figures}"
        if self.rows < MIN_ROWS:
            return (
                f"the present model stays: {self.rows} rows are too few to compare, {MIN_ROWS} are needed; add --check"
            )
        return f"the present model stays, nothing was written: the new one is {figures}"


def compare(champion: Model, challenger: Model, blind: Model, check: Sequence[Row], held: Sequence[Row]) -> Comparison:
    """Compare on ``check`` and on ``held``; ``blind`` is the challenger taught without ``held``.

    The challenger wins if it is right more often over all, and on the check set not less often than chance explains
    (one standard deviation of the rows on which they differ).
    """
    fresh = [row for row in check if not (_knows(champion, row) or _knows(challenger, row))]
    kept = [row for row in held if not _knows(champion, row)]
    old, new = _right(champion, fresh), _right(challenger, fresh)
    held_old, held_new = _right(champion, kept), _right(blind, kept)
    slack = math.sqrt(sum(a != b for a, b in zip(old, new, strict=True)))
    rows = len(fresh) + len(kept)
    more = sum(new) + sum(held_new) > sum(old) + sum(held_old)
    return Comparison(
        rows=rows,
        check_rows=len(fresh),
        champion=sum(old) + sum(held_old),
        challenger=sum(new) + sum(held_new),
        champion_on_check=sum(old),
        challenger_on_check=sum(new),
        promoted=rows >= MIN_ROWS and more and sum(new) >= sum(old) - slack,
    )


def figures(result: Comparison) -> dict[str, int | bool]:
    """Convert the result for JSON."""
    return asdict(result)


def _right(model: Model, rows: Sequence[Row]) -> list[bool]:
    return [_is_right(model, row) for row in rows]


def _is_right(model: Model, row: Row) -> bool:
    found = rank(model, row.text, 1)
    return abstains(model, found) if row.category == UNKNOWN else found.top[0].category == row.category


def _knows(model: Model, row: Row) -> bool:
    return fingerprint(row.text) in model.learnt
