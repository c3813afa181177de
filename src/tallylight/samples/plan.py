"""Every file of the sample archive. Pure and quick: nothing is painted until a piece's `make` is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from PIL import Image

from tallylight.model import Reason
from tallylight.samples import damage
from tallylight.samples.a1111 import a1111_parameters
from tallylight.samples.clips import clip_bytes
from tallylight.samples.encode import jpeg_bytes, png_bytes
from tallylight.samples.painting import Style, paint
from tallylight.samples.pictures import pictures
from tallylight.samples.piece import Kind, Piece
from tallylight.samples.recipes import recipe
from tallylight.samples.sidecars import BROKEN_SIDECAR, sidecar_bytes, sidecar_path

_SCORES: Final = (5, 3, 4, 2, 0, 5, 1, -1, 4, 3)
_NOTES: Final = b"Samples made by Tallylight. Delete this folder whenever you like.\n"


def plan(seed: int, count: int) -> list[Piece]:
    """The files of an archive with `count` good pictures, besides their duplicates. Same arguments, same files."""
    good = [_scored(place, piece) for place, piece in enumerate(pictures(seed, count))]
    return [*good, *_sidecars(good), *_duplicates(good), *_clips(seed), *_damaged(seed), *_ignored(seed)]


def _scored(place: int, piece: Piece) -> Piece:
    """Every third picture has a score."""
    turn, rest = divmod(place, 3)
    if rest:
        return piece
    score = _SCORES[turn % len(_SCORES)]
    return replace(piece, score=score, favourite=score == 5 or (score == 4 and turn % 4 == 0))


def _sidecars(good: Sequence[Piece]) -> Iterator[Piece]:
    for piece in good:
        if piece.score is not None:
            make = partial(sidecar_bytes, piece.path, piece.score, favourite=piece.favourite)
            yield Piece(path=sidecar_path(piece.path), kind=Kind.SIDECAR, make=make)
    for piece in good[1:2]:
        yield Piece(path=sidecar_path(piece.path), kind=Kind.SIDECAR, make=lambda: BROKEN_SIDECAR)


def _duplicates(good: Sequence[Piece]) -> Iterator[Piece]:
    for original in good[:: max(1, len(good) // 4)][:4]:
        path = f"unsorted/Copy of {PurePosixPath(original.path).name}"
        yield Piece(path=path, kind=Kind.DUPLICATE, make=original.make)


def _clips(seed: int) -> Iterator[Piece]:
    prompt = a1111_parameters(recipe(Style.PLASMA, 480, 270, np.random.default_rng([seed, 1_000_001])))
    clips: tuple[tuple[str, str, str, int, int, dict[str, str]], ...] = (
        ("clips/loop_0001.mp4", "mpeg4", "mp4", 480, 270, {"title": "Loop", "comment": prompt}),
        ("clips/orbit.mp4", "mpeg4", "mp4", 320, 240, {"title": "Orbit"}),
        ("clips/drift.webm", "libvpx-vp9", "webm", 480, 270, {"title": "Drift"}),
        ("clips/upright 📱.webm", "libvpx", "webm", 270, 480, {}),
        ("clips/2024/Balloon Ride.MOV", "mpeg4", "mov", 640, 360, {"title": "Balloon ride"}),
    )
    for number, (path, codec, container, width, height, tags) in enumerate(clips, start=1):
        make = partial(_clip, [seed, 1_000_001, number], codec, container, width, height, tags)
        yield Piece(path=path, kind=Kind.CLIP, make=make)


def _clip(seeds: list[int], codec: str, container: str, width: int, height: int, tags: dict[str, str]) -> bytes:
    rng = np.random.default_rng(seeds)
    seconds = float(rng.integers(4, 7)) / 2
    return clip_bytes(seconds, codec, container, tags, width=width, height=height, rng=rng)


def _damaged(seed: int) -> Iterator[Piece]:
    files = (
        ("unsorted/empty.png", Reason.EMPTY, lambda: damage.EMPTY),
        ("unsorted/half a photo.jpg", Reason.TRUNCATED, lambda: damage.cut(jpeg_bytes(_spoiled(seed)))),
        ("unsorted/page not found.jpg", Reason.UNSUPPORTED, lambda: damage.ERROR_PAGE),
        ("unsorted/scratched.png", Reason.DAMAGED, lambda: damage.with_broken_idat(png_bytes(_spoiled(seed)))),
        ("clips/battery died.mp4", Reason.TRUNCATED, lambda: damage.without_moov(clip_bytes(1, rng=_generator(seed)))),
    )
    for path, reason, make in files:
        yield Piece(path=path, kind=Kind.DAMAGED, make=make, failure=reason)


def _ignored(seed: int) -> Iterator[Piece]:
    yield Piece(path="notes.txt", kind=Kind.IGNORED, make=lambda: _NOTES)
    yield Piece(path="day_1/.thumbnails/00000.png", kind=Kind.IGNORED, make=lambda: png_bytes(_spoiled(seed)))


def _spoiled(seed: int) -> Image.Image:
    return paint(256, 256, _generator(seed), Style.BUBBLES)


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 1_000_002])
