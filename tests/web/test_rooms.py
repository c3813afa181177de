"""The page's modules know only of what lies below them, and say nothing of their own: texts stand in the catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

import pytest

from tallylight.web.modules import imported

WEB: Final = Path(str(files("tallylight.web")))
STATIC: Final = WEB / "static"
MODULES: Final = sorted(
    str(path.relative_to(STATIC)) for path in STATIC.rglob("*.js") if path.parent != STATIC / "i18n"
)
#: What elements may know, besides one another: they are given data, and ask nobody.
BELOW_ELEMENTS: Final = {"store.js", "format.js", "text.js", "dom.js", "announcer.js"}
#: What a view may know of another one, and why.
ACROSS: Final = {
    ("preview/preview.js", "commit/plan.js"): "the review says what a commit will do in the commit's own words",
}
VIEWS: Final = {"configure", "process", "preview", "commit", "sessions", "library"}
TEMPLATES: Final = sorted(str(path.relative_to(WEB / "templates")) for path in WEB.glob("templates/**/*.jinja"))
#: The same in every language.
NAMES: Final = {"Tallylight", "CSV", "JSON Lines", "*.png", "*.png|*.mp4"}
#: Begins as sentences and labels do, or ends as a sentence.
SPOKEN: Final = r"^[A-Z][a-z]+(?:[ ….]|$)|[a-z]{2,} [a-z]{2,}.*[.…?!]$"
#: What browsers call keys and things of their own.
THEIRS: Final = {"Enter", "Escape", "Home", "End", "Tab", "Notification"}
#: The report is a file that is sent on, to readers whose language nobody knows: it is in English.
ENGLISH: Final = {"report.html.jinja"}


def room(module: str) -> str:
    return module.rpartition("/")[0]


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) == "elements"])
def test_an_element_knows_only_what_lies_below(module: str) -> None:
    known = set(imported(module))
    assert {other for other in known if room(other) != "elements"} <= BELOW_ELEMENTS


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) in VIEWS])
def test_a_view_knows_no_other_but_with_a_reason(module: str) -> None:
    others = {other for other in imported(module) if room(other) in VIEWS - {room(module)}}
    assert {other for other in others if (module, other) not in ACROSS} == set()


@pytest.mark.parametrize(("module", "other"), ACROSS)
def test_each_reason_is_needed(module: str, other: str) -> None:
    assert other in imported(module)


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) == "live"])
def test_the_live_connection_knows_its_address_alone(module: str) -> None:
    assert {other for other in imported(module) if room(other) != "live"} <= {"place.js"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_nothing_of_its_own(module: str) -> None:
    assert list(said((STATIC / module).read_text("utf-8"))) == []


@pytest.mark.parametrize("template", [template for template in TEMPLATES if template not in ENGLISH])
def test_a_template_says_nothing_of_its_own(template: str) -> None:
    assert written((WEB / "templates" / template).read_text("utf-8")) == []


def test_what_is_said_would_be_found() -> None:
    assert list(said("// Not this\nconst a = 'Choose a folder.'; throw new TypeError('It broke for good.')")) == [
        "Choose a folder."
    ]
    assert written('<p class="lead here">{{ t("a.b") }}<b title="Look inside">Go on</b></p>{# Not this #}') == [
        "Go on",
        "Look inside",
    ]


def said(source: str) -> Iterator[str]:
    """Literals of a module that read like a sentence or a part of one. What is thrown is for whoever writes modules."""
    source = re.sub(r"/\*[\s\S]*?\*/|^\s*//.*$|\s// .*$", "", source, flags=re.MULTILINE)
    source = re.sub(r"new \w*Error\((?:[^()]|\([^()]*\))*\)", "", source)
    for _, text in re.findall(r"(['\"`])((?:(?!\1).)*)\1", source):
        plain = re.sub(r"\$\{[^}]*\}", "", text)
        if text not in NAMES | THEIRS and re.search(SPOKEN, plain):
            yield text


def written(source: str) -> list[str]:
    """Text of a template, and of attributes that people read, that no expression gave."""
    for pattern in (
        r"\{#.*?#\}",
        r"\{% block data %\}.*?\{% endblock %\}",
        r"<(style|script|code)\b.*?</\1>",
        r"\{%.*?%\}",
        r"\{\{.*?\}\}",
        r"<!doctype html>",
    ):
        source = re.sub(pattern, "", source, flags=re.DOTALL)
    attributes = re.findall(r'\s(?:title|aria-label|placeholder|alt)="([^"]*)"', source)
    texts = re.sub(r"<[^>]*>", "\n", source).split("\n")
    plain = (text.strip(" \t\n·") for text in (*texts, *attributes))
    return [text for text in plain if re.search(r"[^\W\d_]{2}", text) and text not in NAMES]
