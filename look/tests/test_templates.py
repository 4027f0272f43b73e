"""Templates are compiled once, and render with the filters of each environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment

from look import templates


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with one template, under a name that no other test uses."""
    name = f"pages_{tmp_path.name}"
    (tmp_path / name / "templates").mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    (tmp_path / name / "templates" / "page.html").write_text("{{ 'x'|own }} {{ text }}")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def made(package: str, own: str, *, autoescape: bool = True) -> str:
    environment = templates.environment(package, autoescape=autoescape)
    environment.filters["own"] = lambda _: own
    return environment.get_template("page.html").render(text="<b>")


def test_compiled_template_renders_with_the_filters_of_each_environment(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "satu &lt;b&gt;" == made(package, "satu")
    monkeypatch.setattr(Environment, "compile", None)

    assert "one &lt;b&gt;" == made(package, "one")


def test_mail_escapes_nothing_though_the_same_was_a_page(package: str) -> None:
    assert "satu &lt;b&gt;" == made(package, "satu")

    assert "satu <b>" == made(package, "satu", autoescape=False)
