"""The two graphs ComfyUI writes into a picture: `prompt` (what ran) and `workflow` (what the editor shows)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tallylight.samples.recipes import Recipe

Json = dict[str, Any]

_SAMPLERS: Final = {"DPM++ 2M": "dpmpp_2m", "Euler a": "euler_ancestral", "DPM++ SDE": "dpmpp_sde", "UniPC": "uni_pc"}
_SCHEDULERS: Final = {"Karras": "karras", "Automatic": "normal", "Exponential": "exponential", "Simple": "simple"}
_OUTPUTS: Final = {
    "CheckpointLoaderSimple": ("MODEL", "CLIP", "VAE"),
    "LoraLoader": ("MODEL", "CLIP"),
    "CLIPTextEncode": ("CONDITIONING",),
    "EmptyLatentImage": ("LATENT",),
    "KSampler": ("LATENT",),
    "Reroute": ("VAE",),
    "VAEDecode": ("IMAGE",),
    "SaveImage": (),
}


@dataclass(frozen=True, slots=True)
class ComfyGraph:
    """Both graphs of one picture, as JSON values."""

    prompt: Json
    workflow: Json


@dataclass(frozen=True, slots=True)
class _Node:
    """A node with what goes into it: `links` name another node and one of its outputs, `widgets` are set by hand."""

    number: int
    kind: str
    links: Mapping[str, tuple[int, int]]
    widgets: Mapping[str, Any]
    title: str = ""


def comfy_graph(recipe: Recipe) -> ComfyGraph:
    """A text-to-image graph: checkpoint, a chain of LoRAs, two prompts, sampler, decoder, output.

    The editor's graph has a `Reroute` between checkpoint and decoder, which the graph that ran does not have.
    """
    nodes = _nodes(recipe)
    return ComfyGraph(prompt=_as_prompt(nodes), workflow=_as_workflow(nodes))


def _nodes(recipe: Recipe) -> list[_Node]:
    loras = _lora_chain(recipe)
    model = loras[-1].number if loras else 4
    size = {"width": recipe.width, "height": recipe.height, "batch_size": 1}
    return [
        _Node(4, "CheckpointLoaderSimple", {}, {"ckpt_name": f"{recipe.model}.safetensors"}),
        *loras,
        _Node(5, "EmptyLatentImage", {}, size),
        _Node(6, "CLIPTextEncode", {"clip": (model, 1)}, {"text": recipe.prompt}, "Positive"),
        _Node(7, "CLIPTextEncode", {"clip": (model, 1)}, {"text": recipe.negative_prompt}, "Negative"),
        _Node(
            3,
            "KSampler",
            {"model": (model, 0), "positive": (6, 0), "negative": (7, 0), "latent_image": (5, 0)},
            _sampling(recipe),
        ),
        _Node(12, "Reroute", {"": (4, 2)}, {}),
        _Node(8, "VAEDecode", {"samples": (3, 0), "vae": (12, 0)}, {}),
        _Node(9, "SaveImage", {"images": (8, 0)}, {"filename_prefix": "ComfyUI"}),
    ]


def _lora_chain(recipe: Recipe) -> list[_Node]:
    chain: list[_Node] = []
    for number, lora in enumerate(recipe.loras, start=20):
        source = chain[-1].number if chain else 4
        widgets = {
            "lora_name": f"{lora.name}.safetensors",
            "strength_model": lora.weight,
            "strength_clip": lora.weight,
        }
        chain.append(_Node(number, "LoraLoader", {"model": (source, 0), "clip": (source, 1)}, widgets))
    return chain


def _sampling(recipe: Recipe) -> Json:
    return {
        "seed": recipe.seed,
        "steps": recipe.steps,
        "cfg": recipe.cfg_scale,
        "sampler_name": _SAMPLERS.get(recipe.sampler, recipe.sampler),
        "scheduler": _SCHEDULERS.get(recipe.scheduler, recipe.scheduler),
        "denoise": 1.0 if recipe.denoise is None else recipe.denoise,
    }


def _as_prompt(nodes: Iterable[_Node]) -> Json:
    nodes = list(nodes)
    through = {node.number: node.links[""] for node in nodes if node.kind == "Reroute"}
    return {
        str(node.number): {
            "inputs": dict(node.widgets)
            | {name: [str(source), slot] for name, (source, slot) in _resolved(node, through).items()},
            "class_type": node.kind,
            "_meta": {"title": node.title or node.kind},
        }
        for node in nodes
        if node.kind != "Reroute"
    }


def _resolved(node: _Node, through: Mapping[int, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    return {name: through.get(link[0], link) for name, link in node.links.items()}


def _as_workflow(nodes: list[_Node]) -> Json:
    kinds = {node.number: node.kind for node in nodes}
    links = [
        [source, slot, node.number, place, _OUTPUTS[kinds[source]][slot]]
        for node in nodes
        for place, (source, slot) in enumerate(node.links.values())
    ]
    numbered = [[number, *link] for number, link in enumerate(links, start=1)]
    return {
        "last_node_id": max(kinds),
        "last_link_id": len(numbered),
        "nodes": [_editor_node(node, order, numbered) for order, node in enumerate(nodes)],
        "links": numbered,
        "groups": [],
        "config": {},
        "extra": {"ds": {"scale": 0.8, "offset": [0, 0]}},
        "version": 0.4,
    }


def _editor_node(node: _Node, order: int, links: list[list[Any]]) -> Json:
    arriving = {link[4]: link for link in links if link[3] == node.number}
    return {
        "id": node.number,
        "type": node.kind,
        "pos": [60 + order % 4 * 380, 80 + order // 4 * 260],
        "size": [315, 46 + 26 * len(node.widgets)],
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": [
            {"name": name, "type": arriving[place][5], "link": arriving[place][0]}
            for place, name in enumerate(node.links)
        ],
        "outputs": [
            {"name": name, "type": name, "links": _leaving(links, node.number, slot), "slot_index": slot}
            for slot, name in enumerate(_OUTPUTS[node.kind])
        ],
        "properties": {"Node name for S&R": node.kind},
        "widgets_values": _widgets_values(node),
    } | ({"title": node.title} if node.title else {})


def _leaving(links: list[list[Any]], number: int, slot: int) -> list[int]:
    return [link[0] for link in links if link[1:3] == [number, slot]]


def _widgets_values(node: _Node) -> list[Any]:
    values = list(node.widgets.values())
    # The editor shows a widget of its own after a seed: what becomes of it after a run.
    return [values[0], "randomize", *values[1:]] if node.kind == "KSampler" else values
