"""What an export is sent in."""

from __future__ import annotations

import pytest

from tallylight.web.routes.exports import _AT_ONCE, _pieces


@pytest.mark.parametrize(("lines", "pieces"), [(0, 0), (1, 1), (_AT_ONCE, 1), (_AT_ONCE + 1, 2)])
def test_many_lines_are_one_piece(lines: int, pieces: int) -> None:
    written = [f"{number}\n" for number in range(lines)]
    sent = list(_pieces(iter(written)))
    assert len(sent) == pieces
    assert "".join(sent) == "".join(written)
