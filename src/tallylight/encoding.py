"""JSON of many small values, to columns and back: compact, and strict, as other databases and browsers are.

The encoder is what `json.JSONEncoder.encode` makes anew for each value, which takes longer than a short value does. It
looks for no circles: what is stored came out of JSON, and a circle would be a RecursionError.
"""

from __future__ import annotations

import json
from _json import make_encoder
from json.encoder import encode_basestring
from typing import Any, Final

_no_json: Final = json.JSONEncoder().default
_PIECES: Final = make_encoder(None, _no_json, encode_basestring, None, ":", ",", False, False, False)
_DECODER: Final = json.JSONDecoder()
_EMPTY: Final = {"{}": dict, "[]": list}


def encoded(value: Any) -> str:
    """The JSON of a value, in one line. ValueError for NaN and infinities, TypeError for what is no JSON."""
    # Most of an outcome's columns are empty.
    if not value and isinstance(value, dict | list | tuple):
        return "{}" if isinstance(value, dict) else "[]"
    return "".join(_PIECES(value, 0))


def decoded(text: str | bytes) -> Any:
    """The value of a column's JSON; nothing stands before it. ValueError where it is none."""
    if isinstance(text, bytes):
        text = text.decode()
    empty = _EMPTY.get(text)
    # Without the search for blanks around it, which `loads` makes.
    return empty() if empty is not None else _DECODER.raw_decode(text)[0]
