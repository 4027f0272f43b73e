"""What Kafka must hold for a region: its topics and units."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contracts.topics import Topic, load_topics
from kabupaten import load
from lapor.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What Kafka must hold: the topics, and the units that have two each; and whose it is, by Kemendagri's code."""

    kabupaten: str
    units: tuple[str, ...]
    topics: tuple[Topic, ...]


def wanted(region: Path) -> Wanted:
    """The topics of a region. Raises Refused if there is no such folder, RegionError if it can't be used."""
    if not region.is_dir():
        raise Refused(f"There is no region folder {region}: give one with --region, such as region/soppeng.")
    loaded = load(region, "units", "territory")
    units = tuple(loaded.units.by_code)
    topics = load_topics(units, loaded.units.desks)
    return Wanted(kabupaten=loaded.territory.code, units=units, topics=tuple(topics))
