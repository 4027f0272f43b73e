"""Common forms of the dashboards' expressions."""

from __future__ import annotations


def rate(metric: str, *by: str) -> str:
    """Ask for the increase of ``metric`` per second, by the labels ``by``."""
    return f"sum by ({', '.join(by)}) (rate({metric}[$__rate_interval]))"


def quantile(share: float, metric: str, *by: str) -> str:
    """Ask for the value that ``share`` of the histogram ``metric``'s observations stay below."""
    return f"histogram_quantile({share}, {rate(f'{metric}_bucket', 'le', *by)})"


def last(metric: str, span: str, *by: str) -> str:
    """Ask for the increase of ``metric`` in the last ``span``, in whole numbers."""
    return f"round(sum by ({', '.join(by)}) (increase({metric}[{span}])))"
