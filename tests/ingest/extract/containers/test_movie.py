"""What the index of an MP4 says of its tracks, and where XMP stands."""

from __future__ import annotations

import io
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.extract import build

from tallylight.ingest.extract.containers import movie
from tallylight.ingest.extract.limits import Limits

PACKET = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def matrix(degrees: float, scale: float = 1.0) -> bytes:
    """Turns counter-clockwise."""
    cosine, sine = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return b"".join(
        struct.pack(">i", round(value * 65536)) for value in (cosine, -sine, 0, sine, cosine, 0, 0, 0, 16384)
    )


def track(number: int, turned: bytes, version: int = 0) -> bytes:
    if version:
        header = struct.pack(">BxxxQQIxxxxQ8xHHHxx", 1, 0, 0, number, 0, 0, 0, 0) + turned + bytes(8)
    else:
        header = struct.pack(">BxxxIIIxxxxI8xHHHxx", 0, 0, 0, number, 0, 0, 0, 0) + turned + bytes(8)
    return build.box(b"trak", build.box(b"edts", b"") + build.box(b"tkhd", header))


def whole(turned: bytes) -> bytes:
    return build.box(b"mvhd", bytes(36) + turned + bytes(28))


def read(*boxes: bytes, limits: Limits | None = None) -> movie.Movie:
    return movie.walk(io.BytesIO(b"".join(boxes)), limits or Limits())


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_tracks_turned_by_quarters(degrees: int, version: int) -> None:
    tracks = track(1, matrix(0), version), track(7, matrix(degrees, scale=1.5), version)
    assert read(build.box(b"moov", b"".join(tracks))).rotations == {7: degrees}


def test_the_whole_movie_may_be_turned_too() -> None:
    assert read(build.box(b"moov", whole(matrix(90)) + track(1, matrix(90)))).rotations == {1: 180}
    assert read(build.box(b"moov", whole(matrix(-90)) + track(1, matrix(90)))).rotations == {}


@pytest.mark.parametrize("turned", [matrix(45), matrix(90, scale=0), b"", matrix(90)[:11]])
def test_what_is_no_quarter_turn_is_upright(turned: bytes) -> None:
    assert read(build.box(b"moov", track(1, turned))).rotations == {}


def test_ffmpeg_reads_the_same_of_its_own_files() -> None:
    for rotation in (0, 90, 180, 270):
        found = movie.walk(io.BytesIO(build.video(rotation=rotation)))
        assert found.rotations == ({1: rotation} if rotation else {})


def test_xmp_in_each_of_its_places() -> None:
    adobe = build.box(b"uuid", movie.XMP_UUID + PACKET)
    apple = build.box(b"moov", build.box(b"udta", build.box(b"\xa9nam", b"x") + build.box(b"XMP_", PACKET + b" ")))
    assert read(adobe, apple).xmp == [PACKET, PACKET + b" "]
    assert read(build.box(b"moov", adobe)).xmp == [PACKET]
    assert read(build.box(b"uuid", bytes(16) + PACKET)).xmp == []


def test_xmp_without_end_is_left_out() -> None:
    adobe = build.box(b"uuid", movie.XMP_UUID + PACKET)
    assert read(adobe, limits=Limits(chunk=len(PACKET) - 1)).xmp == []
    assert len(read(adobe * 1000).xmp) <= 4
    assert read(build.box(b"uuid", movie.XMP_UUID)).xmp == []


def test_boxes_in_boxes_share_their_bound() -> None:
    crowd = build.box(b"moov", build.box(b"trak", build.box(b"free", b"") * 50) * 50 + track(1, matrix(90)))
    assert read(crowd, limits=Limits(chunks=10_000)).rotations == {1: 90}
    assert read(crowd, limits=Limits(chunks=1_000)).rotations == {}


@given(
    data=st.sampled_from([build.video(rotation=90), build.box(b"uuid", movie.XMP_UUID + PACKET)]),
    edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=30),
    length=st.integers(0, 10**6),
)
def test_any_bytes_are_walked(data: bytes, edits: list[tuple[int, int]], length: int) -> None:
    broken = bytearray(data)
    for at, byte in edits:
        broken[at % len(broken)] = byte
    found = movie.walk(io.BytesIO(bytes(broken[:length])))
    assert set(found.rotations.values()) <= {90, 180, 270}
