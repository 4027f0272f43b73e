"""Documents name existing things: links lead somewhere, and tables of files are complete."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from intake.dialect import NAMES

LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([\w-]+))?\)")
MODULE = re.compile(r"`((?:\w+/)*\w+\.py)`")
PATH = re.compile(r"`((?:\w[\w.-]*/)+[\w.-]*)`")
#: Names from a log or of a metric: in backticks or italics, with an underscore.
SHOWN = re.compile(r"`([^`]+)`|(?<!\*)\*([^*\n]+)\*(?!\*)")
NAME = re.compile(r"(?<![\w/.-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w/-])")
#: Names of others (Meta's permissions, Jasmin's settings, openssl's command), and of a database set aside.
NOT_OURS = re.compile(r"pages_\w+|whatsapp_business_messaging|max_retries|retry_delay|s_client|router_before_\d+_\d+")


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def _rows(page: Path, first: str) -> str:
    """Return the rows of the tables whose first column is called ``first``."""
    tables = re.findall(r"(?:^\|.*\n?)+", page.read_text(), re.MULTILINE)
    return "".join(table for table in tables if table.startswith(f"| {first} |"))


def test_every_link_leads_to_a_file_and_to_a_heading(root: Path) -> None:
    pages = [page for place in ("*.md", "[!.]*/**/*.md") for page in root.glob(place)]
    dead = []
    for page in pages:
        for target, anchor in LINK.findall(page.read_text()):
            to = page.parent / target if target else page
            if not to.exists() or (anchor and anchor not in _anchors(to)):
                dead.append(f"{page.relative_to(root)}: {target}#{anchor}")

    assert len(pages) > 20
    assert [] == dead


@pytest.mark.parametrize("part", ["contracts", "chassis", "intake", "kabupaten", "look", "testing"])
def test_the_table_of_a_part_names_every_module_or_its_folder(part: str, root: Path) -> None:
    named = "".join(re.findall(r"^\|(.*?)\|", _rows(root / part / "README.md", "file"), re.MULTILINE))
    source = root / part / "src" / part
    modules = {str(path.relative_to(source)) for path in source.rglob("*.py")} - {"__init__.py"}
    in_folders = {name for name in modules if f"`{name.split('/')[0]}/`" in named}

    assert modules - in_folders == set(MODULE.findall(named))


def test_a_service_says_of_no_module_that_is_gone(root: Path) -> None:
    there = [str(path) for place in ("kabupaten/src/**/*.py", "services/*/src/**/*.py") for path in root.glob(place)]
    named = {
        (readme.parent.name, name)
        for readme in root.glob("services/*/README.md")
        for name in MODULE.findall(_rows(readme, "change"))
    }

    assert len(named) > 20
    assert set() == {it for it in named if not any(path.endswith(f"/{it[1]}") for path in there)}


def test_contributing_guide_points_to_existing_paths(root: Path) -> None:
    paths = PATH.findall(_rows(root / "CONTRIBUTING.md", "I want to change"))

    assert len(paths) > 30
    assert [] == [path for path in paths if not (root / path).exists()]


@pytest.mark.parametrize("page", ["runbook.md", "operations.md"])
def test_log_and_metric_names_in_the_handbooks_exist_in_the_code(page: str, root: Path) -> None:
    parts = ("chassis", "contracts", "intake", "kabupaten", "services/*", "deploy/*")
    places = [f"{part}/{files}" for part in parts for files in ("src/**/*.py", "**/migrations/*.sql", "*.example")]
    words = {word for place in places for file in root.glob(place) for word in re.findall(r"\w+", file.read_text())}
    text = re.sub(r"^```.*?^```", "", (root / "docs" / page).read_text(), flags=re.DOTALL | re.MULTILINE)
    names = {name for shown in SHOWN.findall(text) for name in NAME.findall("".join(shown))}

    assert len(names) > 15
    # Prometheus' library adds a counter's suffix.
    assert set() == {
        name for name in names if not {name, name.removesuffix("_total")} & words and not NOT_OURS.fullmatch(name)
    }


def test_retry_period_of_each_sms_gateway_is_documented(root: Path) -> None:
    head, _, *rows = (line.split("|") for line in _rows(root / "services/intake-sms/README.md", "dialect").splitlines())
    said = {row[1].strip(" `"): row[head.index(" brings again what heard 503 ")].strip() for row in rows}

    assert (list(NAMES), "") == (list(said), "".join(name for name, how_long in said.items() if not how_long))


def test_operations_handbook_covers_each_sms_gateway(root: Path) -> None:
    gateways = re.findall(r"^\|(.*?)\|", _rows(root / "docs/operations.md", "gateway"), re.MULTILINE)
    named = " ".join(gateways).lower()

    assert [] == [name for name in NAMES if name != "generic" and name not in named]
    assert "any other" in named


def test_channel_guide_names_every_place_that_names_whatsapp(root: Path) -> None:
    page = (root / "docs/add-a-channel.md").read_text()
    paths = PATH.findall(page)
    sources = [path for place in ("*/src", "services/*/src", "deploy/*/src") for path in root.glob(f"{place}/**/*.py")]
    naming = [str(path.relative_to(root)) for path in sources if '"whatsapp"' in path.read_text().replace("'", '"')]
    named = {path for path in naming for to in paths if path == to or (to.endswith("/") and path.startswith(to))}

    assert len(naming) > 8
    assert {"services/intake-social/src/intake_social/whatsapp_talk.py"} == set(naming) - named
    assert "`whatsapp_talk.py`" in page
    rows = [path for path in PATH.findall(_rows(root / "docs/add-a-channel.md", "where")) if "*" not in path]
    assert [] == [path for path in rows if not _says(root / path, "whatsapp")]


def _says(place: Path, word: str) -> bool:
    files = [place] if place.is_file() else [each for each in place.rglob("*.*") if each.is_file()]
    return any(word in each.read_text().casefold() for each in files)


#: Patterns of lists of services in a page's commands; each list must name certain services of docker-compose.yml.
LISTS = {
    "owners": r'^owners="([^"]*)"',
    "restored": r"restore\.sh \S+ \S+((?: [a-z-]+){3,})$",
    "certified": r"^  docker-compose restart kafka((?: [a-z-]+-db)+)$",
    "region": r"^docker-compose restart((?: [a-z-]+){4,})$",
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_command_for_all_services_names_all(kind: str, root: Path, compose: dict[str, Any]) -> None:
    services: dict[str, Any] = compose["services"]
    owners = {name.removesuffix("-db") for name in services if name.endswith("-db")}
    long = {
        name for name in services if services[name].get("restart") == "unless-stopped" and not name.endswith("-two")
    }
    wanted = {
        "certified": {f"{name}-db" for name in owners},
        "region": {name for name in long if "REGION_DIR" in services[name].get("environment", {})},
    }.get(kind, owners)
    text = "\n".join((root / "docs" / name).read_text() for name in ("operations.md", "runbook.md"))
    found = [set(each.split()) for each in re.findall(LISTS[kind], text, re.MULTILINE)]

    assert len(wanted) > 4
    assert [wanted] == found


def test_region_change_needs_a_restart_but_no_image_build(root: Path) -> None:
    """An operator who has changed the region restarts its readers: nothing else makes them read it."""
    page = (root / "docs" / "runbook.md").read_text()
    (said,) = re.findall(r"^## What is changed in `region/`\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)

    assert "operations.md#a-word-a-unit-a-deadline" in said
    assert "docker-compose build" not in said


def test_installation_installs_the_programs_it_calls(root: Path) -> None:
    page = (root / "docs" / "operations.md").read_text()
    (listed,) = re.findall(r"^apt update && apt install (.*)$", page, re.MULTILINE)
    called = {
        "curl": "`curl -",
        "git": "git clone",
        "jq": "| jq",
        "openssl": "openssl",
        "rsync": "rsync",
        "cron": "cron",
    }

    assert [] == [name for name, call in called.items() if call in page and name not in listed.split()]


def test_the_renewal_of_certificates_is_a_step_of_the_installation(root: Path) -> None:
    page = (root / "docs" / "operations.md").read_text()
    (step,) = re.findall(r"^## 3\. Start\n(.*?)^## 4", page, re.MULTILINE | re.DOTALL)
    (morning,) = re.findall(r"^## Each morning\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    (script,) = re.findall(r"^cat >/etc/cron\.monthly/lapor <<'END'.*?\n(.*?)^END$", step, re.MULTILINE | re.DOTALL)

    assert script.startswith("#!/bin/sh\n")
    assert script.index("run --rm -T certificates &&") < script.index("restart kafka")
    assert "/etc/cron.monthly/lapor" in morning


def test_an_upgrade_makes_new_secrets_once_the_files_that_name_them_are_there(root: Path) -> None:
    """deploy/secrets.sh reads the names in the files of compose."""
    page = (root / "docs" / "operations.md").read_text()
    (block,) = re.findall(r"^## Upgrade, and back\n.*?^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    places = [block.index(each) for each in ("git merge", "deploy/secrets.sh", "docker-compose up -d")]
    assert sorted(places) == places


def test_each_foreign_image_is_pinned_by_what_the_runbook_says(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "runbook.md").read_text()
    (loop,) = re.findall(r"^## Images, parts .*?^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "docker").write_text('#!/bin/sh\nfor last; do :; done\necho "$last@sha256:0"\n')
    (tmp_path / "docker").chmod(0o700)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-ec", loop], cwd=root, env=env, check=True, capture_output=True, text=True, timeout=120
    )
    files = (root / "docker-compose.yml", *root.glob("deploy/*/compose.yml"))
    foreign = {found for file in files for found in re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", file.read_text())}

    assert len(foreign) > 7
    assert {f"{name}={image}@sha256:0" for name, image in foreign} == set(done.stdout.split())
