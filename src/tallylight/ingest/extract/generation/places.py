"""The places in a file where parameters may stand: its texts under their keys, and the JSON within them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tallylight.ingest.extract.clean import clean_text
from tallylight.ingest.extract.generation import drawthings
from tallylight.ingest.extract.generation.body import Body, is_json
from tallylight.ingest.extract.limits import Limits

#: Where programs put what has no key of its own, the likeliest first; compared without case.
_COMMENTS: Final = (
    "parameters",
    "exif:usercomment",
    "usercomment",
    "user_comment",
    "comment",
    "exif:imagedescription",
    "description",
    "stealth",
)
#: Looked at only under these names: graphs and projects are long, and hold everything.
_OWN: Final = frozenset(
    {"prompt", "workflow", "smproj", "parameters-json", "generation_data", "sd-metadata"}
    | {"invokeai_metadata", "invokeai_graph", "invokeai_workflow"}
)
_PADDING: Final = " \t\r\n\ufeff"


class Places:
    """A file's texts as one body, and each JSON object among them as a body of its own."""

    def __init__(self, texts: list[tuple[str, str]], limits: Limits) -> None:
        self.limits = limits
        self.warnings: list[str] = []
        known: dict[str, str] = {}
        for key, text in texts:  # of two texts with one key the first counts
            known.setdefault(key, _fit(text).strip(_PADDING))
        self.whole = Body(known, limits, self.warnings)
        self.comments = sorted((key for key in known if key not in _OWN), key=_rank)
        self.within = list(self._within())

    @property
    def bodies(self) -> list[tuple[str, Body]]:
        """All of them; the key of the whole is empty."""
        return [("", self.whole), *self.within]

    def words(self) -> Iterator[tuple[str, str]]:
        """Keys and texts that are no JSON objects, the likeliest place first; JSON that is a text is that text."""
        for key in self.comments:
            value = self.whole.json(key)
            if isinstance(value, str):
                yield key, value
        for key, body in self.within:
            yield key, body.text("parameters")

    def _within(self) -> Iterator[tuple[str, Body]]:
        for key in self.comments:
            text = self.whole.text(key)
            if is_json(text):
                yield key, self.whole.within(key)
            elif comment := drawthings.from_xmp(text):
                yield key, Body({key: comment}, self.limits, self.warnings).within(key)


def _fit(text: str) -> str:
    """As it is kept. Long texts are plain JSON mostly, and looking for what does not fit took a tenth of the time."""
    return text if text.isascii() and "\0" not in text else clean_text(text)


def _rank(key: str) -> int:
    name = key.lower()
    return _COMMENTS.index(name) if name in _COMMENTS else len(_COMMENTS)
