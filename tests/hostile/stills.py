"""Hostile WebPs, GIFs, TIFFs, BMPs and AVIFs."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from functools import partial

from PIL import Image
from tests.hostile.case import Case, cuts, failing, sound, warned
from tests.hostile.jpeg import directory
from tests.ingest.extract import build

from tallylight.model import Outcome, Reason


def cases() -> list[Case]:
    return [*_webp(), *_gif(), *_tiff(), *_bmp(), *_avif()]


def _webp() -> Iterator[Case]:
    whole = build.encoded(build.scene(), "WEBP")
    extended = b"VP8X" + struct.pack("<IBBBB", 10, 0, 0, 0, 0)
    vast = extended + b"\xff\xff\xff" * 2
    yield from cuts("webp/cut.webp", whole)
    yield from cuts("webp/cut l.webp", build.encoded(build.scene(), "WEBP", lossless=True))
    yield failing("webp/16 million x 16 million.webp", riff(vast + whole[12:]), Reason.TOO_LARGE)
    yield failing("webp/16383 x 16383.webp", riff(b"VP8 " + _vp8(16383, 16383)), Reason.TOO_LARGE)
    yield failing("webp/no pixels.webp", riff(b""), Reason.DAMAGED)
    yield failing("webp/only a header.webp", riff(extended + bytes(6)), Reason.DAMAGED)
    yield failing("webp/noise for pixels.webp", riff(b"VP8 " + _vp8(8, 8, b"\xff" * 90)), Reason.DAMAGED)
    yield sound("webp/moving.webp", animation("WEBP", lossless=True), _has_four_frames)
    yield sound("webp/rest.webp", whole + bytes(100_000))
    yield sound("webp/strip.webp", build.encoded(build.scene(1, 16_000), "WEBP"), _has_thumbnail)
    many = extended + bytes(6) + b"JUNK\0\0\0\0" * 210_000
    yield failing("webp/many chunks.webp", riff(many), Reason.DAMAGED)


def riff(content: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


def _vp8(width: int, height: int, rest: bytes = b"") -> bytes:
    body = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + rest
    return struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def animation(format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    first, *others = (Image.new("RGB", (16, 16), (80 * number, 0, 99)) for number in range(4))
    first.save(out, format_, save_all=True, append_images=others, duration=50, **options)
    return out.getvalue()


def _gif() -> Iterator[Case]:
    whole = animation("GIF")
    yield from cuts("gif/cut.gif", animation("GIF")[:-1])
    yield failing("gif/65535 x 65535.gif", b"GIF89a\xff\xff\xff\xff" + gif(1)[10:], Reason.TOO_LARGE)
    yield failing("gif/no frames.gif", b"GIF89a\1\0\1\0\0\0\0;", Reason.DAMAGED)
    yield warned("gif/too many frames.gif", gif(100_000), "frames were counted only up to")
    yield warned(
        "gif/endless comment.gif", gif(1)[:-1] + b"!\xfe" + (b"\xff" + bytes(255)) * 20_000 + b"\0;", "too long"
    )
    yield sound("gif/moving.gif", whole, _has_four_frames)
    yield sound("gif/no trailer.gif", whole[:-1], _has_four_frames)


def gif(frames: int) -> bytes:
    """A GIF of one pixel, over and over."""
    frame = b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b";"


def _tiff() -> Iterator[Case]:
    encoded = partial(build.encoded, format_="TIFF")
    black = (0x0111, 4, 1, 8)
    vast = (
        (0x100, 4, 1, 65535),
        (0x101, 4, 1, 65535),
        (0x102, 3, 1, 8 << 16),
        (0x103, 3, 1, 1 << 16),
        (0x106, 3, 1, 1 << 16),
    )
    yield failing("tiff/65535 x 65535.tif", tiff(directory(*vast, black)), Reason.TOO_LARGE)
    yield failing("tiff/pages in a loop.tif", tiff(directory((0x100, 4, 1, 8), after=8)), Reason.DAMAGED)
    yield failing("tiff/no directory.tif", b"MM\0*\xff\xff\xff\xf0", Reason.DAMAGED)
    yield failing("tiff/cut.tif", encoded(build.scene(400, 400))[:4000], Reason.TRUNCATED)
    big = encoded(build.scene(), big_tiff=True)
    whole = partial(int.to_bytes, length=8, byteorder="little")
    for number in (2**63, 2**62, 2**45):
        at = big[:8] + whole(number) + big[16:]
        yield failing(f"tiff/big, directory at {number}.tif", at, Reason.DAMAGED)
    many = big[:16] + whole(2**64 - 1) + big[24:]
    yield Case(name="tiff/big, of 2^64 entries.tif", made=many, warns=None)
    # An Exif directory and a maker's name that would begin beyond all disks.
    below = b"".join(struct.pack("<HHQQ", *entry) for entry in ((0x010F, 2, 50, 2**62), (0x8769, 18, 1, 2**62)))
    entries = big[24 : 24 + 20 * int.from_bytes(big[16:24], "little")]
    tags = _entries(entries + below)  # behind what Pillow needs: it ends where a value lies beyond the end
    yield Case(name="tiff/big, tags beyond the end.tif", made=_behind(big, tags), warns=None, finds=_has_thumbnail)
    for mode in ("L", "CMYK", "LAB", "I;16", "LA", "P", "F", "I", "1"):
        yield sound(f"tiff/in {mode.replace(';', '')}.tif", encoded(build.scene(mode=mode)), _has_thumbnail)
    yield sound("tiff/not a number.tif", encoded(Image.new("F", (64, 64), float("nan"))), _has_thumbnail)
    yield sound("tiff/infinite.tif", encoded(Image.new("F", (64, 64), float("inf"))), _has_thumbnail)


def _entries(raw: bytes) -> list[bytes]:
    return [raw[at : at + 20] for at in range(0, len(raw), 20)]


def _behind(big: bytes, entries: list[bytes]) -> bytes:
    """A BigTIFF with another directory, put at its end."""
    directory = struct.pack("<Q", len(entries)) + b"".join(entries) + bytes(8)
    return big[:8] + struct.pack("<Q", len(big)) + big[16:] + directory


def tiff(content: bytes) -> bytes:
    return b"MM\0*" + struct.pack(">I", 8) + content


def _bmp() -> Iterator[Case]:
    whole = build.encoded(build.scene(), "BMP")
    yield sound("bmp/whole.bmp", whole, _has_thumbnail)
    yield failing("bmp/cut.bmp", whole[:5000], Reason.TRUNCATED)
    yield failing("bmp/vast.bmp", whole[:18] + struct.pack("<ii", 2**31 - 1, 2**31 - 1) + whole[26:], Reason.TOO_LARGE)
    yield failing("bmp/below nothing.bmp", whole[:18] + struct.pack("<ii", -5, 8) + whole[26:], Reason.TOO_LARGE)


def _avif() -> Iterator[Case]:
    whole = build.encoded(build.scene(), "AVIF")
    yield from cuts("avif/cut.avif", whole)
    yield failing("avif/no pixels.avif", whole[:32], Reason.TRUNCATED)
    yield sound("avif/moving.avif", animation("AVIF"), _has_four_frames)
    yield failing("avif/noise.avif", whole[:40] + bytes(range(256)) * 4, Reason.TRUNCATED)


def _has_four_frames(outcome: Outcome) -> bool:
    return outcome.media["frames"] == 4 and outcome.has_thumbnail


def _has_thumbnail(outcome: Outcome) -> bool:
    return outcome.has_thumbnail and outcome.phash is not None
