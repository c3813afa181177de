"""What a sampler was set to, on itself or on the nodes its parts come from."""

from __future__ import annotations

import re
from typing import Any, Final

from tallylight.ingest.extract.clean import clean_line, whole
from tallylight.ingest.extract.generation.comfyui.graph import Node
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.values import as_integer, as_model, as_name, as_number, as_seed
from tallylight.model import Json

_SAID: Final = frozenset(
    {"seed", "noise_seed", "steps", "cfg", "cfg_scale", "sampler_name", "sampler", "scheduler", "denoise"}
    | {"denoise_strength", "prompt", "text", "positive", "negative", "negative_prompt", "positive_prompt", "model"}
    | {"width", "height", "image_output", "link_id", "save_prefix", "preview_method", "vae_decode", "cfg_conds"}
)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SAMPLERS: Final = ("sampler_name", "sampler")
_SCHEDULERS: Final = ("scheduler", "scheduler_name")
_SHIFTS: Final = ("shift", "max_shift", "base_shift")


def settings(walk: Walk, sampler: Node) -> Json:
    """Seed, steps, scale, sampler, scheduler and denoise of a sampler; None where not known."""
    noise = walk.beside(sampler, "noise")
    guider = walk.beside(sampler, "guider")
    picker = _last(walk, sampler, "sampler")
    sigmas = _last(walk, sampler, "sigmas")
    return {
        "seed": walk.first(as_seed, (sampler, noise), "seed", "noise_seed"),
        "steps": walk.first(as_integer, (sampler, sigmas), "steps", "total_steps", "steps_total"),
        "cfg_scale": walk.first(as_number, (sampler, guider), "cfg", "cfg_scale", "cfg_conds", "guidance_scale"),
        "sampler": walk.first(as_name, (picker, sampler), *_SAMPLERS) or _kind(picker, "Sampler"),
        "scheduler": walk.first(as_name, (sigmas, sampler), *_SCHEDULERS) or _kind(sigmas, "Scheduler"),
        "denoise": walk.first(as_number, (sampler, sigmas), "denoise", "denoise_strength"),
    }


def _last(walk: Walk, sampler: Node, want: str) -> Node | None:
    """The node where a chain of parts begins: what splits or bends sigmas comes after what made them."""
    found: Node | None = None
    start = walk.beside(sampler, want)
    for node in walk.chain(start, want) if start is not None else ():
        found = node
    return found


def _kind(node: Node | None, ending: str) -> str | None:
    """The name that is in the node's own, written as ComfyUI does elsewhere: `euler_ancestral` of
    SamplerEulerAncestral, `karras` of KarrasScheduler, `beta` of BetaSamplingScheduler.
    """
    if node is None or ending not in node.kind:
        return None
    name = node.kind.replace(ending, "", 1).removesuffix("Sampling")
    return _WORDS.sub("_", clean_line(name, 80)).strip("_ ").lower() or None


def parameters(walk: Walk, samplers: list[Node]) -> Json:
    """Further values: guidance and shift of models that have them, and all else the first sampler itself was set to."""
    sampler = samplers[0]
    found: Json = {}
    for name in ("guidance", *_SHIFTS):
        want = "conditioning" if name == "guidance" else "model"
        start = walk.beside(sampler, "guider") or sampler
        found[name] = next((n for at in walk.chain(start, want) if (n := _number(walk, at, name)) is not None), None)
    found["vae"] = _vae(walk, samplers)
    found["text_encoders"] = _text_encoders(walk, sampler)
    further = {
        clean_line(name, 80): _scalar(value, walk)
        for name, value in sampler.values.items()
        if name not in _SAID and not name.startswith("Random seed")
    }
    known = {name: value for name, value in (further | found).items() if value not in (None, "", [])}
    return dict(list(known.items())[: walk.limits.tags])


def _number(walk: Walk, node: Node, name: str) -> float | None:
    if name in node.values:
        return as_number(node.values[name])
    return as_number(walk.value(node, name)) if name in node.links else None


def _scalar(value: Any, walk: Walk) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, float):
        return as_number(value)
    return clean_line(value, walk.limits.value) if isinstance(value, str) else None


def _vae(walk: Walk, samplers: list[Node]) -> str | None:
    """The VAE that decoded the latents of a pass, if it was loaded by itself."""
    keys = {sampler.key for sampler in samplers}
    for node in walk.graph.nodes.values():
        if "vae" in node.links and "samples" in node.links and node.links["samples"].node in keys:
            return _vae_name(walk, walk.node(node.links["vae"]))
    return _vae_name(walk, samplers[0])


def _vae_name(walk: Walk, start: Node | None) -> str | None:
    for node in walk.chain(start, "vae"):
        name = as_model(walk.value(node, "vae_name")) if node.has("vae_name") else None
        if name is not None:
            return name if name.lower() not in {"baked vae", "none"} else None
    return None


def _text_encoders(walk: Walk, sampler: Node) -> list[str]:
    names = ("clip_name", *(f"clip_name{number}" for number in range(1, 5)))
    for node in clip_chain(walk, sampler):
        found = [as_model(walk.value(node, name)) for name in names if node.has(name)]
        if any(found):
            return [name for name in found if name is not None]
    return []


def clip_chain(walk: Walk, sampler: Node) -> list[Node]:
    """The nodes that the text encoder comes through, to the positive text and from there to the sampler."""
    passed: list[Node] = []
    for node in walk.chain(walk.beside(sampler, "guider") or sampler, "conditioning"):
        if walk.beside(node, "clip") is not None:
            return [*passed, *walk.chain(node, "clip")]
        passed.append(node)
    return [*passed, *walk.chain(sampler, "clip")]


def clip_skip(walk: Walk, sampler: Node) -> int | None:
    """How many layers before the end the text encoder stopped: 2 for −2, as AUTOMATIC1111 counts."""
    for node in clip_chain(walk, sampler):
        layer = walk.first(as_integer, (node,), "stop_at_clip_layer", "clip_skip", "base_clip_skip")
        if layer is not None:
            return abs(layer) or None
    return None
