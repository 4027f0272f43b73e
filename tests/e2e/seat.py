"""Somebody before a screen: presses and writes what stands there, by its words, and sees that nothing bars anybody."""

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

#: What is looked at by people; `build/` is ignored.
PICTURES = ROOT / "build" / "pictures" / "day"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 860}
#: By which each day is played: the size of the screen, and whether there is a keyboard and no mouse.
HANDS = {"telephone": (PHONE, False), "keys": (DESK, True)}
#: A page that waits for another service may be loaded as often as it takes, on a machine as busy as it is.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
_CODE = re.compile(r"\b\d{6}\b")
#: What has the focus: how it is called, its id, and whether one sees that it has it.
_FOCUS = """() => {
  const each = document.activeElement, style = getComputedStyle(each);
  const name = each.labels?.[0]?.innerText ?? each.innerText ?? "";
  return [name.trim(), each.id, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""
#: Whether Enter leads from what has the focus to another page.
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
        """The next letter with all of ``words``, as soon as it is there; those before it are skipped."""

        def look() -> tuple[int, str] | None:
            letters = self.system.told(self.address)
            found = ((n, text) for n, text in enumerate(letters) if n >= self.read and all(w in text for w in words))
            return next(found, None)

        at, letter = until(look, 60, f"a letter to {self.address} with {words}")
        self.read = at + 1
        return str(letter)

    def code(self) -> str:
        """The code of the next letter that has one."""
        found = _CODE.search(self.next("kode masuk Anda"))
        assert found
        return found[0]

    def link(self, *words: str) -> str:
        """The first address in the next letter with all of ``words``."""
        return str(re.findall(r"https?://\S+", self.next(*words))[0])


@dataclass
class Seat:
    """Somebody at a telephone, or ``by_keys`` at a desk without a mouse. What they see is kept in pictures, by number
    in the order of the day.

    It is looked at in both sizes, wherever they sit.
    """

    page: Page
    story: str
    by_keys: bool = False
    pictures: Callable[[], int] = field(default_factory=lambda: count(1).__next__, repr=False)

    def look(self, name: str) -> None:
        """Keep a picture of each size, and see that nothing here bars anybody and nothing runs over the edge."""
        own, at = self.page.viewport_size, f"{self.story}-{self.pictures():02}-{name}"
        assert own
        for size in (PHONE, DESK):
            self.page.set_viewport_size(size)
            if "CI" not in os.environ:  # as testing.browsers.picture
                PICTURES.mkdir(parents=True, exist_ok=True)
                self.page.screenshot(path=PICTURES / f"{at}-{size['width']}.png", full_page=True)
            assert {} == barriers(self.page), (name, size)
        self.page.set_viewport_size(own)

    def opens(self, address: str) -> None:
        """Go to an address, as who types it or follows it from a letter."""
        self.page.goto(address)

    def reads(self, *words: str) -> None:
        """See words on the page, as soon as they are there; pages of the desk ask again by themselves."""
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
        """Choose from a list what begins with ``option``."""
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
        """Fill in a date; with keys as this browser writes it, which speaks English whatever a page does."""
        field_ = self._field("", ident)
        if self.by_keys:
            self.tabs_to(ident=ident)
            self.page.keyboard.type(f"{day:%m%d%Y}")
        else:
            field_.fill(day.isoformat())
        assert field_.input_value() == day.isoformat()

    def enter(self) -> None:
        """Press Enter, and be on the page to which it leads."""
        if not self.page.evaluate(_LEADS):
            self.keys("Enter")
            return
        with self.page.expect_navigation(timeout=PATIENCE_MS):
            self.keys("Enter")

    def item(self, words: str) -> Locator:
        """What is listed with ``words``."""
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
        """Press Tab until what is called ``name``, or has the id ``ident``, has the focus, and is seen to have it."""
        for _ in range(400):
            self.keys("Tab")
            called, found, seen = self.page.evaluate(_FOCUS)
            fits = called == name if exact else name and called.startswith(name)
            if (found == ident if ident else fits) and not (within and not within.locator("*:focus").count()):
                assert seen, f"nobody sees that {name or ident} has the focus"
                return
        raise AssertionError(f"Tab does not come to {name or ident} on {self.page.url}")

    def focus(self) -> str:
        """Give the id of what has the focus."""
        return str(self.page.evaluate(_FOCUS)[1])


def barriers(page: Page) -> dict[str, Any]:
    """What bars somebody: what axe calls serious or critical, and how far it runs over the edge."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    grave = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    seen = {
        "axe": [(each["id"], [node["html"] for node in each["nodes"]]) for each in grave],
        "wide": page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)"),
    }
    return {name: value for name, value in seen.items() if value}
