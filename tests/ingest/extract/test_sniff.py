"""Formats by their first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.extract import build

from tallylight.ingest.extract.sniff import AVIF, MATROSKA, MOV, MP4, WEBM, mismatch, other_name, sniff


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_images(format_: str) -> None:
    kind = sniff(build.encoded(build.scene(), format_)[:4096])
    assert kind is not None
    assert (kind.type, kind.format) == ("image", format_.lower())
    assert mismatch(f".{format_}", kind) == ""


@pytest.mark.parametrize(
    ("head", "format_"),
    [
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "mov"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0heic", "heic"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0M4A ", None),
        (b"II+\0\x08\0\0\0", "tiff"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"BMW is a make of cars", None),
        (b"", None),
    ],
)
def test_heads(head: bytes, format_: str | None) -> None:
    kind = sniff(head)
    assert (kind and kind.format) == format_


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b'{"a": 1}', "a JSON text"),
        (b"hello", ""),
    ],
)
def test_names_of_others(head: bytes, name: str) -> None:
    assert other_name(head) == name


def test_families_share_their_endings() -> None:
    assert [mismatch(suffix, MP4) for suffix in (".mp4", ".M4V", ".mov")] == ["", "", ""]
    assert [mismatch(suffix, MOV) for suffix in (".mov", ".mp4")] == ["", ""]
    assert [mismatch(suffix, WEBM) for suffix in (".webm", ".mkv")] == ["", ""]
    assert mismatch(".webm", MATROSKA) == "named .webm but is a Matroska"
    assert mismatch(".jpg", AVIF) == "named .jpg but is an AVIF"


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_never_raises(head: bytes) -> None:
    sniff(head)
    sniff(b"\0\0\0\x20ftyp" + head)
    other_name(head)
