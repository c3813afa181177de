"""Where XMP, IPTC and EXIF stand in each format."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, chunk, dataset, photoshop, segment, with_chunks, with_segments
from tests.ingest.extract.test_xmp import listed, packet

from tallylight.ingest.extract.containers import gif, jpeg, png, webp
from tallylight.ingest.extract.limits import Limits
from tallylight.model import OutcomeKind, Tier

XMP = packet(listed("dc:subject", "Sea"), 'xmp:Rating="4" xmp:Label="Red" dc:rights="mine"')
IPTC = dataset(2, 25, b"Boat") + dataset(2, 120, b"a day at sea")
EXIF = build.exif_block({0x010F: "Maker"}, {0x9003: "2024:01:02 03:04:05"})
JPEG = build.encoded(build.scene(), "JPEG")
XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION_NAME = b"http://ns.adobe.com/xmp/extension/\0"


def profile(name: str, content: bytes) -> bytes:
    """A text as ImageMagick writes it."""
    digits = content.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(content):8}\n{lines}\n".encode()


def packed(key: bytes, text: bytes) -> bytes:
    return chunk(b"zTXt", key + b"\0\0" + zlib.compress(text))


def tiff(**tags: bytes) -> bytes:
    info = ImageFileDirectory_v2()
    for name, raw in tags.items():
        number = int(name[1:])
        info[number] = raw
        info.tagtype[number] = 7
    return build.encoded(build.scene(), "TIFF", tiffinfo=info)


def international(text: bytes, key: bytes = b"XML:com.adobe.xmp") -> bytes:
    return chunk(b"iTXt", key + b"\0\0\0\0\0" + text)


WITH_XMP: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: build.encoded(build.scene(), "JPEG", xmp=XMP),
    "webp": lambda: build.encoded(build.scene(), "WEBP", xmp=XMP),
    "avif": lambda: build.encoded(build.scene(), "AVIF", xmp=XMP),
    "tiff": lambda: tiff(t700=XMP),
    "gif": lambda: build.gif_with_xmp(XMP),
    "png": lambda: with_chunks(build.png(), international(XMP)),
    "png, packed": lambda: with_chunks(
        build.png(), chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)), at_end=True
    ),
    "png of ImageMagick": lambda: with_chunks(build.png(), packed(b"Raw profile type xmp", profile("xmp", XMP))),
    "png of older programs": lambda: with_chunks(
        build.png(), packed(b"Raw profile type APP1", profile("generic profile", XMP_NAME + XMP)), at_end=True
    ),
}
WITH_IPTC: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: with_segments(JPEG, segment(0xED, b"Photoshop 3.0\0" + photoshop({0x0404: IPTC}))),
    "jpeg, in two": lambda: with_segments(
        JPEG,
        *(
            segment(0xED, b"Photoshop 3.0\0" + piece)
            for piece in (photoshop({1: b"odd", 0x0404: IPTC})[:40], photoshop({1: b"odd", 0x0404: IPTC})[40:])
        ),
    ),
    "tiff": lambda: tiff(t33723=IPTC),
    "tiff of Photoshop": lambda: tiff(t34377=photoshop({0x0404: IPTC})),
    "png of ImageMagick": lambda: with_chunks(build.png(), packed(b"Raw profile type iptc", profile("iptc", IPTC))),
    "png, resources": lambda: with_chunks(
        build.png(), packed(b"Raw profile type iptc", profile("iptc", photoshop({0x0404: IPTC})))
    ),
}


@pytest.mark.parametrize("tier", [Tier.FULL, Tier.METADATA])
@pytest.mark.parametrize("name", WITH_XMP)
def test_xmp_of_every_format(folder: Folder, name: str, tier: Tier) -> None:
    outcome = folder.outcome(f"a.{name.replace(',', ' ').split()[0]}", WITH_XMP[name](), tier=tier)
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.warnings == ()
    assert (outcome.media["label"], outcome.media["copyright"]) == ("Red", "mine")
    assert {"text": "sea", "weight": 1.0, "source": "xmp"} in outcome.keywords
    assert outcome.provenance["label"] == {"source": "xmp"}
    assert outcome.texts == ()


@pytest.mark.parametrize("tier", [Tier.FULL, Tier.METADATA])
@pytest.mark.parametrize("name", WITH_IPTC)
def test_iptc_of_every_format(folder: Folder, name: str, tier: Tier) -> None:
    outcome = folder.outcome(f"a.{name.replace(',', ' ').split()[0]}", WITH_IPTC[name](), tier=tier)
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.warnings == ()
    assert outcome.media["description"] == "a day at sea"
    assert {"text": "boat", "weight": 1.0, "source": "iptc"} in outcome.keywords
    assert outcome.texts == ()


@pytest.mark.parametrize("at_end", [False, True])
def test_exif_of_a_png_before_and_behind_the_pixels(at_end: bool) -> None:
    block = EXIF.removeprefix(b"Exif\0\0")
    for extra in (
        chunk(b"eXIf", block),
        packed(b"Raw profile type exif", profile("exif", EXIF)),
        packed(b"Raw profile type APP1", profile("APP1", EXIF)),
    ):
        found = png.walk(io.BytesIO(with_chunks(build.png(), extra, at_end=at_end)))
        assert (found.exif, found.texts) == (block, [])


def test_a_profile_that_is_none_spoils_nothing() -> None:
    for text in (b"", b"\nxmp\n", b"\nxmp\n  5\nzz", b"\nxmp\n  5\nabc", b"\nexif\n99999999999\n00"):
        found = png.walk(io.BytesIO(with_chunks(build.png(), packed(b"Raw profile type xmp", text))))
        assert found.ending == "whole"
        assert found.texts == []


@pytest.mark.parametrize("name", [b"exif", b"APP1", b"xmp", b"iptc", b"8bim"])
@pytest.mark.parametrize("text", [b"", b"\nx\n  5\nzz", b"\nx\n  5\nabc"])
def test_a_damaged_profile_is_a_warning(name: bytes, text: bytes) -> None:
    found = png.walk(io.BytesIO(with_chunks(build.png(), packed(b"Raw profile type " + name, text))))
    assert found.warnings == ["a damaged metadata profile was skipped"]
    assert (found.exif, found.xmp, found.iptc) == (b"", [], b"")


def test_a_damaged_profile_of_another_kind_is_a_text() -> None:
    found = png.walk(io.BytesIO(with_chunks(build.png(), packed(b"Raw profile type icm", b"\nicm\n  5\nzz"))))
    assert found.warnings == []


def test_another_profile_stays_a_text() -> None:
    found = png.walk(io.BytesIO(with_chunks(build.png(), packed(b"Raw profile type icm", profile("icm", b"x")))))
    assert [key for key, _ in found.texts] == ["Raw profile type icm"]


def extension(whole: bytes, name: bytes, step: int = 30_000) -> list[bytes]:
    return [
        segment(0xE1, EXTENSION_NAME + name + struct.pack(">II", len(whole), at) + whole[at : at + step])
        for at in range(0, len(whole), step)
    ]


def test_extended_xmp_is_put_together() -> None:
    name, whole = b"0123456789ABCDEF" * 2, packet(f"<dc:description>{'long ' * 20_000}</dc:description>")
    first = packet(attributes=f'xmp:Rating="4" xmpNote:HasExtendedXMP="{name.decode()}" xmlns:xmpNote="note"')
    pieces = extension(whole, name)
    assert len(pieces) > 3
    found = jpeg.walk(io.BytesIO(with_segments(JPEG, segment(0xE1, XMP_NAME + first), *reversed(pieces))))
    assert found.xmp == [first, whole]
    other = jpeg.walk(io.BytesIO(with_segments(JPEG, segment(0xE1, XMP_NAME + XMP), *pieces)))
    assert other.xmp == [XMP]


@pytest.mark.parametrize(
    "piece",
    [
        b"short",
        b"a" * 32 + struct.pack(">II", 0xFFFFFFFF, 0) + b"x",
        b"a" * 32 + struct.pack(">II", 10, 0xFFFFFFFF) + b"x",
        b"a" * 32 + struct.pack(">II", 10, 10) + b"x",
    ],
)
def test_an_extension_that_is_none_is_left_out(piece: bytes) -> None:
    first = packet(attributes=f'xmp:Rating="4" dc:rights="{"a" * 32}"')
    data = with_segments(JPEG, segment(0xE1, XMP_NAME + first), segment(0xE1, EXTENSION_NAME + piece))
    assert jpeg.walk(io.BytesIO(data)).xmp == [first]


def test_packets_over_the_limit_are_skipped_with_a_warning() -> None:
    limits = Limits(xmp=100)
    for walk, data in (
        (jpeg.walk, WITH_XMP["jpeg"]()),
        (png.walk, WITH_XMP["png"]()),
        (webp.walk, WITH_XMP["webp"]()),
        (gif.walk, WITH_XMP["gif"]()),
    ):
        found = walk(io.BytesIO(data), limits)
        assert found.xmp == []
        assert found.warnings == [f"an XMP packet of {len(XMP):,} bytes was skipped"]


def test_a_webp_chunk_over_the_limit_is_skipped_with_a_warning() -> None:
    found = webp.walk(io.BytesIO(WITH_XMP["webp"]()), Limits(chunk=100))
    assert found.warnings == [f"a WebP chunk XMP of {len(XMP):,} bytes was skipped"]


def test_a_gif_with_xmp_keeps_its_frames_and_comments() -> None:
    found = gif.walk(io.BytesIO(build.gif_with_xmp(XMP)))
    assert (found.xmp, found.frames, found.ending) == ([XMP], 1, "whole")
    cut = build.gif_with_xmp(XMP)
    assert gif.walk(io.BytesIO(cut[: cut.index(b"XMP DataXMP") + 60])).ending == "cut"
    with Image.open(io.BytesIO(build.gif_with_xmp(XMP))) as image:
        assert (image.size, getattr(image, "n_frames", 0)) == ((96, 64), 1)


def test_a_jpeg_is_walked_past_what_nobody_wants() -> None:
    data = with_segments(build.encoded(build.scene(), "JPEG", xmp=XMP), *[segment(0xE2, b"x" * 60_000)] * 20)
    assert jpeg.walk(io.BytesIO(data)).xmp == [XMP]
    cut = with_segments(JPEG, segment(0xE2, b"x" * 100))[:50]
    assert jpeg.walk(io.BytesIO(cut)).ending == "cut"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=20))
@pytest.mark.parametrize("name", [*WITH_XMP, *(f"{name} with IPTC" for name in WITH_IPTC)])
def test_mutated_packets_are_outcomes(folder: Folder, name: str, edits: list[tuple[int, int]]) -> None:
    whole = WITH_IPTC[name.removesuffix(" with IPTC")]() if name.endswith("IPTC") else WITH_XMP[name]()
    data = bytearray(whole)
    for at, byte in edits:
        data[at % len(data)] = byte
    outcome = folder.outcome("a.png", bytes(data), tier=Tier.METADATA)
    assert (outcome.kind is OutcomeKind.FAILED) == (outcome.code is not None)
    text = json.dumps([outcome.media, outcome.keywords, outcome.provenance, outcome.warnings], allow_nan=False)
    assert "\\u0000" not in text
    text.encode()
