"""Reads what Civitai's generator adds to a ComfyUI graph: `extraMetadata`, JSON within JSON.

What it writes as A1111's text is read by `a1111`.
"""

from __future__ import annotations

from typing import Any, Final

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, normalised, tidy
from tallylight.ingest.extract.values import as_integer
from tallylight.model import Json

KEYS: Final = ("extraMetadata",)
_NAMES: Final = {
    "prompt": "prompt",
    "negativePrompt": "negative_prompt",
    "model": "model",
    "sampler": "sampler",
    "scheduler": "scheduler",
    "steps": "steps",
    "cfgScale": "cfg_scale",
    "seed": "seed",
    "clipSkip": "clip_skip",
    "width": "width",
    "height": "height",
    "denoise": "denoise",
}


def looks_like(body: Body) -> bool:
    """Whether a body has the key."""
    return "extraMetadata" in body


def parse(body: Body) -> Json:
    """The generation parameters. Of models it knows the numbers, which the graph beside it names. Never raises."""
    found = normalised(body.object("extraMetadata"), _NAMES, body.limits)
    return tidy({"generator": "civitai", **found, "loras": _loras(body)})


def _loras(body: Body) -> list[Json]:
    used = body.object("extraMetadata").get("resources")
    listed = [one for one in used if isinstance(one, dict)] if isinstance(used, list) else []
    return loras((lora(_name(one), one.get("strength")) for one in listed if "strength" in one), limits=body.limits)


def _name(resource: Json) -> Any:
    number = as_integer(resource.get("modelVersionId"))
    return resource.get("modelName") or (f"civitai:{number}" if number else None)
