"""Chromium as a citizen's telephone, an app on a real port, and checks for barriers on a page.

Apart from `fixtures`, since only tests that open pages need Playwright.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from chassis.http_server import WebServer
from testing.programs import program
from testing.waiting import BOUND_S, finish

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: Nobody looks at pictures in CI.
PICTURES = "CI" not in os.environ
SHORT: ViewportSize = {"width": 360, "height": 740}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Schemes in which whole pages are walked through: both if somebody looks at pictures; `barriers` checks dark anyway.
LOOKED_AT = SCHEMES if PICTURES else SCHEMES[:1]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The rules that dark colours could break alone.
COLOURS = ["color-contrast", "link-in-text-block"]
#: Only axe's violations leave the browser: reading all that it checked takes longer than the check.
VIOLATIONS = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return found.violations.map((each) => [each.id, each.nodes.map((node) => node.html)]);
}"""
#: Controls lower than 43.5 px, except links within a sentence.
SMALL = """() => [...document.querySelectorAll("a, button, summary, textarea, select, input:not([type=hidden])")]
    .filter((each) => each.checkVisibility() && !each.closest(".skip, .trap, p.hint, dd, .notice li"))
    .map((each) => [each.outerHTML.slice(0, 90), (each.labels?.[0] ?? each).getBoundingClientRect().height,
                    each.getBoundingClientRect().height])
    .filter(([, label, own]) => Math.max(label, own) < 43.5)"""
#: Whether the menu beside the service's name covers it.
HIDDEN_NAME = """() => {
  const [words, beside] = [".brand b", ".top nav"].map((each) => document.querySelector(each));
  if (!words || !beside) return false;
  const range = document.createRange();
  range.selectNodeContents(words);
  const [name, menu] = [range, beside].map((each) => each.getBoundingClientRect());
  return name.right > menu.left && name.bottom > menu.top && name.top < menu.bottom;
}"""

# These limits end only a test that would hang: Playwright's own five seconds are too few for a busy machine.
expect.set_options(timeout=1000 * BOUND_S)

#: The elements that Tab should reach; the first of radio buttons with one name.
REACHABLE = """() => {
  const seen = new Set();
  window.reachable = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((each) => each.checkVisibility() && each.tabIndex >= 0 && !each.disabled && each.type !== "hidden")
    .filter((each) => each.type !== "radio" || (!seen.has(each.name) && seen.add(each.name)));
  document.body.tabIndex = -1;  // Tab goes on from where it was clicked last
  document.body.focus();
  document.body.removeAttribute("tabindex");
}"""
#: The element that Tab reached, and why its focus can't be seen, if so. A file field shows it by its button.
REACHED = """() => {
  const each = document.activeElement, by = each.closest(".attach.on .pick")?.querySelector(".button") ?? each;
  if (each === document.body) return null;
  const at = window.reachable.findIndex((one) => one === each || (one.type === "radio" && one.name === each.name));
  const box = by.getBoundingClientRect(), style = getComputedStyle(by);
  const wrong = style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2 ? "without a ring"
    : box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth ? "out of sight" : "";
  return [at, wrong && `${wrong}: ${each.outerHTML.slice(0, 90)}`];
}"""


def chromium() -> str:
    """Return the path of this machine's Chromium; its headless shell needs a third of the processor time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return program(*names, debian="chromium-headless-shell")


@asynccontextmanager
async def launched(args: Sequence[str] = ARGS) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(args))
        yield browser
        await browser.close()


@asynccontextmanager
async def answering(app: Any, port: int, *beside: Awaitable[None]) -> AsyncIterator[None]:
    """Serve ``app`` on a port of this machine, with the tasks ``beside`` it; yield once it answers."""
    server = WebServer(app, "127.0.0.1", port, stop_within_s=1)
    running = asyncio.gather(server.run(), *beside)
    async with asyncio.timeout(10):
        while not server.answers:
            await asyncio.sleep(0.01)
    yield
    running.cancel()
    await finish(running)


async def phone(browser: Browser, **given: Any) -> BrowserContext:
    """Open a small telephone with no earlier state; ``given`` are more options of Playwright's `new_context`."""
    usual: dict[str, Any] = {"viewport": SHORT, "locale": "id-ID"}
    context = await browser.new_context(**{**usual, **given})
    context.set_default_timeout(1000 * BOUND_S)
    return context


async def picture(page: Page, path: Path) -> None:
    """Keep a picture of the whole page, for a person to look at."""
    if PICTURES:
        path.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=path, full_page=True)


async def violations(page: Page, rules: Sequence[str] = RULES) -> list[tuple[str, list[str]]]:
    """Return axe's findings: each rule and its places. With `java_script_enabled=False` it would never return."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    found = await page.evaluate(VIOLATIONS, rules)
    return [(rule, list(where)) for rule, where in found]


async def barriers(page: Page) -> dict[str, Any]:
    """Return the page's barriers by the check that finds them: axe in light and in dark, content wider than the page,
    targets too small to hit, and a hidden name."""
    seen = {
        "axe": await violations(page),
        "wide": await page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)"),
        "small": await page.evaluate(SMALL),
        "hidden name": await page.evaluate(HIDDEN_NAME),
        "axe, in the dark": await in_the_dark(page),
    }
    return {name: value for name, value in seen.items() if value}


async def in_the_dark(page: Page) -> list[tuple[str, list[str]]]:
    """Return axe's findings about colours in the dark scheme; all other findings would be the same."""
    was_dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    await page.emulate_media(color_scheme="dark")
    found = await violations(page, COLOURS)
    await page.emulate_media(color_scheme="dark" if was_dark else "light")
    return found


async def walk(page: Page) -> list[str]:
    """Return the barriers for somebody with only a keyboard: elements that Tab misses or whose focus can't be seen."""
    await page.evaluate(REACHABLE)
    reached: dict[int, list[str]] = {}
    for _ in range(300):
        await page.keyboard.press("Tab")
        found = await page.evaluate(REACHED)
        if found is None:
            break
        reached.setdefault(found[0], []).append(found[1])
    else:
        return ["Tab never comes to an end"]
    # Tab stops several times in a date field; the calendar's focus ring is the browser's own.
    wrong = [stops[0] for stops in reached.values() if all(stops)]
    names = await page.evaluate("window.reachable.map((each) => each.outerHTML.slice(0, 90))")
    return wrong + [f"not reached: {name}" for at, name in enumerate(names) if at not in reached]


async def look(folder: Path, page: Page, name: str, widths: Sequence[int] = (1280, 360)) -> None:
    """Leave pictures in ``folder``, of a desk and a telephone, light and dark, and check for barriers.

    Raises:
        AssertionError: the page has a barrier.
    """
    for width in widths if PICTURES else ():
        await page.set_viewport_size({"width": width, "height": SHORT["height"]})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await picture(page, folder / f"{name}-{width}-{scheme}.png")
    await page.set_viewport_size(SHORT)
    await page.emulate_media(color_scheme="light")
    if found := await barriers(page):
        raise AssertionError((name, found))
    if wrong := await walk(page):
        raise AssertionError((name, wrong))


@pytest.fixture(scope="session")
async def one_browser() -> AsyncIterator[Browser]:
    """Share one browser among the tests of a worker: starting it takes ten times as long as looking at a page."""
    async with launched() as browser:
        yield browser


@pytest.fixture
async def browser(one_browser: Browser) -> AsyncIterator[Browser]:
    """Yield the worker's browser, and close the test's contexts afterwards, so that the next test sees none of them."""
    yield one_browser
    for context in one_browser.contexts:
        await context.close()


@pytest.fixture
async def context(browser: Browser) -> BrowserContext:
    return await phone(browser)


@pytest.fixture
async def page(browser: Browser) -> Page:
    """Open a page on a small telephone without JavaScript."""
    context = await phone(browser, java_script_enabled=False)
    return await context.new_page()
