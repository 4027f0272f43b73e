"""The metrics that the services declare, with the names that Prometheus knows them by."""

from __future__ import annotations

import re
from itertools import chain

from prometheus_client import REGISTRY

import chassis.metrics
import chassis.retention
import classifier.app
import intake.metrics
import prober.metrics
import router.metrics
import sla_monitor.metrics
import unit_desk.metrics
from lapor.system import archive, backups

#: Modules that declare metrics when they are imported.
_OF_SERVICES = (classifier.app, intake.metrics, prober.metrics, router.metrics, sla_monitor.metrics, unit_desk.metrics)
DECLARING = (chassis.metrics, chassis.retention, *_OF_SERVICES)
_NAME = re.compile(r"\b(?:lapor_[a-z_]+)\b(?!:)")


def declared() -> set[str]:
    """Return the names of all our series."""
    names: set[str] = set()
    for family in chain(REGISTRY.collect(), backups.REGISTRY.collect(), archive.REGISTRY.collect()):
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        names |= {family.name + ending for ending in endings if family.name.startswith("lapor_")}
    return names


def named(text: str) -> set[str]:
    """Find the names of our series in ``text``, one or several expressions."""
    return set(_NAME.findall(text))
