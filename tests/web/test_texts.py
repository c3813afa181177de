"""What the page says: the catalogues agree, each text is used, and a reader gets the language that was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.in_process import site

import tallylight
import tallylight.web
from tallylight.web.texts import LANGUAGES, Text, accepted, plural, texts

ENGLISH = texts("en")
OTHERS = [language for language in LANGUAGES if language != "en"]


def places(text: Text) -> set[str]:
    forms = [text] if isinstance(text, str) else list(text.values())
    return {place for form in forms for place in re.findall(r"\{(\w+)\}", form)}


def sources() -> str:
    found = []
    ahead = [files("tallylight.web").joinpath("static"), files("tallylight.web").joinpath("templates")]
    while ahead:
        for entry in ahead.pop().iterdir():
            if entry.is_dir() and entry.name != "i18n":
                ahead.append(entry)
            elif entry.name.endswith((".js", ".jinja")):
                found.append(entry.read_text("utf-8"))
    return "\n".join(found)


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_the_same_texts_with_the_same_places(language: str) -> None:
    theirs = texts(language).entries
    assert list(theirs) == list(ENGLISH.entries), "other keys, or in another order"
    for key, text in ENGLISH.entries.items():
        assert places(theirs[key]) == places(text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_with_plural_forms_has_those_of_the_language(language: str) -> None:
    for key, text in texts(language).entries.items():
        if isinstance(text, Mapping):
            assert set(text) == {"one", "other"}, key
            assert "{count}" in text["other"], key


def written_by_the_server() -> str:
    return "\n".join(path.read_text("utf-8") for path in Path(tallylight.web.__file__).parent.rglob("*.py"))


def words() -> set[str]:
    """What stands in quotes anywhere in the package: a name that is put behind a prefix is one of these."""
    package = Path(tallylight.__file__).parent.rglob("*.py")
    source = sources() + "\n".join(path.read_text("utf-8") for path in package)
    return set(re.findall(r"""['"`]([a-z0-9_]+)['"`]""", source))


def test_every_text_is_used() -> None:
    source, known = sources() + written_by_the_server(), words()
    prefixes = set(re.findall(r"""['"`]([a-z]+\.[a-z_.]*)(?:\$\{|['"] ~|\{)""", source))
    unused = [
        key
        for key in ENGLISH.entries
        if f"'{key}'" not in source
        and f'"{key}"' not in source
        and not any(key.startswith(prefix) and key.removeprefix(prefix) in known for prefix in prefixes)
    ]
    assert unused == []


def test_every_text_that_is_named_is_there() -> None:
    named = set(re.findall(r"""\bt\(\s*['"]([\w.-]+[\w-])['"]""", sources()))
    assert named - set(ENGLISH.entries) == set()


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert texts("de")("count.files", count=2_000_000) == "2.000.000 Dateien"
    assert ENGLISH.written(2_000_000) == "2,000,000"


def test_numbers_choose_the_form() -> None:
    assert (ENGLISH("count.files", count=1), ENGLISH("count.files", count=2000)) == ("1 file", "2,000 files")
    assert (plural(0), plural(1), plural(2)) == ("other", "one", "other")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.8, de;q=0.9", "de"),
        ("fr, de;q=0.5", "de"),
        ("de;q=0, fr", "en"),
        ("de;q=much", "en"),
        ("*", "en"),
    ],
)
def test_the_browser_says_what_is_read(header: str, language: str) -> None:
    assert accepted(header) == language


@given(st.text(max_size=200))
def test_any_header_gives_a_language_that_there_is(header: str) -> None:
    assert accepted(header) in LANGUAGES


@pytest.mark.anyio
async def test_a_choice_wins_over_the_browser_and_leads_back(tmp_path: Path) -> None:
    async with site(tmp_path) as it:
        german = {"accept-language": "de"}
        assert '<html lang="de"' in (await it.client.get("/", headers=german)).text
        answer = await it.client.get("/language/en?next=/sessions/x", headers=german)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sessions/x")
        assert '<html lang="en"' in (await it.client.get("/", headers=german)).text


@pytest.mark.anyio
@pytest.mark.parametrize("after", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "x"])
async def test_a_choice_never_leads_elsewhere(tmp_path: Path, after: str) -> None:
    async with site(tmp_path) as it:
        answer = await it.client.get("/language/xx", params={"next": after})
        assert answer.headers["location"] == "/"
        assert "set-cookie" not in answer.headers
