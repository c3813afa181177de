"""What of a committed file a commit would change, field by field and short enough to read. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tallylight.messages import elide
from tallylight.model import Json, Outcome

LONGEST_VALUE: Final = 200
MOST_WORDS: Final = 20

#: Told by their names and values, in this order.
_PLAIN: Final = (
    "bytes",
    "mtime_ns",
    "score",
    "favourite",
    "nsfw_score",
    "nsfw_model",
    "sha256",
    "pixel_sha256",
    "phash",
    "has_thumbnail",
)
#: Told by the names of what is in them: `media.width`.
_NESTED: Final = ("media", "generation")
#: Told by name alone, and only where nothing else differs: they say who said so, and what was odd.
_BESIDE: Final = ("provenance", "conflicts", "warnings", "frame_phashes")


def changes(stored: Outcome, found: Outcome) -> list[Json]:
    """Fields of which something else would be stored: {field, before, after}, null where nothing is known. Keywords are
    {field, added, removed}.
    """
    told = [*_plain(stored, found), *_nested(stored, found), *_keywords(stored, found)]
    return told or [{"field": name} for name in _BESIDE if getattr(stored, name) != getattr(found, name)]


def _plain(stored: Outcome, found: Outcome) -> Iterator[Json]:
    for name in _PLAIN:
        if (change := _change(name, getattr(stored, name), getattr(found, name))) is not None:
            yield change


def _nested(stored: Outcome, found: Outcome) -> Iterator[Json]:
    for name in _NESTED:
        before, after = getattr(stored, name), getattr(found, name)
        for key in sorted(before.keys() | after.keys()):
            if (change := _change(f"{name}.{key}", before.get(key), after.get(key))) is not None:
                yield change


def _keywords(stored: Outcome, found: Outcome) -> Iterator[Json]:
    before, after = ([keyword["text"] for keyword in one.keywords] for one in (stored, found))
    added = [text for text in after if text not in set(before)]
    removed = [text for text in before if text not in set(after)]
    if added or removed:
        yield {"field": "keywords", "added": _words(added), "removed": _words(removed)}


def _change(field: str, before: Any, after: Any) -> Json | None:
    return None if before == after else {"field": field, "before": _short(before), "after": _short(after)}


def _short(value: Any) -> Any:
    """A value as it is, where it is short; a long text or list as a text that is."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return elide(value if isinstance(value, str) else str(value), LONGEST_VALUE)


def _words(words: list[str]) -> list[str]:
    return [elide(word, LONGEST_VALUE) for word in words[:MOST_WORDS]]
