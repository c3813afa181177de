"""What our own reading of headers says is what Pillow says, or nothing."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract import headers
from tallylight.ingest.extract.containers import jpeg, png
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.sniff import GIF, JPEG, PNG
from tallylight.model import OutcomeKind, Reason, Tier

KINDS = {"PNG": (PNG, png.walk), "JPEG": (JPEG, jpeg.walk)}


def read(data: bytes, format_: str) -> dict[str, Any] | None:
    kind, walk = KINDS[format_]
    return headers.read(kind, data[:4096], walk(io.BytesIO(data)))


def said_by_pillow(data: bytes) -> dict[str, Any]:
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        return {"width": width, "height": height, "mode": image.mode, "has_alpha": image.has_transparency_data}


def png_of(bits: int, colour: int, *chunks: bytes, filter_: int = 0, width: int = 3) -> bytes:
    head = build.chunk(b"IHDR", struct.pack(">IIBBBBB", width, 2, bits, colour, 0, filter_, 0))
    return png.SIGNATURE + head + b"".join(chunks) + build.chunk(b"IDAT", b"") + build.chunk(b"IEND", b"")


PALETTE = build.chunk(b"PLTE", bytes(6))
COLOURS = [(bits, colour) for bits in (1, 2, 4, 8, 16) for colour in range(7)]


@pytest.mark.parametrize("transparency", [None, b"", b"\0", b"\xff\xff", b"\xff\0\xff", bytes(6)])
@pytest.mark.parametrize(("bits", "colour"), COLOURS)
def test_a_png_of_every_kind_of_pixel(bits: int, colour: int, transparency: bytes | None) -> None:
    chunks = [PALETTE] if colour == 3 else []
    if transparency is not None:
        chunks.append(build.chunk(b"tRNS", transparency))
    data = png_of(bits, colour, *chunks)
    if (found := read(data, "PNG")) is not None:
        assert found == said_by_pillow(data)
    else:
        with pytest.raises(Exception, match=r"cannot identify|Truncated tRNS"):
            said_by_pillow(data)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_every_kind_of_pixel(mode: str, progressive: bool) -> None:
    data = build.encoded(build.scene(mode=mode), "JPEG", progressive=progressive)
    assert read(data, "JPEG") == said_by_pillow(data)


def scan(*frames: bytes) -> bytes:
    """A JPEG of these frame headers and nothing more."""
    segments = (*((b"\xc0", frame) for frame in frames), (b"\xda", b"\1\1\0\0\x3f\0"))
    written = (b"\xff" + marker + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    return b"\xff\xd8" + b"".join(written)


FRAME = struct.pack(">BHHB", 8, 2, 3, 1) + b"\1\x11\0"


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        pytest.param(png_of(8, 2, filter_=1), "PNG", id="unknown filter"),
        pytest.param(png_of(8, 2, width=0), "PNG", id="no width"),
        pytest.param(png_of(8, 3), "PNG", id="palette missing"),
        pytest.param(png_of(8, 2, build.chunk(b"acTL", struct.pack(">II", 2, 0))), "PNG", id="animation"),
        pytest.param(png_of(8, 2, png_of(8, 0)[8:33]), "PNG", id="two headers"),
        pytest.param(png.SIGNATURE + PALETTE + png_of(8, 2)[8:], "PNG", id="header not first"),
        pytest.param(png.SIGNATURE + build.chunk(b"IHDR", bytes(12)), "PNG", id="short header"),
        pytest.param(png.SIGNATURE, "PNG", id="nothing but a signature"),
        pytest.param(scan(), "JPEG", id="no frame"),
        pytest.param(scan(FRAME, FRAME), "JPEG", id="two frames"),
        pytest.param(scan(b"\x0c" + FRAME[1:]), "JPEG", id="twelve bits"),
        pytest.param(scan(FRAME[:5] + b"\2" + FRAME[6:] * 2), "JPEG", id="two layers"),
        pytest.param(scan(FRAME[:5]), "JPEG", id="short frame"),
        pytest.param(scan(FRAME[:7]), "JPEG", id="layer cut off"),
        pytest.param(scan(FRAME[:1] + bytes(4) + FRAME[5:]), "JPEG", id="no size"),
        pytest.param(scan(FRAME)[:15], "JPEG", id="cut off"),
    ],
)
def test_what_is_unusual_is_left_to_pillow(data: bytes, format_: str) -> None:
    assert read(data, format_) is None


def test_other_formats_are_left_to_pillow() -> None:
    assert headers.read(GIF, b"GIF89a", Embedded()) is None


@given(st.binary(max_size=80), st.sampled_from(["PNG", "JPEG"]))
def test_no_bytes_make_it_raise(data: bytes, format_: str) -> None:
    read(data, format_)
    read(png_of(8, 2)[:16] + data if format_ == "PNG" else scan(data), format_)


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_both_tiers_say_the_same(folder: Folder, format_: str) -> None:
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK"):
        if (format_ == "JPEG" and mode in {"P", "RGBA", "1"}) or (format_ == "PNG" and mode == "CMYK"):
            continue
        name = f"{mode}.{format_.lower()}"
        full = folder.outcome(name, build.encoded(build.scene(mode=mode), format_))
        assert folder.outcome(name, tier=Tier.METADATA).media == full.media


def test_what_pillow_cannot_read_has_its_reason_in_tier_metadata_too(folder: Folder) -> None:
    outcome = folder.outcome("a.png", png_of(8, 3), tier=Tier.METADATA)
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, Reason.DAMAGED)


def test_a_sound_picture_sets_up_no_decoder_in_tier_metadata(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("asked Pillow")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.__init__", forbidden)
    for name, data in (("a.png", build.png({"parameters": "a cat"})), ("a.jpg", build.encoded(build.scene(), "JPEG"))):
        assert folder.outcome(name, data, tier=Tier.METADATA).media["width"] == 96
