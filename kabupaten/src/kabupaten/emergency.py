"""Reads ``emergency.yaml``: the numbers to call in each danger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from contracts.vocabulary import DangerKind
from kabupaten.problems import Problem, refuse
from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

#: At most this many numbers are named: people in danger read no list.
MOST = 3


class Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number to call. Until somebody has ``confirmed`` it, no citizen is told it."""

    name: Words
    number: Annotated[str, remedy('write digits in quotes, such as "113"', pattern=r"^[0-9]*$")] = ""
    then: str = ""  # instructions once it answers
    confirmed: bool = True

    @property
    def in_words(self) -> str:
        """``113 (pemadam kebakaran)``."""
        return f"{' '.join(filter(None, (self.number, self.then)))} ({self.name})"


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    calls: dict[str, Call]
    kinds: Annotated[dict[DangerKind, tuple[str, ...]], remedy("write each danger and whom to call: {fire: [pemadam]}")]


class Emergency(Struct, frozen=True, kw_only=True):
    """The numbers to call, by danger; the first is the one to call first."""

    kinds: Mapping[str, tuple[Call, ...]]

    def calls(self, kinds: Iterable[str]) -> list[Call]:
        """List the numbers to call in danger of ``kinds``, each once, the first of each kind before all others."""
        ranks = [[call for call in self.kinds.get(kind, ()) if call.confirmed] for kind in kinds]
        ordered = [rank[n] for n in range(max(map(len, ranks), default=0)) for rank in ranks if n < len(rank)]
        return list({(call.number, call.then): call for call in ordered}.values())[:MOST]


def read_emergency(source: Source) -> Emergency:
    """Read ``emergency.yaml``.

    Raises:
        RegionError: it does not fit, or leaves a danger without a number to call; every mistake is named.
    """
    file = parse(source, _File)
    refuse(_gaps(source, file))
    return Emergency(kinds={kind: tuple(file.calls[name] for name in names) for kind, names in file.kinds.items()})


def _gaps(source: Source, file: _File) -> Iterator[Problem]:
    for name, call in file.calls.items():
        if call.confirmed and not call.number:
            yield source.wrong(
                ("calls", name), "it has no number", "write number:, or confirmed: false until it is known"
            )
    for kind, names in file.kinds.items():
        for n, name in enumerate(names):
            if name not in file.calls:
                yield source.wrong(("kinds", kind, n), f"there is no {name} under calls", "add it there")
    for kind in DangerKind:
        if not any(file.calls[name].confirmed for name in file.kinds.get(kind, ()) if name in file.calls):
            yield source.wrong(
                ("kinds",), f"nobody is to be called in danger of {kind}", f"add {kind}: with a confirmed number"
            )
