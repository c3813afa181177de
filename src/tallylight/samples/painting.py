"""Pictures that look good as thumbnails: eight styles of generative art, painted from a random generator.

The same generator state paints the same picture, pixel for pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from tallylight.samples.fields import Field, Palette, clouds, colour, coordinates, palette, shade

_PAINTED_PIXELS = 300_000  #: larger pictures are painted at half size and enlarged


class Style(StrEnum):
    """What a picture shows."""

    PLASMA = "plasma"  #: warped waves of colour
    NEBULA = "nebula"  #: clouds and stars
    DUNES = "dunes"  #: ridges one behind the other under a low sun
    FLOW = "flow"  #: lines that follow a field
    BUBBLES = "bubbles"  #: packed circles
    RIDGES = "ridges"  #: stacked outlines of mountains
    MOSAIC = "mosaic"  #: stained glass
    TILES = "tiles"  #: quarter circles on a grid


#: Styles that pass for a photograph from some distance.
SCENES: Final = (Style.DUNES, Style.NEBULA, Style.RIDGES)


def paint(width: int, height: int, rng: np.random.Generator, style: Style | None = None) -> Image.Image:
    """Paint an RGB picture of exactly `width` x `height` pixels (16 or more each) in a style, by default a random
    one.
    """
    style = style or list(Style)[rng.integers(len(Style))]
    is_large = width * height > _PAINTED_PIXELS
    canvas = ((width + 1) // 2, (height + 1) // 2) if is_large else (width, height)
    picture = _PAINTERS[style](*canvas, rng, palette(rng))
    return picture.resize((width, height), Image.Resampling.BILINEAR) if is_large else picture


def _plasma(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    x, y = coordinates(width, height)
    warp = clouds(width, height, rng, octaves=4)
    turns, tilt = rng.uniform(3, 9), rng.uniform(-1, 1)
    waves = np.sin(turns * (x + tilt * y) + 6 * warp) + np.sin(turns * 0.7 * (y - tilt * x) + 4 * warp)
    return colour((waves / 4 + 0.5).astype(np.float32), colours)


def _nebula(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    gas = clouds(width, height, rng, coarsest=3) ** 2
    gas += _glow(width, height, rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), 0.35) * 0.5
    count = width * height // 1500
    gas[rng.integers(height, size=count), rng.integers(width, size=count)] += 0.3 + rng.random(count, dtype=np.float32)
    return colour(gas, colours)


def _dunes(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    _, y = coordinates(width, height)
    longest = height / min(width, height)
    horizon = rng.uniform(0.35, 0.5)
    sky = np.broadcast_to(0.55 + 0.4 * y / longest, (height, width)).astype(np.float32)
    sky += _glow(width, height, rng.uniform(0.2, 0.8), horizon - 0.08, 0.12) * 0.6
    layers = 6
    for layer in range(layers):
        crest = horizon + layer * (1 - horizon) / layers + 0.09 * _crest(width, 2 + layer, rng)
        sky = np.where(y / longest > crest, np.float32(0.5 - 0.085 * layer), sky)
    return colour(sky, colours)


def _crest(width: int, hills: int, rng: np.random.Generator) -> Field:
    """The outline of a ridge, about −1…1, with some roughness; shape (1, width)."""
    x = np.linspace(0, 6.28 * hills, width, dtype=np.float32)[None, :]
    waves = ((0.3, 0.6), (0.8, 0.3), (2.3, 0.1), (6.1, 0.04))
    outline = sum(share * np.sin(x * turns + rng.uniform(0, 6.28)) for turns, share in waves)
    return np.asarray(outline, dtype=np.float32)


def _flow(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    picture = Image.new("RGB", (width, height), shade(colours, 0.05))
    angles = clouds(width, height, rng, octaves=2) * np.float32(rng.uniform(6, 14))
    stride = min(width, height) / 100
    thickness = max(1, min(width, height) // 150)
    pen = ImageDraw.Draw(picture)
    for line, brightness in zip(_streamlines(angles, rng, stride), rng.uniform(0.25, 1, 400), strict=False):
        pen.line(line, fill=shade(colours, brightness), width=thickness)
    return picture


def _streamlines(angles: Field, rng: np.random.Generator, stride: float) -> list[list[float]]:
    """400 polylines of 24 points, each as x, y, x, y, …"""
    height, width = angles.shape
    at = rng.random((400, 2)) * (width, height)
    path = [at]
    for _ in range(23):
        rows = np.clip(at[:, 1], 0, height - 1).astype(np.intp)
        columns = np.clip(at[:, 0], 0, width - 1).astype(np.intp)
        heading = angles[rows, columns]
        at = at + stride * np.stack([np.cos(heading), np.sin(heading)], axis=1)
        path.append(at)
    lines: list[list[float]] = np.stack(path, axis=1).reshape(len(at), -1).tolist()
    return lines


def _bubbles(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    _, y = coordinates(width, height)
    background = np.broadcast_to(0.05 + 0.2 * y / float(y[-1, 0]), (height, width)).astype(np.float32)
    picture = colour(background, colours)
    pen = ImageDraw.Draw(picture)
    for x_at, y_at, radius in _packed(width, height, rng):
        brightness = rng.uniform(0.3, 0.95)
        for share, lift in ((1.0, 0.0), (0.72, 0.06), (0.4, 0.13)):
            shift = (1 - share) * radius * 0.4
            _disc(pen, x_at - shift, y_at - shift, radius * share, shade(colours, brightness + lift))
    return picture


def _packed(width: int, height: int, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Circles (x, y, radius) that do not overlap: each as large as its place allows, within bounds."""
    shorter = min(width, height)
    kept = np.empty((0, 3))
    for x_at, y_at in rng.random((300, 2)) * (width, height):
        gaps = np.hypot(kept[:, 0] - x_at, kept[:, 1] - y_at) - kept[:, 2]
        radius = min(float(gaps.min(initial=shorter)), shorter * 0.16)
        if radius > shorter * 0.012:
            kept = np.vstack([kept, (x_at, y_at, radius * 0.96)])
    return [(x_at, y_at, radius) for x_at, y_at, radius in kept.tolist()]


def _disc(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: tuple[int, int, int]) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _ridges(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    picture = Image.new("RGB", (width, height), shade(colours, 0.03))
    pen = ImageDraw.Draw(picture)
    relief = clouds(64, 36, rng, coarsest=4, octaves=3) ** 3
    hill = np.exp(-(((np.linspace(-1, 1, 64) - rng.uniform(-0.3, 0.3)) / 0.45) ** 2))
    columns = np.linspace(0, width, 64)
    thickness = max(1, min(width, height) // 250)
    for row in range(36):
        base = height * (0.14 + 0.82 * row / 36)
        line = list(zip(columns.tolist(), (base - relief[row] * hill * height * 0.45).tolist(), strict=True))
        pen.polygon([*line, (width, height), (0, height)], fill=shade(colours, 0.04 + 0.2 * row / 36))
        pen.line(line, fill=shade(colours, 0.6 + 0.4 * row / 36), width=thickness)
    return picture


def _mosaic(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    x, y = coordinates(width, height)
    nearest = np.full((height, width), np.inf, dtype=np.float32)
    second = nearest.copy()
    glass = np.zeros((height, width), dtype=np.float32)
    for x_at, y_at, brightness in rng.random((36, 3)) * (float(x[0, -1]), float(y[-1, 0]), 0.7):
        distance = (x - np.float32(x_at)) ** 2 + (y - np.float32(y_at)) ** 2
        glass = np.where(distance < nearest, np.float32(0.25 + brightness), glass)
        second = np.minimum(second, np.maximum(nearest, distance))
        nearest = np.minimum(nearest, distance)
    lead = np.clip((np.sqrt(second) - np.sqrt(nearest)) * 40, 0, 1)
    return colour(glass * lead, colours)


def _tiles(width: int, height: int, rng: np.random.Generator, colours: Palette) -> Image.Image:
    picture = Image.new("RGB", (width, height), shade(colours, 0.1))
    pen = ImageDraw.Draw(picture)
    side = min(width, height) / int(rng.integers(4, 8))
    for top in np.arange(0, height, side).tolist():
        for left in np.arange(0, width, side).tolist():
            _tile(pen, left, top, side, rng, colours)
    return picture


def _tile(
    pen: ImageDraw.ImageDraw, left: float, top: float, side: float, rng: np.random.Generator, colours: Palette
) -> None:
    corner = int(rng.integers(4))
    x, y = left + side * (corner in {1, 2}), top + side * (corner in {2, 3})
    pen.rectangle((left, top, left + side, top + side), fill=shade(colours, rng.uniform(0.05, 1)))
    for share in (1.0, 0.66, 0.33):
        reach = side * share
        box = (x - reach, y - reach, x + reach, y + reach)
        # A quarter circle about the corner: pieslice counts its degrees clockwise from three o'clock.
        pen.pieslice(box, corner * 90, corner * 90 + 90, fill=shade(colours, rng.uniform(0.1, 1)))


def _glow(width: int, height: int, x_at: float, y_at: float, reach: float) -> Field:
    """A soft light about a place given as shares of width and height."""
    x, y = coordinates(width, height)
    distance = (x - x_at * float(x[0, -1])) ** 2 + (y - y_at * float(y[-1, 0])) ** 2
    return np.exp(-distance / np.float32(reach**2))


_PAINTERS: Final[Mapping[Style, Callable[[int, int, np.random.Generator, Palette], Image.Image]]] = {
    Style.PLASMA: _plasma,
    Style.NEBULA: _nebula,
    Style.DUNES: _dunes,
    Style.FLOW: _flow,
    Style.BUBBLES: _bubbles,
    Style.RIDGES: _ridges,
    Style.MOSAIC: _mosaic,
    Style.TILES: _tiles,
}
