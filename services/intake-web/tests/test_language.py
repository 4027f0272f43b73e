"""Indonesian by default, English by choice: complete, and only on pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
import test_states as states
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from intake.complaint_view import ComplaintView
from intake.submissions import Accepted, Submission
from intake.texts import Texts
from intake_web.app import build_app
from intake_web.domain import pass_for
from intake_web.language import CATALOGUE, EnglishTexts, english_of, is_here
from intake_web.settings import WebSettings

TEMPLATES = CATALOGUE.parents[1] / "templates"
ENGLISH = {"cookie": "bahasa=en"}
#: Words found in every second Indonesian sentence, and never in English.
INDONESIAN = re.compile(
    r"\b(?:yang|dan|atau|dari|untuk|dengan|tidak|belum|sudah|bisa|kami|anda|saya|laporan|kirim|nomor|lihat|hari|ini|"
    r"jawaban|diterima|terlambat|boleh|kosong|kabar|foto|isi|tanpa|pukul|lalu|kemarin|jam|menit)\b",
    re.IGNORECASE,
)
#: Attributes that somebody reads or hears.
_SAID = ("aria-label", "alt", "placeholder", "title", "content", "label")


class Said(HTMLParser):
    """Collects a page's words into ``text``, except those that it marks as Indonesian."""

    _VOID = frozenset({"meta", "link", "input", "img", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.text, self.skipped, self.language = "", 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        elif self.skipped or given.get("lang") == "id":
            self.skipped += tag not in self._VOID
            return
        said = [
            value
            for name, value in attrs
            if value and (name in _SAID or (name.startswith("data-") and name != "data-part"))
        ]
        self.text += " | ".join(["", *said, ""])

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= bool(self.skipped and tag not in self._VOID)

    def handle_data(self, data: str) -> None:
        self.text += "" if self.skipped else data


def said(page: str, texts: Texts) -> tuple[str, list[str]]:
    """Return the language of ``page``, and its Indonesian words; units keep their names."""
    parser = Said()
    parser.feed(page)
    text = re.sub(r"/\S+", " ", parser.text)
    for name in sorted([*texts.units.values(), *texts.short.values()], key=len, reverse=True):
        text = text.replace(name, "")
    found = [text[max(0, each.start() - 40) : each.end() + 40] for each in INDONESIAN.finditer(text)]
    return parser.language, found


def keys() -> set[str]:
    options = {"**.html": {"encoding": "utf-8", "silent": "false"}}
    found = extract_from_dir(str(TEMPLATES), [("**.html", "jinja2.ext:babel_extract")], options)
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def test_every_label_has_its_english() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = {str(each.id): each for each in read_po(file, locale="en", abort_invalid=True) if each.id}

    assert keys() == catalogue.keys()
    assert [] == [key for key, each in catalogue.items() if not each.string or each.fuzzy]
    holes = re.compile(r"\{\w+\}|%\(\w+\)s")
    assert [] == [key for key, each in catalogue.items() if holes.findall(key) != holes.findall(str(each.string))]


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_word_of_a_template_stands_outside_what_is_translated(path: Path) -> None:
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"<!?/?[a-z][^>]*>", " ", text, flags=re.IGNORECASE)

    names = {"LAPOR", "Soppeng", "CSV", "JSON", "Open", "GeoReport", "buka"}
    attributes = {"name", "aria", "invalid", "true", "describedby", "salah", "bantu"}  # names from the macro `marks`
    assert set() == set(re.findall(r"[A-Za-z]{3,}", text)) - names - attributes


@pytest.fixture
def one(fake: Any, make_settings: Callable[..., WebSettings]) -> dict[str, str]:
    """One complaint, and the cookies of its sender's browser, which reads English."""
    sent = Submission(channel="web", gateway="form", external_id="k", text=states.TEXT, place="Lalabata")
    accepted = Accepted(ticket=states.NUMBER, complaint_id="c", received_at=states.NOW, fresh=True)
    fake.taken["k"] = sent, accepted
    shown = pass_for(make_settings().installation_namespace, states.NUMBER)
    return {"cookie": f"bahasa=en; akses={shown}"}


@pytest.mark.parametrize("name", states.STATES)
async def test_a_complaint_in_each_state_is_told_in_english(
    web: httpx.AsyncClient, fake: Any, one: dict[str, str], texts: Texts, name: str
) -> None:
    who, facts, added, query = states.STATES[name]
    fake.stories[states.NUMBER] = ComplaintView(ticket=states.NUMBER, **{"unit": states.UNIT, **facts})
    fake.added[states.NUMBER] = added

    page = await web.get(f"/laporan/{states.NUMBER}{query}", headers=one if who == "reporter" else ENGLISH)

    assert ("en", []) == said(page.text, texts)


@pytest.mark.parametrize("name", [*states.PAGES, "draf", "formulir-kosong", "akun", "data"])
async def test_each_other_page_is_english(
    web: httpx.AsyncClient, fake: Any, one: dict[str, str], texts: Texts, name: str
) -> None:
    own = {"draf": "/draf", "formulir-kosong": "/formulir", "akun": "/akun", "data": "/data"}
    path, fake.down = (own[name], False) if name in own else states.PAGES[name]

    page = await web.get(path, headers=one)

    assert ("en", []) == said(page.text, texts)


@pytest.mark.parametrize("more", [{}, {"check": "1"}, {"text": ""}, {"text": "rumah terbakar, tolong"}])
async def test_answers_of_the_form_are_english(web: httpx.AsyncClient, texts: Texts, more: dict[str, str]) -> None:
    typed = {"key": "k1", "secret": "s" * 16, "text": "Water is off", "village": "73.12.02.2004", "email": "x", **more}

    page = await web.post("/", data=typed, headers=ENGLISH)

    assert ("en", []) == said(re.sub(r'(?s)<textarea.*?</textarea>|<input type="hidden"[^>]*>', "", page.text), texts)


async def test_danger_advice_is_given_in_english(web: httpx.AsyncClient) -> None:
    page = await web.post("/", data={"text": "rumah terbakar, tolong", "key": "k1"}, headers=ENGLISH)
    hints = await web.post("/v1/hints?bahasa=en", json={"text": "rumah terbakar, tolong"})

    told = "Call 113 (fire service) now. Get out first, and keep away from smoke and fire."
    assert told in page.text
    assert told == hints.json()["danger"]["text"]


async def test_facts_kept_for_the_unit_are_indonesian(web: httpx.AsyncClient, fake: Any) -> None:
    typed = {
        "key": "k1",
        "secret": "s" * 16,
        "text": "Water is off",
        "position": "-4.35,119.88,20",
        "date": "2026-11-24",
    }
    await web.post("/", data=typed, headers=ENGLISH)
    [(sent, _)] = fake.taken.values()

    assert "Kelurahan Bila, Kecamatan Lalabata" == sent.place
    assert "Selasa 24 November 2026" == sent.occurred


async def test_programs_are_answered_as_ever(web: httpx.AsyncClient) -> None:
    for path in ("/v1/complaints/SPG-W0AB", "/v1/complaints?limit=0"):
        ours, theirs = await web.get(path, headers=ENGLISH), await web.get(path)
        assert theirs.text == ours.text
    hints = await web.post("/v1/hints", json={"text": "rumah terbakar, tolong"}, headers=ENGLISH)
    assert hints.json()["danger"]["text"].startswith("Telepon 113 (pemadam)")


async def test_a_language_is_kept_for_a_year_and_its_choice_comes_back(web: httpx.AsyncClient) -> None:
    page = await web.get("/lacak?nomor=SPG-W0AB")
    link = re.search(r'<a href="(/bahasa/en[^"]*)"', page.text)
    assert link
    chosen = await web.get(link[1])

    assert (303, "/lacak?nomor=SPG-W0AB") == (chosen.status_code, chosen.headers["location"])
    assert {"bahasa=en", "Max-Age=31536000", "HttpOnly", "SameSite=lax", "Path=/", "Secure"} == set(
        chosen.headers["set-cookie"].split("; ")
    )
    assert "Cookie" in page.headers["vary"]


@pytest.mark.parametrize("to", ["//evil.id", "https://evil.id", "/\\evil.id", "/\n/evil.id", "", "javascript:x"])
async def test_a_choice_leads_to_no_other_site(web: httpx.AsyncClient, to: str) -> None:
    chosen = await web.get("/bahasa/en", params={"ke": to})

    assert not is_here(to)
    assert "/" == chosen.headers["location"]


async def test_no_other_language_can_be_chosen(web: httpx.AsyncClient) -> None:
    assert 404 == (await web.get("/bahasa/fr")).status_code


async def test_offline_pages_of_a_device_are_in_one_language(web: httpx.AsyncClient) -> None:
    workers = [await web.get("/sw.js", headers=head) for head in ({}, ENGLISH)]
    pages = [re.findall(r"/(?:formulir|draf)\?bahasa=(\w+)", each.text) for each in workers]
    [own, other] = [re.search(r'"version":"(\w+)"', each.text) for each in workers]

    assert [["id", "id"], ["en", "en"]] == pages
    assert own
    assert other
    assert own[1] != other[1]
    for code in ("id", "en"):  # the address decides, not the cookie
        assert f'<html lang="{code}">' in (await web.get(f"/formulir?bahasa={code}", headers=ENGLISH)).text


async def test_a_region_without_english_offers_none(
    fake: Any, make_settings: Callable[..., WebSettings], texts: Texts, tmp_path: Path
) -> None:
    region = tmp_path / "region"
    shutil.copytree(make_settings().region_dir, region)
    for name in ("texts.en.yaml", "pages.en.yaml"):
        (region / name).unlink()
    app: Any = build_app(fake, make_settings(region_dir=str(region)), texts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://web") as client:
        page, choice = await client.get("/", headers=ENGLISH), await client.get("/bahasa/en")

    assert ('<html lang="id">' in page.text, "/bahasa/" in page.text, 404) == (True, False, choice.status_code)


def test_english_says_everything_that_pages_say(texts: Texts, make_settings: Callable[..., WebSettings]) -> None:
    english = english_of(Path(make_settings().region_dir), texts)
    assert isinstance(english, EnglishTexts)

    same = {"video", "sms_number", "sms_begins", "village", "position"}
    untold = {key for key in english.web if english.web[key] == texts.web[key]} - same
    messages = {
        "unknown_ticket",
        "bad_ticket",
        "early",
        "over",
        "bad_rating",
        "which",
        "own",
        "added",
        "added_resolved",
    }
    assert untold <= messages | {"stopped", "ask_where", "courtesy", "sure"}
    assert {"promise": "3 working days"}.items() <= english.promises.items()
    assert english.categories.keys() == texts.categories.keys()
    assert list(texts.category_groups) != list(english.category_groups)
