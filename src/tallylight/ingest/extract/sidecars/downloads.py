"""Tags in the JSON that downloaders (gallery-dl) and Hydrus put beside a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars.captions import plain
from tallylight.ingest.extract.sidecars.told import Told

_KEYS: Final = ("tags", "tag_string")


def add(body: Any, told: Told, limits: Limits = LIMITS) -> None:
    """Add the tags of a JSON; of one that has none, nothing. Never raises."""
    found = body if isinstance(body, list) else _tags(body) if isinstance(body, dict) else []
    tags = list(_texts(found, limits))[: limits.keywords]
    told.keywords += [(tag, "caption") for tag in plain(tags, limits)]


def _tags(body: dict[str, Any]) -> Any:
    return next((body[key] for key in _KEYS if body.get(key)), [])


def _texts(value: Any, limits: Limits) -> Iterator[str]:
    """A list of texts; one text, tags between commas or spaces; or either by kinds, as some sites sort them."""
    match value:
        case str():
            text = value[: limits.prompt]
            yield from text.split(",") if "," in text else text.split()
        case list():
            yield from (item for item in value[: limits.keywords] if isinstance(item, str))
        case dict():
            for item in list(value.values())[: limits.tags]:
                if not isinstance(item, dict):
                    yield from _texts(item, limits)
