from __future__ import annotations

import numpy as np
import pytest

from tallylight.samples.painting import Style, paint


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize(("width", "height"), [(16, 16), (97, 64), (64, 130)])
def test_every_style_fits_every_shape(style: Style, width: int, height: int) -> None:
    picture = paint(width, height, np.random.default_rng(1), style)
    assert picture.size == (width, height)
    assert picture.mode == "RGB"


@pytest.mark.parametrize("style", Style)
def test_every_style_has_something_to_see(style: Style) -> None:
    picture = paint(128, 128, np.random.default_rng(2), style)
    assert float(np.asarray(picture, dtype=np.float32).std()) > 10


def test_large_pictures_keep_their_exact_size() -> None:
    assert paint(701, 503, np.random.default_rng(1), Style.TILES).size == (701, 503)


@pytest.mark.parametrize("style", Style)
def test_the_same_generator_paints_the_same_picture(style: Style) -> None:
    first, second = (paint(64, 48, np.random.default_rng(5), style) for _ in range(2))
    other = paint(64, 48, np.random.default_rng(6), style)
    assert first.tobytes() == second.tobytes() != other.tobytes()


def test_without_a_style_the_generator_chooses() -> None:
    assert len({paint(32, 32, np.random.default_rng(seed)).tobytes() for seed in range(6)}) == 6
