"""One value out of many, and who is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.claims import Claim, settle
from tallylight.model import ConflictRule

NEWEST, SIDECAR, DATABASE, HIGHEST = ConflictRule

SOURCES = ["scores:sidecar", "xmp:sidecar", "takeout:sidecar", "xmp", "iptc", "exif:DateTimeOriginal", "odd"]
PLACES = st.fixed_dictionaries({"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "score": st.integers(-1, 5),
    "favourite": st.booleans(),
    "title": st.text(max_size=3),
    "gps": PLACES,
    "created_at": st.just("2024-01-01T00:00:00"),
}
CLAIMS = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda name: st.builds(
            Claim, st.just(name), VALUES[name], st.sampled_from(SOURCES), st.sampled_from([0.0, 1.0, 2.0])
        )
    ),
    max_size=8,
)


def score(value: int, source: str = "xmp", at: float = 0.0) -> Claim:
    return Claim("score", value, source, at)


@pytest.mark.parametrize(
    ("rule", "claims", "chosen"),
    [
        (NEWEST, [score(1, "scores:sidecar", 10), score(2, "xmp", 20)], 2),
        (NEWEST, [score(1, "scores:sidecar", 20), score(2, "xmp", 10)], 1),
        (NEWEST, [score(1, "scores:sidecar", 0), score(2, "xmp", 1)], 2),  # who gives no time comes last
        (NEWEST, [score(1, "xmp", 5), score(2, "xmp:sidecar", 5)], 2),  # a sidecar before the file itself
        (NEWEST, [score(1, "xmp:sidecar"), score(2, "scores:sidecar")], 2),  # then the order of sources
        (SIDECAR, [score(1, "xmp", 20), score(2, "xmp:sidecar", 10)], 2),
        (SIDECAR, [score(1, "xmp:sidecar", 20), score(2, "scores:sidecar", 10)], 1),
        (DATABASE, [score(1, "xmp", 20), score(2, "xmp:sidecar", 10)], 2),
        (HIGHEST, [score(4, "xmp", 10), score(2, "scores:sidecar", 20)], 4),
        (HIGHEST, [score(-1, "xmp", 10), score(0, "scores:sidecar", 20)], -1),
    ],
)
def test_rules(rule: ConflictRule, claims: list[Claim], chosen: int) -> None:
    assert settle(claims, rule).values == {"score": chosen}


def test_what_is_not_a_score_is_not_compared_by_height() -> None:
    titles = [Claim("title", "z", "xmp", 10), Claim("title", "a", "xmp:sidecar", 20)]
    assert settle(titles, HIGHEST).values == {"title": "a"}


def test_a_conflict_names_everybody_s_word_the_believed_one_first() -> None:
    settled = settle([score(2, "xmp"), score(5, "scores:sidecar", 7.5)], NEWEST)
    assert settled.provenance == {"score": {"source": "scores:sidecar", "at": 7.5}}
    assert settled.conflicts == (
        {
            "field": "score",
            "rule": "newest",
            "chosen": 5,
            "values": [{"value": 5, "source": "scores:sidecar", "at": 7.5}, {"value": 2, "source": "xmp"}],
        },
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (score(3, "xmp"), score(3, "scores:sidecar", 9)),
        (score(0, "xmp:sidecar", 9), score(3, "xmp")),  # unrated says nothing
        (Claim("title", "Cafe\u0301  au\nlait ", "xmp"), Claim("title", "Café au lait", "iptc")),
        (
            Claim("gps", {"latitude": 30.657819000000003, "longitude": 104.0739}, "takeout:sidecar"),
            Claim("gps", {"latitude": 30.6578197, "longitude": 104.0738983, "altitude": 486.2}, "exif"),
        ),
    ],
)
def test_the_same_in_other_writing_is_no_conflict(one: Claim, other: Claim) -> None:
    assert settle([one, other], NEWEST).conflicts == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (score(3, "xmp"), score(4, "xmp:sidecar")),
        (score(-1, "xmp"), score(4, "xmp:sidecar")),
        (Claim("favourite", False, "scores:sidecar"), Claim("favourite", True, "takeout:sidecar")),
        (Claim("label", "Red", "xmp"), Claim("label", "Blue", "xmp:sidecar")),
        (
            Claim("gps", {"latitude": 30.0, "longitude": 104.0}, "xmp"),
            Claim("gps", {"latitude": 31.0, "longitude": 104.0}, "exif"),
        ),
    ],
)
def test_real_disagreement_is_a_conflict(one: Claim, other: Claim) -> None:
    [conflict] = settle([one, other], NEWEST).conflicts
    assert conflict["field"] == one.field


def test_unrated_is_believed_where_nobody_rated() -> None:
    assert settle([score(0, "xmp"), score(0, "scores:sidecar")], HIGHEST).values == {"score": 0}


def test_dates_are_left_to_those_who_judge_dates() -> None:
    assert settle([Claim("created_at", "2024-01-01", "xmp")], NEWEST).values == {}


def test_nobody_says_nothing() -> None:
    settled = settle([], NEWEST)
    assert (settled.values, settled.provenance, settled.conflicts) == ({}, {}, ())


@given(CLAIMS, st.sampled_from(list(ConflictRule)), st.randoms(use_true_random=False))
def test_the_order_of_the_claims_changes_nothing(claims: list[Claim], rule: ConflictRule, random: Any) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)
    assert settle(shuffled, rule) == settle(claims, rule)


@given(CLAIMS, st.sampled_from(list(ConflictRule)))
def test_what_is_believed_somebody_said(claims: list[Claim], rule: ConflictRule) -> None:
    settled = settle(claims, rule)
    assert settled.values.keys() == settled.provenance.keys() == {claim.field for claim in claims} - {"created_at"}
    for name, value in settled.values.items():
        said = [claim for claim in claims if claim.field == name]
        assert (value, settled.provenance[name]) in [(claim.value, claim.provenance()) for claim in said]
    for conflict in settled.conflicts:
        assert conflict["chosen"] == settled.values[conflict["field"]] == conflict["values"][0]["value"]
        assert len({json.dumps(entry["value"]) for entry in conflict["values"]}) > 1
    json.dumps([settled.values, settled.provenance, settled.conflicts], allow_nan=False)


@given(CLAIMS, st.sampled_from(list(ConflictRule)))
def test_where_one_value_is_left_there_is_no_conflict(claims: list[Claim], rule: ConflictRule) -> None:
    settled = settle(claims, rule)
    agreed = [claim for claim in claims if settled.values.get(claim.field) == claim.value]
    assert settle(agreed, rule).conflicts == ()
