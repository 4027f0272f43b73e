"""What Kafka must hold for a region: its topics and units."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chassis.region import RegionError, read_region
from contracts.topics import Topic, load_topics
from lapor.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What Kafka must hold: the topics, and the units that have two each; and whose it is, by Kemendagri's code."""

    kabupaten: str
    units: tuple[str, ...]
    topics: tuple[Topic, ...]


def wanted(region: Path) -> Wanted:
    """The topics of a region. Raises Refused if the folder is not a region's."""
    if not region.is_dir():
        raise Refused(f"There is no region folder {region}: give one with --region, such as region/soppeng.")
    try:
        units = tuple(str(unit["code"]) for unit in read_region(region, "units.yaml")["units"])
        kabupaten = str(read_region(region, "territory.yaml").get("code", ""))
    except RegionError as error:
        raise Refused(f"{error}.") from error
    except (KeyError, TypeError) as error:
        raise Refused(f"{region}/units.yaml must have a list `units`, each with a `code`.") from error
    return Wanted(kabupaten=kabupaten, units=units, topics=tuple(load_topics(list(units))))
