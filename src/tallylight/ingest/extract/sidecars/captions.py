"""Text beside a picture: generation parameters as A1111 saves them, or a caption, as those who train models write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import category

from tallylight.ingest.extract.generation import a1111
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars.told import Told

SOURCE: Final = "text:sidecar"

#: Where generation parameters from a text file are kept among a file's texts.
PARAMETERS: Final = "sidecar:parameters"

_COMMAS = re.compile(r"[,，、\n]")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|[。！？；]")
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
    told.keywords += [(tag, "caption") for tag in plain(tags, limits)]


def plain(tags: Iterable[str], limits: Limits = LIMITS) -> Iterator[str]:
    """Tags without the backslashes that keep a prompt from reading their brackets as emphasis. Of a caption in prose
    its sentences; what is still too long to be a tag, or only signs, is left out.
    """
    for tag in tags:
        for piece in (tag,) if len(tag) <= limits.keyword else _SENTENCE_END.split(tag):
            text = _ESCAPED.sub(r"\1", piece).strip(" .;:\t")
            if len(text) <= limits.keyword and any(category(character)[0] not in "PZC" for character in text):
                yield text
