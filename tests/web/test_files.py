"""Which part of a file a player asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.web.files import part_asked


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", range(10)),
        ("bytes=90-", range(90, 100)),
        ("bytes=90-1000", range(90, 100)),
        ("bytes=-10", range(90, 100)),
        ("bytes=-1000", range(100)),
        (" Bytes=99-99 ", range(99, 100)),
        ("bytes=100-", range(0)),
        ("bytes=-0", range(0)),
        ("", None),
        ("bytes=-", None),
        ("bytes=9-1", None),
        ("bytes=0-1,3-4", None),
        ("bytes=a-b", None),
        ("lines=0-9", None),
        ("bytes=0-" + "9" * 30, None),
    ],
)
def test_a_range_header_names_a_part(header: str, part: range | None) -> None:
    found = part_asked(header, 100)
    assert (found is None) == (part is None)
    assert list(found or ()) == list(part or ())


@given(st.text(max_size=40) | st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}", fullmatch=True), st.integers(0, 2**50))
def test_no_header_reaches_beyond_the_file(header: str, size: int) -> None:
    part = part_asked(header, size)
    assert part is None or not part or 0 <= part.start < part.stop <= size
