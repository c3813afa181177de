"""The perceptual hash."""

from __future__ import annotations

import io
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, distance

from tallylight.ingest.extract.phash import phash


def test_known_hashes() -> None:
    """As ImageHash 4.3.2 gives them."""
    y, x = np.mgrid[0:32, 0:32]
    assert phash(Image.fromarray(((x * 7 + y * 3) % 256).astype(np.uint8))) == "94294a5569baeb56"
    assert phash(Image.fromarray(((x * y + 3 * x) % 251).astype(np.uint8))) == "801f3873666d6b5a"


def blobs(seed: int) -> Image.Image:
    rough = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((240, 180), Image.Resampling.BICUBIC)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.3, 2.5))
def test_stable_under_resizing(seed: int, scale: float) -> None:
    image = blobs(seed)
    other = image.resize((round(240 * scale), round(180 * scale)), Image.Resampling.BICUBIC)
    assert distance(phash(image), phash(other)) <= 6


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_other_pictures_differ(seed: int) -> None:
    assert distance(phash(blobs(seed)), phash(blobs(seed + 1))) >= 10


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_sixteen_hex_digits_for_every_small_mode(mode: str) -> None:
    assert len(phash(build.scene(mode=mode))) == 16
    assert len(phash(Image.new(mode, (1, 1)))) == 16


PHOTOS = Path(__file__).parent / "photos"
IMAGEHASH: dict[str, str] = json.loads((PHOTOS / "imagehash.json").read_text())


@pytest.mark.parametrize("name", IMAGEHASH)
def test_photographs_hash_as_imagehash_has_them(folder: Folder, name: str) -> None:
    """By `phash` of the whole picture, upright. Ours is of a reduced decode, so it may differ in two bits."""
    data = (PHOTOS / name).read_bytes()
    whole = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert phash(whole) == IMAGEHASH[name]
    for outcome in (
        folder.outcome(name, data),
        folder.outcome(name, pixel_hash=True),
        folder.outcome(name, detect_nsfw=True),
        folder.outcome("a.png", build.png(image=whole)),
        folder.outcome("a.webp", build.encoded(whole, "WEBP", quality=95)),
    ):
        assert distance(outcome.phash or "", IMAGEHASH[name]) <= 2


def test_photographs_are_told_apart(folder: Folder) -> None:
    for one, other in combinations(IMAGEHASH.values(), 2):
        assert distance(one, other) >= 16


@pytest.mark.parametrize("name", IMAGEHASH)
def test_a_copy_that_was_made_smaller_and_packed_harder_is_near(folder: Folder, name: str) -> None:
    copy = ImageOps.exif_transpose(Image.open(PHOTOS / name))
    copy.thumbnail((320, 320))
    outcome = folder.outcome("a.jpg", build.encoded(copy, "JPEG", quality=40))
    assert distance(outcome.phash or "", IMAGEHASH[name]) <= 6
