"""Every link of a dashboard or an alert leads to something: a board, a list of the desk, a page of the runbook."""

from __future__ import annotations

import inspect
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from boards import DOCUMENTS, FOLDER, links, panels
from promtool import RULES

from monitoring.grid import PLACES
from monitoring.rules import pages
from unit_desk.adapters import complaints
from unit_desk.handlers import work
from unit_desk.words import STATUS

HERE = Path(__file__).parents[1]
ROOT = HERE.parents[1]
LINKS = sorted({url for document in DOCUMENTS.values() for panel in panels(document) for url in links(panel)})
#: The filters of a list of the desk.
FILTERS = set(inspect.signature(work.work.fn).parameters) - {"desk", "person"}
GIVEN = {"${unit}", "${__data.fields.Unit}", "${__field.labels.kecamatan}", "${__from:date:YYYY-MM-DD}"}


def _headings(file: Path) -> set[str]:
    """Return the headings of a Markdown file as links name them: lower-case, without punctuation, with hyphens."""
    found = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in found}


def _leads_to_a_heading(link: str) -> bool:
    file, _, heading = link.partition("#")
    return (ROOT / file).is_file() and heading in _headings(ROOT / file)


def test_the_page_of_every_alert_is_there_and_bears_its_name() -> None:
    groups = [group for path in RULES.glob("*.yml") for group in yaml.safe_load(path.read_text())["groups"]]
    alerts = {rule["alert"]: rule["annotations"] for group in groups for rule in group["rules"] if "alert" in rule}

    assert {f"docs/runbook.md#{name.lower()}" for name in alerts} == {said["runbook"] for said in alerts.values()}
    assert [] == [said["runbook"] for said in alerts.values() if not _leads_to_a_heading(said["runbook"])]
    assert {name: said["runbook"] for name, said in alerts.items()} == pages()


@pytest.mark.parametrize("url", [url for url in LINKS if url.startswith("${docs:raw}/docs")])
def test_a_figure_leads_to_a_page_of_the_runbook(url: str) -> None:
    assert _leads_to_a_heading(url.removeprefix("${docs:raw}/"))


@pytest.mark.parametrize("url", [url for url in LINKS if url.startswith("${desk:raw}/")])
def test_a_figure_leads_to_a_list_that_the_desk_has(url: str) -> None:
    asked = urlsplit(url.removeprefix("${desk:raw}"))
    values = {name: value for name, (value,) in parse_qs(asked.query).items()}

    assert asked.path in ("/", "/triase", "/kabar/warga")
    assert values.keys() <= FILTERS
    assert {values.get("tenggat", "lewat")} <= complaints.DUE.keys()
    assert values.get("status", "routed") in STATUS
    assert {values.get("warga", "dibuka")} <= complaints.REPORTER.keys()
    assert {values.get("mendesak", "darurat")} <= complaints.URGENCY.keys()
    assert {values.get("daftar", "semua")} <= work.LISTS.keys()
    fixed = "tenggat", "status", "warga", "mendesak", "daftar"
    assert {value for name, value in values.items() if name not in fixed} <= GIVEN


def test_every_other_link_leads_to_a_board() -> None:
    others = [url for url in LINKS if not url.startswith(("${desk:raw}/", "${docs:raw}/"))]

    assert ["/d/lapor-unit?var-unit=${__value.text}"] == others


def test_every_figure_that_turns_red_leads_somewhere_on_the_morning_board() -> None:
    coloured = [
        panel
        for panel in panels(DOCUMENTS["lapor-pagi"])
        if panel["type"] == "stat" and len(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) > 1
    ]

    assert ["Terlambat baru"] == [panel["title"] for panel in coloured if not links(panel)]


def _started(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "secret").write_text("x" * 12)
    given = {
        "GF_SECURITY_ADMIN_PASSWORD__FILE": str(folder / "secret"),
        "GRAFANA": "/bin/true",
        "PATH": "/usr/bin:/bin",
    }
    places = {"DASHBOARDS": str(folder / "dashboards"), "WRITTEN": str(FOLDER)}
    command = ["sh", str(HERE / "grafana" / "start.sh")]
    return subprocess.run(command, env={**given, **places, **env}, capture_output=True, text=True, timeout=120)


def test_dashboards_are_given_the_addresses_of_the_installation(tmp_path: Path) -> None:
    env = {"DESK_PUBLIC_URL": "https://meja.example/", "DOCS_URL": "https://git.example/lapor/blob/main"}
    assert 0 == _started(tmp_path, **env).returncode

    for uid in DOCUMENTS:
        mine, written = ((folder / f"{uid}.json").read_text() for folder in (tmp_path / "dashboards", FOLDER))
        for was, becomes in zip(PLACES.values(), ("https://meja.example", env["DOCS_URL"]), strict=True):
            assert 1 == written.count(f'"{was}"')
            written = written.replace(f'"{was}"', f'"{becomes}"')
        assert written == mine


def test_without_addresses_they_are_those_of_one_machine(tmp_path: Path) -> None:
    assert 0 == _started(tmp_path, DESK_PUBLIC_URL="", DOCS_URL="").returncode

    for uid in DOCUMENTS:
        assert (FOLDER / f"{uid}.json").read_text() == (tmp_path / "dashboards" / f"{uid}.json").read_text()


@pytest.mark.parametrize(
    "address", ["meja.example", "https://", "javascript:alert(1)", 'https://a"b', "https://a|b", "https://a&b"]
)
def test_grafana_refuses_to_start_with_an_invalid_address(address: str, tmp_path: Path) -> None:
    done = _started(tmp_path, DESK_PUBLIC_URL=address)

    assert (78, True) == (done.returncode, "DESK_PUBLIC_URL is not an address" in done.stderr)
