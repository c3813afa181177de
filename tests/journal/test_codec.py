from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.journal_suite import LIFE, extracted, raw_text

from tallylight.facts import Discovered, Fact, Moved, Processed, State, initial, reduce_all
from tallylight.journal.codec import KINDS, bare, decode, encode, outcome_of
from tallylight.model import Candidate, FolderFound, Haul, OutcomeKind, Parameters, Reason, Status, Tier

clean = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | clean,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(clean, inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(clean, values, max_size=4)
outcomes = st.builds(
    lambda outcome, **changes: replace(outcome, texts=(), **changes),
    st.just(extracted()),
    root=clean,
    file=clean,
    kind=st.sampled_from(OutcomeKind),
    bytes=st.integers(0, 2**63 - 1),
    mtime_ns=st.integers(-(2**63), 2**63 - 1),
    ms=finite,
    code=st.none() | st.sampled_from(Reason),
    message=clean,
    warnings=st.lists(clean, max_size=3).map(tuple),
    media=bodies,
    generation=bodies,
    keywords=st.lists(bodies, max_size=3).map(tuple),
    score=st.none() | st.integers(-1, 5),
    favourite=st.none() | st.booleans(),
    nsfw_score=st.none() | finite,
    sha256=st.none() | clean,
    phash=st.none() | clean,
    has_thumbnail=st.booleans(),
    extractor_version=st.integers(0, 2**31 - 1),
    tier=st.none() | st.sampled_from(Tier),
)


_NUMBERS = ("files", "bytes", "unchanged", "excluded", "missing", "found", "total", "done", "until", "kept")


def _facts_of(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    if kind is Processed:
        return st.builds(
            Processed, at=finite, outcome=outcomes, number=st.integers(0, 2**63 - 1), retries=st.integers(0, 9)
        )
    if kind is Moved:
        return st.builds(Moved, at=finite, status=st.sampled_from(Status), code=clean, message=clean)
    numbers = {name: st.integers(0, 2**63 - 1) for name in _NUMBERS}
    texts = dict.fromkeys(("file", "code", "message"), clean)
    failures = {"failures": st.lists(st.tuples(clean, clean), max_size=3).map(tuple)}
    chosen = {
        "codes": st.lists(st.sampled_from(Reason), max_size=3).map(tuple),
        "seqs": st.lists(numbers["total"], max_size=3).map(tuple),
    }
    fields = {"at": finite, "haul": st.none(), "folders": st.just(())} | numbers | texts | failures | chosen
    names = kind.__dataclass_fields__
    return st.builds(kind, **{name: fields[name] for name in names})


facts = st.one_of([_facts_of(kind) for kind in get_args(Fact)])


@given(facts)
def test_a_fact_survives_json(fact: Fact) -> None:
    kind, body = encode(fact)
    assert decode(kind, fact.at, json.loads(json.dumps(body, allow_nan=False))) == fact


@given(st.lists(facts.filter(lambda fact: not isinstance(fact, Moved)), max_size=10), st.sampled_from(Status))
def test_a_state_survives_json(history: list[Fact], status: Status) -> None:
    state = replace(reduce_all(initial("s", Parameters(directories=())), history), status=status)
    again = State.from_json(json.loads(json.dumps(state.as_json(), allow_nan=False)))
    assert again == state
    assert isinstance(again.status, Status)


def test_every_kind_of_fact_has_a_name_of_its_own() -> None:
    assert set(KINDS) == set(get_args(Fact))
    assert len(set(KINDS.values())) == len(KINDS)


def test_enumerations_come_back_as_such() -> None:
    kind, body = encode(LIFE[5])
    outcome = outcome_of(json.loads(json.dumps(body)))
    assert kind == "processed"
    assert (type(outcome.kind), type(outcome.code)) == (OutcomeKind, Reason)


def test_texts_are_left_out() -> None:
    outcome = extracted("a.png", raw_text("a prompt"))
    kind, body = encode(Processed(at=1.0, outcome=outcome))
    fact = Processed(at=1.0, outcome=outcome)
    assert "texts" not in body
    assert decode(kind, 1.0, body) == bare(fact) == replace(fact, outcome=replace(outcome, texts=()))


def test_hauls_and_folders_are_left_out() -> None:
    haul = Haul(candidates=(Candidate("/pictures", "a.png", 1, 2, 1),))
    fact = Discovered(at=1.0, files=1, haul=haul, folders=(FolderFound(folder="/pictures", files=1),))
    kind, body = encode(fact)
    assert "haul" not in body
    assert "folders" not in body
    assert decode(kind, 1.0, body) == bare(fact) == replace(fact, haul=None, folders=())


def test_a_discovery_of_an_earlier_version_missed_nothing() -> None:
    assert decode("discovered", 1.0, {"files": 1, "bytes": 2, "unchanged": 3, "excluded": 4}) == Discovered(
        at=1.0, files=1, bytes=2, unchanged=3, excluded=4
    )


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no fact of the kind 'unheard'"):
        decode("unheard", 1.0, {})
