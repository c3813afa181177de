"""Under which names Google Takeout puts the JSON of a file: derived from the file's own name, never the other way.

The name is the media file's with `.supplemental-metadata` behind it (before 2024 without), clipped to 46 units, and
`.json`. A number that tells files of one name apart stands behind all that: `a(1).jpg` has
`a.jpg.supplemental-metadata(1).json`. An edited picture shares the JSON of its original. Titles that had no ending when
they were uploaded have none in the JSON's name either.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

#: Of UTF-16, as Java counts: an emoji is two. With `.json` that makes the 51 that names are said to have at most.
_LONGEST: Final = 46
_SUPPLEMENT: Final = ".supplemental-metadata"
_NUMBERED = re.compile(r"(.+)(\(\d{1,4}\))", re.DOTALL)

#: What Google Photos adds to the name of a picture that was changed there, in the languages that are known of.
EDITED: Final = (
    "-edited", "-effects", "-smile", "-mix", "-bearbeitet", "-bewerkt", "-edytowane", "-ha editado", "-editado",
    "-editat", "-modificato", "-modifié", "-redigeret", "-redigert", "-redigerad", "-muokattu", "-upravené",
    "-отредактировано", "-відредаговано", "-编辑", "-編集済み", "-편집됨",
)  # fmt: skip


def names(name: str) -> list[str]:
    """The names that the JSON of this file may have, the likeliest first, each once."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (names that are not UTF-8)
    return list(dict.fromkeys(_candidates(stem, suffix)))


def _candidates(stem: str, suffix: str) -> Iterator[str]:
    if match := _NUMBERED.fullmatch(stem):
        yield from _of(match[1], suffix, match[2])
        if original := _original(match[1]):
            yield from _of(original, suffix, match[2])
            yield from _of(original, suffix)  # the second edit of one picture
    # A picture may have been called `a (2).jpg` from the beginning.
    yield from _of(stem, suffix)
    if original := _original(stem):
        yield from _of(original, suffix)


def _of(stem: str, suffix: str, number: str = "") -> Iterator[str]:
    for base in (stem + suffix, stem):
        for whole in (base + _SUPPLEMENT, base):
            yield f"{_clipped(whole)}{number}.json"


def _original(stem: str) -> str:
    """The name before it was edited; empty where it never was. macOS takes accents apart."""
    plain = unicodedata.normalize("NFC", stem)
    return next((plain[: -len(mark)] for mark in EDITED if plain.lower().endswith(mark) and len(plain) > len(mark)), "")


def _clipped(name: str) -> str:
    # Names that are not UTF-8 hold low surrogates alone, so a high one at the end is half of a pair that was cut.
    clipped = name.encode("utf-16-le", "surrogatepass")[: 2 * _LONGEST].decode("utf-16-le", "surrogatepass")
    return clipped[:-1] if "\ud800" <= clipped[-1] <= "\udbff" else clipped
