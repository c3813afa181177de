from __future__ import annotations

from io import BytesIO

import av
import av.error
import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile

from tallylight.samples.clips import clip_bytes
from tallylight.samples.damage import EMPTY, ERROR_PAGE, cut, with_broken_idat, without_moov
from tallylight.samples.encode import jpeg_bytes, png_bytes
from tallylight.samples.painting import Style, paint


@pytest.fixture(scope="module")
def painting() -> Image.Image:
    return paint(128, 128, np.random.default_rng(1), Style.BUBBLES)


def test_a_cut_jpeg_has_a_header_but_not_all_pixels(painting: Image.Image) -> None:
    with Image.open(BytesIO(cut(jpeg_bytes(painting)))) as read:
        assert read.size == (128, 128)
        with pytest.raises(OSError, match="truncated"):
            read.load()


def test_a_broken_png_is_whole_but_does_not_decode(painting: Image.Image) -> None:
    whole = png_bytes(painting, {"parameters": "hills"})
    broken = with_broken_idat(whole)
    assert len(broken) == len(whole)
    with Image.open(BytesIO(broken)) as read:
        assert isinstance(read, PngImageFile)
        with pytest.raises(OSError, match="data stream"):
            read.load()
    with Image.open(BytesIO(broken)) as checked:
        checked.verify()  # every CRC is right


def test_a_png_without_pixels_cannot_be_broken() -> None:
    with pytest.raises(ValueError, match="not found"):
        with_broken_idat(b"\x89PNG")


def test_a_recording_without_its_index_does_not_open() -> None:
    with pytest.raises(av.error.InvalidDataError):
        av.open(BytesIO(without_moov(clip_bytes(0.4, width=64, height=48))))


def test_only_an_mp4_has_an_index() -> None:
    with pytest.raises(ValueError, match="no moov"):
        without_moov(b"not a film")


@pytest.mark.parametrize("content", [EMPTY, ERROR_PAGE])
def test_some_files_are_no_picture_at_all(content: bytes) -> None:
    with pytest.raises(UnidentifiedImageError):
        Image.open(BytesIO(content))
