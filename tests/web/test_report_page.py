"""The report as one HTML file: whole, harmless and legible whatever the names are."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.preview import Preview
from tallylight.ingest.report import Conflict, Durations, Failure, Report, Sample, Slow, TypeCount
from tallylight.model import AT_REST, Json, Parameters, Status
from tallylight.visible import visible
from tallylight.web.report_page import ReportPage, Thumbnail
from tallylight.web.report_page import render as render_in
from tallylight.web.texts import LANGUAGES, texts

WEBP = b"RIFF\x04\x00\x00\x00WEBPdata"
PLACE = {"latitude": 48.5, "longitude": 2.25}
HOSTILE = "<script>alert(1)</script>\"' onerror=x \u202egnp.exe\n\x1b[31m</style>{{ 7*7 }}&amp;"


def render(report: Report, thumbnail: Thumbnail, language: str = "en") -> ReportPage:
    return render_in(report, thumbnail, texts(language))


#: What a session with scores, dates and NSFW scores has.
FACETS: Json = {
    "files": 3,
    "type": {"png": 3},
    "model": {},
    "score": {"": 1, "5": 1, "-1": 1},
    "month": {"2023-12": 1, "2024-02": 2},
    "size": {"ends": [10_000, 30_000], "files": [1, 0, 2]},
    "nsfw": [0] * 30 + [2] + [0] * 69,
}


def sample(file: str = "a.png", *, sha256: str | None = "ab", has_thumbnail: bool = True) -> Sample:
    return Sample(
        seq=5,
        root="/m",
        file=file,
        bytes=1_234_567,
        type="image",
        format="png",
        width=40,
        height=30,
        score=0,
        favourite=True,
        keywords=(file, "mist"),
        sha256=sha256,
        has_thumbnail=has_thumbnail,
    )


def report_of(name: str = "a.png", *, samples: tuple[Sample, ...] | None = None, error: Json | None = None) -> Report:
    counts = dict.fromkeys(
        ("total_files", "total_discovered", "skipped_existing", "excluded", "processed_files", "metadata_extracted",
         "keywords_added", "scores_imported", "nsfw_detected", "errors"), 1_234,
    )  # fmt: skip
    return Report(
        session_id="s-1",
        status="completed",
        progress=100,
        created_at=1.8e9,
        started_at=1.8e9,
        ended_at=1.8e9 + 75,
        made_at=1.8e9 + 80,
        error=error,
        parameters=Parameters(directories=("/m", f"/m/{name}"), pattern=name).as_json(),
        counts=counts,
        preview=Preview(new=7),
        types={name: TypeCount(extracted=3, bytes=2_500_000)},
        facets=FACETS | {"model": {name: 2, "": 1}},
        by_reason={"empty": 1},
        durations=Durations(
            elapsed_s=75.0, files_per_s=1.5, ms_total=9.0, ms_mean=4.5, slowest=(Slow(seq=1, file=name, ms=1500.0),)
        ),
        failures=(Failure(seq=1, root="/m", file=name, code="empty", message=name),),
        failures_left_out=3,
        folders_unread=(Failure(seq=2, root=None, file=name, code="permission", message=name),),
        conflicts=(conflict("title", name, "z"), conflict("favourite", True, False), conflict("gps", PLACE, "")),
        conflicts_left_out=2,
        samples=(sample(name),) if samples is None else samples,
    )


def conflict(field: str, chosen: Any, other: Any) -> Conflict:
    values = [
        {"value": chosen, "source": "xmp:sidecar", "at": 1.8e9},
        {"value": other, "source": "catalog"},
    ]
    return Conflict(seq=1, root="/m", file="a.png", field=field, rule="newest", chosen=chosen, values=values)


class Page(HTMLParser):
    """The tags, attributes and text a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def none(_sha256: str) -> None:
    """No thumbnail at all."""


def test_the_page_tells_numbers_samples_failures_and_parameters() -> None:
    text = Page(render(report_of(), none).html).text
    for told in (
        *("Ready to review", "1,234", "took 1 min 15 s", "2027-01-15 08:00:00 UTC", "a.png", "40 × 30 · 1.2 MB", "★ 0"),
        *(
            "favourite",
            "mist",
            "empty",
            "and 3 more",
            "no permission",
            "2.5 MB",
            "Skip files the catalog already has",
            "no limit",
            "1.5 s",
        ),
    ):
        assert told in text, told


def test_the_page_tells_who_said_what_and_what_is_taken() -> None:
    text = Page(render(report_of(), none).html).text
    for told in ("favourite", "yes: xmp:sidecar, 2027-01-15 08:00:00 UTC", "no: catalog", "48.5, 2.25", "and 2 more"):
        assert told in text, told


def test_the_page_draws_what_was_found() -> None:
    page = Page(render(report_of(), none).html)
    for told in ("Files by model", "Files by score", "rejected", "Files by date", "2024-01", "Files by NSFW score"):
        assert told in page.text, told
    assert page.tags.count("rect") > 20
    without = Page(render(replace(report_of(), facets={}), none).html)
    assert "Files by" not in without.text


def test_the_page_is_in_the_language_of_its_reader() -> None:
    page = Page(render(report_of(), none, "de").html)
    assert ("lang", "de") in page.attributes
    for told in ("Bereit zur Prüfung", "1.234", "dauerte 1 min 15 s", "1,2 MB", "leer", "und 3 weitere", "Bewertung"):
        assert told in page.text, told


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_session_is_at_is_told(status: Status, language: str) -> None:
    html = render(replace(report_of(), status=status.value, progress=37), none, language).html
    (told,) = re.findall(r"<strong>(.*?)</strong>", html)
    assert told[0].isupper()
    assert "{" not in told
    assert ("37" in told) == (status not in AT_REST | {Status.PAUSED, Status.HELD})


def test_a_long_value_is_elided() -> None:
    long = replace(report_of(samples=()), conflicts=(conflict("description", "x" * 5000, "y"),))
    assert "x" * 201 not in render(long, none).html


def test_it_needs_nothing_else() -> None:
    page = Page(render(report_of(), lambda _: WEBP).html)
    assert "script" not in page.tags
    assert "link" not in page.tags
    names = [name for name, _ in page.attributes]
    assert "style" not in names
    assert "href" not in names
    sources = [value for name, value in page.attributes if name == "src"]
    assert sources == [f"data:image/webp;base64,{b64encode(WEBP).decode()}"]


def test_its_policy_lets_in_its_own_style_only() -> None:
    page = render(report_of(HOSTILE), lambda _: WEBP)
    styles = re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL)
    digest = b64encode(sha256(styles[0].encode()).digest()).decode()
    assert len(styles) == 1
    assert f"style-src 'sha256-{digest}'" in page.content_security_policy
    assert "default-src 'none'" in page.content_security_policy
    assert "unsafe" not in page.content_security_policy


def test_hostile_names_are_text() -> None:
    plain, hostile = Page(render(report_of(), none).html), Page(render(report_of(HOSTILE), none).html)
    assert hostile.tags == plain.tags
    assert [name for name, _ in hostile.attributes] == [name for name, _ in plain.attributes]
    assert visible(HOSTILE) in hostile.text
    assert "<script>alert(1)</script>" in hostile.text
    assert "\u202e" not in hostile.text


@settings(deadline=None, max_examples=30)
@given(st.text(alphabet=st.characters(exclude_categories=()), min_size=1, max_size=60))
def test_any_name_changes_no_tag_and_hides_nothing(name: str) -> None:
    html = render(report_of(name), none).html
    html.encode()
    page = Page(html)
    assert not {"script", "b", "i", "a"} & set(page.tags)
    assert page.tags.count("style") == 1
    assert {attribute for attribute, _ in page.attributes}.isdisjoint({"style", "href", "onerror"})
    assert visible(name) in unescape(html)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 日本 👩\u200d🚀.png", "plain é 日本 👩\u200d🚀.png"),
        ("a\nb\tc\x00", "a␊b␉c␀"),
        ("\x7f\x85", "␡⟨U+0085⟩"),
        ("x\u202egnp", "x⟨U+202E⟩gnp"),
        ("\u2028\ufeff", "⟨U+2028⟩⟨U+FEFF⟩"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("thumbnail", "start"),
    [
        (lambda _: WEBP, "data:image/webp;"),
        (lambda _: b"\xff\xd8\xff\xe0", "data:image/jpeg;"),
        (lambda _: b"\x89PNG\r\n\x1a\n", "data:image/png;"),
        (lambda _: b"<svg onload=x>", None),
        (lambda _: b"", None),
        (lambda _: None, None),
    ],
)
def test_only_pictures_become_pictures(thumbnail: Thumbnail, start: str | None) -> None:
    sources = [value for name, value in Page(render(report_of(), thumbnail).html).attributes if name == "src"]
    assert [str(source).startswith(str(start)) for source in sources] == ([True] if start else [])


@pytest.mark.parametrize("without", [sample(sha256=None), sample(has_thumbnail=False)])
def test_a_sample_without_a_thumbnail_is_not_asked_for(without: Sample) -> None:
    asked: list[str] = []

    def ask(digest: str) -> bytes:
        asked.append(digest)
        return WEBP

    assert "img" not in Page(render(report_of(samples=(without,)), ask).html).tags
    assert asked == []


def test_a_session_that_failed_as_a_whole_says_why() -> None:
    html = render(report_of(error={"code": "interrupted", "message": "The server <stopped>."}), none).html
    assert "interrupted: The server <stopped>." in Page(html).text
