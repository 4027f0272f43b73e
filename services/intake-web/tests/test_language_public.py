"""English pages on a real database: the list, the figures and the account."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import test_accounts as accounts
from listed_views import NOW, number, tell, view
from test_language import ENGLISH, said

from chassis.database import Pool
from contracts.vocabulary import Status
from intake.texts import Texts
from testing.mail import Sink

pytestmark = pytest.mark.connected

sink, texted, settings, sending, browsers = (
    accounts.sink,
    accounts.texted,
    accounts.settings,
    accounts.sending,
    accounts.browsers,
)


@pytest.mark.parametrize("path", ["/laporan", "/laporan?unit=PUPR", "/laporan?kecamatan=Citta", "/angka"])
async def test_public_pages_are_english(kept: httpx.AsyncClient, pool: Pool, texts: Texts, path: str) -> None:
    await tell(pool, texts, view(1, deadline_at=NOW + timedelta(days=3)))
    await tell(pool, texts, view(2, status=Status.RESOLVED, kecamatan="Lilirilau"))

    page = await kept.get(path, headers=ENGLISH)

    assert ("en", []) == said(page.text, texts)


async def test_open_data_is_as_ever(kept: httpx.AsyncClient, pool: Pool, texts: Texts) -> None:
    await tell(pool, texts, view(1))

    ours, theirs = await kept.get("/data/laporan.csv", headers=ENGLISH), await kept.get("/data/laporan.csv")

    assert number(1) in ours.text
    assert theirs.text == ours.text


@pytest.mark.usefixtures("sending")
async def test_the_account_is_english_and_its_code_is_sent_in_indonesian(
    browsers: accounts.Client, pool: Pool, sink: Sink, texts: Texts
) -> None:
    browser = browsers()
    await accounts.sign_in(pool, browser, sink)
    await accounts.complain(browser, text="Jalan berlubang")
    browser.cookies.set("bahasa", "en")

    pages = [
        await browser.get(path)
        for path in ("/akun", "/akun/data", "/akun/kontak/email", "/akun/kontak/hp", "/akun/hapus", "/")
    ]
    asked = await browser.post("/akun/hapus", data={"by": "email"})
    refused = await browser.post("/akun/laporan", data={"number": "SPG-W0AB-12CDS", "secret": "x"})

    assert [("en", [])] * 6 == [said(page.text, texts) for page in pages]
    assert ("en", []) == said((await browser.get("/akun/kode")).text, texts)
    assert (303, "en", []) == (asked.status_code, *said(refused.text, texts))
    assert 'href="/bahasa/id?ke=/akun"' in refused.text
    assert "kode masuk LAPOR! Soppeng" in sink.mails[0].get_content()
