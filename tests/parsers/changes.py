"""Changes JSON as JSON."""

from __future__ import annotations

import json
from random import Random
from typing import Any

#: Replacements for a value.
_OTHERS: tuple[Any, ...] = (None, True, -1, 10**30, 1e400, "", "x", "\ud800", [], {}, [None], {"id": []})


def change_json(random: Random, data: bytes) -> bytes | None:
    """Return the JSON in ``data``, perhaps after a leading type byte, with another value in one place.

    None if it holds neither an object nor an array.
    """
    kind, body = (data[:1], data[1:]) if data[:1] == b"j" else (b"", data)
    if body[:1] not in (b"{", b"["):
        return None
    try:
        return kind + json.dumps(_changed(random, json.loads(body))).encode()
    except (ValueError, RecursionError):
        return None


def _changed(random: Random, value: Any) -> Any:
    if isinstance(value, dict | list) and value and random.random() < 0.85:
        at = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
        if random.random() < 0.1:
            del value[at]
        else:
            value[at] = _changed(random, value[at])
        return value
    return random.choice([*_OTHERS, [value, value], {"text": value}, str(value)])
