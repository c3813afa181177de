"""The good pictures of the archive: four kinds, each named and written as its tool does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import numpy as np
from PIL import Image

from tallylight.samples.a1111 import a1111_parameters
from tallylight.samples.camera import Shot, as_the_sensor_saw, camera_exif, comment_exif
from tallylight.samples.comfy import comfy_graph
from tallylight.samples.encode import jpeg_bytes, png_bytes, webp_bytes
from tallylight.samples.painting import SCENES, Style, paint
from tallylight.samples.piece import Kind, Piece
from tallylight.samples.recipes import Recipe, recipe

#: Most are small: building the archive should take a moment, not a minute.
_SIZES: Final = (*[(512, 512)] * 11, (768, 1152), (1152, 768), (1024, 1024))
_CAMERA_SIZE: Final = (1200, 800)
#: Names people give by hand, instead of the tool's own.
_OWN_NAMES: Final = {3: "sunset 🌅 over the hills.png", 5: 'it\'s "final" (v2).png', 8: "夜の色.png"}
_CAMERAS: Final = (
    ("FUJIFILM", "X-T5", "DSCF{:04}.JPG"),
    ("Canon", "Canon EOS R8", "IMG_{:04}.JPG"),
    ("Google", "Pixel 8", "PXL_{:04}.jpg"),
)
_ORIENTATIONS: Final = (1, 6, 1, 8, 3)


@dataclass(frozen=True, slots=True)
class _Trip:
    folder: str
    start: datetime
    offset: str | None = None
    place: tuple[float, float] | None = None


_TRIPS: Final = (
    _Trip("2024-06 Lisbon", datetime(2024, 6, 11, 9, 30), "+01:00", (38.7139, -9.1334)),  # noqa: DTZ001 (local time)
    _Trip("2023-12 Winter Market", datetime(2023, 12, 16, 17, 5)),  # noqa: DTZ001
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One painting: what it shows, and where its randomness comes from."""

    seed: int  #: of the archive
    number: int  #: within the archive, from 1
    style: Style
    width: int
    height: int

    def generator(self, purpose: int) -> np.random.Generator:
        """A generator of its own for each purpose, so that no picture depends on another."""
        return np.random.default_rng([self.seed, self.number, purpose])

    def recipe(self) -> Recipe:
        """What it was asked for; now and then in a script that is not Latin."""
        return recipe(self.style, self.width, self.height, self.generator(1), world=self.number % 12 == 7)

    def painted(self) -> Image.Image:
        return paint(self.width, self.height, self.generator(2), self.style)


def pictures(seed: int, count: int) -> Iterator[Piece]:
    """So many good pictures: about half A1111, a quarter ComfyUI, the rest camera and exports."""
    number = 0
    for kind, share in shares(count).items():
        for place in range(share):
            number += 1
            yield _MAKERS[kind](place, _picture(seed, number, kind))


def shares(count: int) -> Mapping[Kind, int]:
    """How many pictures of each kind."""
    others = {Kind.COMFYUI: count // 4, Kind.EXPORT: count // 10, Kind.CAMERA: count * 3 // 20}
    return {Kind.A1111: count - sum(others.values()), **others}


def _picture(seed: int, number: int, kind: Kind) -> Picture:
    rng = np.random.default_rng([seed, number, 0])
    styles = SCENES if kind is Kind.CAMERA else tuple(Style)
    width, height = _CAMERA_SIZE if kind is Kind.CAMERA else _SIZES[rng.integers(len(_SIZES))]
    return Picture(seed=seed, number=number, style=styles[rng.integers(len(styles))], width=width, height=height)


def _a1111(place: int, picture: Picture) -> Piece:
    name = _OWN_NAMES.get(place, f"{place:05}-{picture.recipe().seed}.png")
    return Piece(path=f"day_{place // 4 % 3 + 1}/{name}", kind=Kind.A1111, make=partial(_a1111_png, picture))


def _a1111_png(picture: Picture) -> bytes:
    return png_bytes(picture.painted(), {"parameters": a1111_parameters(picture.recipe())})


def _comfyui(place: int, picture: Picture) -> Piece:
    folder = "comfy/portrait" if picture.height > picture.width else "comfy"
    return Piece(path=f"{folder}/ComfyUI_{place + 1:05}_.png", kind=Kind.COMFYUI, make=partial(_comfyui_png, picture))


def _comfyui_png(picture: Picture) -> bytes:
    # ComfyUI's seeds have 64 bits: more than a number in JavaScript can hold.
    seed = int(picture.generator(3).integers(2**64, dtype=np.uint64))
    graph = comfy_graph(replace(picture.recipe(), seed=seed))
    return png_bytes(picture.painted(), {"prompt": json.dumps(graph.prompt), "workflow": json.dumps(graph.workflow)})


def _export(place: int, picture: Picture) -> Piece:
    suffix, encode = ("webp", webp_bytes) if place % 2 else ("jpg", jpeg_bytes)
    path = f"exports/for the web/{picture.style} {place + 1:02}.{suffix}"
    return Piece(path=path, kind=Kind.EXPORT, make=partial(_exported, picture, encode))


def _exported(picture: Picture, encode: Callable[[Image.Image, Image.Exif], bytes]) -> bytes:
    return encode(picture.painted(), comment_exif(a1111_parameters(picture.recipe())))


def _camera(place: int, picture: Picture) -> Piece:
    trip = _TRIPS[place % len(_TRIPS)]
    make, model, name = _CAMERAS[place % len(_CAMERAS)]
    shot = Shot(
        make=make,
        model=model,
        taken=trip.start + timedelta(minutes=19 * place),
        offset=trip.offset,
        orientation=_ORIENTATIONS[place % len(_ORIENTATIONS)],
        place=trip.place if place == 0 else None,
    )
    path = f"camera/{trip.folder}/{name.format(2041 + 7 * place)}"
    return Piece(path=path, kind=Kind.CAMERA, make=partial(_photograph, picture, shot))


def _photograph(picture: Picture, shot: Shot) -> bytes:
    return jpeg_bytes(as_the_sensor_saw(picture.painted(), shot.orientation), camera_exif(shot))


_MAKERS: Final[Mapping[Kind, Callable[[int, Picture], Piece]]] = {
    Kind.A1111: _a1111,
    Kind.COMFYUI: _comfyui,
    Kind.EXPORT: _export,
    Kind.CAMERA: _camera,
}
