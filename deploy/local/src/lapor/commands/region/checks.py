"""``lapor region check``: whether the files of a kabupaten fit together.

Each service's own reader is asked first; then what no single one of them can see.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

import typer

from chassis.region import Problem, RegionError, Source
from chassis.retention import read_retention
from contracts.events import UpdateKind
from intake.texts import Texts
from lapor.commands.region import overlaps
from lapor.errors import Refused
from lapor.options import REGION, Json, out

app = typer.Typer(help="The data of a kabupaten.", no_args_is_help=True)

FILES = ("units", "categories", "routing", "territory", "sla", "calendar", "texts")
KINDS: tuple[str, ...] = get_args(UpdateKind)
#: These steps leave the status as it was; before the first step it is `received`.
STATUSES = {"received", *KINDS} - {"unmerged", "corrected", "noted"}
PLACEHOLDERS = frozenset(
    ["ticket", "unit", "where", "support", "message", "reason", "target", "parent", "status", "due", "to"]
)
Sources = Mapping[str, Source]
_SENTENCE = re.compile(
    r"(?P<file>\S+\.(?:yaml|jsonl))(?:, line (?P<line>\d+))?:? (?P<problem>.*?)(?:[.] Remedy: (?P<remedy>.*))?"
)


@app.callback()
def root() -> None:
    """Look at the folder of a kabupaten."""


@app.command()
def check(
    region: Annotated[Path, typer.Argument(metavar="DIR", help="The region folder.")] = REGION, as_json: Json = False
) -> None:
    """Whether units, categories, routing, territory, deadlines, calendar and texts fit; names all that is wrong.

    Examples:

        lapor region check region/soppeng
    """
    found = problems(region)
    if as_json:
        typer.echo(json.dumps({"ok": not found, "problems": [problem._asdict() for problem in found]}))
        raise typer.Exit(1 if found else 0)
    if found:
        raise Refused("\n".join([*map(str, found), f"{region}: {len(found)} to mend."]))
    out.print(f"{region} fits together.", soft_wrap=True)


def problems(region: Path) -> list[Problem]:
    """All that is wrong in ``region``; what several readers find is named once."""
    if not region.is_dir():
        return [Problem(str(region), None, "there is no such folder", "name a region folder, such as region/soppeng")]
    found: list[Problem] = []
    for read in _readers():
        try:
            read(region)
        except RegionError as error:
            found += map(_problem, str(error).splitlines())
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            remedy = "write it as in region/soppeng"
            found.append(Problem(str(region), None, f"{read.__name__} can't read it: {error!r}", remedy))
    files: dict[str, Source] = {}
    for name in FILES:
        try:
            files[name] = Source.read(region, f"{name}.yaml")
        except RegionError as error:
            found += map(_problem, str(error).splitlines())
    for rule in (*_RULES, overlaps.aliases, overlaps.lapor_names, overlaps.territory, overlaps.unreached_rules):
        try:
            found += rule(files)
        except (LookupError, TypeError, AttributeError):  # its file is broken: a reader has said so
            continue
    return list(dict.fromkeys(found))


def _readers() -> tuple[Callable[[Path], object], ...]:
    """What the services read at their start. Imported here: no other command needs the services' code."""
    from classifier.extractors.accused_units import load_unit_names
    from classifier.extractors.gazetteer import load_gazetteer
    from classifier.extractors.urgency import load_urgency
    from classifier.taxonomy import load_taxonomy
    from router.adapters.region import read_rules
    from sla_monitor.region import load_rules

    return read_rules, load_taxonomy, load_unit_names, load_urgency, load_gazetteer, load_rules, Texts, read_retention


def _problem(sentence: str) -> Problem:
    """A reader's sentence, taken apart."""
    found = _SENTENCE.fullmatch(sentence)
    if found is None:
        return Problem("", None, sentence, "mend what the sentence names")
    remedy = found["remedy"] or "mend what the sentence names"
    return Problem(found["file"], int(found["line"]) if found["line"] else None, found["problem"], remedy)


def _categories(files: Sources) -> Iterator[Problem]:
    """Every category has a unit, or a rule that holds for all of it."""
    from classifier.taxonomy import UNKNOWN

    ruled = {
        name
        for rule in files["routing"].content["rules"] or ()
        if rule.get("hand_over") or rule.get("lead")
        if not {"matter", "type", "place"} & rule["when"].keys()
        for name in _many(rule["when"].get("category", []))
    }
    for name, category in files["categories"].content["categories"].items():
        if name != UNKNOWN and not category.get("unit") and name not in ruled:
            remedy = "give it a unit:, or a rule of its own in routing.yaml"
            yield files["categories"].wrong(("categories", name), "it has no unit and no rule", remedy)


def _matters(files: Sources) -> Iterator[Problem]:
    """Every matter of a rule is found by the classifier, and every one it finds has a rule."""
    categories = files["categories"].content["categories"]
    used = set()
    for n, rule in enumerate(files["routing"].content["rules"] or ()):
        named = _many(rule["when"].get("category", list(categories)))
        for matter in _many(rule["when"].get("matter", [])):
            used |= {(name, matter) for name in named}
            if not any(matter in (categories[name].get("matters") or {}) for name in named):
                remedy = f"add it with its cues under matters: of {' or '.join(named[:3])} in categories.yaml"
                yield files["routing"].wrong(("rules", n, "when", "matter"), f"nobody finds {matter}", remedy)
    for name, category in categories.items():
        for matter in category.get("matters") or {}:
            if (name, matter) not in used:
                where = ("categories", name, "matters", matter)
                yield files["categories"].wrong(where, "no rule asks for it", "add a rule to routing.yaml, or drop it")


def _territory(files: Sources) -> Iterator[Problem]:
    """Every kecamatan has a unit, and no unit has a kecamatan that isn't there."""
    places = {place["name"]: n for n, place in enumerate(files["territory"].content["kecamatan"])}
    camats = {unit["kecamatan"]: n for n, unit in enumerate(files["units"].content["units"]) if unit.get("kecamatan")}
    for name, n in places.items():
        if name not in camats:
            remedy = f"give a unit of units.yaml `kecamatan: {name}`"
            yield files["territory"].wrong(("kecamatan", n), f"{name} has no unit", remedy)
    for name, n in camats.items():
        if name not in places:
            where = ("units", n, "kecamatan")
            yield files["units"].wrong(where, f"territory.yaml has no kecamatan {name}", "write it as it stands there")


def _terms(files: Sources) -> Iterator[Problem]:
    """What a unit that is no more had to do is somebody's."""
    today = datetime.now(ZoneInfo(files["calendar"].content["timezone"])).date()
    for n, unit in enumerate(files["units"].content["units"]):
        if unit.get("valid_until") and unit["valid_until"] < today and not unit.get("successor"):
            remedy = "name a successor: who has its work now; until then triage gets it"
            yield files["units"].wrong(("units", n), f"{unit['code']} has ended and nobody has its work", remedy)


def _texts(files: Sources) -> Iterator[Problem]:
    """Every status and every kind of step has its words, with placeholders that somebody fills."""
    texts = files["texts"]
    for part, names in (("statuses", STATUSES), ("changes", KINDS)):
        for name in sorted(names):
            if name not in texts.content[part]:
                remedy = f"add {name}: with what citizens are to read"
                yield texts.wrong((part,), f"{name} has no text", remedy)
    for where, text in _entries(texts.content, ()):
        try:
            unknown = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} - PLACEHOLDERS
        except ValueError as error:
            yield texts.wrong(where, f"{error}", "write placeholders as {ticket}")
            continue
        if unknown:
            remedy = f"use {', '.join(sorted(PLACEHOLDERS))}"
            yield texts.wrong(where, f"nobody fills {', '.join(sorted(unknown))}", remedy)


def _words(files: Sources) -> Iterator[Problem]:
    """What comes into an SMS is plain ASCII: one other letter, and one SMS becomes two."""
    units = ((("units", n, "name"), unit["name"]) for n, unit in enumerate(files["units"].content["units"]))
    routing = files["routing"].content
    targets = list(_entries({"targets": routing.get("targets") or {}}, ()))
    reasons = [(("rules", n, "reason"), rule["reason"]) for n, rule in enumerate(routing.get("rules") or ())]
    texts = list(_entries(files["texts"].content, ()))
    for name, entries in (("units", units), ("routing", targets + reasons), ("texts", texts)):
        for where, text in entries:
            if odd := sorted({letter for letter in str(text) if not letter.isascii()}):
                yield files[name].wrong(where, f"{' '.join(odd)} costs a second SMS", "write plain ASCII")


def _entries(content: Any, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Each value in ``content`` that is no mapping and no list of them, with where it stands."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _entries(value, (*where, key))
    elif isinstance(content, list) and any(isinstance(value, dict) for value in content):
        for n, value in enumerate(content):
            yield from _entries(value, (*where, n))
    elif content is not None:
        yield where, content


def _many(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


_RULES = (_categories, _matters, _territory, _terms, _texts, _words)
