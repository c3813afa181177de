from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live import frames
from tallylight.live.parser import Parser

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_any_json_object_is_one_data_line_and_comes_back(body: dict[str, Any]) -> None:
    try:
        frame = frames.message(frames.data(body), "k-1")
    except UnicodeEncodeError:
        # Lone surrogates are no text; whoever makes states keeps them out.
        assert any("\ud800" <= character <= "\udfff" for character in json.dumps(body, ensure_ascii=False))
        return
    assert frame.count(b"\n") == 3
    (event,) = Parser().feed(frame)
    assert (json.loads(event.data), event.name, event.id) == (body, "message", "k-1")


def test_the_exact_bytes() -> None:
    assert frames.message(frames.data({"a": "ü"}), "k-1") == 'id: k-1\ndata: {"a":"ü"}\n\n'.encode()
    assert frames.event("bye", {"reason": "stopping"}, retry_ms=2500) == (
        b'retry: 2500\nevent: bye\ndata: {"reason":"stopping"}\n\n'
    )
    assert frames.retry(2731) == b"retry: 2731\n\n"


def test_nan_is_refused_rather_than_sent() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        frames.data({"rate": math.nan})
