"""A ComfyUI graph in one form, saved as `prompt` (what ran) or as `workflow` (what the editor showed)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tallylight.ingest.extract.limits import LIMITS, Limits

#: A workflow keeps the values of a node as a bare list; their names, in order, for the nodes that matter. `None` is a
#: value that only the editor uses.
_SEED_CONTROL = None
_WIDGETS: Final[dict[str, tuple[str | None, ...]]] = {
    "KSampler": ("seed", _SEED_CONTROL, "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (
        "add_noise",
        "noise_seed",
        _SEED_CONTROL,
        "steps",
        "cfg",
        "sampler_name",
        "scheduler",
        "start_at_step",
        "end_at_step",
    ),
    "SamplerCustom": ("add_noise", "noise_seed", _SEED_CONTROL, "cfg"),
    "RandomNoise": ("noise_seed", _SEED_CONTROL),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": ("config_name", "ckpt_name"),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UnetLoaderGGUF": ("unet_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeSDXL": (
        "width",
        "height",
        "crop_w",
        "crop_h",
        "target_width",
        "target_height",
        "text_g",
        "text_l",
    ),
    "PrimitiveNode": ("value",),
}
_MUTED: Final = (2, 4)  #: editor modes "never" and "bypass"; no set, for a mode may be a list


@dataclass(frozen=True, slots=True)
class Link:
    """Where an input comes from: the node and which of its outputs."""

    node: str
    output: int


@dataclass(slots=True)
class Node:
    """One node: what it is, the values set on it, and where its other inputs come from."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)


Graph = dict[str, Node]


def from_prompt(body: Any, limits: Limits = LIMITS) -> Graph:
    """The graph of a `prompt`; entries that are no nodes are left out."""
    graph: Graph = {}
    if not isinstance(body, dict):
        return graph
    for key, entry in list(body.items())[: limits.graph_nodes]:
        if isinstance(entry, dict) and isinstance(entry.get("class_type"), str):
            node = graph[str(key)] = Node(entry["class_type"])
            _sort_inputs(node, entry.get("inputs"))
    return graph


def from_workflow(body: Any, limits: Limits = LIMITS) -> Graph:
    """The graph of a `workflow`; nodes that were switched off and links that lead nowhere are left out."""
    graph: Graph = {}
    if not isinstance(body, dict):
        return graph
    origins = _origins(_listed(body.get("links"), limits))
    for entry in _listed(body.get("nodes"), limits):
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str) or entry.get("mode") in _MUTED:
            continue
        node = graph[str(entry.get("id"))] = Node(entry["type"])
        inputs = [item for item in _listed(entry.get("inputs"), limits) if isinstance(item, dict)]
        _name_values(node, entry.get("widgets_values"), inputs)
        for item in inputs:
            origin = origins.get(str(item.get("link")))
            if origin is not None:
                node.links[str(item.get("name"))] = origin
    return graph


def _listed(value: Any, limits: Limits) -> list[Any]:
    return value[: limits.graph_nodes * 4] if isinstance(value, list) else []


def _sort_inputs(node: Node, inputs: Any) -> None:
    for name, value in inputs.items() if isinstance(inputs, dict) else ():
        match value:
            # A link is [node, output]; numbers of nodes are text in most files.
            case [str() | int() as origin, int() as output] if not isinstance(output, bool):
                node.links[str(name)] = Link(str(origin), output)
            case _:
                node.values[str(name)] = value


def _origins(links: Iterable[Any]) -> dict[str, Link]:
    """Where each numbered link comes from. Newer editors write links as objects."""
    found: dict[str, Link] = {}
    for link in links:
        match link:
            case [number, origin, int() as output, *_]:
                found[str(number)] = Link(str(origin), output)
            case {"id": number, "origin_id": origin, "origin_slot": int() as output}:
                found[str(number)] = Link(str(origin), output)
    return found


def _name_values(node: Node, values: Any, inputs: list[dict[str, Any]]) -> None:
    if isinstance(values, dict):
        node.values |= {str(name): value for name, value in values.items()}
        return
    if not isinstance(values, list):
        return
    names = _WIDGETS.get(node.kind) or _widget_names(inputs, values)
    node.values |= {name: value for name, value in zip(names, values, strict=False) if name is not None}
    # Of unknown nodes (text boxes of all makes) at least the texts.
    texts = [value for value in values if isinstance(value, str)] if node.kind not in _WIDGETS else []
    if texts and not node.values.keys() & {"text", "value", "string"}:
        node.values["value"] = max(texts, key=len)


def _widget_names(inputs: list[dict[str, Any]], values: list[Any]) -> tuple[str | None, ...]:
    """Newer editors list the inputs that have a widget, in order; only where all are listed can they be counted off."""
    names = tuple(str(item["widget"].get("name")) for item in inputs if isinstance(item.get("widget"), Mapping))
    return names if len(names) == len(values) else ()
