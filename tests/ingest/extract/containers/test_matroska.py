"""How the pictures of Matroska files are turned."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.extract import build

from tallylight.ingest.extract.containers import matroska
from tallylight.ingest.extract.limits import Limits

CROWDED = Limits(chunks=500)


def element(id_: int, content: bytes) -> bytes:
    return id_.to_bytes((id_.bit_length() + 7) // 8, "big") + struct.pack(">Q", 1 << 56 | len(content)) + content


def track(type_: int, roll: float | None = None) -> bytes:
    turned = element(0x7670, element(0x7671, b"\0") + element(0x7675, struct.pack(">d", roll))) if roll else b""
    return element(0xAE, element(0xD7, b"\1") + element(0x83, bytes([type_])) + element(0xE0, turned))


def film(*tracks: bytes, before: bytes = b"") -> bytes:
    header = element(0x1A45DFA3, b"")
    return header + element(0x18538067, before + element(0x1654AE6B, b"".join(tracks)) + element(0x1F43B675, b""))


@pytest.mark.parametrize("format_", ["matroska", "webm"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_ffmpeg_reads_the_same_of_its_own_files(format_: str, rotation: int) -> None:
    data = build.video(format_, "libvpx-vp9" if format_ == "webm" else "mpeg4", rotation=rotation)
    assert matroska.rotations(io.BytesIO(data)) == [rotation]


def test_tracks_of_pictures_in_the_order_of_the_file() -> None:
    data = film(track(2, 90.0), track(1), track(1, 90.0), track(17), track(1, -90.0))
    assert matroska.rotations(io.BytesIO(data)) == [0, 90, 270]


@pytest.mark.parametrize("roll", [float("nan"), float("inf"), 1e300, 10.0])
def test_what_is_no_quarter_turn_is_upright(roll: float) -> None:
    assert matroska.rotations(io.BytesIO(film(track(1, roll)))) == [0]


def test_nothing_is_sought_behind_the_pictures() -> None:
    assert matroska.rotations(io.BytesIO(film(track(1, 90.0), before=element(0x1F43B675, b"")))) == []


def test_elements_in_elements_share_their_bound() -> None:
    crowd = film(*[element(0xAE, element(0xEC, b"") * 50)] * 50, track(1, 90.0))
    assert matroska.rotations(io.BytesIO(crowd)) == [90]
    assert matroska.rotations(io.BytesIO(crowd), CROWDED) == []


@given(
    edits=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=30),
    length=st.integers(0, 10_000),
)
def test_any_bytes_are_walked(edits: list[tuple[int, int]], length: int) -> None:
    data = bytearray(TURNED)
    for at, byte in edits:
        data[at % len(data)] = byte
    assert set(matroska.rotations(io.BytesIO(bytes(data[:length])))) <= {0, 90, 180, 270}


TURNED = build.video("matroska", rotation=90)
