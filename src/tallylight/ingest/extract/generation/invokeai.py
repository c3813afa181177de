"""Reads what InvokeAI writes into PNG: one key for each of its three generations, and the graph that ran.

`Dream`              a command line: "a cat [a dog]" -s 50 -S 7 -W 512 -H 768 -C 7.5 -A k_lms
`sd-metadata`        {"model_weights": …, "app_version": …, "image": {"prompt": …, "steps": 50, …}}
`invokeai_metadata`  {"positive_prompt": …, "model": {"name": …}, "scheduler": "euler", …}
`invokeai_graph`     {"nodes": {…}, "edges": […]}, of which one node may hold the metadata
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.emphasis import networks
from tallylight.ingest.extract.generation import invokeai_graph
from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, names, normalised, tidy
from tallylight.ingest.extract.limits import Limits
from tallylight.model import Json

KEYS: Final = ("invokeai_metadata", "sd-metadata", "Dream", "invokeai_graph")
_NAMES: Final = {
    "app_version": "version",
    "positive_prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "model": "model",
    "model_hash": "model_hash",
    "scheduler": "sampler",
    "sampler": "sampler",
    "steps": "steps",
    "cfg_scale": "cfg_scale",
    "guidance": "cfg_scale",
    "seed": "seed",
    "clip_skip": "clip_skip",
    "width": "width",
    "height": "height",
    "strength": "denoise",
    "hrf_method": "hires.upscaler",
    "hrf_strength": "hires.denoise",
}
_OPTIONS: Final = {
    "s": "steps", "steps": "steps", "S": "seed", "seed": "seed", "W": "width", "width": "width", "H": "height",
    "height": "height", "C": "cfg_scale", "cfg_scale": "cfg_scale", "A": "sampler", "sampler": "sampler",
    "m": "sampler", "f": "denoise", "strength": "denoise",
}  # fmt: skip
_COMMAND = re.compile(r'\s*+"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_OPTION = re.compile(r"(?<!\S)--?([A-Za-z]\w{0,40})(?:[ =]((?!-[A-Za-z-])[^\s-][^\s]*+(?: [\d.]++)*+|-\d\S*+))?")
_LONGEST: Final = 64 * 1024


def looks_like(body: Body) -> bool:
    """Whether a body has one of the keys."""
    return any(key in body for key in KEYS)


def parse(body: Body) -> Json:
    """The generation parameters of the newest generation there is. Never raises."""
    for read in (_metadata, _old_metadata, _command, _graph):
        if found := read(body):
            return {"generator": "invokeai", **found}
    return {}


def _metadata(body: Body) -> Json:
    return _flat(body.object("invokeai_metadata"), body.limits)


def _graph(body: Body) -> Json:
    return _flat(invokeai_graph.metadata(body.object("invokeai_graph"), body.limits), body.limits)


def _flat(metadata: Json, limits: Limits) -> Json:
    """The metadata as the third generation writes them."""
    model, refiner = metadata.get("model"), metadata.get("refiner_model")
    values = {**metadata, "model": _model_name(model)}
    if isinstance(model, dict):
        values["model_hash"] = model.get("hash")
    named = metadata.get("loras")
    used = [one for one in named if isinstance(one, dict)] if isinstance(named, list) else []
    if used:
        del values["loras"]
    models = names([_model_name(model), _model_name(refiner)], limits=limits)
    return tidy({
        **normalised(values, _NAMES, limits),
        "loras": loras([lora(_model_name(one.get("model") or one.get("lora")), one.get("weight")) for one in used]),
        "models": models if len(models) > 1 else [],
    })  # fmt: skip


def _model_name(model: Any) -> Any:
    """A model is its name, or an object that has one."""
    return (model.get("name") or model.get("model_name")) if isinstance(model, dict) else model


def _old_metadata(body: Body) -> Json:
    metadata = body.object("sd-metadata")
    image = metadata.get("image")
    if not isinstance(image, dict):
        return {}
    kind = {"model_family": metadata.get("model")}  # "stable diffusion"; the model is `model_weights`
    values = {**metadata, **image, **kind, "model": metadata.get("model_weights")}
    values = {key: value for key, value in values.items() if key not in {"image", "prompt", "model_weights"}}
    return _with_prompts("\n".join(_old_prompts(image.get("prompt"))), normalised(values, _NAMES, body.limits), body)


def _old_prompts(prompt: Any) -> Iterator[str]:
    for one in prompt if isinstance(prompt, list) else [prompt]:
        text = one.get("prompt") if isinstance(one, dict) else one
        if isinstance(text, str):
            yield text


def _command(body: Body) -> Json:
    text = body.text("Dream")[:_LONGEST]
    match = _COMMAND.match(text)
    if match is None:
        return {}
    options = {key: value for key, value in _OPTION.findall(text, match.end()) if value}
    return _with_prompts(re.sub(r"\\(.)", r"\1", match[1]), normalised(options, _OPTIONS, body.limits), body)


def _with_prompts(prompt: str, found: Json, body: Body) -> Json:
    """What stands in square brackets is the negative prompt."""
    positive, negative = split_prompt(prompt[:_LONGEST])
    tags = (lora(tag.name, tag.weight) for tag in networks(positive) if tag.kind == "lora")
    return tidy({**found, "prompt": positive, "negative_prompt": negative, "loras": loras(tags, limits=body.limits)})


def split_prompt(prompt: str) -> tuple[str, str]:
    """The prompt without what stands in square brackets, and that. One that is never closed is a plain sign."""
    sides: tuple[list[str], list[str]] = ([], [])
    at = 0
    while (opening := prompt.find("[", at)) >= 0 and (closing := prompt.find("]", opening)) >= 0:
        sides[0].append(prompt[at:opening])
        sides[1].append(prompt[opening + 1 : closing])
        at = closing + 1
    sides[0].append(prompt[at:])
    positive, negative = (", ".join(filter(None, (part.strip(" ,") for part in side))) for side in sides)
    return positive, negative
