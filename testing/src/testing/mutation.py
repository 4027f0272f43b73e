"""Mutate valid inputs into hardly valid ones, for tests of how an endpoint handles them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from random import Random
from typing import Any

#: The same inputs each time.
SEED = 1708
#: Text that has broken programs before; half a surrogate pair can be written in JSON only.
UNICODE = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ufeff",
    "\ud800",
    "\udfff\ud800",
    "\U0010ffff",
    "\u202e\u2066nama",
    "e" + "\u0301" * 500,
    "ﷺ" * 300,
    "👩‍👩‍👧‍👦" * 50,
    "İıßﬀ",
    "\u2028\u2029\x85\x0b",
    "\x1b[31m",
    "१२३",
    "²",
    "٠٨١٢٣٤٥٦٧٨٩",
)
FIRST_RESPONSES = (
    "' OR 1=1 --",
    "%s%n%00",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "null",
    "-1",
    "1e400",
    "9" * 400,
    "a" * 10_001,
    "a " * 20_000,
    "SPG-W000-0000",
    "2026-13-45T99:99:99+99:99",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-23:59",
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**400,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    [],
    {},
    [None],
    {"": ""},
    [[[[]]]],
)
#: Placeholder for brackets nested deeper than Python's own encoder goes.
DEEP = "@dalam@"
BYTES = (
    b"\0",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"%",
    b"%00",
    b"\r\n",
    b'"',
    b"\\u",
    b"--",
)


class Mutator:
    """Mutates valid inputs into hardly valid ones; the same seed gives the same mutations."""

    def __init__(self, door: str) -> None:
        self.random = Random(f"{SEED} {door}")  # noqa: S311  (it must be the same each time)

    def maybe(self, share: float) -> bool:
        """Return True in that share of cases."""
        return self.random.random() < share

    def text(self, value: str) -> str:
        """Return another text."""
        nasty = self.random.choice(UNICODE + FIRST_RESPONSES)
        at = self.random.randint(0, len(value))
        ways = (
            nasty,
            value[:at] + nasty + value[at:],
            value[:at],
            value * self.random.randint(2, 40),
            value.swapcase(),
        )
        return self.random.choice(ways)

    def value(self, value: Any) -> Any:
        """Return another value, often of another type."""
        ways: tuple[Callable[[], Any], ...] = (
            lambda: self.text(value if isinstance(value, str) else str(value)),
            lambda: self.text(value if isinstance(value, str) else str(value)),
            lambda: self.random.choice(OTHERS),
            lambda: [value] * self.random.choice((1, 3, 300)),
            lambda: {"text": value},
            lambda: DEEP,
        )
        return self.random.choice(ways)()

    def fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """Remove, add or swap fields or change their values, also in inner objects."""
        given = dict(given)
        for _ in range(self.random.choice((1, 1, 1, 2, 5))):
            if not given:
                break
            name, other = (self.random.choice(list(given)) for _ in range(2))
            match self.random.randrange(6):
                case 0:
                    del given[name]
                case 1:
                    given[name], given[other] = given[other], given[name]
                case 2:
                    given[self.text(name)] = given[name]
                case _ if isinstance(given[name], dict) and self.maybe(0.8):
                    given[name] = self.fields(given[name])
                case _:
                    given[name] = self.value(given[name])
        return given

    def json(self, given: dict[str, Any]) -> bytes:
        """Return a kind of JSON of ``given``: with fields twice, without escapes, in brackets, or damaged."""
        text = json.dumps(given, ensure_ascii=self.maybe(0.5))
        if DEEP in text:
            depth, (left, right) = self.random.choice((20, 900, 5000)), self.random.choice(("[]", ('{"a":', "}")))
            text = text.replace(f'"{DEEP}"', left * depth + ("1" if left != "[" else "") + right * depth)
        if given and self.maybe(0.1):
            name = self.random.choice(list(given))
            text = f"{text[:-1]},{json.dumps(name)}:{json.dumps(self.random.choice(OTHERS))}}}"
        raw = text.encode(self.random.choice(("utf-8",) * 20 + ("utf-16", "utf-32", "utf-7")), "surrogatepass")
        return self.raw(raw) if self.maybe(0.2) else raw

    def raw(self, value: bytes) -> bytes:
        """Damage bytes: flip bits, cut the end off, remove, repeat or insert a part."""
        raw = bytearray(value)
        for _ in range(self.random.choice((1, 1, 2, 8))):
            start, end = sorted(self.random.randint(0, len(raw)) for _ in range(2))
            match self.random.randrange(5):
                case 0 if raw:
                    raw[min(start, len(raw) - 1)] ^= 1 << self.random.randrange(8)
                case 1:
                    del raw[end:]
                case 2:
                    del raw[start : min(end, start + 20)]
                case 3:
                    raw[start:start] = raw[start : start + 50] * self.random.randint(1, 20)
                case _:
                    raw[start:start] = self.random.choice(BYTES)
        return bytes(raw)

    def address(self) -> str:
        """Return a citizen's address, from the range for benchmarks (RFC 2544)."""
        return f"198.{self.random.randint(18, 19)}.{self.random.randrange(256)}.{self.random.randrange(256)}"

    def id(self) -> str:
        """Return the seed's next UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))
