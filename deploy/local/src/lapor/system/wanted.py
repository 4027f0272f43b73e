"""The topics and units that Kafka must have for a region."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contracts.topics import Topic, load_topics
from kabupaten import load
from lapor.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The topics that Kafka must have, the units with two topics each, and the kabupaten by Kemendagri's code."""

    kabupaten: str
    units: tuple[str, ...]
    topics: tuple[Topic, ...]


def wanted(region: Path) -> Wanted:
    """Load the topics and units of a region. Raises Refused if its folder is missing, RegionError if it is unusable."""
    if not region.is_dir():
        raise Refused(f"There is no region folder {region}: give one with --region, such as region/soppeng.")
    loaded = load(region, "units", "territory")
    units = tuple(loaded.units.by_code)
    topics = load_topics(units, loaded.units.desks)
    return Wanted(kabupaten=loaded.territory.code, units=units, topics=tuple(topics))
