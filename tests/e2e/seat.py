"""Somebody at a screen, who presses buttons and fills in fields by their words, and checks for barriers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from harness import ROOT, System
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from testing.browsers import ARGS, RULES, chromium
from testing.waiting import until

#: Pictures for people to look at; `build/` is ignored.
PICTURES = ROOT / "build" / "pictures" / "day"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 860}
#: The hands that play each day: the size of the screen, and whether there is only a keyboard.
HANDS = {"telephone": (PHONE, False), "keys": (DESK, True)}
#: A page that waits for another service may be reloaded for this long, since the machine may be busy.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
_CODE = re.compile(r"\b\d{6}\b")
#: The focused element's name, its id, and whether its focus is visible.
_FOCUS = """() => {
  const each = document.activeElement, style = getComputedStyle(each);
  const name = each.labels?.[0]?.innerText ?? each.innerText ?? "";
  return [name.trim(), each.id, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""
#: Whether Enter on the focused element leads to another page.
_LEADS = """() => {
  const each = document.activeElement;
  return each.matches("a[href]:not([href^='#'])") || (each.matches("button, input") && Boolean(each.form));
}"""


@contextmanager
def chromium_running() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        yield browser
        browser.close()


@dataclass
class Box:
    """The letters of one address, in the mail server that the system sends by."""

    system: System
    address: str
    read: int = 0

    def next(self, *words: str) -> str:
        """Return the next letter with all of ``words``, as soon as it is there; letters before it are skipped."""

        def look() -> tuple[int, str] | None:
            letters = self.system.told(self.address)
            found = ((n, text) for n, text in enumerate(letters) if n >= self.read and all(w in text for w in words))
            return next(found, None)

        at, letter = until(look, 60, f"a letter to {self.address} with {words}")
        self.read = at + 1
        return str(letter)

    def code(self) -> str:
        """Return the code of the next letter that has one."""
        found = _CODE.search(self.next("kode masuk Anda"))
        assert found
        return found[0]

    def link(self, *words: str) -> str:
        """Return the first address in the next letter with all of ``words``."""
        return str(re.findall(r"https?://\S+", self.next(*words))[0])


@dataclass
class Seat:
    """Somebody at a telephone, or ``by_keys`` at a desk without a mouse. Pictures of the pages are kept, numbered in
    the order of the day.
    """

    page: Page
    story: str
    by_keys: bool = False
    pictures: Callable[[], int] = field(default_factory=lambda: count(1).__next__, repr=False)

    def look(self, name: str) -> None:
        """Keep a picture, and check that the page has no barriers and does not run over the edge.

        Each day is played on a telephone and at a desk, so each page is checked in both sizes.
        """
        size, at = self.page.viewport_size, f"{self.story}-{self.pictures():02}-{name}"
        assert size
        if "CI" not in os.environ:  # as testing.browsers.picture
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{at}-{size['width']}.png", full_page=True)
        assert {} == barriers(self.page), name

    def opens(self, address: str) -> None:
        """Go to an address, as somebody does who types it or follows it from a letter."""
        self.page.goto(address)

    def reads(self, *words: str) -> None:
        """Wait until words stand on the page; pages of the desk reload by themselves."""
        for each in words:
            expect(self.page.locator("body")).to_contain_text(each)

    def presses(self, name: str, within: Locator | None = None, *, exact: bool = False) -> None:
        """Press the button, follow the link or open the part that begins with ``name``."""
        if self.by_keys:
            self.tabs_to(name, within=within, exact=exact)
            self.enter()
            return
        begins = re.compile(rf"^\s*{re.escape(name)}" + (r"\s*$" if exact else ""))
        place = within or self.page.locator("body")
        button, link = (place.get_by_role(role, name=begins) for role in ("button", "link"))
        button.or_(link).or_(place.locator("summary").filter(has_text=begins)).first.click()

    def writes(self, label: str, text: str, *, ident: str = "") -> None:
        """Fill in a field, which has a ``label`` or an id."""
        if self.by_keys:
            self.tabs_to(label, ident=ident)
            self.keys("Control+a")
            self.page.keyboard.type(text)
        else:
            self._field(label, ident).fill(text)

    def chooses(self, label: str, option: str, *, ident: str = "") -> None:
        """Choose the option that begins with ``option`` from a list."""
        if self.by_keys:
            self.tabs_to(label, ident=ident)
            self.page.keyboard.type(option)
        else:
            chosen = (
                self._field(label, ident).locator("option").filter(has_text=re.compile(rf"^\s*{re.escape(option)}"))
            )
            self._field(label, ident).select_option(value=chosen.first.get_attribute("value"))
        chosen_text = self._field(label, ident).evaluate("each => each.selectedOptions[0].innerText")
        assert chosen_text.startswith(option), chosen_text

    def ticks(self, ident: str) -> None:
        """Tick the box with the id ``ident``."""
        if self.by_keys:
            self.tabs_to(ident=ident)
            self.keys("Space")
        else:
            self.page.locator(f"label[for='{ident}']").click()

    def sets_day(self, ident: str, day: date) -> None:
        """Fill in a date; by keys in the format of this browser, which uses English whatever the page's language."""
        field_ = self._field("", ident)
        if self.by_keys:
            self.tabs_to(ident=ident)
            self.page.keyboard.type(f"{day:%m%d%Y}")
        else:
            field_.fill(day.isoformat())
        assert field_.input_value() == day.isoformat()

    def enter(self) -> None:
        """Press Enter, and wait for the page that it leads to."""
        if not self.page.evaluate(_LEADS):
            self.keys("Enter")
            return
        with self.page.expect_navigation(timeout=PATIENCE_MS):
            self.keys("Enter")

    def item(self, words: str) -> Locator:
        """Return the list item with ``words``."""
        return self.page.get_by_role("listitem").filter(has=self.page.locator("article"), has_text=words)

    def _field(self, label: str, ident: str) -> Locator:
        if ident:
            return self.page.locator(f"[id='{ident}']")
        return self.page.get_by_label(label).and_(self.page.locator("input, textarea, select")).first

    # With the keyboard alone.

    def keys(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for each in keys:
            self.page.keyboard.press(each)

    def tabs_to(self, name: str = "", *, ident: str = "", within: Locator | None = None, exact: bool = False) -> None:
        """Press Tab until the element called ``name``, or with the id ``ident``, has the focus; check that it shows."""
        for _ in range(400):
            self.keys("Tab")
            called, found, seen = self.page.evaluate(_FOCUS)
            fits = called == name if exact else name and called.startswith(name)
            if (found == ident if ident else fits) and not (within and not within.locator("*:focus").count()):
                assert seen, f"nobody sees that {name or ident} has the focus"
                return
        raise AssertionError(f"Tab does not come to {name or ident} on {self.page.url}")

    def focus(self) -> str:
        """Return the id of the focused element."""
        return str(self.page.evaluate(_FOCUS)[1])


def barriers(page: Page) -> dict[str, Any]:
    """Return the page's barriers: violations that axe calls serious or critical, and the overflow at the edge."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    grave = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    seen = {
        "axe": [(each["id"], [node["html"] for node in each["nodes"]]) for each in grave],
        "wide": page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)"),
    }
    return {name: value for name, value in seen.items() if value}
