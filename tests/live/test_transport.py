"""How a server tells the transport of a connection, and what happens where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from tallylight.live.transport import Chunks, extension, transport_of, write_chunk_of


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
    assert write_chunk_of(scope) is None


def test_the_way_past_send_is_offered_beside_the_transport() -> None:
    def write_chunk(_chunk: bytes) -> bool:
        return True

    scope = {"extensions": extension(Wire(), write_chunk)}
    assert write_chunk_of(scope) is write_chunk
    assert transport_of(scope) is not None
    assert write_chunk_of({"extensions": extension(Wire())}) is None


def test_a_chunk_is_its_length_in_hexadecimal_and_its_bytes_and_is_made_once() -> None:
    chunks = Chunks()
    body = b"data: " + b"x" * 20 + b"\n\n"
    first = chunks.chunk(body)
    assert first == b"1c\r\n" + body + b"\r\n"
    assert chunks.chunk(body) is first
    assert chunks.chunk(b"y") == b"1\r\ny\r\n"
    assert chunks.chunk(body) == first
