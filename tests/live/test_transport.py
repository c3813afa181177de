"""How a server tells the transport of a connection, and what happens where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from tallylight.live.transport import extension, transport_of


class Wire:
    """A transport that only has to be recognised."""

    def abort(self) -> None:
        raise NotImplementedError

    def get_write_buffer_size(self) -> int:
        return 7

    def is_closing(self) -> bool:
        return False


def test_what_the_server_puts_in_comes_out() -> None:
    wire = Wire()
    assert transport_of({"type": "http", "extensions": extension(wire)}) is wire


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"extensions": None},
        {"extensions": {}},
        {"extensions": {"http.response.pathsend": {}}},
        {"extensions": {"tallylight.transport": {}}},
    ],
)
def test_a_server_that_does_not_tell_is_no_error(scope: dict[str, Any]) -> None:
    assert transport_of(scope) is None
