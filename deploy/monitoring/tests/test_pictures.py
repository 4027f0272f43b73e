"""The dashboards drawn with Grafana's own scenes and components in Chromium, in a calm and in a bad hour.

The pictures stay in build/pictures/. They are for people, and do not prove that Grafana draws the same: its panel
plugins are not published. The checks are those of a human look: nothing fails, is empty or is cut off.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from boards import DOCUMENTS, FOLDER, panels
from playwright.sync_api import Browser, Page, sync_playwright

from testing.browsers import chromium
from testing.programs import missing
from testing.servers import npm_packages

PICTURES = Path(__file__).parents[3] / "build" / "pictures"
WIDTH, PHONE, UNIT, AROUND = 1440, 360, 38, 110
#: Each panel's text by its title. An empty panel has a line of text too, and one without text may have a canvas.
SAID = """() => Object.fromEntries([...document.querySelectorAll('section')].map((each) =>
  [each.querySelector('h2').textContent, each.innerText.replace(each.querySelector('h2').textContent, '').trim()
    + (each.querySelector('canvas') ? 'drawn' : '')]))"""
#: Panels measure their size, and then draw: settled when each says something, and two looks in a row are the same.
SETTLED = f"""() => {{
  const said = ({SAID})();
  const drawn = JSON.stringify([said, [...document.querySelectorAll('canvas')].map((each) => each.toDataURL())]);
  const settled = Object.values(said).every(Boolean) && drawn === window.before;
  window.before = drawn;
  return settled;
}}"""
CUT_OFF = """() => {
  const cut = [], texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(text);
    const right = range.getBoundingClientRect().right;
    const { scrollWidth, clientWidth } = text.parentElement;
    if (getComputedStyle(text.parentElement).textOverflow === 'ellipsis' && scrollWidth > clientWidth)
      cut.push(text.textContent);
    for (let box = text.parentElement; box && box.tagName !== 'SECTION'; box = box.parentElement)
      if (getComputedStyle(box).overflowX === 'hidden' && right > box.getBoundingClientRect().right + 1) {
        cut.push(text.textContent);
        break;
      }
  }
  return cut;
}"""
pytestmark = pytest.mark.slow


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the built preview, with our dashboards beside it."""
    try:
        home = npm_packages(Path(__file__).parent / "preview")
    except LookupError as error:
        missing(f"Grafana's components: {error}")
    done = subprocess.run(["node", "build.mjs"], cwd=home, capture_output=True, text=True, timeout=300)
    assert 0 == done.returncode, done.stderr
    built = home / "dist"
    shutil.copy(home / "index.html", built)
    shutil.copytree(home / "node_modules/@grafana/ui/dist/public/img", built / "public/build/img", dirs_exist_ok=True)
    shutil.copytree(FOLDER, built, dirs_exist_ok=True)
    (built / "public/fonts/inter").mkdir(parents=True, exist_ok=True)
    for weight, name in ((400, "Regular"), (500, "Medium")):  # without Grafana's own font all texts are too wide
        font = home / f"node_modules/@fontsource/inter/files/inter-latin-{weight}-normal.woff2"
        shutil.copy(font, built / f"public/fonts/inter/Inter-{name}.woff2")
    handler = functools.partial(_Quiet, directory=str(built))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


#: The columns of a list that are visible on the narrowest phone: the subject, and how bad it is.
SEEN = """() => [...document.querySelectorAll('[role=columnheader]')].filter((head) => {
  const { left, right } = head.getBoundingClientRect();
  return left >= 0 && right <= head.closest('section').getBoundingClientRect().right;
}).map((head) => head.innerText.trim())"""


@pytest.mark.parametrize("uid", DOCUMENTS)
def test_a_dashboard_is_drawn_whole(uid: str, hour: tuple[str, str], address: str, browser: Browser) -> None:
    which, prometheus = hour
    places = [panel["gridPos"] for panel in panels(DOCUMENTS[uid])]
    rows = sum({place["y"]: place["h"] for place in places}.values())
    with _drawn(f"{address}/index.html?dashboard={uid}&prometheus={prometheus}", browser, WIDTH, rows) as page:
        page.screenshot(path=str(PICTURES / f"{uid}-{which}.png"))
        _assert_whole(page, uid)


def test_the_morning_is_read_on_a_phone(hour: tuple[str, str], address: str, browser: Browser) -> None:
    which, prometheus = hour
    rows = sum(panel["gridPos"]["h"] + 1 for panel in panels(DOCUMENTS["lapor-pagi"]))
    with _drawn(f"{address}/index.html?dashboard=lapor-pagi&prometheus={prometheus}", browser, PHONE, rows) as page:
        page.screenshot(path=str(PICTURES / f"lapor-pagi-{which}-phone.png"))
        assert PHONE == page.evaluate("document.documentElement.scrollWidth")
        assert ["Darurat menunggu", "Unit"] == [page.locator("section h2").nth(n).inner_text() for n in (0, 6)]
        seen = page.evaluate(SEEN)
        assert {"Unit", "Lewat", "Dekat", "Saluran"} <= set(seen)
        if which == "bad":
            assert {"Kapan", "Panggilan"} <= set(seen)
            leads = [link.get_attribute("href") for link in page.locator("section a").all()]
            assert {
                "http://127.0.0.1:17083/?tenggat=lewat",
                "http://127.0.0.1:17083/?tenggat=lewat&kecamatan=Lalabata",
                "http://127.0.0.1:17083/?tenggat=lewat&unit=PUPR",
                "/public/lapor/docs/runbook.md#alerts",
                "/public/lapor/docs/runbook.md#laporoutboxparked",
            } <= set(leads)


@contextmanager
def _drawn(url: str, browser: Browser, width: int, rows: int) -> Iterator[Page]:
    """Yield the page at ``url`` once all its panels are drawn; ``rows`` is the height of all of them together."""
    viewport: Any = {"width": width, "height": UNIT * rows + AROUND}
    page = browser.new_page(viewport=viewport, locale="id-ID", timezone_id="Asia/Makassar")
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(url)
    page.wait_for_function("window.drawn", timeout=60_000)
    page.wait_for_function(SETTLED, timeout=60_000, polling=300)
    PICTURES.mkdir(parents=True, exist_ok=True)
    yield page
    assert [] == failed
    page.close()


def _assert_whole(page: Page, uid: str) -> None:
    said = page.evaluate(SAID)
    assert {panel["title"] for panel in panels(DOCUMENTS[uid])} == said.keys()
    assert not {title: text for title, text in said.items() if not text or "No data" in text or "error" in text}
    assert [] == page.evaluate(CUT_OFF)
