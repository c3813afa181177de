"""Reading stored texts again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.journal_suite import extracted, raw_text
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract.reread import reread
from tallylight.model import Json, Outcome, Tier

WRITTEN = "a cat, (a hat:1.2), landscape\nNegative prompt: blur\nSteps: 20, Sampler: Euler a, Seed: 12, Model: base"
SIZE = ({"text": "landscape", "weight": 1.0, "source": "size"}, {"text": "96x64", "weight": 1.0, "source": "size"})


def keyword(text: str, source: str = "prompt", weight: float = 1.0) -> Json:
    return {"text": text, "weight": weight, "source": source}


def stored(**changes: Any) -> Outcome:
    """What an older parser made of a picture of 96×64."""
    base = replace(extracted(), media={"type": "image", "format": "png", "width": 96, "height": 64})
    return replace(base, **{"keywords": SIZE, "generation": {}, **changes})


def test_what_the_parsers_read_today_takes_the_place_of_what_was_read() -> None:
    before = stored(generation={"prompt": "a c", "gone": 1}, keywords=(keyword("a c"), *SIZE))
    after = reread(before, [raw_text(WRITTEN)])
    assert after.generation["prompt"] == "a cat, (a hat:1.2), landscape"
    assert "gone" not in after.generation
    assert [(found["text"], found["weight"], found["source"]) for found in after.keywords] == [
        ("a cat", 1.0, "prompt"), ("a hat", 1.2, "prompt"), ("landscape", 1.0, "prompt"), ("96x64", 1.0, "size"),
    ]  # fmt: skip
    assert after.provenance == {"generation": {"source": "parameters"}}
    assert replace(after, generation=before.generation, keywords=before.keywords, provenance={}) == before


def test_a_sidecar_that_told_the_parameters_stays_named() -> None:
    beside = {"generation": {"source": "text:sidecar"}}
    after = reread(stored(provenance=beside), [raw_text(WRITTEN, "sidecar:parameters")])
    assert (after.generation["seed"], after.provenance) == (12, beside)


def test_keywords_of_other_sources_stay_in_their_order() -> None:
    others = (keyword("harbour", "xmp"), *SIZE, keyword("boat", "caption"))
    after = reread(stored(keywords=(keyword("old"), *others)), [raw_text("sea\nSteps: 2")])
    assert after.keywords == (keyword("sea"), *others)


def test_the_size_comes_back_once_no_term_of_the_prompt_stands_in_for_it() -> None:
    before = stored(keywords=(keyword("landscape"), SIZE[1]))
    assert reread(before, [raw_text("sea\nSteps: 2")]).keywords == (keyword("sea"), *SIZE)


def test_where_no_keywords_were_asked_for_none_are_made() -> None:
    assert reread(stored(keywords=()), [raw_text(WRITTEN)]).keywords == ()


def test_a_file_of_unknown_size_may_have_had_none_to_find() -> None:
    before = stored(keywords=(), media={"type": "video", "format": "mp4"})
    assert reread(before, [raw_text(WRITTEN)]).keywords[0] == keyword("a cat")


def test_texts_that_say_nothing_take_away_what_was_read() -> None:
    before = stored(
        generation={"steps": 1},
        keywords=(keyword("a"), *SIZE),
        provenance={"generation": {"source": "parameters"}, "score": {"source": "scores:sidecar"}},
    )
    after = reread(before, [raw_text("holiday", "comment")])
    assert (after.generation, after.keywords, after.provenance) == ({}, SIZE, {"score": {"source": "scores:sidecar"}})


@given(st.lists(st.sampled_from(["a cat", "landscape", "96x64", "harbour"]), max_size=4), st.booleans())
def test_reading_again_changes_nothing_more(prompt: list[str], has_subject: bool) -> None:
    others = (*SIZE, keyword("harbour", "xmp")) if has_subject else SIZE
    texts = [raw_text(", ".join(prompt) + "\nSteps: 2")]
    once = reread(stored(keywords=(keyword("older"), *others)), texts)
    assert reread(once, texts) == once
    assert len({found["text"] for found in once.keywords}) == len(once.keywords)


@pytest.mark.parametrize("tier", [Tier.METADATA, Tier.FULL])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(build.png({"parameters": WRITTEN}), id="png"),
        pytest.param(build.png({"parameters": "96x64, landscape, nul \0 here\nSteps: 3"}), id="NUL"),
        pytest.param(build.png({"prompt": "{oh", "Comment": "x"}), id="damaged"),
        pytest.param(build.png(), id="no texts"),
    ],
)
def test_of_a_file_just_extracted_nothing_changes(folder: Folder, data: bytes, tier: Tier) -> None:
    outcome = folder.outcome("a.png", data, tier=tier)
    again = reread(outcome, outcome.texts)
    assert (again.generation, again.provenance) == (outcome.generation, outcome.provenance)
    assert again.keywords == outcome.keywords


@pytest.mark.parametrize("data", [b"no zlib", raw_text(WRITTEN).zlib[:-9], raw_text("another").zlib, b""])
def test_a_text_that_is_stored_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        reread(stored(), [replace(raw_text(WRITTEN), zlib=data)])
