from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngImageFile

from tallylight.samples.camera import comment_exif
from tallylight.samples.encode import jpeg_bytes, png_bytes, webp_bytes
from tallylight.samples.painting import Style, paint


@pytest.fixture(scope="module")
def painting() -> Image.Image:
    return paint(96, 64, np.random.default_rng(1), Style.PLASMA)


def test_a_png_keeps_pixels_and_texts(painting: Image.Image) -> None:
    texts = {"parameters": "hills,\nmist", "prompt": '{"1": "夕暮れ"}'}
    png = png_bytes(painting, texts)
    assert b"tEXtparameters" in png
    assert b"iTXtprompt" in png
    with Image.open(BytesIO(png)) as read:
        assert isinstance(read, PngImageFile)
        assert read.text == texts
        assert read.tobytes() == painting.tobytes()


def test_a_png_without_texts(painting: Image.Image) -> None:
    assert b"Xt" not in png_bytes(painting)[:60]


def test_jpeg_and_webp_keep_a_comment_in_any_script(painting: Image.Image) -> None:
    for content, kind in (
        (jpeg_bytes(painting, comment_exif("霧")), "JPEG"),
        (webp_bytes(painting, comment_exif("霧")), "WEBP"),
    ):
        with Image.open(BytesIO(content)) as read:
            assert read.format == kind
            comment = read.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
            assert comment == b"UNICODE\0" + "霧".encode("utf-16-be")


def test_no_exif_unless_given(painting: Image.Image) -> None:
    for content in (jpeg_bytes(painting), webp_bytes(painting)):
        with Image.open(BytesIO(content)) as read:
            assert not read.getexif()
