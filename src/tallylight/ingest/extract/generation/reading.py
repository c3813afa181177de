"""Finds the generation parameters among a file's embedded texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tallylight.ingest.extract.clean import clean_json, load_json
from tallylight.ingest.extract.generation import a1111, comfyui
from tallylight.ingest.extract.generation.comfyui import Graph, from_prompt, from_workflow
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json

#: Where A1111's text stands: in PNG under its own key, elsewhere in whatever field takes a comment.
_COMMENTS: Final = ("parameters", "exif:UserComment", "comment", "exif:ImageDescription", "description")


def generation(texts: list[tuple[str, str]], limits: Limits = LIMITS) -> tuple[Json, tuple[str, ...]]:
    """The generation parameters, as `Outcome.generation` documents, and what was wrong with the texts that hold them.

    Where a program saved A1111's text beside a ComfyUI graph, the text's values win: the saver knew what it saved.
    """
    known = dict(reversed(texts))  # of two texts with one key the first counts
    reader = _Graphs(known, limits)
    drawn, written = reader.parameters(), _written(known, limits)
    found = {**drawn, **written}
    if drawn:
        found["generator"] = drawn["generator"]
    cleaned: Json = clean_json(found, limits)
    return cleaned, tuple(reader.warnings)


def _written(known: dict[str, str], limits: Limits) -> Json:
    for key in _COMMENTS:
        text = known.get(key, "")
        # Under A1111's own key a text without settings is a prompt; JSON there is another program's.
        if a1111.looks_like(text) or (key == "parameters" and text.strip() and not _is_json(text)):
            return a1111.parse(text, limits)
    return {}


class _Graphs:
    """The ComfyUI graphs among the texts: under their own keys, or together in a comment, as videos have them."""

    def __init__(self, known: dict[str, str], limits: Limits) -> None:
        self.known = known
        self.limits = limits
        self.warnings: list[str] = []

    def parameters(self) -> Json:
        """From `prompt`, what really ran; from `workflow` where that gives nothing."""
        wrapped = self._wrapped()
        found = self._parameters("prompt", wrapped, from_prompt)
        if "prompt" in found or "seed" in found:
            version = comfyui.version(self._body("workflow", self.known.get("workflow") or wrapped.get("workflow")))
            return {**found, "version": version} if version else found
        return self._parameters("workflow", wrapped, from_workflow) or found

    def _parameters(self, key: str, wrapped: Json, read: Callable[[Any, Limits], Graph]) -> Json:
        graph = read(self._body(key, self.known.get(key) or wrapped.get(key)), self.limits)
        return comfyui.parse(graph, self.limits) if graph else {}

    def _wrapped(self) -> Json:
        for key in _COMMENTS:
            text = self.known.get(key, "")
            if _is_json(text) and ("prompt" in text or "workflow" in text):
                body = self._body(key, text)
                if isinstance(body, dict):
                    return body
        return {}

    def _body(self, key: str, value: Any) -> Any:
        """The JSON of a text. Some programs encode it twice; a `prompt` may also be plain words."""
        for _ in range(2):
            if not isinstance(value, str) or not _is_json(value):
                break
            try:
                value = load_json(value, self.limits)
            except ValueError:
                self.warnings.append(f"the embedded {key} is damaged JSON")
                return None
        return value


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in {"{", '"'}
