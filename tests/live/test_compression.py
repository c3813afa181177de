"""Streams that share a packer: each client unpacks what it was sent, at once, whatever the others were sent between."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live.compression import Gzip, Packer, accepts_gzip

STREAMS = 3
PIECES = st.one_of(
    st.binary(min_size=1, max_size=200),
    st.sampled_from([b"event: patch\ndata: {}\n\n", b"event: heartbeat\ndata: {}\n\n"]),
    # Longer than what is looked back at, and than deflate's own greatest distance.
    st.sampled_from([b"ab" * 3_000, bytes(range(256)) * 300]),
)


def patch(number: int) -> bytes:
    counts = f'"processed_files":{number},"stats":{{"processed_files":{number},"keywords_added":{number * 7}}}'
    body = f'{{"session_id":"5c1d2f34","base":{number - 1},"slot":{number},"patch":{{{counts}}}}}'
    return f"id: k3f9a2-{number}\nevent: patch\ndata: {body}\n\n".encode()


@given(st.lists(st.tuples(st.integers(0, STREAMS - 1), PIECES)))
def test_every_piece_can_be_read_as_soon_as_it_is_there(steps: list[tuple[int, bytes]]) -> None:
    packer = Packer()
    streams = [(Gzip(packer), zlib.decompressobj(16 + zlib.MAX_WBITS)) for _ in range(STREAMS)]
    for number, piece in steps:
        stream, client = streams[number]
        assert client.decompress(stream.pack(piece)) == piece
        assert not client.eof


@given(st.lists(PIECES, min_size=1))
def test_an_ended_stream_is_a_whole_gzip_file(pieces: list[bytes]) -> None:
    stream = Gzip(Packer())
    packed = b"".join([*map(stream.pack, pieces), stream.end()])
    assert gzip.decompress(packed) == b"".join(pieces)


def test_streams_that_were_sent_the_same_share_the_bytes() -> None:
    packer = Packer()
    first, second, newcomer = Gzip(packer), Gzip(packer), Gzip(packer)
    one, two = patch(1), patch(2)
    for stream in (first, second):
        stream.pack(one)
    newcomer.pack(b"something else")
    told = first.pack(two)
    assert second.pack(two) is told
    assert newcomer.pack(two) != told


def test_a_patch_after_a_patch_takes_less_than_half() -> None:
    stream = Gzip(Packer())
    packed = [len(stream.pack(patch(number))) for number in range(100, 110)]
    assert max(packed[1:]) < len(patch(100)) / 2


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("gzip;q=0.001", True),
        ("gzip;q=1", True),
        ("", False),
        ("br", False),
        ("*", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("x-gzip", False),
    ],
)
def test_gzip_is_for_clients_that_name_it(header: str, accepts: bool) -> None:
    assert accepts_gzip(header) is accepts
