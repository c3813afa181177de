"""What describes a file, as one column of its outcome.

No query looks into these values; nine out of ten files have the same names and words in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tallylight.deflated import deflate, inflate
from tallylight.encoding import decoded, encoded
from tallylight.model import Json


def _nothing() -> Json:
    """What an outcome has where nothing is said. Each time anew: outcomes share no dicts."""
    return {
        "media": {},
        "generation": {},
        "keywords": [],
        "provenance": {},
        "phash": None,
        "pixel_sha256": None,
        "frame_phashes": [],
        "nsfw_model": None,
    }


DESCRIBED: Final = frozenset(_nothing())
_NOTHING: Final = tuple(_nothing().items())


def described(body: Mapping[str, Any]) -> Json:
    """The body of an outcome with these values in one, `described`: null where nothing is said. ValueError for what is
    no JSON.
    """
    said = {name: body[name] for name, nothing in _NOTHING if body[name] != nothing}
    row = {name: value for name, value in body.items() if name not in DESCRIBED}
    row["described"] = deflate(encoded(said)) if said else None
    return row


def undescribed(row: Mapping[str, Any]) -> Json:
    """The body of an outcome out of its row. ValueError where the row is damaged."""
    packed = row["described"]
    return {**row, **_nothing(), **(decoded(inflate(packed)) if packed is not None else {})}
