"""What a commit takes where a file and the catalog disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tallylight.catalog import Rated
from tallylight.ingest.agreement import agree
from tallylight.model import ConflictRule, Json, Outcome, OutcomeKind

NEWEST, SIDECAR, DATABASE, HIGHEST = ConflictRule
BARE = Outcome(root="/m", file="a.png", kind=OutcomeKind.EXTRACTED)


def said(source: str, at: float = 0.0) -> Json:
    return {"source": source, "at": at} if at else {"source": source}


def outcome(score: int | None = None, favourite: bool | None = None, at: float = 0.0, **further: Any) -> Outcome:
    known = {"score": score, "favourite": favourite}
    provenance = {name: said("xmp:sidecar", at) for name, value in known.items() if value is not None}
    return replace(BARE, score=score, favourite=favourite, provenance=provenance, **further)


def rated(score: int | None = None, favourite: bool | None = None, at: float = 0.0) -> Rated:
    known = {"score": score, "favourite": favourite}
    provenance = {name: said("scores:sidecar", at) for name, value in known.items() if value is not None}
    return Rated(score=score, favourite=favourite, provenance=provenance)


@pytest.mark.parametrize(
    ("rule", "mine", "theirs", "score"),
    [
        (NEWEST, outcome(2, at=20), rated(5, at=10), 2),
        (NEWEST, outcome(2, at=10), rated(5, at=20), 5),
        (NEWEST, outcome(2), rated(5, at=20), 5),  # who gives no time comes after who does
        (NEWEST, outcome(2, at=10), rated(5), 2),
        (NEWEST, outcome(2), rated(5), 2),  # the file was read later
        (SIDECAR, outcome(2, at=10), rated(5, at=20), 2),
        (DATABASE, outcome(2, at=20), rated(5, at=10), 5),
        (HIGHEST, outcome(2, at=20), rated(5, at=10), 5),
        (HIGHEST, outcome(5, at=10), rated(2, at=20), 5),
        (HIGHEST, outcome(-1), rated(1), 1),
    ],
)
def test_rules(rule: ConflictRule, mine: Outcome, theirs: Rated, score: int) -> None:
    agreed = agree(mine, theirs, rule)
    assert agreed.outcome.score == score
    [conflict] = agreed.conflicts
    assert (conflict["field"], conflict["rule"], conflict["chosen"]) == ("score", rule.value, score)
    assert conflict["values"][0]["value"] == score
    assert {entry["source"] for entry in conflict["values"]} == {"xmp:sidecar", "catalog"}


@pytest.mark.parametrize("rule", ConflictRule)
@pytest.mark.parametrize(
    ("mine", "theirs", "score", "source"),
    [
        (outcome(), rated(4, at=10), 4, "scores:sidecar"),
        (outcome(), rated(0), 0, "scores:sidecar"),
        (outcome(0, at=99), rated(4, at=10), 4, "scores:sidecar"),
        (outcome(4), rated(), 4, "xmp:sidecar"),
        (outcome(4), rated(0, at=99), 4, "xmp:sidecar"),
        (outcome(4, at=20), rated(4, at=10), 4, None),
    ],
)
def test_a_score_is_never_lost_to_one_that_is_missing(
    rule: ConflictRule, mine: Outcome, theirs: Rated, score: int, source: str | None
) -> None:
    agreed = agree(mine, theirs, rule)
    assert agreed.outcome.score == score
    assert agreed.conflicts == agreed.outcome.conflicts == ()
    if source:
        assert agreed.outcome.provenance["score"]["source"] == source


def test_of_equal_values_the_later_word_is_remembered() -> None:
    assert agree(outcome(4, at=10), rated(4, at=20), NEWEST).outcome.provenance["score"] == said("scores:sidecar", 20)
    assert agree(outcome(4, at=20), rated(4, at=10), NEWEST).outcome.provenance["score"] == said("xmp:sidecar", 20)


def test_a_value_from_before_anybody_noted_who_said_it() -> None:
    agreed = agree(outcome(2), Rated(score=5), DATABASE)
    assert (agreed.outcome.score, agreed.outcome.provenance["score"]) == (5, {"source": "catalog"})


def test_favourites_are_settled_by_themselves() -> None:
    agreed = agree(outcome(2, favourite=False, at=10), rated(2, favourite=True, at=20), NEWEST)
    assert agreed.outcome.favourite is True
    assert [conflict["field"] for conflict in agreed.conflicts] == ["favourite"]


def test_the_file_s_own_sources_keep_their_words_beside_the_catalog_s() -> None:
    values = [{"value": 2, "source": "xmp:sidecar", "at": 20.0}, {"value": 3, "source": "xmp"}]
    own = {"field": "score", "rule": "newest", "chosen": 2, "values": values}
    other = {"field": "title", "rule": "newest", "chosen": "a", "values": []}
    mine = outcome(2, at=20, conflicts=(own, other))

    kept = agree(mine, rated(5, at=30), NEWEST)
    catalog = {"value": 5, "source": "catalog", "at": 30}
    assert kept.conflicts == (other, {**own, "chosen": 5, "values": [catalog, *values]})
    assert kept.outcome.conflicts == kept.conflicts

    taken = agree(mine, rated(5, at=10), NEWEST)
    assert taken.conflicts == (other, {**own, "values": [*values, {**catalog, "at": 10}]})
    # What the catalog had is not there any more: it cannot disagree.
    assert taken.outcome.conflicts == (own, other)


def test_what_is_stored_lists_no_conflict_on_a_field_whose_other_value_is_gone() -> None:
    agreed = agree(outcome(1, favourite=True), rated(2, favourite=False), HIGHEST)
    assert (agreed.outcome.score, agreed.outcome.favourite) == (2, True)
    assert [conflict["field"] for conflict in agreed.conflicts] == ["favourite", "score"]
    assert [conflict["field"] for conflict in agreed.outcome.conflicts] == ["score"]


def test_a_file_that_the_catalog_does_not_have_is_as_it_is() -> None:
    agreed = agree(outcome(2), None, DATABASE)
    assert (agreed.outcome, agreed.conflicts) == (outcome(2), ())


SCORES = st.none() | st.integers(-1, 5)
FAVOURITES = st.none() | st.booleans()
TIMES = st.sampled_from([0.0, 10.0, 20.0])


@example(outcome(1, True, 0.0), rated(2, False, 0.0), HIGHEST)
@given(
    st.builds(outcome, SCORES, FAVOURITES, TIMES),
    st.builds(rated, SCORES, FAVOURITES, TIMES),
    st.sampled_from(ConflictRule),
)
def test_storing_the_result_and_asking_again_gives_the_same(mine: Outcome, theirs: Rated, rule: ConflictRule) -> None:
    stored = agree(mine, theirs, rule).outcome
    kept = Rated(score=stored.score, favourite=stored.favourite, provenance=stored.provenance)
    again = agree(mine, kept, rule).outcome
    assert again == stored
    for name in ("score", "favourite"):
        assert getattr(stored, name) in {getattr(mine, name), getattr(theirs, name)}
        assert (getattr(stored, name) is None) == (getattr(mine, name) is getattr(theirs, name) is None)
        assert (name in stored.provenance) == (getattr(stored, name) is not None)
