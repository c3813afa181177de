"""Reads Tensor.Art's `generation_data`, JSON that may end in NULs; a ComfyUI graph stands beside it."""

from __future__ import annotations

from typing import Any, Final

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, names, normalised, tidy
from tallylight.model import Json

KEYS: Final = ("generation_data",)
_NAMES: Final = {
    "prompt": "prompt",
    "negativePrompt": "negative_prompt",
    "model": "model",
    "hash": "model_hash",
    "samplerName": "sampler",
    "sampler": "sampler",
    "scheduler": "scheduler",
    "steps": "steps",
    "cfgScale": "cfg_scale",
    "guidance": "cfg_scale",
    "seed": "seed",
    "clipSkip": "clip_skip",
    "width": "width",
    "height": "height",
    "denoisingStrength": "denoise",
}
_LORAS: Final = frozenset({"LORA", "LYCORIS", "LOCON", "DORA"})
_EMBEDDED: Final = frozenset({"EMBEDDING", "TEXTUAL_INVERSION"})


def looks_like(body: Body) -> bool:
    """Whether a body has the key, or is what stands under it."""
    return "generation_data" in body or ("baseModel" in body and "cfgScale" in body and "models" in body)


def parse(body: Body) -> Json:
    """The generation parameters. Never raises."""
    data = body.object("generation_data") or dict(body.values)
    base, used = data.get("baseModel"), data.get("models")
    listed = [one for one in used if isinstance(one, dict)] if isinstance(used, list) else []
    values = {key: value for key, value in data.items() if key not in {"baseModel", "models"}}
    if isinstance(base, dict):
        values |= {"model": _name(base), "hash": base.get("hash")}
    return tidy({
        "generator": "tensorart",
        **normalised(values, _NAMES, body.limits),
        "loras": loras(lora(_name(one), one.get("weight")) for one in listed if _kind(one) in _LORAS),
        "embeddings": names(_name(one) for one in listed if _kind(one) in _EMBEDDED),
    })  # fmt: skip


def _kind(model: Json) -> str:
    """What a model is; those without a word for it are LoRAs."""
    return str(model.get("type") or "LORA").upper()


def _name(model: Json) -> Any:
    return model.get("modelFileName") or model.get("label")
