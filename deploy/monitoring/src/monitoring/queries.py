"""The forms that expressions of dashboards have in common."""

from __future__ import annotations


def rate(metric: str, *by: str) -> str:
    """How much of ``metric`` comes in a second, by the labels ``by``."""
    return f"sum by ({', '.join(by)}) (rate({metric}[$__rate_interval]))"


def quantile(share: float, metric: str, *by: str) -> str:
    """What ``share`` of the observations of the histogram ``metric`` stays below."""
    return f"histogram_quantile({share}, {rate(f'{metric}_bucket', 'le', *by)})"


def last(metric: str, span: str, *by: str) -> str:
    """How much of ``metric`` came in the last ``span``, in whole numbers."""
    return f"round(sum by ({', '.join(by)}) (increase({metric}[{span}])))"
