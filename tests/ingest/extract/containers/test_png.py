"""The walker of PNG chunks."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import chunk, with_chunks

from tallylight.ingest.extract.containers import png
from tallylight.ingest.extract.limits import Limits


def walked(data: bytes, limits: Limits | None = None) -> png.Png:
    return png.walk(io.BytesIO(data), limits or Limits())


@pytest.mark.parametrize("at_end", [False, True])
def test_all_three_kinds_of_text_before_and_after_the_pixels(at_end: bool) -> None:
    data = with_chunks(
        build.png(),
        chunk(b"tEXt", b"one\0caf\xe9"),
        chunk(b"tEXt", "two\0猫".encode()),
        chunk(b"zTXt", b"three\0\0" + zlib.compress(b"packed")),
        chunk(b"iTXt", "four\0\0\0de\0vier\0größe".encode()),
        chunk(b"iTXt", b"five\0\1\0\0\0" + zlib.compress("größer".encode())),
        at_end=at_end,
    )
    found = walked(data)
    assert found.texts == [
        ("one", "café"), ("two", "猫"), ("three", "packed"), ("four", "größe"), ("five", "größer"),
    ]  # fmt: skip
    assert (found.warnings, found.ending) == ([], "whole")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (chunk(b"tEXt", b"no keyword"), "has no keyword"),
        (chunk(b"zTXt", b"k\0\0nonsense"), "damaged zlib data"),
        (chunk(b"iTXt", b"k\0\1\0\0\0nonsense"), "damaged zlib data"),
        (chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(5000))), "inflates to more than 1,000 bytes"),
        (chunk(b"tEXt", b"k\0" + b"x" * 3000), "of 3,002 bytes was skipped"),
        (chunk(b"tEXt", b"k\0v", checksum=7), "wrong checksum"),
        (chunk(b"tIME", b"1234567", checksum=7), "wrong checksum"),
    ],
)
def test_bad_chunks_are_warnings(bad: bytes, says: str) -> None:
    data = with_chunks(build.png({"good": "text"}), bad)
    found = walked(data, Limits(text=1000, chunk=2000))
    assert len(found.warnings) == 1
    assert says in found.warnings[0]
    assert ("good", "text") in found.texts
    assert found.ending == "whole"


def test_a_length_beyond_the_file_is_cut() -> None:
    data = build.png()
    broken = data[:33] + struct.pack(">I4s", 0xFFFFFFFF, b"tEXt") + data[33:]
    assert walked(broken).ending == "cut"


def test_bytes_that_are_no_chunk_are_broken() -> None:
    assert walked(build.png()[:33] + b"\0\0\0\1\0\0\0\0rest of nonsense").ending == "broken"


def test_ten_thousand_texts_take_no_more_than_the_limit() -> None:
    many = b"".join(chunk(b"tEXt", b"k%d\0v" % number) for number in range(10_000))
    found = walked(with_chunks(build.png(), many))
    assert len(found.texts) == Limits().texts
    assert len(found.warnings) == 1


def test_the_number_of_chunks_is_limited() -> None:
    found = walked(with_chunks(build.png(), chunk(b"tIME", b"") * 50), Limits(chunks=20))
    assert found.ending == "broken"


def test_bare_keeps_the_picture_and_drops_the_rest() -> None:
    palette = build.scene().quantize(8)
    data = with_chunks(
        build.png({"parameters": "a"}, palette, transparency=3),
        chunk(b"iCCP", b"p\0\0bomb"),
        chunk(b"tIME", b"", checksum=1),
    )
    stream = io.BytesIO(data)
    plain = png.bare(stream, png.walk(stream), pixels=True)
    with Image.open(io.BytesIO(plain)) as image:
        image.load()
        assert image.info == {"transparency": 3}
        assert (
            image.convert("RGBA").tobytes()
            == Image.open(io.BytesIO(build.png(image=palette, transparency=3))).convert("RGBA").tobytes()
        )


def test_bare_without_pixels_has_the_header_alone() -> None:
    stream = io.BytesIO(build.png(image=build.scene(900, 900)))
    plain = png.bare(stream, png.walk(stream), pixels=False)
    assert len(plain) < 100
    with Image.open(io.BytesIO(plain)) as image:
        assert image.size == (900, 900)


@pytest.mark.parametrize(
    "extra", [chunk(b"iCCP", b"p\0\0x"), chunk(b"tEXt", b"k\0v", checksum=1), chunk(b"tEXt", b"k\0" + b"x" * 600_000)]
)
def test_what_pillow_may_choke_on_is_not_harmless(extra: bytes) -> None:
    assert walked(build.png()).harmless
    assert not walked(with_chunks(build.png(), extra)).harmless
