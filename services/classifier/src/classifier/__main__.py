"""The classifier's command line: build a model, use it, teach it, measure it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from errno import EACCES, EISDIR
from os import W_OK, access, strerror
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from kabupaten import RegionError, load

if TYPE_CHECKING:
    from kabupaten.training import TaughtCategory

app = typer.Typer(name="classifier", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

RegionOption = Annotated[Path, typer.Option(help="Folder of the kabupaten's data, e.g. region/soppeng.")]
ModelOption = Annotated[Path, typer.Option(help="File of a built model.")]
OutOption = Annotated[Path, typer.Option(help="Where to write the model.")]
# Every result is JSON anyway; the option exists because all commands of the project accept it.
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON (always on).")]


class _Input(msgspec.Struct, frozen=True):
    text: str
    id: str | int | float | bool | None = None


@app.callback()
def root() -> None:
    """Understands complaints, or says that it does not. Results are JSON on stdout, progress is on stderr."""


@app.command("run")
def run_() -> None:
    """Run the service until SIGTERM. Settings come from the environment: see its README."""
    from chassis.cli import imported

    imported("classifier.app:run")()


@app.command()
def build(region: RegionOption, out: OutOption, json: JsonOption = True) -> None:
    """Build the model from the messages and seed phrases of a region: some seconds, the same model every time.

    Examples:

        classifier build --region region/soppeng --out model.bin
    """
    from classifier.category import linear_model
    from classifier.training import build as training

    started = time.monotonic()
    _check_writable(out)
    with _refusals():
        built = training.build(*_taught_from(region), _say)
        size = linear_model.save(built, out)
    _print({"model_version": built.version, "seconds": round(time.monotonic() - started, 2), "bytes": size})


@app.command()
def predict(model: ModelOption, region: RegionOption, json: JsonOption = True) -> None:
    """Read JSON lines with id and text on stdin; print the classification of each as a line.

    Examples:

        echo '{"id": 1, "text": "lampu jalan mati"}' | classifier predict --model model.bin --region region/soppeng
    """
    from classifier.classify import classify, load_knowledge

    with _refusals():
        knowledge = load_knowledge(model, region)
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            given = msgspec.json.decode(line, type=_Input)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            _refuse(f'line {number}: {error}. Each line is {{"id": …, "text": …}}.')
        _print({"id": given.id, **asdict(classify(knowledge, given.text))})


@app.command()
def train(
    region: RegionOption,
    out: OutOption,
    jsonl: Annotated[Path | None, typer.Option(help='Labelled rows, {"text", "category", "weight"?} a line.')] = None,
    csv: Annotated[Path | None, typer.Option(help="The official SP4N export, Laporan Ringkas.")] = None,
    champion: Annotated[Path | None, typer.Option(help="The present model; it stays unless it loses.")] = None,
    check: Annotated[Path | None, typer.Option(help="Labelled rows to compare on; a file or a folder of them.")] = None,
    json: JsonOption = True,
) -> None:
    """Teach a model from labelled complaints; a fifth is held out to measure it. Fewer than 400 are refused.

    Examples:

        classifier train --csv laporan.csv --region region/soppeng --out model.bin

        classifier train --jsonl rows.jsonl --champion model.bin --check check/ --region region/soppeng --out new.bin
    """
    from classifier.category import linear_model
    from classifier.training import build as training
    from classifier.training import evaluate, promotion
    from classifier.training import labelled_rows as rows

    if (jsonl is None) == (csv is None):
        raise typer.BadParameter("give either --jsonl or --csv")
    _check_writable(out)
    with _refusals():
        categories, places = _taught_from(region)
        labelled = rows.read_jsonl(jsonl, categories) if jsonl else rows.read_export(_given(csv), categories)
        _report(labelled.unmapped, labelled.restricted)
        rows.check_enough(labelled)
        present = linear_model.load(champion) if champion else None
        checked = rows.read_check(check)
        learnt = len(rows.learnable(labelled.rows))
        mix = learnt < rows.ENOUGH
        _say(f"learning from {learnt} of {len(labelled.rows)} rows{' and the seeds' if mix else ''}")
        trained = training.train(categories, places, labelled.rows, mix_seeds=mix)
        held_out = {**evaluate.evaluate(trained.blind, trained.held), "seeds_mixed": mix}
        result: dict[str, Any] = {
            "rows": len(labelled.rows),
            "learnt": learnt,
            "model_version": trained.model.version,
        }
        if present:
            compared = promotion.compare(present, trained.model, trained.blind, checked, trained.held)
            if not compared.promoted:
                _refuse(compared.sentence())
            _say(compared.sentence())
            result["promotion"] = promotion.figures(compared)
        linear_model.save(trained.model, out)
    _print({**result, "held_out": held_out})


@app.command()
def collect(
    received: Annotated[Path, typer.Option(help="Records of complaint.received, a line each; - for stdin.")],
    updated: Annotated[Path, typer.Option(help="Records of complaint.updated, a line each; - for stdin.")],
    out: Annotated[Path, typer.Option(help="Where to write the labelled rows.")],
    classified: Annotated[
        Path | None, typer.Option(help="Records of complaint.classified: was it spam what looked so? - for stdin.")
    ] = None,
    region: RegionOption = Path("region/soppeng"),
    json: JsonOption = True,
) -> None:
    """Join complaints with people's decisions about them: rows for `train --jsonl` and `evaluate --jsonl`.

    Examples:

        classifier collect --received received.jsonl --updated updated.jsonl --out rows.jsonl

        classifier collect --received r.jsonl --updated u.jsonl --classified c.jsonl --out rows.jsonl
    """
    from classifier.training.collect import collect as join
    from classifier.training.collect import leads_of, lines
    from kabupaten.categories import UNKNOWN
    from kabupaten.training import load_training

    _check_writable(out)
    with _refusals():
        categories = load_training(region)
        files = (received, updated, *([classified] if classified else []))
        rows = join(lines(*files), categories, leads_of(load(region, "routing").routing, categories))
        out.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    corrected = sum(row.weight == 1 for row in rows)
    rejected = sum(row.category == UNKNOWN for row in rows)
    counts = {"corrected": corrected, "confirmed": len(rows) - corrected - rejected, "rejected": rejected}
    _print({"rows": len(rows), **counts, "types": sum(row.type is not None for row in rows)})


@app.command("evaluate")
def evaluate_(
    model: ModelOption,
    jsonl: Annotated[Path, typer.Option(help='Labelled rows, {"text", "category"} a line; a file or a folder.')],
    region: Annotated[Path | None, typer.Option(help="Also measure type, urgency, spam, kecamatan.")] = None,
    json: JsonOption = True,
) -> None:
    """Measure a model on labelled rows; with --region also the rules, for the labels that the rows have.

    Examples:

        classifier evaluate --model model.bin --jsonl rows.jsonl --region region/soppeng
    """
    from classifier.category import linear_model
    from classifier.classify import PARTS, rules_of
    from classifier.training import evaluate
    from classifier.training import labelled_rows as rows

    with _refusals():
        loaded = linear_model.load(model)
        rules = rules_of(load(region, *PARTS)) if region else None
        labelled = rows.read_labels(jsonl)
    _print(evaluate.evaluate(loaded, labelled, rules))


def main() -> None:
    """Entry point of the console script."""
    app()


def _taught_from(region: Path) -> tuple[tuple[TaughtCategory, ...], list[str]]:
    from kabupaten.gazetteer import gazetteer_of, place_names
    from kabupaten.training import load_training

    return load_training(region), place_names(gazetteer_of(load(region, "territory").territory))


def _report(unmapped: dict[str, int], restricted: int) -> None:
    for label, count in unmapped.items():
        _say(f"left out: {count} rows of {label!r}, which no category of categories.yaml maps")
    if restricted:
        _say(f"left out: {restricted} rows marked Rahasia")


@contextmanager
def _refusals() -> Iterator[None]:
    from classifier.category.linear_model import ModelError
    from classifier.training.collect import CollectError
    from classifier.training.labelled_rows import RowsError

    try:
        yield
    except (RegionError, ModelError, RowsError, CollectError) as error:
        _refuse(str(error))


def _check_writable(out: Path) -> None:
    """Refuse an output that can't be written before minutes of work, not after."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.is_dir():
            raise IsADirectoryError(EISDIR, strerror(EISDIR))
        if not access(out if out.exists() else out.parent, W_OK):
            raise PermissionError(EACCES, strerror(EACCES))
    except OSError as error:
        _refuse(f"{out} can't be written: {error.strerror}")


def _refuse(sentence: str) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def _given(path: Path | None) -> Path:
    if path is None:
        raise typer.BadParameter("give either --jsonl or --csv")
    return path


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _print(result: dict[str, Any]) -> None:
    typer.echo(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
