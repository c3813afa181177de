"""Facts and small pictures of all formats and modes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, distance

from tallylight.model import OutcomeKind, Reason, Tier

TURNED_BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
)
FORMATS = ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"]


def as_stored(orientation: int) -> Image.Image:
    """The scene as a camera held that way stores it."""
    turn = TURNED_BACK[orientation]
    scene = build.scene(320, 200)
    return scene if turn is None else scene.transpose(turn)


def thumbnail(folder: Folder, sha256: str | None) -> Image.Image:
    assert sha256 is not None
    data = folder.thumbnails.get(sha256)
    assert data is not None
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("format_", FORMATS)
def test_orientation_is_applied_once(folder: Folder, format_: str, orientation: int) -> None:
    options: dict[str, Any] = {"quality": 95} if format_ in {"JPEG", "AVIF"} else {}
    options |= {"lossless": True} if format_ == "WEBP" else {}
    upright = folder.outcome("upright.png", build.png(image=build.scene(320, 200)))
    stored = as_stored(orientation)
    exif = build.exif_block({0x0112: orientation})
    turned = folder.outcome(f"a.{format_.lower()}", build.encoded(stored, format_, exif=exif, **options))

    assert turned.media["orientation"] == orientation
    assert (turned.media["width"], turned.media["height"]) == stored.size
    assert thumbnail(folder, turned.sha256).size == (256, 160)
    assert distance(turned.phash or "", upright.phash or "") <= (0 if format_ in {"PNG", "WEBP", "TIFF"} else 4)
    assert "320x200" in [keyword["text"] for keyword in turned.keywords]


@pytest.mark.parametrize("orientation", [5, 6])
def test_tier_metadata_tells_the_stored_size_too(folder: Folder, orientation: int) -> None:
    for format_ in FORMATS:
        data = build.encoded(as_stored(orientation), format_, exif=build.exif_block({0x0112: orientation}))
        media = folder.outcome("a.png", data, tier=Tier.METADATA).media
        assert (media["width"], media["height"], media["orientation"]) == (200, 320, orientation)


@pytest.mark.parametrize(
    ("mode", "format_", "shown_mode", "alpha"),
    [
        ("RGB", "PNG", "RGB", False),
        ("RGBA", "PNG", "RGBA", True),
        ("L", "PNG", "L", False),
        ("LA", "PNG", "LA", True),
        ("1", "PNG", "1", False),
        ("P", "PNG", "P", False),
        ("I;16", "PNG", "I;16", False),
        ("CMYK", "JPEG", "CMYK", False),
        ("L", "JPEG", "L", False),
        ("RGBA", "WEBP", "RGBA", True),
        ("RGB", "WEBP", "RGB", False),
        ("P", "GIF", "P", False),
        ("RGB", "BMP", "RGB", False),
        ("1", "BMP", "1", False),
        ("CMYK", "TIFF", "CMYK", False),
        ("F", "TIFF", "F", False),
        ("I", "TIFF", "I", False),
        ("I;16", "TIFF", "I;16", False),
        ("LAB", "TIFF", "LAB", False),
        ("RGBA", "AVIF", "RGBA", True),
        ("LA", "TIFF", "LA", True),
    ],
)
def test_every_mode_has_facts_and_a_thumbnail(
    folder: Folder, mode: str, format_: str, shown_mode: str, alpha: bool
) -> None:
    image = in_mode(mode)
    outcome = folder.outcome(f"a.{format_.lower()}", build.encoded(image, format_))
    assert outcome.kind is OutcomeKind.EXTRACTED, outcome.message
    assert (outcome.media["mode"], outcome.media["has_alpha"]) == (shown_mode, alpha)
    assert thumbnail(folder, outcome.sha256).size == image.size
    metadata = folder.outcome(f"a.{format_.lower()}", tier=Tier.METADATA)
    assert metadata.media == outcome.media


def in_mode(mode: str) -> Image.Image:
    scene = build.scene()
    if mode in {"RGBA", "LA"}:
        scene.putalpha(build.scene(mode="L"))  # encoders drop an alpha channel that hides nothing
    if mode == "I;16":
        return Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257)
    if mode in {"I", "F"}:
        return Image.fromarray(np.asarray(scene.convert("L")).astype(np.int32 if mode == "I" else np.float32))
    return Image.new("LAB", scene.size, (120, 10, 200)) if mode == "LAB" else scene.convert(mode)


def test_sixteen_bits_look_like_eight(folder: Folder) -> None:
    eight = folder.outcome("8.png", build.png(image=build.scene(mode="L")))
    sixteen = folder.outcome("16.png", build.png(image=in_mode("I;16")))
    assert eight.phash == sixteen.phash


def test_floats_with_holes_are_shown(folder: Folder) -> None:
    values = np.full((40, 40), np.nan, np.float32)
    values[:20] = np.linspace(0, 1e30, 40)
    values[0, 0] = np.inf
    assert folder.outcome("a.tiff", build.encoded(Image.fromarray(values), "TIFF")).has_thumbnail


def test_transparency_is_shown_on_white(folder: Folder) -> None:
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    outcome = folder.outcome("a.png", build.png(image=palette, transparency=0))
    assert (outcome.media["mode"], outcome.media["has_alpha"]) == ("P", True)
    assert thumbnail(folder, outcome.sha256).getpixel((30, 30)) == (255, 255, 255)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animations_have_frames(folder: Folder, format_: str) -> None:
    frames = [Image.new("RGB", (64, 64), (value, 255 - value, 40)) for value in (10, 120, 240)]
    data = build.encoded(frames[0], format_, save_all=True, append_images=frames[1:], duration=100)
    outcome = folder.outcome(f"a.{format_.lower()}", data)
    assert outcome.media["frames"] == 3
    assert outcome.has_thumbnail
    assert folder.outcome(f"a.{format_.lower()}", tier=Tier.METADATA).media == outcome.media


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1)])
def test_strips_are_at_least_a_pixel_wide(folder: Folder, size: tuple[int, int]) -> None:
    outcome = folder.outcome("a.png", build.png(image=Image.new("RGB", size, "red")))
    assert min(thumbnail(folder, outcome.sha256).size) == 1
    assert outcome.phash is not None


def test_a_large_jpeg_decodes_small_but_sharp_enough(folder: Folder) -> None:
    outcome = folder.outcome("a.jpg", build.encoded(build.scene(2000, 1500), "JPEG"))
    assert (outcome.media["width"], outcome.media["height"]) == (2000, 1500)
    assert thumbnail(folder, outcome.sha256).size == (256, 192)


def test_exif_of_all_formats(folder: Folder) -> None:
    exif = build.exif_block({0x010F: "Maker", 0x0110: "One"}, {0x9003: "2024:01:02 03:04:05"})
    for format_ in FORMATS:
        for tier in (Tier.FULL, Tier.METADATA):
            media = folder.outcome("a.png", build.encoded(build.scene(), format_, exif=exif), tier=tier).media
            assert media["created_at"] == "2024-01-02T03:04:05", format_
            assert (media["camera_make"], media["camera_model"]) == ("Maker", "One")


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_whose_exif_stands_in_several_segments_shows_the_same(folder: Folder, mode: str) -> None:
    plain = build.encoded(build.scene(mode=mode), "JPEG", exif=build.exif_block({0x0112: 6}), comment=b"hello")
    further = [build.segment(0xE1, b"Exif\0\0MM\0*" + bytes(9)), build.segment(0xE2, b"ICC_PROFILE\0\1\1none")]
    at = plain.index(b"\xff\xdb")
    odd = plain[:at] + b"".join(further) + plain[at:]
    first, second = (folder.outcome("a.jpg", data, pixel_hash=True) for data in (plain, odd))
    assert second.warnings == ()
    assert (second.pixel_sha256, second.phash) == (first.pixel_sha256, first.phash)
    assert (second.media, second.texts) == (first.media, first.texts)
    assert folder.outcome("a.jpg", tier=Tier.METADATA).media == first.media


@pytest.mark.parametrize("tier", [Tier.FULL, Tier.METADATA])
def test_a_bigtiff_has_the_facts_of_a_tiff(folder: Folder, tier: Tier) -> None:
    tags = build.exif_block(
        {0x010F: "Maker", 0x010E: "a sunset at sea", 0x0112: 6, 0x02BC: XMP}, {0x9003: "2024:01:02 03:04:05"}
    )
    data = build.encoded(build.scene(), "TIFF", big_tiff=True, exif=tags)
    plain = folder.outcome("a.tif", build.encoded(build.scene(), "TIFF", exif=tags), tier=tier)
    outcome = folder.outcome("b.tif", data, tier=tier)
    assert outcome.warnings == ()
    assert outcome.media["camera_make"] == "Maker"
    assert (outcome.media, outcome.phash, outcome.score) == (plain.media, plain.phash, plain.score)
    assert outcome.score == 4


@pytest.mark.parametrize("tier", [Tier.FULL, Tier.METADATA])
def test_a_bigtiff_of_the_other_byte_order_is_said_to_be_unsupported(folder: Folder, tier: Tier) -> None:
    data = b"MM\0+\0\x08\0\0" + (16).to_bytes(8, "big") + bytes(100)
    outcome = folder.outcome("a.tif", data, tier=tier)
    assert outcome.code is Reason.UNSUPPORTED
    assert "big-endian BigTIFF" in outcome.message


def test_comments_of_jpeg_and_gif(folder: Folder) -> None:
    for format_ in ("JPEG", "GIF"):
        outcome = folder.outcome(f"a.{format_.lower()}", build.encoded(build.scene(), format_, comment=b"hello"))
        assert [text.key for text in outcome.texts] == ["comment"]


def test_scratched_pixels_are_damaged(folder: Folder) -> None:
    data = bytearray(build.png(image=build.scene(300, 300)))
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    assert folder.outcome("a.png", bytes(data)).code is Reason.DAMAGED


def test_an_offset_beyond_any_file_is_damage(folder: Folder) -> None:
    data = build.encoded(build.scene(), "TIFF", big_tiff=True)
    broken = data[:8] + (2**62).to_bytes(8, "little") + data[16:]
    for tier in (Tier.FULL, Tier.METADATA):
        assert folder.outcome("a.tiff", broken, tier=tier).code in {Reason.DAMAGED, Reason.TRUNCATED}


def test_many_frames_are_counted_quickly(folder: Folder) -> None:
    whole = build.encoded(Image.new("P", (2, 2)), "GIF")
    frame = whole[whole.index(b"\x2c") : -1]
    outcome = folder.outcome("a.gif", whole[:-1] + frame * 50_000 + b";")
    assert outcome.media["frames"] == 50_001
