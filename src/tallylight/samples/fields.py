"""Scalar fields and palettes: what the painters mix their pictures from.

A field is a float32 array of shape (height, width) with values 0…1. A palette is a uint8 array of shape (256, 3),
dark to bright.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

Field = NDArray[np.float32]
Palette = NDArray[np.uint8]

_STOPS: Final = (
    ("#0b1026", "#2b2d6e", "#7a3b8f", "#e2637f", "#ffd9a0"),  # dusk
    ("#04121a", "#0b4f6c", "#01baef", "#9be8e0", "#fbfbf2"),  # lagoon
    ("#1a0b05", "#5c1a0e", "#c8451b", "#f6a437", "#fff3c4"),  # ember
    ("#07130c", "#1d4d35", "#4f9d69", "#b7d968", "#f9f4d4"),  # moss
    ("#120a2a", "#3f1b78", "#8b3fd1", "#f06ccf", "#ffe0f4"),  # orchid
    ("#0d1117", "#27374d", "#526d82", "#9db2bf", "#f1f5f7"),  # slate
    ("#1b1a17", "#5a3e2b", "#a47148", "#d9b08c", "#f7ede2"),  # clay
    ("#10002b", "#004e64", "#00a5cf", "#f9c80e", "#ff5d5d"),  # carnival
)


def palette(rng: np.random.Generator) -> Palette:
    """One of the palettes, chosen by `rng`."""
    colours = np.array([ImageColor.getrgb(stop) for stop in _STOPS[rng.integers(len(_STOPS))]], dtype=np.float32)
    places = np.linspace(0, len(colours) - 1, 256)
    steps = np.arange(len(colours))
    return np.stack([np.interp(places, steps, colours[:, band]) for band in range(3)], axis=1).astype(np.uint8)


def shade(colours: Palette, brightness: float) -> tuple[int, int, int]:
    """The palette's colour at a brightness of 0…1."""
    red, green, blue = colours[int(np.clip(brightness, 0, 1) * 255)].tolist()
    return red, green, blue


def noise(width: int, height: int, cells: int, rng: np.random.Generator) -> Field:
    """Smooth noise with about `cells` bumps along the shorter side."""
    across, down = _lattice(width, height, cells)
    return enlarge(rng.random((down, across), dtype=np.float32), width, height)


def clouds(width: int, height: int, rng: np.random.Generator, *, coarsest: int = 2, octaves: int = 5) -> Field:
    """Noise at several scales, each twice as fine and half as strong; stretched to exactly 0…1."""
    half_width, half_height = (width + 1) // 2, (height + 1) // 2
    total = np.zeros((half_height, half_width), dtype=np.float32)
    for octave in range(octaves):
        total += noise(half_width, half_height, coarsest << octave, rng) / np.float32(1 << octave)
    # Painted at half size: the finest bump is many pixels wide, and the cost falls to a quarter.
    return stretch(enlarge(total, width, height))


def stretch(field: Field) -> Field:
    """The same field scaled to exactly 0…1; a flat one becomes 0."""
    lowest, highest = float(field.min()), float(field.max())
    return (field - np.float32(lowest)) / np.float32(highest - lowest or 1)


def enlarge(field: Field, width: int, height: int) -> Field:
    """The field at another size, smoothly."""
    return np.asarray(Image.fromarray(field).resize((width, height), Image.Resampling.BICUBIC))


def coordinates(width: int, height: int) -> tuple[Field, Field]:
    """x of shape (1, width) and y of shape (height, 1); the shorter side runs 0…1, so that circles are round."""
    shorter = np.float32(min(width, height))
    x = np.arange(width, dtype=np.float32)[None, :] / shorter
    y = np.arange(height, dtype=np.float32)[:, None] / shorter
    return x, y


def colour(field: Field, colours: Palette) -> Image.Image:
    """The field as an RGB picture, each value looked up in the palette."""
    return Image.fromarray(colours[(np.clip(field, 0, 1) * 255).astype(np.uint8)])


def _lattice(width: int, height: int, cells: int) -> tuple[int, int]:
    shorter = min(width, height)
    return max(2, width * cells // shorter), max(2, height * cells // shorter)
