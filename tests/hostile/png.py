"""Hostile PNGs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from tests.hostile.case import Case, cuts, failing, sound, warned
from tests.ingest.extract import build
from tests.ingest.extract.build import chunk, with_chunks

from tallylight.model import Outcome, Reason

_A1111 = "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler, Seed: 1"


def cases() -> list[Case]:
    return [*_structure(), *_texts(), *_pixels(), *cuts("png/cut.png", build.png({"parameters": _A1111}))]


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def zeros(megabytes: int) -> bytes:
    """So many zeros, packed a thousandfold: one megabyte's block, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (megabytes << 20) % 65521 << 16 | 1  # Adler-32 of nothing but zeros
    return b"\x78\xda" + block * megabytes + b"\3\0" + struct.pack(">I", checksum)


def many_frames(count: int) -> bytes:
    """An APNG of one pixel, over and over."""
    pixels = zlib.compress(b"\0\1\2\3")
    parts = [header(1, 1), chunk(b"acTL", struct.pack(">II", count, 0)), _control(0), chunk(b"IDAT", pixels)]
    for number in range(1, count):
        parts += [_control(2 * number - 1), chunk(b"fdAT", struct.pack(">I", 2 * number) + pixels)]
    return png(*parts)


def _control(sequence: int) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, 1, 1, 0, 0, 1, 25, 0, 0))


def _structure() -> Iterator[Case]:
    whole = build.png()
    yield failing("png/one byte.png", b"\x89", Reason.UNSUPPORTED)
    yield failing("png/signature alone.png", whole[:8], Reason.TRUNCATED)
    yield failing("png/no end.png", whole[:-12], Reason.TRUNCATED)
    yield failing("png/endless chunk.png", whole[:33] + b"\xff\xff\xff\xfftEXt" + whole[33:], Reason.TRUNCATED)
    yield warned("png/end of zeros.png", whole[:-12] + bytes(4096), "no PNG chunk begins at")
    yield failing("png/no header.png", png(chunk(b"IDAT", zlib.compress(b"\0"))), Reason.DAMAGED)
    yield failing("png/no pixels.png", png(header(8, 8)), Reason.DAMAGED)
    yield failing("png/noise for pixels.png", png(header(8, 8), chunk(b"IDAT", b"\xff" * 60)), Reason.DAMAGED)
    yield failing("png/size 0.png", png(header(0, 0), chunk(b"IDAT", zlib.compress(b"\0"))), Reason.DAMAGED)
    yield warned("png/bad checksum.png", with_chunks(whole, chunk(b"tIME", b"1234567", checksum=7)), "wrong checksum")
    yield warned("png/many chunks.png", with_chunks(whole, *[chunk(b"prVt", b"")] * 200_000, at_end=True), "more than")
    yield sound("png/rest.png", whole + b"<script>alert(1)</script>" * 1000)
    yield warned("png/a photograph.png", build.encoded(build.scene(), "JPEG"), "is a JPEG")
    yield failing("png/a page.png", b"<!doctype html><title>404</title>", Reason.UNSUPPORTED)


def _texts() -> Iterator[Case]:
    whole = build.png()
    bomb = zeros(1024)
    inflates = "inflates to more than"
    yield sound("png/text at the end.png", with_chunks(whole, _text("parameters", _A1111), at_end=True), _is_a_cat)
    yield warned(
        "png/many texts.png", with_chunks(whole, *(_text(f"k{n}", "v") for n in range(10_000))), "only the first"
    )
    yield sound(
        "png/one key twice.png", with_chunks(whole, _text("parameters", _A1111), _text("parameters", "x")), _is_a_cat
    )
    yield warned("png/bomb of zTXt.png", with_chunks(whole, chunk(b"zTXt", b"workflow\0\0" + bomb)), inflates)
    yield warned("png/bomb of iTXt.png", with_chunks(whole, chunk(b"iTXt", b"prompt\0\1\0\0\0" + bomb)), inflates)
    yield sound("png/bomb of a profile.png", with_chunks(whole, chunk(b"iCCP", b"p\0\0" + bomb)))
    yield warned("png/noise for zTXt.png", with_chunks(whole, chunk(b"zTXt", b"prompt\0\0noise")), "damaged zlib data")
    yield warned("png/long chunk.png", with_chunks(whole, _text("workflow", "x" * (17 << 20))), "was skipped")
    yield warned("png/long profile.png", with_chunks(whole, chunk(b"eXIf", bytes(17 << 20))), "was skipped")
    yield sound("png/NUL in a text.png", with_chunks(whole, chunk(b"tEXt", b"parameters\0a\0c\0a\0t")))
    yield sound("png/key of 3000.png", with_chunks(whole, _text("k" * 3000, "v")))
    yield warned("png/no key.png", with_chunks(whole, chunk(b"tEXt", b"words")), "has no keyword")


def _pixels() -> Iterator[Case]:
    black = zlib.compress(bytes(100))
    yield failing("png/65535 x 65535.png", png(header(65535, 65535), chunk(b"IDAT", black)), Reason.TOO_LARGE)
    yield failing(
        "png/50k x 50k of one bit.png", png(header(50_000, 50_000, 1, 0), chunk(b"IDAT", black)), Reason.TOO_LARGE
    )
    yield failing("png/2^31 x 2^31.png", png(header(2**31 - 1, 2**31 - 1), chunk(b"IDAT", black)), Reason.TOO_LARGE)
    yield sound("png/1 x 20000.png", build.png(image=build.scene(1, 20_000)), _has_thumbnail)
    yield sound("png/20000 x 1.png", build.png(image=build.scene(20_000, 1)), _has_thumbnail)
    yield sound("png/100k frames.png", many_frames(99_000), lambda outcome: outcome.media["frames"] == 99_000)
    yield warned("png/too many frames.png", many_frames(100_500), "more than")
    yield sound(
        "png/palette with a clear colour.png", build.png(image=build.scene(mode="P"), transparency=3), _has_thumbnail
    )
    yield sound("png/16 bits of grey.png", build.png(image=build.scene(mode="I;16")), _has_thumbnail)
    yield sound("png/grey with alpha.png", build.png(image=build.scene(mode="LA")), _has_thumbnail)
    # More rows than the header tells of: 1 GB of them. A decoder that went on would be at it for seconds.
    yield sound("png/more pixels than told.png", png(header(8, 8), chunk(b"IDAT", zeros(1024))), _has_thumbnail)


def _text(key: str, text: str) -> bytes:
    return chunk(b"tEXt", key.encode("latin-1") + b"\0" + text.encode("latin-1"))


def _is_a_cat(outcome: Outcome) -> bool:
    return outcome.generation.get("prompt") == "a cat"


def _has_thumbnail(outcome: Outcome) -> bool:
    return outcome.has_thumbnail and outcome.phash is not None
