"""The score and the favourite in a sidecar of the earlier tool."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.sidecars import Told
from tallylight.ingest.extract.sidecars.scores import SOURCE, add, moment


def told(body: object) -> Told:
    found = Told()
    add(body, found)
    return found


def values(found: Told) -> dict[str, object]:
    return {claim.field: claim.value for claim in found.claims}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"score": 5, "favourite": True}, {"score": 5, "favourite": True}),
        ({"score": -1, "favourite": False}, {"score": -1, "favourite": False}),
        ({"score": 0}, {"score": 0}),
        ({"score": "5"}, {"score": 5}),
        ({"score": " -1 "}, {"score": -1}),
        ({"score": 3.0}, {"score": 3}),
        ({"score": None, "favourite": None}, {}),
        ({}, {}),
    ],
)
def test_scores(body: object, said: dict[str, object]) -> None:
    found = told(body)
    assert values(found) == said
    assert found.warnings == []


@pytest.mark.parametrize(
    "score",
    [6, -2, 3.7, True, "abc", "3.5", 1e308, float("nan"), float("inf"), [5], {"a": 1}, 10**5000, "9" * 5000],
    ids=lambda score: str(type(score).__name__),
)
def test_what_is_no_score_is_a_warning(score: object) -> None:
    found = told({"score": score})
    assert found.claims == []
    assert len(found.warnings) == 1


@pytest.mark.parametrize("body", [[], 5, "5", True])
def test_what_is_no_object_is_a_warning(body: object) -> None:
    assert told(body).warnings == ["the score sidecar was ignored: it holds no JSON object"]


def test_a_bad_favourite_leaves_the_score() -> None:
    found = told({"score": 4, "favourite": "yes"})
    assert values(found) == {"score": 4}
    assert found.warnings == ["the score sidecar's favourite is neither true nor false"]


def test_it_says_when_it_was_given() -> None:
    [score, favourite] = told({"score": 4, "favourite": True, "updated": "2024-06-18T20:15:00Z"}).claims
    assert score == Claim("score", 4, SOURCE, 1718741700.0)
    assert favourite.at == score.at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-06-18T20:15:00Z", 1718741700.0),
        ("2024-06-18T22:15:00.500000+02:00", 1718741700.5),
        ("1960-01-01T00:00:00Z", 0.0),
        ("yesterday", 0.0),
        ("", 0.0),
        ("0001-01-01T00:00:00", 0.0),
        (1718741700, 0.0),
        (None, 0.0),
    ],
)
def test_moments(text: object, at: float) -> None:
    assert moment(text) == pytest.approx(at)


def test_a_time_without_a_zone_is_the_machine_s_own() -> None:
    assert moment("2024-06-18T20:15:00") == datetime(2024, 6, 18, 20, 15).astimezone().timestamp()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["score", "favourite", "updated"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
def test_nothing_is_raised_whatever_it_holds(body: object) -> None:
    for claim in told(body).claims:
        assert claim.value in {-1, 0, 1, 2, 3, 4, 5}
        assert claim.at >= 0
