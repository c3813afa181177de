from __future__ import annotations

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngImageFile

from tallylight.samples.pictures import pictures, shares
from tallylight.samples.piece import Kind, Piece


@pytest.fixture(scope="module")
def made() -> dict[Kind, list[Piece]]:
    found: dict[Kind, list[Piece]] = {}
    for piece in pictures(1, 60):
        found.setdefault(piece.kind, []).append(piece)
    return found


@given(st.integers(0, 100_000))
def test_the_shares_add_up(count: int) -> None:
    found = shares(count)
    assert sum(found.values()) == count
    assert min(found.values()) >= 0


def test_a1111_pictures_carry_parameters_and_lifelike_names(made: dict[Kind, list[Piece]]) -> None:
    with Image.open(BytesIO(made[Kind.A1111][0].make())) as read:
        assert isinstance(read, PngImageFile)
        assert "\nSteps: " in read.text["parameters"]
        seed = made[Kind.A1111][0].path.removesuffix(".png").rpartition("-")[2]
        assert f"Seed: {seed}," in read.text["parameters"]
    paths = [piece.path for piece in made[Kind.A1111]]
    assert {path.split("/")[0] for path in paths} == {"day_1", "day_2", "day_3"}
    assert any("🌅" in path for path in paths)
    assert any('"' in path and "'" in path for path in paths)


def test_comfyui_pictures_carry_both_graphs(made: dict[Kind, list[Piece]]) -> None:
    with Image.open(BytesIO(made[Kind.COMFYUI][0].make())) as read:
        assert isinstance(read, PngImageFile)
        sampler = json.loads(read.text["prompt"])["3"]
        assert sampler["class_type"] == "KSampler"
        assert sampler["inputs"]["seed"] > 2**53
        assert json.loads(read.text["workflow"])["version"] == 0.4


def test_exports_carry_parameters_in_exif(made: dict[Kind, list[Piece]]) -> None:
    for piece, kind in zip(made[Kind.EXPORT][:2], ("JPEG", "WEBP"), strict=True):
        with Image.open(BytesIO(piece.make())) as read:
            assert read.format == kind
            comment = read.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
            assert "Steps: " in comment.removeprefix(b"UNICODE\0").decode("utf-16-be")


def test_camera_pictures_have_every_orientation_and_one_place(made: dict[Kind, list[Piece]]) -> None:
    orientations, places = set(), 0
    for piece in made[Kind.CAMERA]:
        with Image.open(BytesIO(piece.make())) as read:
            exif = read.getexif()
            orientations.add(exif[ExifTags.Base.Orientation])
            places += bool(exif.get_ifd(ExifTags.IFD.GPSInfo))
            assert ExifTags.Base.DateTimeOriginal in exif.get_ifd(ExifTags.IFD.Exif)
    assert orientations == {1, 3, 6, 8}
    assert places == 1
    assert any(piece.path.endswith(".JPG") for piece in made[Kind.CAMERA])
