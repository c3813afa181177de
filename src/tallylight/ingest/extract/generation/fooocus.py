"""Reads the JSON of Fooocus and its forks. Fooocus can write A1111's text instead; `a1111` reads that.

Fooocus         {"base_model": …, "guidance_scale": 4, "resolution": "(896, 1152)", "lora_combined_1": "x : 0.1", …}
RuinedFooocus   {"Prompt": …, "Negative": …, "base_model_name": …, "loras": [["hash", "0.5 - name"]], …}
Fooocus-MRE     {"real_prompt": …, "l1": "name", "w1": 0.5, …}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, names, normalised, tidy
from tallylight.model import Json

KEYS: Final = ()
_NAMES: Final = {
    "version": "version",
    "software": "version",
    "prompt": "prompt",
    "Prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "Negative": "negative_prompt",
    "base_model": "model",
    "base_model_name": "model",
    "base_model_hash": "model_hash",
    "sampler": "sampler",
    "sampler_name": "sampler",
    "scheduler": "scheduler",
    "steps": "steps",
    "guidance_scale": "cfg_scale",
    "cfg": "cfg_scale",
    "seed": "seed",
    "clip_skip": "clip_skip",
    "base_clip_skip": "clip_skip",
    "resolution": "size",
    "width": "width",
    "height": "height",
    "denoise": "denoise",
}
_OF_FOOOCUS: Final = frozenset(
    {"base_model", "guidance_scale", "performance", "styles", "full_prompt", "metadata_scheme"}
)
_FEW: Final = 3
_COMBINED: Final = "lora_combined_"
_NUMBERED = re.compile(r"l\d{1,3}", re.ASCII)


def looks_like(body: Body) -> bool:
    """Whether a body is one of the three."""
    return bool(_generator(body))


def parse(body: Body) -> Json:
    """The generation parameters. Never raises."""
    values = {key: value for key, value in body.values.items() if key != "loras" and not key.startswith(_COMBINED)}
    if isinstance(resolution := values.get("resolution"), list):
        values["resolution"] = "x".join(map(str, resolution[:2]))
    models = names([values.get("base_model"), values.get("refiner_model")], limits=body.limits)
    return tidy({
        "generator": _generator(body),
        **normalised(values, _NAMES, body.limits),
        "loras": loras(_listed(body.values.get("loras")), _numbered(body), limits=body.limits),
        "models": models if len(models) > 1 else [],
    })  # fmt: skip


def _generator(body: Body) -> str:
    software = body.text("software")
    if software == "RuinedFooocus" or ("Prompt" in body and "base_model_name" in body):
        return "ruinedfooocus"
    if software.startswith("Fooocus") or ("real_prompt" in body and "base_model" in body):
        return "fooocusmre"
    telling = len(_OF_FOOOCUS & body.values.keys()) >= _FEW
    return "fooocus" if telling or body.text("version").startswith("Fooocus") else ""


def _listed(used: Any) -> Iterator[Json | None]:
    """`[name, weight, hash]` in Fooocus, `[hash, "weight - name"]` in RuinedFooocus."""
    for one in used if isinstance(used, list) else ():
        match one:
            case [str(), str(text)] if " - " in text:
                weight, _, name = text.partition(" - ")
                yield lora(name, weight)
            case [str(name), weight, *_]:
                yield lora(name, weight)
            case _:
                continue


def _numbered(body: Body) -> Iterator[Json | None]:
    """`lora_combined_1: "name : weight"` in Fooocus, `l1` and `w1` in Fooocus-MRE; numbers may be missing."""
    for key, value in body.values.items():
        if key.startswith(_COMBINED) and isinstance(value, str):
            name, _, weight = value.rpartition(" : ")
            yield lora(name, weight)
        elif _NUMBERED.fullmatch(key):
            yield lora(value, body.values.get(f"w{key[1:]}"))
