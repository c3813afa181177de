"""The 64-bit DCT perceptual hash: pictures that look alike differ in few bits.

The standard one, and in the bit order of the ImageHash library, so that hashes of other tools can be compared: 32×32
grey, two-dimensional DCT-II, the 8×8 lowest frequencies, each against their median, row by row from the highest bit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE, _LOW = 32, 8


def _cosines() -> NDArray[np.float64]:
    frequency, sample = np.ogrid[0:_LOW, 0:_SIDE]
    return np.asarray(2.0 * np.cos(np.pi * frequency * (2 * sample + 1) / (2 * _SIDE)), dtype=np.float64)


_COSINES: Final = _cosines()


def phash(image: Image.Image) -> str:
    """The hash of an upright picture (its transparency ignored), as 16 hex digits."""
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    low = _COSINES @ np.asarray(grey, dtype=np.float64) @ _COSINES.T
    bits = low > np.median(low)
    return np.packbits(bits).tobytes().hex()
