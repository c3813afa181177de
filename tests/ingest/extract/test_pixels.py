"""The pixel hash: what it is blind to, and what it sees."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract import pixels
from tallylight.ingest.extract.pixels import pixel_sha256
from tallylight.model import OutcomeKind, Tier

LOSSLESS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {"compress_level": 0}),
    ("PNG", {"compress_level": 9}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("BMP", {}),
]


def hashed(folder: Folder, data: bytes, name: str = "a.png") -> str:
    found = folder.outcome(name, data, pixel_hash=True).pixel_sha256
    assert found is not None
    return found


def alpha(width: int = 96, height: int = 64) -> Image.Image:
    """Half transparent here and there, wholly on the left."""
    picture = build.scene(width, height)
    veil = build.scene(width, height, mode="L")
    veil.paste(0, (0, 0, width // 3, height))
    picture.putalpha(veil)
    return picture


def grey(values: int = 16) -> Image.Image:
    y, x = np.mgrid[0:64, 0:96]
    return Image.fromarray(((x * y * 7 + x) % 2**values).astype(np.uint16 if values > 8 else np.uint8))


def test_it_is_asked_for_and_of_whole_files_only(folder: Folder) -> None:
    assert folder.outcome("a.png", build.png()).pixel_sha256 is None
    assert folder.outcome("a.png", tier=Tier.METADATA, pixel_hash=True).pixel_sha256 is None
    assert folder.outcome("a.mp4", build.video(), pixel_hash=True).pixel_sha256 is None


def test_the_form_is_that_of_the_reference(folder: Folder) -> None:
    bare = bytes([1, 2, 3, 255, 4, 5, 6, 255])
    picture = Image.frombytes("RGBA", (2, 1), bare)
    expected = hashlib.sha256(b"tallylight pixels 1\nRGBA 2 1\n" + bare).hexdigest()
    assert hashed(folder, build.png(image=picture)) == expected
    deep = Image.fromarray(np.array([[1, 515]], np.uint16))
    expected = hashlib.sha256(b"tallylight pixels 1\nI;16 2 1\n\x01\x00\x03\x02").hexdigest()
    assert hashed(folder, build.png(image=deep)) == expected


@pytest.mark.parametrize("image", [build.scene(), build.scene(mode="L"), build.scene(mode="1")], ids=["RGB", "L", "1"])
def test_the_same_picture_in_every_lossless_packing(folder: Folder, image: Image.Image) -> None:
    found = {hashed(folder, build.encoded(image.convert("RGB"), *each[:1], **each[1])) for each in LOSSLESS}
    found.add(hashed(folder, build.png(image=image)))
    found.add(hashed(folder, build.png(image=image.convert("RGBA"))))
    assert len(found) == 1


def test_a_palette_is_a_packing(folder: Folder) -> None:
    palette = build.scene().quantize(64)
    pictures = (palette, palette.convert("RGB"))
    assert len({hashed(folder, build.png(image=each)) for each in pictures}) == 1
    assert hashed(folder, build.encoded(palette, "GIF"), "a.gif") == hashed(folder, build.png(image=palette))


def test_transparency_counts_and_what_it_hides_does_not(folder: Folder) -> None:
    picture = alpha()
    shown = hashed(folder, build.png(image=picture))
    assert hashed(folder, build.encoded(picture, "WEBP", lossless=True)) == shown
    assert hashed(folder, build.png(image=picture.convert("RGB"))) != shown
    values = np.array(picture)
    values[values[..., 3] == 0, :3] = 77
    assert (values != np.asarray(picture)).any()
    assert hashed(folder, build.png(image=Image.fromarray(values))) == shown


def test_a_transparent_colour_is_transparency(folder: Folder) -> None:
    palette = build.scene().quantize(16)
    found = {
        hashed(folder, build.png(image=palette, transparency=3)),
        hashed(folder, build.encoded(palette, "GIF", transparency=3), "a.gif"),
    }
    with Image.open(io.BytesIO(build.png(image=palette, transparency=3))) as image:
        found.add(hashed(folder, build.png(image=image.convert("RGBA"))))
    assert len(found) == 1


def test_sixteen_bits_keep_their_depth(folder: Folder) -> None:
    found = {
        hashed(folder, build.png(image=grey())),
        hashed(folder, build.encoded(grey(), "TIFF")),
        hashed(folder, build.encoded(Image.fromarray(np.asarray(grey()).astype(">u2")), "TIFF")),
    }
    assert len(found) == 1
    finer = Image.fromarray(np.asarray(grey()) ^ 1)
    assert hashed(folder, build.png(image=finer)) not in found


def test_eight_bits_saved_in_sixteen_are_eight(folder: Folder) -> None:
    wide = Image.fromarray(np.asarray(grey(8)).astype(np.uint16) * 257)
    assert hashed(folder, build.png(image=wide)) == hashed(folder, build.png(image=grey(8)))


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "I", "F"])
def test_other_modes_keep_theirs(folder: Folder, mode: str) -> None:
    picture = Image.new("LAB", (96, 64), (120, 10, 200)) if mode == "LAB" else build.scene().convert(mode)
    found = hashed(folder, build.encoded(picture, "TIFF"))
    assert found == hashed(folder, build.encoded(picture, "TIFF", compression="tiff_lzw"))
    assert found == pixel_sha256(picture)


def test_metadata_is_not_the_picture(folder: Folder) -> None:
    plain = build.encoded(build.scene(), "JPEG", quality=80)
    exif = build.exif_block({0x010F: "Maker", 0x0112: 6})
    told = build.encoded(build.scene(), "JPEG", quality=80, exif=exif, comment=b"hello", dpi=(300, 300))
    assert plain != told
    assert hashed(folder, plain, "a.jpg") == hashed(folder, told, "b.jpg")
    assert hashed(folder, build.png()) == hashed(folder, build.png({"parameters": "a cat"}))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_count_as_they_are_stored(folder: Folder, orientation: int) -> None:
    exif = build.exif_block({0x0112: orientation})
    upright = hashed(folder, build.png())
    for format_ in ("PNG", "TIFF"):
        assert hashed(folder, build.encoded(build.scene(), format_, exif=exif)) == upright


def test_a_tiff_is_turned_for_its_thumbnail_all_the_same(folder: Folder) -> None:
    data = build.encoded(build.scene(320, 200), "TIFF", exif=build.exif_block({0x0112: 6}))
    hashed_too = folder.outcome("a.tiff", data, pixel_hash=True)
    assert hashed_too.phash == folder.outcome("a.tiff").phash


def test_a_large_jpeg_is_decoded_whole(folder: Folder) -> None:
    data = build.encoded(build.scene(2000, 1500), "JPEG")
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert hashed(folder, data, "a.jpg") == pixel_sha256(image)


def test_a_pixel_more_or_less_is_another_picture(folder: Folder) -> None:
    other = build.scene()
    other.putpixel((95, 63), (1, 2, 3))
    sizes = [Image.new("RGB", size) for size in ((4, 6), (6, 4), (24, 1), (1, 1))]
    assert len({hashed(folder, build.png(image=each)) for each in (build.scene(), other, *sizes)}) == 6


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_there_is_none(folder: Folder, format_: str) -> None:
    frames = [Image.new("RGB", (64, 64), (value, 255 - value, 40)) for value in (10, 120, 240)]
    data = build.encoded(frames[0], format_, save_all=True, append_images=frames[1:], duration=100)
    outcome = folder.outcome(f"a.{format_.lower()}", data, pixel_hash=True)
    assert (outcome.kind, outcome.pixel_sha256) == (OutcomeKind.EXTRACTED, None)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 500), st.sampled_from(["RGB", "RGBA", "L", "I;16", "P"]))
def test_the_size_of_the_pieces_does_not_show(width: int, height: int, piece: int, mode: str) -> None:
    image = grey().resize((width, height)) if mode == "I;16" else alpha(width, height).convert(mode)
    whole = pixel_sha256(image)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixels, "_PIECE", piece)
        assert pixel_sha256(image) == whole
