"""Every sentence of the website is in texts.yaml, and every text there is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts import ticket
from contracts.events import DerivationDay
from contracts.vocabulary import FollowUpKind
from intake.complaint_view import ComplaintView
from intake.texts import Texts
from intake_web.app import build_app
from kabupaten.texts import PLACEHOLDERS

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parents[1] / "src" / "intake_web"
#: Shared code that names texts of the website.
SHARED = [*(ROOT / "intake/src/intake").glob("*.py"), ROOT / "chassis/src/chassis/keys.py"]
TEXTS = {**PLACEHOLDERS["answers"], **PLACEHOLDERS["public"], **PLACEHOLDERS["web"]}


def said() -> Iterator[tuple[str, set[str]]]:
    """Find the texts that modules use, with the names of their values."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name(id="say") | ast.Attribute(attr="on_web"), args=[ast.Constant(value=str(name))]
                ):
                    yield name, {str(each.arg) for each in node.keywords}


def shown() -> set[str]:
    """Find the texts that templates use."""
    calls = [call for path in SOURCE.rglob("*.html") for call in re.findall(r"say\(([^)]*)", path.read_text())]
    return {name for call in calls for name in re.findall(r'"(\w+)"', call)}


def test_texts_used_in_code_exist_and_get_their_declared_values() -> None:
    found = dict(said())

    assert len(found) > 20
    # "empty" is a sentence of all channels, and each fills in its own values.
    assert {name: set(TEXTS[name]) for name in found if name != "empty"} | {"empty": set()} == found


def test_texts_used_in_templates_exist() -> None:
    begun = {"received_", "then_"}
    assert (set(), True) == (shown() - TEXTS.keys() - begun, begun <= shown())


def test_nothing_stands_there_that_is_never_said() -> None:
    typed = {
        str(node.value)
        for path in [*SOURCE.rglob("*.py"), *SHARED]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    }
    of_kinds = {f"{begun}_{kind}" for begun in ("received", "then") for kind in (*FollowUpKind, "apart")}

    by_intake = {"answer_how", "judge_how", "reopen_how", "appeal_how"}  # used for every channel by intake.texts

    names = typed | shown() | of_kinds | by_intake

    assert set() == {name for name in PLACEHOLDERS["web"] if name.removesuffix("_title") not in names}


@pytest.mark.parametrize(
    ("path", "name"), [("/", "promise"), ("/", "footer"), ("/lacak?nomor=x", "bad_number"), ("/nowhere", "not_found")]
)
async def test_a_page_says_what_the_region_wrote_and_takes_no_markup_from_it(
    fake: Any, texts: Texts, make_settings: Any, path: str, name: str
) -> None:
    other = copy(texts)
    other.web = {**texts.web, name: "<i>Begitu."}
    app: Any = build_app(fake, make_settings(), other)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor.example") as client:
        page = (await client.get(path)).text

    assert (True, False) == ("&lt;i&gt;Begitu." in page, texts.web[name][:20] in page)


async def test_why_a_day_counts_is_said_in_the_words_of_the_region(
    web: httpx.AsyncClient, fake: Any, texts: Texts
) -> None:
    number = ticket.mint("sms")
    day = DerivationDay(date=date(2026, 12, 26), counted=False, reason="?", code="holiday", called="Natal & lain")
    due = datetime(2026, 12, 30, 16, tzinfo=UTC)
    fake.stories[number] = ComplaintView(ticket=number, status="routed", deadline_at=due, derivation=[day])

    page = (await web.get(f"/laporan/{number}")).text
    (told,) = (await web.get(f"/v1/complaints/{number}")).json()["derivation"]

    said = texts.days["holiday"].format(called="Natal & lain")
    assert (True, said) == (said.replace("&", "&amp;") in page, told["reason"])


async def test_promise_on_the_page_matches_sla_yaml(web: httpx.AsyncClient, texts: Texts) -> None:
    page = (await web.get("/")).text

    assert f"dijawab dalam <b>{texts.promises['promise']}</b>." in page
