"""What all walkers promise: they never raise, whatever the bytes hold, and they keep to their limits."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.extract import build

from tallylight.ingest.extract import exif
from tallylight.ingest.extract.containers import gif, jpeg, png, structure, webp
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.limits import Limits

EXIF = build.exif_block({0x010F: "Maker", 0x0112: 6}, {0x9003: "2024:01:02 03:04:05", 0x9286: b"ASCII\0\0\0hello"})
XMP = b"<x>a packet</x>" + b"0" * 32
PROFILE = f"\niptc\n{len(EXIF):8}\n{EXIF.hex()}\n"
SEGMENTS = (
    build.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
    build.segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + b"\0\0\0\2\0\0\0\0ab"),
    build.segment(0xED, b"Photoshop 3.0\0" + build.photoshop({0x0404: build.dataset(2, 25, b"sea")})),
)
FILES: dict[str, tuple[Callable[[BinaryIO], object], bytes]] = {
    "png": (png.walk, build.png({"parameters": "a", "wörk": "ü" * 50}, exif=EXIF)),
    "png with profiles": (png.walk, build.png({f"Raw profile type {name}": PROFILE for name in ("exif", "iptc")})),
    "jpeg": (jpeg.walk, build.encoded(build.scene(), "JPEG", exif=EXIF, comment=b"hi")),
    "jpeg with packets": (jpeg.walk, build.with_segments(build.encoded(build.scene(), "JPEG"), *SEGMENTS)),
    "jpeg made bare": (
        lambda stream: jpeg.bare(stream, pixels=True),
        build.with_segments(build.encoded(build.scene(), "JPEG"), *SEGMENTS),
    ),
    "webp": (webp.walk, build.encoded(build.scene(), "WEBP", exif=EXIF, xmp=XMP)),
    "gif": (gif.walk, build.encoded(build.scene(), "GIF", comment=b"hi")),
    "gif with xmp": (gif.walk, build.gif_with_xmp(XMP)),
    "exif": (exif.read, EXIF.removeprefix(b"Exif\0\0")),
    "mp4": (lambda stream: structure.shortfall(stream, "mp4"), build.video()),
    "matroska": (lambda stream: structure.shortfall(stream, "matroska"), build.video("matroska")),
    "avi": (lambda stream: structure.shortfall(stream, "avi"), build.video("avi")),
}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mutated_bytes_never_raise(name: str, data: st.DataObject) -> None:
    walk, sound = FILES[name]
    broken = bytearray(sound)
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(sound) - 1), st.integers(0, 255)), max_size=12)):
        broken[at] = byte
    cut = data.draw(st.integers(0, len(sound)))
    walk(io.BytesIO(bytes(broken)))
    walk(io.BytesIO(bytes(broken[:cut])))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=20, deadline=None)
@given(noise=st.binary(max_size=300))
def test_noise_behind_the_signature_never_raises(name: str, noise: bytes) -> None:
    walk, sound = FILES[name]
    walk(io.BytesIO(sound[:12] + noise))
    walk(io.BytesIO(noise))


@pytest.mark.parametrize("pixels", [True, False])
def test_a_bare_jpeg_has_what_says_how_colours_are_stored_and_no_more(pixels: bool) -> None:
    plain = build.encoded(build.scene(mode="CMYK"), "JPEG")
    bare = jpeg.bare(io.BytesIO(build.with_segments(plain, *SEGMENTS, build.segment(0xFE, b"hi"))), pixels=pixels)
    assert b"Adobe" in bare
    assert bare == (plain if pixels else plain[: len(bare)])


def test_one_exif_is_no_reason_to_make_a_jpeg_bare_and_two_are() -> None:
    plain = build.encoded(build.scene(), "JPEG", exif=EXIF)
    assert jpeg.walk(io.BytesIO(plain)).harmless
    assert not jpeg.walk(io.BytesIO(build.with_segments(plain, build.segment(0xE1, EXIF)))).harmless
    assert not jpeg.walk(io.BytesIO(plain), Limits(chunks=2)).harmless


def test_texts_are_limited_in_number_and_size() -> None:
    found = Embedded(Limits(texts=2, text=10, texts_total=15))
    for key, text in (("a", "x" * 11), ("b", "x" * 10), ("c", "y" * 10), ("d", "z"), ("e", "w")):
        found.add_text(key, text)
    assert [key for key, _ in found.texts] == ["b", "d"]
    assert found.warnings == [
        "the text 'a' is too long to keep",
        "the text 'c' is too long to keep",
        "only the first 2 texts were kept",
    ]


def test_a_second_text_of_one_key_gets_a_number() -> None:
    found = Embedded()
    for text in ("one", "two", "two", "one", "three"):
        found.add_text("parameters", text)
    assert found.texts == [("parameters", "one"), ("parameters#2", "two"), ("parameters#3", "three")]
