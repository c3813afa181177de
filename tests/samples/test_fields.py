from __future__ import annotations

import numpy as np
import pytest

from tallylight.samples.fields import clouds, colour, coordinates, noise, palette, shade, stretch


@pytest.mark.parametrize(("width", "height"), [(64, 64), (16, 40), (41, 17)])
def test_clouds_fill_the_whole_range(width: int, height: int) -> None:
    field = clouds(width, height, np.random.default_rng(1))
    assert field.shape == (height, width)
    assert field.dtype == np.float32
    # Enlarging smoothly overshoots a little, so the range is stretched last.
    assert (float(field.min()), float(field.max())) == (0, 1)


def test_noise_is_smooth() -> None:
    field = noise(200, 100, 4, np.random.default_rng(1))
    assert field.shape == (100, 200)
    assert float(np.abs(np.diff(field, axis=1)).max()) < 0.1


def test_a_flat_field_stretches_to_nothing() -> None:
    assert not stretch(np.full((3, 3), 7, dtype=np.float32)).any()


def test_circles_are_round_whatever_the_shape() -> None:
    x, y = coordinates(200, 100)
    assert x.shape == (1, 200)
    assert y.shape == (100, 1)
    assert x[0, 50] == y[50, 0] == 0.5


def test_palettes_run_from_dark_to_bright() -> None:
    for seed in range(20):
        colours = palette(np.random.default_rng(seed))
        assert colours.shape == (256, 3)
        assert sum(shade(colours, -5)) < 120
        assert sum(shade(colours, 5)) > 300


def test_colour_looks_values_up() -> None:
    colours = palette(np.random.default_rng(1))
    picture = colour(np.array([[0, 1]], dtype=np.float32), colours)
    assert picture.getpixel((0, 0)) == shade(colours, 0)
    assert picture.getpixel((1, 0)) == shade(colours, 1)
