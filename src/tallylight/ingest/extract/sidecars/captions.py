"""Text beside a picture: generation parameters as A1111 saves them, or a caption, as those who train models write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tallylight.ingest.extract.generation import a1111
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars.told import Told

SOURCE: Final = "text:sidecar"

#: Where generation parameters from a text file are kept among a file's texts.
PARAMETERS: Final = "sidecar:parameters"

_COMMAS = re.compile(r"[,，、\n]")
_LINES = re.compile(r"\n")
#: `hatsune_miku_\(vocaloid\)`: escaped for a prompt.
_ESCAPED = re.compile(r"\\([()\[\]\\])")


def add(text: str, told: Told, limits: Limits = LIMITS) -> None:
    """Add the parameters or the tags that a text holds: one tag a line where there are several, else by commas."""
    if a1111.looks_like(text):
        told.add_text(PARAMETERS, text, SOURCE)
        return
    lines = [line for line in text[: limits.prompt].splitlines() if line.strip()]
    by_line = len(lines) > 1 and not any(map(_COMMAS.search, lines))
    tags = (_LINES if by_line else _COMMAS).split("\n".join(lines))
    told.keywords += [(tag, "caption") for tag in plain(tags)]


def plain(tags: Iterable[str]) -> list[str]:
    """Tags without the backslashes that keep a prompt from reading their brackets as emphasis."""
    return [_ESCAPED.sub(r"\1", tag) for tag in tags if tag.strip()]
