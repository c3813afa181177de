"""What of a committed file a commit would change, in few words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tallylight.ingest.differences import LONGEST_VALUE, MOST_WORDS, changes
from tallylight.model import Outcome, OutcomeKind

STORED = Outcome(
    root="/m",
    file="a.png",
    kind=OutcomeKind.EXTRACTED,
    bytes=5,
    mtime_ns=7,
    score=2,
    media={"width": 4, "height": 3},
    generation={"prompt": "a cat", "loras": [{"name": "x"}]},
    keywords=({"text": "cat", "weight": 1.0, "source": "prompt"}, {"text": "hat", "weight": 1.0, "source": "prompt"}),
)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, []),
        ({"score": 4}, [{"field": "score", "before": 2, "after": 4}]),
        ({"score": None}, [{"field": "score", "before": 2, "after": None}]),
        ({"favourite": False}, [{"field": "favourite", "before": None, "after": False}]),
        (
            {"bytes": 6, "mtime_ns": 8, "sha256": "ab"},
            [
                {"field": "bytes", "before": 5, "after": 6},
                {"field": "mtime_ns", "before": 7, "after": 8},
                {"field": "sha256", "before": None, "after": "ab"},
            ],
        ),
        (
            {"media": {"width": 8, "format": "PNG"}},
            [
                {"field": "media.format", "before": None, "after": "PNG"},
                {"field": "media.height", "before": 3, "after": None},
                {"field": "media.width", "before": 4, "after": 8},
            ],
        ),
        (
            {"generation": {"prompt": "a cat", "loras": []}},
            [{"field": "generation.loras", "before": "[{'name': 'x'}]", "after": "[]"}],
        ),
        (
            {"keywords": ({"text": "cat"}, {"text": "dog"})},
            [{"field": "keywords", "added": ["dog"], "removed": ["hat"]}],
        ),
        ({"provenance": {"score": {"source": "xmp"}}}, [{"field": "provenance"}]),
        (
            {"score": 4, "provenance": {"score": {"source": "xmp"}}},
            [{"field": "score", "before": 2, "after": 4}],
        ),
        ({"warnings": ("odd",)}, [{"field": "warnings"}]),
    ],
)
def test_only_what_differs_is_told(fields: dict[str, Any], told: list[dict[str, Any]]) -> None:
    assert changes(STORED, replace(STORED, **fields)) == told


def test_long_values_are_told_short() -> None:
    prompt = "x" * 5000
    many = tuple({"text": f"{number:03}"} for number in range(100))
    found = replace(STORED, generation={**STORED.generation, "prompt": prompt}, keywords=many)
    [prompted, keyworded] = changes(STORED, found)
    assert len(prompted["after"]) == LONGEST_VALUE
    assert len(keyworded["added"]) == MOST_WORDS
