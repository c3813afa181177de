"""Reads SwarmUI's JSON: `sui_image_params`, and beside it `sui_extra_data` and `sui_models`.

Numbers may be written as text, and lists as text with commas.
"""

from __future__ import annotations

from typing import Any, Final

from tallylight.ingest.extract.emphasis import networks
from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, names, normalised, tidy
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.values import as_integer
from tallylight.model import Json

KEYS: Final = ("sui_image_params",)
_NAMES: Final = {
    "swarm_version": "version",
    "prompt": "prompt",
    "negativeprompt": "negative_prompt",
    "model": "model",
    "hash": "model_hash",
    "sampler": "sampler",
    "comfyuisampler": "sampler",
    "autowebuisampler": "sampler",
    "scheduler": "scheduler",
    "comfyuischeduler": "scheduler",
    "steps": "steps",
    "cfgscale": "cfg_scale",
    "seed": "seed",
    "clip_skip": "clip_skip",
    "width": "width",
    "height": "height",
    "initimagecreativity": "denoise",
    "refinerupscale": "hires.upscale",
    "refinerupscalemethod": "hires.upscaler",
    "refinersteps": "hires.steps",
    "refinercontrolpercentage": "hires.denoise",
    "refinercontrol": "hires.denoise",
}


def looks_like(body: Body) -> bool:
    """Whether a body is this program's."""
    return "sui_image_params" in body


def parse(body: Body) -> Json:
    """The generation parameters. Never raises."""
    used = body.object("sui_image_params")
    listed = body.json("sui_models")
    files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    values = {
        **{key: value for key, value in used.items() if key not in {"loras", "loraweights", "clipstopatlayer"}},
        **{key: value for key, value in body.object("sui_extra_data").items() if key not in used},
        "hash": next((one.get("hash") for one in files if one.get("param") == "model"), None),
        "clip_skip": _clip_skip(used.get("clipstopatlayer")),
    }
    models = names([used.get("model"), used.get("refinermodel")], limits=body.limits)
    return tidy({
        "generator": "swarmui",
        **normalised(values, _NAMES, body.limits),
        "loras": _loras(used, body.limits),
        "models": models if len(models) > 1 else [],
    })  # fmt: skip


def _clip_skip(layer: Any) -> int | None:
    """Counted from the end: layer −2 is what others call a clip skip of 2."""
    number = as_integer(layer)
    return None if number is None else abs(number)


def _loras(used: Json, limits: Limits) -> list[Json]:
    """Those listed, then those that stand in the prompt alone."""
    weights = _list(used.get("loraweights"))
    listed = [
        lora(name, weights[at] if at < len(weights) else None) for at, name in enumerate(_list(used.get("loras")))
    ]
    prompt = used.get("prompt")
    tags = networks(prompt[: limits.prompt]) if isinstance(prompt, str) else []
    return loras(listed, (lora(tag.name, tag.weight) for tag in tags if tag.kind == "lora"), limits=limits)


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return value if isinstance(value, list) else []
