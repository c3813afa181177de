from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.client import End, Outcomes, Reset, State
from tallylight.client.heard import heard
from tallylight.live import Event

STATE = {"session_id": "s", "status": "processing", "progress": 42, "seq": 7, "t": 1.5, "further": [1]}


def test_a_state_is_whole() -> None:
    assert heard(Event("message", json.dumps(STATE), "e-7")) == State(
        session_id="s", status="processing", progress=42, seq=7, t=1.5, position="e-7", body=STATE
    )


def test_outcomes_reset_and_end() -> None:
    items = [{"seq": 3, "file": "a.png", "outcome": "extracted", "ms": 1.0}]
    told = {"session_id": "s", "from": 3, "to": 3, "skipped": 2, "items": items}
    assert heard(Event("outcomes", json.dumps(told), "e-3")) == Outcomes(
        session_id="s", items=tuple(items), skipped=2, position="e-3"
    )
    assert heard(Event("reset", '{"reason": "pruned"}', "")) == Reset(reason="pruned", session_id="")
    assert heard(Event("end", '{"session_id": "s", "status": "completed", "seq": 9}', "e-9.end")) == End(
        session_id="s", status="completed", seq=9, position="e-9.end"
    )


@pytest.mark.parametrize("name", ["heartbeat", "bye", "patch", "of a later version"])
def test_what_only_keeps_the_connection_is_no_message(name: str) -> None:
    assert heard(Event(name, "whatever", "")) is None


@given(st.sampled_from(["message", "outcomes", "reset", "end"]), st.text() | st.from_type(dict).map(str))
def test_what_is_none_of_ours_is_a_value_error(name: str, data: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        heard(Event(name, data, ""))


@given(st.sampled_from(["message", "outcomes", "reset", "end"]), st.recursive(st.none() | st.integers(), st.lists))
def test_json_of_another_shape_is_a_value_error(name: str, data: object) -> None:
    with pytest.raises(ValueError, match="is not what it should be"):
        heard(Event(name, json.dumps(data), ""))
