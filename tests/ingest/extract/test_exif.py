"""EXIF blocks, whole and broken."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.extract.build import exif_block

from tallylight.ingest.extract import camera, exif
from tallylight.ingest.extract.limits import Limits


def read(tags: dict[int, Any], below: dict[int, Any] | None = None) -> exif.Exif:
    return exif.read(io.BytesIO(exif_block(tags, below).removeprefix(b"Exif\0\0")))


@pytest.mark.parametrize(("value", "expected"), [(0, 1), (1, 1), (8, 8), (9, 1), (65535, 1)])
def test_an_orientation_that_is_none_is_upright(value: int, expected: int) -> None:
    assert read({0x0112: value}).orientation == expected


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"UNICODE\0" + "a 猫, Steps: 5".encode("utf-16-be"), "a 猫, Steps: 5"),
        (b"UNICODE\0" + "a 猫, Steps: 5".encode("utf-16-le"), "a 猫, Steps: 5"),
        (b"UNICODE\0" + "with a mark".encode("utf-16"), "with a mark"),
        (b"UNICODE\0" + "really UTF-8 é".encode(), "really UTF-8 é"),
        (b"ASCII\0\0\0plain\0\0", "plain"),
        (b"\0\0\0\0\0\0\0\0" + "größe".encode(), "größe"),
        (b"no code at all", "no code at all"),
        (b"JIS\0\0\0\0\0" + "猫".encode("iso2022_jp"), "猫"),
        (b"UNICODE\0", ""),
        (b"UNICODE\0\0", ""),
        (b"", ""),
    ],
)
def test_user_comments_of_all_makes(raw: bytes, text: str) -> None:
    assert exif.user_comment(raw) == text


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_user_comments_never_raise(raw: bytes) -> None:
    exif.user_comment(raw)
    exif.user_comment(b"UNICODE\0" + raw)


def test_texts_of_comfyui_in_webp() -> None:
    found = read({0x0110: "prompt:" + json.dumps({"1": {}}), 0x010F: "workflow:" + json.dumps({"nodes": []})})
    assert exif.texts(found) == [("prompt", '{"1": {}}'), ("workflow", '{"nodes": []}')]
    assert exif.is_text_of_a_graph(found.text(exif.MODEL))


def test_texts_of_description_and_comment() -> None:
    found = read({0x010E: "a sunset"}, {0x9286: b"ASCII\0\0\0words"})
    assert exif.texts(found) == [("exif:ImageDescription", "a sunset"), ("exif:UserComment", "words")]


def test_a_directory_that_points_at_itself_ends() -> None:
    entry = struct.pack(">HHII", 0x8769, 4, 1, 8)
    block = b"MM\0*" + struct.pack(">IH", 8, 1) + entry
    assert exif.read(io.BytesIO(block)).tags == {0x8769: (4, b"\0\0\0\x08")}


def test_values_beyond_the_block_are_left_out_or_short() -> None:
    entries = struct.pack(">HHII", 0x010F, 2, 0xFFFFFFFF, 8) + struct.pack(">HHII", 0x0110, 2, 50, 0xFFFFFFF0)
    block = b"MM\0*" + struct.pack(">IH", 8, 2) + entries
    assert exif.read(io.BytesIO(block)).tags == {}


@pytest.mark.parametrize(
    "block", [b"", b"II", b"not a TIFF at all", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_what_is_no_exif_holds_nothing(block: bytes) -> None:
    assert exif.read(io.BytesIO(block)).tags == {}


def block(*entries: tuple[int, int, int, bytes], order: str = ">", rest: bytes = b"") -> exif.Exif:
    """EXIF with entries of tag, type, number and the four bytes that hold a value or say where it is."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}IH", 8, len(entries))
    return exif.read(
        io.BytesIO(head + b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in entries) + rest)
    )


def bigtiff(
    *entries: tuple[int, int, int, bytes], order: str = "<", at: int = 16, count: int | None = None, rest: bytes = b""
) -> bytes:
    """A BigTIFF with entries of tag, type, number and the eight bytes that hold a value or say where it is."""
    head = (b"MM\0+" if order == ">" else b"II+\0") + struct.pack(f"{order}HHQ", 8, 0, at)
    packed = (struct.pack(f"{order}HHQ", *entry[:3]) + entry[3].ljust(8, b"\0") for entry in entries)
    return head + struct.pack(f"{order}Q", len(entries) if count is None else count) + b"".join(packed) + rest


@pytest.mark.parametrize("order", [">", "<"])
def test_bigtiff(order: str) -> None:
    def whole(number: int) -> bytes:
        return struct.pack(f"{order}Q", number)

    behind = 16 + 8 + 3 * 20
    below = struct.pack(f"{order}Q", 1) + struct.pack(f"{order}HHQ", exif.TAKEN, 2, 20) + whole(behind + 28)
    data = bigtiff(
        (exif.MAKE, 2, 6, b"Maker"),
        (exif.ISO, 16, 1, whole(2**33)),
        (exif.EXIF_DIRECTORY, 18, 1, whole(behind)),
        order=order,
        rest=below + b"2024:01:02 03:04:05\0",
    )
    found = exif.read(io.BytesIO(data))
    assert (found.text(exif.MAKE), found.whole(exif.ISO)) == ("Maker", 2**33)
    assert found.text(exif.TAKEN) == "2024:01:02 03:04:05"


def test_places_beyond_a_bigtiff_are_left_out(tmp_path: Path) -> None:
    far = [0xFFFFFFFFFFFFFFFF, 2**63, 2**62, 2**45]
    for place in far:
        offset = struct.pack("<Q", place)
        files = [
            bigtiff((exif.MAKE, 2, 50, offset), (exif.EXIF_DIRECTORY, 18, 1, offset)),
            bigtiff(at=place),
            bigtiff((exif.MAKE, 2, place, struct.pack("<Q", 16))),
            bigtiff((exif.MAKE, 2, 6, b"Maker"), count=place),
        ]
        for number, data in enumerate(files):
            path = tmp_path / f"{number}.tif"
            path.write_bytes(data)
            with path.open("rb") as file:
                found = exif.read(file)
            assert found.text(exif.MAKE) == ("Maker" if number == 3 else "")


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["<", ">"]), st.integers(0, 2**64 - 1))
def test_noise_in_a_bigtiff_never_raises(noise: bytes, order: str, count: int) -> None:
    exif.read(io.BytesIO(bigtiff(order=order, count=count, rest=noise)))
    exif.read(io.BytesIO(bigtiff(order=order, at=count, rest=noise)))


@pytest.mark.parametrize("order", [">", "<"])
def test_numbers_of_every_type(order: str) -> None:
    def one(kind: int, code: str, *values: float) -> list[float | None]:
        raw = struct.pack(f"{order}{code}", *values)
        if len(raw) <= 4:
            return block((exif.ISO, kind, 1, raw.ljust(4, b"\0")), order=order).numbers(exif.ISO)
        return block((exif.ISO, kind, 1, struct.pack(f"{order}I", 22)), order=order, rest=raw).numbers(exif.ISO)

    assert one(1, "B", 200) == [200]
    assert one(3, "H", 60_000) == [60_000]
    assert one(4, "I", 4_000_000_000) == [4_000_000_000]
    assert one(5, "II", 1, 4) == [0.25]
    assert one(6, "b", -3) == [-3]
    assert one(8, "h", -300) == [-300]
    assert one(9, "i", -70_000) == [-70_000]
    assert one(10, "ii", -1, 4) == [-0.25]
    assert one(11, "f", 0.5) == [0.5]
    assert one(12, "d", 0.1) == [0.1]
    assert one(5, "II", 1, 0) == [None]
    assert one(12, "d", float("nan")) == [None]
    assert one(11, "f", float("inf")) == [None]


def test_a_number_without_end_is_read_no_further_than_needed() -> None:
    found = block((exif.ISO, 5, 0xFFFFFFFF, struct.pack(">I", 22)), rest=struct.pack(">II", 1, 2) * 1000)
    assert found.numbers(exif.ISO) == [0.5] * 16


def test_all_values_together_keep_to_the_limit() -> None:
    tags = [exif.MAKE, exif.MODEL, exif.SOFTWARE, exif.ARTIST]
    entries = b"".join(struct.pack(">HHII", tag, 2, 100, 8) for tag in tags)
    data = b"MM\0*" + struct.pack(">IH", 8, len(tags)) + entries + b"x" * 200
    found = exif.read(io.BytesIO(data), Limits(chunk=250))
    assert list(found.tags) == [exif.MAKE, exif.MODEL]


def test_texts_in_the_wrong_directory_are_found() -> None:
    assert exif.texts(read({0x9286: b"ASCII\0\0\0words"})) == [("exif:UserComment", "words")]


def test_windows_writes_comments_in_utf_16() -> None:
    assert exif.texts(read({0x9C9C: "größe 猫".encode("utf-16-le") + b"\0\0"})) == [("exif:XPComment", "größe 猫")]


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"MM\0*\0\0\0\x08", b"II*\0\x08\0\0\0"]))
def test_noise_never_raises(noise: bytes, head: bytes) -> None:
    found = exif.read(io.BytesIO(head + noise))
    exif.texts(found)
    for tag in found.tags:
        found.text(tag)
        found.wide_text(tag)
        found.numbers(tag)
    camera.facts(found)
    camera.claims(found)
    camera.subjects(found)
