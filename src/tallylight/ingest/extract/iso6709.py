"""Places as ISO 6709 writes them, which is how telephones and cameras put them into videos."""

from __future__ import annotations

import re
from typing import Final

from tallylight.ingest.extract import gps
from tallylight.model import Json

#: `+48.8577+002.2950+035.000/`, `+4851.46+00217.70/`, `+485127.7+0021742.0/`: degrees, with or without minutes, with or
#: without seconds; the number of digits tells which.
_PLACE: Final = re.compile(
    r"([+-])(\d{2}|\d{4}|\d{6})(\.\d{1,12})?([+-])(\d{3}|\d{5}|\d{7})(\.\d{1,12})?([+-]\d{1,7}(?:\.\d{1,12})?)?"
    r"(?:CRS[\w.:-]{1,40})?/?",
    re.ASCII,
)


def place(text: str) -> Json:
    """As `gps.place`; empty where the text is no place."""
    match = _PLACE.fullmatch(text.strip())
    if not match:
        return {}
    return gps.place(
        _degrees(match[1], match[2], match[3], 2),
        _degrees(match[4], match[5], match[6], 3),
        float(match[7]) if match[7] else None,
    )


def _degrees(sign: str, digits: str, fraction: str | None, wide: int) -> float:
    """`wide` digits of degrees, then two for each smaller unit; the fraction is of the last."""
    parts = [digits[:wide], *(digits[at : at + 2] for at in range(wide, len(digits), 2))]
    parts[-1] += fraction or ""
    angle = sum(float(part) / 60.0**power for power, part in enumerate(parts))
    return -angle if sign == "-" else angle
