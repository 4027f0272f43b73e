"""The website's information pages, and its headers: caching, compression, embedding."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import segno

from contracts import ticket
from intake.complaint_view import ComplaintView
from intake.texts import Texts
from intake_web.app import build_app
from intake_web.settings import WebSettings
from kabupaten.pages import NAMES, Contact

NUMBER = ticket.mint("web")


@pytest.mark.parametrize("name", NAMES)
async def test_each_page_says_its_facts_and_leaves_no_placeholder(
    web: httpx.AsyncClient, texts: Texts, name: str
) -> None:
    page = await web.get(f"/{name}")
    body = page.text[page.text.index("<main") :]

    assert (200, texts.pages.pages[name].title in body) == (page.status_code, True)  # type: ignore[index]
    assert not re.findall(r"{\w+}", body)
    assert f'href="/{name}" aria-current="page"' in body


async def test_privacy_says_how_long_the_region_keeps_what(web: httpx.AsyncClient) -> None:
    page = (await web.get("/privasi")).text

    assert "ditutup: 2 tahun" in page
    assert "batalkan: 180 hari" in page
    assert "paling lama 3 x 24 jam" in page


async def test_a_contact_that_the_office_has_not_confirmed_says_so_and_leads_nowhere(
    web: httpx.AsyncClient, texts: Texts
) -> None:
    page = (await web.get("/kontak")).text
    shown = page[page.index("<h2>Dinas Komunikasi") :]

    assert ("situs", "soppengkab.go.id", False) in [(e.kind, e.value, e.confirmed) for e in texts.pages.site.contacts]
    assert re.search(r"<dt>Situs</dt><dd[^>]*>soppengkab\.go\.id <span[^>]*>belum dikonfirmasi<", shown)


async def test_a_contact_without_a_value_is_not_there_and_a_confirmed_one_is_a_link(
    fake: Any, make_settings: Callable[..., WebSettings], texts: Texts
) -> None:
    known = copy(texts)
    contacts = (Contact(kind="telepon", value="0484 000"), Contact(kind="alamat", confirmed=False))
    site = msgspec.structs.replace(texts.pages.site, contacts=contacts)
    known.pages = msgspec.structs.replace(texts.pages, site=site)
    app: Any = build_app(fake, make_settings(), known)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor.example") as web:
        page = (await web.get("/kontak")).text

    assert '<dt>Telepon</dt><dd lang="id"><a href="tel:0484000">0484 000</a></dd>' in page
    assert (False, False) == ("<dt>Alamat</dt>" in page, "belum dikonfirmasi" in page)


async def test_every_page_says_whose_service_it_is_and_whom_to_call(web: httpx.AsyncClient) -> None:
    for path in ("/", "/lacak", "/tentang", "/nowhere"):
        page = (await web.get(path)).text
        foot = page[page.index("<footer") :]
        assert "Pemerintah Kabupaten Soppeng" in page[: page.index("<main")]
        assert 'href="tel:110"' in foot
        assert 'href="sms:1708?body=SOPPENG%20"' in foot
        assert 'href="tel:112"' not in foot  # not confirmed


async def test_no_number_for_sms_is_named_where_there_is_no_gateway(
    fake: Any, texts: Texts, make_settings: Callable[..., WebSettings]
) -> None:
    app: Any = build_app(fake, make_settings(kannel_send_url=""), texts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor.example") as web:
        for path in ("/", "/lacak", "/nowhere"):
            page = (await web.get(path)).text
            assert (False, False) == ("sms:1708" in page, "1708" in page[page.index("<footer") :]), path


async def test_security_txt_names_a_contact_and_robots_txt_excludes_the_api(
    web: httpx.AsyncClient,
) -> None:
    security = (await web.get("/.well-known/security.txt")).text
    robots = await web.get("/robots.txt")

    (until,) = re.findall(r"^Expires: (\S+)$", security, re.MULTILINE)
    assert "Contact: https://lapor.example/kontak\n" in security
    assert timedelta(days=90) < datetime.fromisoformat(until) - datetime.now(UTC) < timedelta(days=365)
    assert (200, True) == (robots.status_code, "Disallow: /v1/" in robots.text)


async def test_pages_of_complaints_are_listed_nowhere_and_the_others_may_be(web: httpx.AsyncClient, fake: Any) -> None:
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, status="routed")
    paths = [f"/laporan/{NUMBER}", f"/laporan/{NUMBER}/tambahan", f"/v1/complaints/{NUMBER}", "/", "/tentang"]

    said = [(await web.get(path)).headers.get("x-robots-tag") for path in paths]

    assert ["noindex"] * 3 + [None] * 2 == said


@pytest.mark.parametrize("rahasia", [False, True])
async def test_a_shared_link_shows_number_and_status_and_nothing_of_a_confidential_one(
    web: httpx.AsyncClient, fake: Any, rahasia: bool
) -> None:
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, status="in_progress", unit="PUPR", rahasia=rahasia)
    page = (await web.get(f"/laporan/{NUMBER}")).text
    shared = " ".join(re.findall(r'<meta (?:name="description"|property="og:[^"]+") content="([^"]*)"', page))

    assert (not rahasia) == (NUMBER in shared) == ("sedang ditangani" in shared)
    assert "Pekerjaan Umum" not in shared


async def test_the_code_leads_to_the_page_and_is_kept_by_nobody_else(web: httpx.AsyncClient) -> None:
    code = await web.get(f"/laporan/{NUMBER}/qr.svg")

    assert (200, "image/svg+xml") == (code.status_code, code.headers["content-type"].partition(";")[0])
    assert code.headers["cache-control"].startswith("private")
    assert (await web.get("/laporan/kosong/qr.svg")).status_code == 404


async def test_the_secret_link_is_drawn_beside_the_code_once_and_kept_nowhere(web: httpx.AsyncClient) -> None:
    sent = await web.post("/", data={"text": "Jalan berlubang", "key": "a-key", "secret": "k9Qw2mZx8Lr4Tn6Y"})
    receipt = await web.get(sent.headers["location"])
    later = await web.get(sent.headers["location"].partition("?")[0])
    (link,) = re.findall(r'<code id="tautan">([^<]+)</code>', receipt.text)
    expected = segno.make_qr(link, error="m").svg_inline(border=3, light="#fff", omitsize=True)

    assert re.match("https://lapor.example/laporan/SPG-[^/]+/buka#", link)
    assert re.findall(r'd="([^"]+)"', expected)[1] in receipt.text
    assert ("no-store", "private, no-cache") == (receipt.headers["cache-control"], later.headers["cache-control"])
    assert ("<figure" in receipt.text, "<figure" in later.text) == (True, False)


async def test_a_file_named_by_its_version_is_kept_for_good_and_looks_are_compressed(web: httpx.AsyncClient) -> None:
    page = await web.get("/")
    for asset in set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text)):
        answer = await web.get(asset)
        assert (200, "public, max-age=31536000, immutable") == (answer.status_code, answer.headers["cache-control"])
    css = await web.get(re.findall(r'href="(/static/lapor.css[^"]*)"', page.text)[0])
    plain = await web.get("/lacak", headers={"Accept-Encoding": "identity"})

    assert ("gzip", "gzip") == (page.headers["content-encoding"], css.headers["content-encoding"])
    assert "Accept-Encoding" in page.headers["vary"]
    assert "content-encoding" not in plain.headers


async def test_answers_to_sent_forms_are_not_compressed(web: httpx.AsyncClient) -> None:
    sent = await web.post("/", data={"text": "", "key": "a-key", "secret": "k9Qw2mZx8Lr4Tn6Y"})

    assert (400, True) == (sent.status_code, "k9Qw2mZx8Lr4Tn6Y" in sent.text)
    assert "content-encoding" not in sent.headers


async def test_no_other_site_may_embed_anything(web: httpx.AsyncClient) -> None:
    for path in ("/", "/lacak", "/static/lapor.css"):
        assert (await web.get(path)).headers["cross-origin-resource-policy"] == "same-origin"
