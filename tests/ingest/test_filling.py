"""What a shallow look and a move leave of what is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tallylight.catalog import Known
from tallylight.ingest.filling import filled, is_shallower
from tallylight.model import Outcome, OutcomeKind, Tier


def keyword(text: str) -> dict[str, Any]:
    return {"text": text, "weight": 1.0, "source": "prompt"}


STORED = Outcome(
    root="/m",
    file="a.png",
    kind=OutcomeKind.EXTRACTED,
    bytes=5,
    mtime_ns=7,
    media={"type": "image", "format": "png", "width": 4, "title": "old"},
    generation={"model": "sdxl"},
    keywords=(keyword("cat"), keyword("hat")),
    provenance={"title": {"source": "xmp"}},
    score=4,
    nsfw_score=0.25,
    nsfw_model="m",
    sha256="ab",
    pixel_sha256="cd",
    phash="ef",
    frame_phashes=("ef",),
    has_thumbnail=True,
    extractor_version=2,
    tier=Tier.FULL,
)
LISTED = Outcome(
    root="/m", file="a.png", kind=OutcomeKind.EXTRACTED, bytes=5, mtime_ns=7, media={"type": "image"},
    extractor_version=3, tier=Tier.INDEX,
)  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "known", "shallower"),
    [
        (LISTED, Known(5, 7, None, 1, Tier.METADATA), True),
        (LISTED, Known(5, 7, None, 1, Tier.INDEX), False),
        (LISTED, Known(5, 8, None, 1, Tier.FULL), False),
        (LISTED, Known(6, 7, None, 1, Tier.FULL), False),
        (LISTED, Known(5, 7, None, 1, None), False),
        (STORED, Known(5, 7, None, 1, Tier.FULL), False),
    ],
)
def test_only_the_same_bytes_read_deeper_are_kept(outcome: Outcome, known: Known, shallower: bool) -> None:
    assert is_shallower(outcome, known) is shallower


def test_a_listing_loses_nothing_of_a_whole_read() -> None:
    assert filled(LISTED, STORED, has_moved=False) == replace(STORED, score=None), "ratings are for `agree`"


def test_what_was_read_now_counts_and_the_rest_is_as_old_as_it_was() -> None:
    read = replace(
        LISTED, media={"type": "image", "title": "new"}, keywords=(keyword("dog"),), tier=Tier.METADATA,
        generation={"model": "flux"},
    )  # fmt: skip
    whole = filled(read, STORED, has_moved=False)
    assert (whole.media["title"], whole.media["width"]) == ("new", 4)
    assert (whole.generation, whole.keywords) == ({"model": "flux"}, (keyword("dog"),))
    assert (whole.sha256, whole.phash, whole.has_thumbnail) == ("ab", "ef", True)
    assert (whole.tier, whole.extractor_version) == (Tier.FULL, 2), "its hashes are still of version 2"


def test_what_moved_takes_its_keywords_along_and_is_as_new_as_it_was_read() -> None:
    moved = replace(LISTED, keywords=(keyword("dog"), keyword("cat")), sha256="ab", tier=Tier.FULL)
    whole = filled(moved, STORED, has_moved=True)
    assert [one["text"] for one in whole.keywords] == ["dog", "cat", "hat"]
    assert (whole.tier, whole.extractor_version, whole.nsfw_score) == (Tier.FULL, 3, 0.25)
