"""The tags of a video: texts for the parsers of generation parameters, what a camera says of itself, and the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.dates import iso_date
from tallylight.ingest.extract.iso6709 import place
from tallylight.ingest.extract.limits import Limits
from tallylight.model import Json

#: Tags that programs which make pictures put their parameters into: nothing else is expected there.
_GENERATION: Final = frozenset({"prompt", "workflow", "parameters"})
#: Tags that hold the same for want of a better place, but as often a person's words.
_REMARKS: Final = frozenset({"comment", "description"})
_DATES: Final = ("com.apple.quicktime.creationdate", "creation_time", "date")
_PLACES: Final = ("com.apple.quicktime.location.iso6709", "location")
_MAKES: Final = ("com.apple.quicktime.make", "com.android.manufacturer", "make")
_MODELS: Final = ("com.apple.quicktime.model", "com.android.model", "model")


@dataclass(slots=True)
class Tags:
    """What the tags of a video say."""

    media: Json = field(default_factory=dict)  #: created_at, gps, camera_make, camera_model, tags; only what is known
    claims: list[Claim] = field(default_factory=list)


def read(container: dict[str, str], stream: dict[str, str], embedded: Embedded) -> Tags:
    """Read the tags of the container and of its pictures' stream. Long ones, JSON, those of several lines and those
    that programs keep their parameters in become embedded texts.
    """
    tags = Tags()
    own, below = _lowered(container), _lowered(stream)
    if kept := _kept(own, embedded):
        tags.media["tags"] = kept
    # Of a stream's own tags the others are noise: the muxer's name, the language, the length once more.
    for key, value in below.items():
        if key in _GENERATION | _REMARKS or _is_text(value, embedded.limits):
            embedded.add_text(key, value)
    known = below | own
    _say(tags, "created_at", ((f"video:{key}", _date(known.get(key, ""))) for key in _DATES))
    _say(tags, "gps", ((f"video:{key}", place(known.get(key, ""))) for key in _PLACES))
    for name, keys in (("camera_make", _MAKES), ("camera_model", _MODELS)):
        if text := next(filter(None, (clean_line(known.get(key, ""), 200) for key in keys)), ""):
            tags.media[name] = text
    return tags


def _lowered(tags: dict[str, str]) -> dict[str, str]:
    """By lower-case keys, without the language that some end in (`location-eng`); of two the first counts."""
    lowered: dict[str, str] = {}
    for key, value in tags.items():
        name, _, language = key.lower().rpartition("-")
        lowered.setdefault(name if name and len(language) == 3 else key.lower(), value)
    return lowered


def _kept(tags: dict[str, str], embedded: Embedded) -> Json:
    limits = embedded.limits
    kept: Json = {}
    for key, value in tags.items():
        long = _is_text(value, limits)
        if value.strip() and (long or key in _GENERATION | _REMARKS):
            embedded.add_text(key, value)
        if value.strip() and not long and key not in _GENERATION and len(kept) < limits.tags:
            kept[clean_line(key, 80)] = clean_line(value, limits.value)
    return kept


def _is_text(value: str, limits: Limits) -> bool:
    return len(value) > limits.value or "\n" in value.strip() or value.lstrip()[:1] in {"{", "["}


def _say(tags: Tags, name: str, said: Iterable[tuple[str, str | Json]]) -> None:
    """A claim for each source that says something; `media` has what the first says."""
    for source, value in _told(said):
        tags.media.setdefault(name, value)
        tags.claims.append(Claim(name, value, source))


def _told(said: Iterable[tuple[str, str | Json]]) -> Iterator[tuple[str, str | Json]]:
    return ((source, value) for source, value in said if value)


def _date(text: str) -> str:
    """`2023-05-06T07:08:09.000000Z`, `2023-05-06T07:08:09+0200`."""
    zone = "Z" if text.endswith("Z") else ""
    if text[-5:-4] in {"+", "-"} and text[-4:].isdigit():
        zone = f"{text[-5:-2]}:{text[-2:]}"
    elif text[-6:-5] in {"+", "-"} and text[-3:-2] == ":":
        zone = text[-6:]
    return iso_date(text, zone)
