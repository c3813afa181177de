"""JSON of any shape, for readers that promise never to raise."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

#: Values that readers look for, in the wrong places too.
WORDS = ("a cat", "None", "1", "0.5 - x", "a : 1", "832x1216", '{"a": 1}', '{"a', "", "\x00", "\ud800")

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
