from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.model import (
    AT_REST,
    IMAGE_SUFFIXES,
    MEDIA_SUFFIXES,
    VIDEO_SUFFIXES,
    Candidate,
    Outcome,
    OutcomeKind,
    Parameters,
    Status,
    Tier,
)

parameters = st.builds(
    Parameters,
    directories=st.lists(st.text(), min_size=1, max_size=3).map(tuple),
    pattern=st.text(),
    tier=st.sampled_from(Tier),
    extract_metadata=st.booleans(),
    nsfw_threshold=st.floats(0, 1),
    skip_existing=st.booleans(),
    max_files=st.none() | st.integers(0, 10**9),
)


@given(parameters)
def test_parameters_survive_json(asked: Parameters) -> None:
    assert Parameters.from_json(json.loads(json.dumps(asked.as_json()))) == asked


def test_what_parameters_leave_out_is_the_default() -> None:
    assert Parameters.from_json({"directories": ["/a"], "tier": "full"}) == Parameters(directories=("/a",))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"tier": "full"}, KeyError),
        ({"directories": ["/a"], "tier": "deepest"}, ValueError),
        ({"directories": ["/a"], "tier": "full", "colour": "red"}, TypeError),
    ],
)
def test_parameters_that_are_none_are_refused(body: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        Parameters.from_json(body)


def test_only_what_runs_is_not_at_rest() -> None:
    assert set(Status) - AT_REST == {
        Status.STARTING,
        Status.PROCESSING,
        Status.PAUSED,
        Status.HELD,
        Status.COMMITTING,
        Status.UNDOING,
    }


def test_the_types_are_those_that_were_promised() -> None:
    promised = ".png .jpg .jpeg .webp .gif .bmp .tif .tiff .avif .heic .heif .hif .mp4 .m4v .mov .webm .mkv .avi"
    assert set(promised.split()) == MEDIA_SUFFIXES
    assert not IMAGE_SUFFIXES & VIDEO_SUFFIXES


def test_a_candidate_is_shown_by_its_name() -> None:
    assert str(Candidate("/pictures", "day/a.png", 1, 2)) == "day/a.png"


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Outcome(root="/", file="a", kind=OutcomeKind.FAILED).file = "b"  # type: ignore[misc]


def test_words_are_spelled_in_json_as_in_the_glossary() -> None:
    assert (
        json.dumps([Status.COMMIT_ERROR, Tier.INDEX, OutcomeKind.EXTRACTED]) == '["commit_error", "index", "extracted"]'
    )
