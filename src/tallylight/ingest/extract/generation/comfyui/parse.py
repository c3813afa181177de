"""A graph's generation parameters, as one model."""

from __future__ import annotations

import re
from typing import Any, Final

from tallylight.ingest.extract.clean import clean_line, clean_text
from tallylight.ingest.extract.generation.comfyui.graph import Graph
from tallylight.ingest.extract.generation.comfyui.hires import hires
from tallylight.ingest.extract.generation.comfyui.models import models
from tallylight.ingest.extract.generation.comfyui.samplers import passes
from tallylight.ingest.extract.generation.comfyui.saved import saved
from tallylight.ingest.extract.generation.comfyui.settings import clip_skip, parameters, settings
from tallylight.ingest.extract.generation.comfyui.size import frames, size
from tallylight.ingest.extract.generation.comfyui.texts import Texts
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.values import as_model
from tallylight.model import Json

_EMBEDDING = re.compile(r"embedding:([^\s,()\[\]{}:<>|]{1,200})")
_EMPTY: Final[tuple[Any, ...]] = ("", None, [], {})


def parse(graph: Graph, limits: Limits = LIMITS) -> Json:
    """The generation parameters of a graph, as `Outcome.generation` documents; only what is known. Never raises."""
    walk = Walk(graph, limits)
    found: Json = {"generator": "comfyui", "version": graph.version}
    samplers = passes(walk)
    if samplers:
        first = samplers[0]
        found |= settings(walk, first) | _prompts(walk, samplers) | models(walk, samplers) | size(walk, first)
        found |= {"clip_skip": clip_skip(walk, first), "hires": hires(walk, samplers)}
        found["parameters"] = {**parameters(walk, samplers), "frames": frames(walk, first)}
        found["parameters"] = _without_empty(found["parameters"])
    found |= {key: value for key, value in saved(walk).items() if found.get(key) in _EMPTY}
    found["models"] = found.get("models") or [name for name in [found.get("model")] if name]
    found["embeddings"] = _embeddings(f"{found.get('prompt', '')}\n{found.get('negative_prompt', '')}")
    return _without_empty(found)


def _prompts(walk: Walk, samplers: list[Any]) -> Json:
    """The texts of the first pass; where it has none, of the next that has."""
    found: Json = {}
    for key, side in (("prompt", "positive"), ("negative_prompt", "negative")):
        texts = (_text(walk, sampler, side) for sampler in samplers)
        found[key] = next(filter(None, texts), "")
    return found


def _text(walk: Walk, sampler: Any, side: str) -> str:
    start = walk.beside(sampler, "guider") or sampler
    return clean_text(", ".join(Texts(walk, side).of(start)), walk.limits.text)


def _embeddings(text: str) -> list[str]:
    """The embeddings a prompt names, each once, in order."""
    names = (as_model(clean_line(name, 200)) for name in _EMBEDDING.findall(text))
    return [name for name in dict.fromkeys(names) if name is not None]


def _without_empty(found: Json) -> Json:
    return {key: value for key, value in found.items() if value not in _EMPTY}
