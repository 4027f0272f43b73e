"""The router's command line: ``router run``, ``router migrate``, ``router assign``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from chassis.cli import cli
from contracts.events import Place
from contracts.vocabulary import ComplaintType, Urgency
from kabupaten import RegionError
from router.adapters.region import read_rules
from router.rules import Rules, Understood, assign, in_force


class AssignLine(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a ``classifier predict`` line that ``assign`` uses; only ``category`` is needed."""

    id: Any = None
    category: str | None = None
    matter: str | None = None
    type: ComplaintType | None = None
    abstained: bool | None = None
    urgency: Urgency | None = None
    spam: bool | None = None
    place: Place | str | None = None
    about_units: tuple[str, ...] | None = None
    protected: bool | None = None
    perhaps_accusing: bool | None = None
    perhaps_about: tuple[str, ...] | None = None


app = cli("router", "router.app:run", [Path(__file__).parents[2] / "migrations"], "router.app:catch_up")


@app.command("assign")
def assign_(
    region: Annotated[Path, typer.Option(help="folder of the kabupaten's data, e.g. region/soppeng")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (always on).")] = True,
) -> None:
    """Say who would get each complaint: the classifier's JSON lines on stdin, one JSON line each on stdout.

    Examples:

        echo '{"category": "air_bersih", "confidence": 0.9}' | router assign --region region/soppeng

        classifier predict --model model.bin --region $REGION < texts.jsonl | router assign --region $REGION
    """
    try:
        rules = in_force(whole := read_rules(region), datetime.now(UTC))
    except RegionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            given = _read(whole, line)
        except ValueError as error:
            typer.echo(f"line {number} can't be read: {error}", err=True)
            raise typer.Exit(1) from error
        to = assign(rules, _understood(given))
        out = {"id": given.id, "lane": to.lane, "unit": to.unit, "support": to.support, "reason": to.reason}
        typer.echo(msgspec.json.encode(out).decode())


def _read(rules: Rules, line: bytes) -> AssignLine:
    """Read a line; ``rules`` are those of the files, with ended units, because complaints still name them.

    Raises:
        ValueError: it is not such an object, or names what the region does not have. msgspec's errors are ValueErrors.
    """
    given = msgspec.json.decode(line, type=AssignLine)
    if given.category is not None and given.category not in rules.unit_of_category:
        raise ValueError(f"categories.yaml has no category {given.category!r}")
    about, perhaps = (
        tuple(code.strip().upper() for code in codes or ()) for codes in (given.about_units, given.perhaps_about)
    )
    if unknown := [code for code in (*about, *perhaps) if code not in rules.units]:
        raise ValueError(f"units.yaml has no unit {', '.join(unknown)}")
    return msgspec.structs.replace(given, about_units=about, perhaps_about=perhaps)


def _understood(given: AssignLine) -> Understood:
    place = given.place if isinstance(given.place, Place) else Place(kecamatan=given.place)
    return Understood(
        category=given.category,
        matter=given.matter,
        type=given.type or ComplaintType.PENGADUAN,
        kecamatan=place.kecamatan,
        elsewhere=place.elsewhere,
        abstained=bool(given.abstained),
        urgency=given.urgency or Urgency.SEDANG,
        about_units=given.about_units or (),
        protected=bool(given.protected),
        perhaps_accusing=bool(given.perhaps_accusing),
        perhaps_about=given.perhaps_about or (),
        place_conflict=place.conflict,
        spam=bool(given.spam),
    )


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
