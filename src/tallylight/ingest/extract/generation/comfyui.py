"""Reads generation parameters out of a ComfyUI graph: from the sampler along its links to texts, models and size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tallylight.ingest.extract.clean import clean_line, clean_text
from tallylight.ingest.extract.generation.graph import Graph, Link, Node
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.values import as_integer, as_model, as_name, as_number, as_seed, as_size
from tallylight.model import Json

#: Values of a node that are prompt text, whatever the node is called.
_TEXTS: Final = (
    "text",
    "text_g",
    "text_l",
    "clip_l",
    "t5xxl",
    "prompt",
    "string",
    "value",
    "populated_text",
    "wildcard_text",
)
#: Links that lead away from the text.
_NO_TEXT: Final = frozenset(
    {"clip", "model", "vae", "image", "images", "pixels", "mask", "latent", "latent_image", "samples", "seed"}
    | {"control_net", "clip_vision", "clip_vision_output"}
)
_ANY_TEXT = re.compile(r"(text|string|str|prompt)_?[a-z0-9]{0,3}", re.IGNORECASE)
_MODELS: Final = ("ckpt_name", "unet_name", "model_name", "gguf_name", "base_ckpt_name", "model_path")
_SAVERS = re.compile(r"save|preview|combine|output", re.IGNORECASE)
_ON_THE_WAY: Final = ("model", "base_model", "MODEL", "unet", "*", "", "any", "anything")
_TO_SIZE: Final = ("latent_image", "latent", "samples", "latents", *_ON_THE_WAY)


def parse(graph: Graph, limits: Limits = LIMITS) -> Json:
    """The generation parameters of a graph, as `Outcome.generation` documents; only what is known. Never raises."""
    walk = _Walk(graph, limits)
    found: Json = {"generator": "comfyui"}
    sampler = walk.sampler()
    if sampler is not None:
        found |= walk.settings(sampler) | walk.prompts(sampler) | walk.models(sampler) | walk.size(sampler)
    return {key: value for key, value in found.items() if value not in ("", None, [], {})}


@dataclass(slots=True)
class _Walk:
    """Follows links. Every step is counted, so a graph with loops or a million ways through it ends all the same."""

    graph: Graph
    limits: Limits
    steps: int = field(default=0)

    def step(self) -> bool:
        self.steps += 1
        return self.steps <= self.limits.graph_steps

    def node(self, link: Link | None) -> Node | None:
        return self.graph.get(link.node) if link is not None else None

    def sampler(self) -> Node | None:
        """The sampler that made the picture: of those that lead to an output, the one that started from pure noise."""
        samplers = [key for key, node in self.graph.items() if _is_sampler(node)]
        reached = self._upstream(key for key, node in self.graph.items() if _SAVERS.search(node.kind))
        nodes = [self.graph[key] for key in samplers if key in reached] or [self.graph[key] for key in samplers]
        return max(nodes, key=self._freshness, default=None)

    def _freshness(self, sampler: Node) -> float:
        denoise = as_number(sampler.values.get("denoise", 1.0))
        return 1.0 if denoise is None else denoise

    def _upstream(self, keys: Iterator[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            if key in reached or key not in self.graph:
                continue
            reached.add(key)
            waiting.extend(link.node for link in self.graph[key].links.values())
        return reached

    def chain(self, start: Node, names: tuple[str, ...]) -> Iterator[Node]:
        """The nodes from one on, always along the first of these links there is."""
        seen: set[int] = set()
        node: Node | None = start
        while node is not None and id(node) not in seen and self.step():
            seen.add(id(node))
            yield node
            node = self.node(next((node.links[name] for name in names if name in node.links), None))

    def value(self, node: Node, *names: str) -> Any:
        """A value of a node, followed to where it was set."""
        for name in names:
            if name in node.values:
                return node.values[name]
            if name in node.links:
                return self._linked_value(node.links[name], name)
        return None

    def _linked_value(self, link: Link, name: str) -> Any:
        start = self.node(link)
        if start is None:
            return None
        for node in self.chain(start, (name, "value", "*", "", "any", "seed", "int", "float", "number")):
            for key in (name, "value", "seed", "int", "float", "number", "Number", "Value"):
                if not isinstance(node.values.get(key), (dict, list, type(None))):
                    return node.values[key]
        return None

    def settings(self, sampler: Node) -> Json:
        noise = self._beside(sampler, "noise")
        sigmas = self._beside(sampler, "sigmas")
        guider = self._beside(sampler, "guider")
        picker = self._beside(sampler, "sampler")
        return {
            "seed": as_seed(self._first(as_seed, (sampler, noise), "seed", "noise_seed")),
            "steps": self._first(as_integer, (sampler, sigmas), "steps"),
            "cfg_scale": self._first(as_number, (sampler, guider), "cfg", "cfg_scale"),
            "sampler": self._first(as_name, (sampler, picker), "sampler_name"),
            "scheduler": self._first(as_name, (sampler, sigmas), "scheduler"),
            "denoise": self._first(as_number, (sampler, sigmas), "denoise"),
            "parameters": self._further(sampler),
        }

    def _beside(self, sampler: Node, name: str) -> Node | None:
        return self.node(sampler.links.get(name))

    def _first(self, read: Callable[[Any], Any], nodes: tuple[Node | None, ...], *names: str) -> Any:
        values = (read(self.value(node, *names)) for node in nodes if node is not None)
        return next((value for value in values if value is not None), None)

    def _further(self, sampler: Node) -> Json:
        """Guidance of models that have one (Flux), from the nodes the positive text passes through."""
        for name in ("positive", "guider"):
            start = self._beside(sampler, name)
            for node in self.chain(start, ("conditioning", "positive")) if start else ():
                guidance = as_number(node.values.get("guidance"))
                if guidance is not None:
                    return {"guidance": guidance}
        return {}

    def prompts(self, sampler: Node) -> Json:
        guided = self._beside(sampler, "guider") or sampler
        positive = guided.links.get("positive") or guided.links.get("conditioning")
        return {
            "prompt": self._text(positive, "positive"),
            "negative_prompt": self._text(guided.links.get("negative"), "negative"),
        }

    def _text(self, link: Link | None, role: str) -> str:
        texts = dict.fromkeys(text.strip() for text in self._texts(link, role, frozenset(), 0))
        return clean_text(", ".join(filter(None, texts)), self.limits.text)

    def _texts(self, link: Link | None, role: str, passed: frozenset[str], depth: int) -> Iterator[str]:
        """The texts that reach a link, in order. Of a node that passes on both sides only its own side is followed."""
        node = self.node(link)
        if node is None or link is None or link.node in passed or depth > self.limits.json_depth or not self.step():
            return
        if "zeroout" in node.kind.lower():
            return
        onward = passed | {link.node}
        if role in node.links:
            yield from self._texts(node.links[role], role, onward, depth + 1)
            return
        yield from self._own_texts(node)
        for name, further in node.links.items():
            if name not in _NO_TEXT:
                yield from self._texts(further, role, onward, depth + 1)

    def _own_texts(self, node: Node) -> Iterator[str]:
        for name, value in node.values.items():
            if isinstance(value, str) and (name in _TEXTS or _ANY_TEXT.fullmatch(name)):
                yield value

    def models(self, sampler: Node) -> Json:
        start = self._beside(sampler, "guider") or sampler
        found: Json = {"loras": []}
        for node in self.chain(start, _ON_THE_WAY):
            found["loras"][:0] = _loras(node)
            name = next((node.values[key] for key in _MODELS if isinstance(node.values.get(key), str)), None)
            if name is not None:
                found["model"] = as_model(name)
                break
        return found

    def size(self, sampler: Node) -> Json:
        for node in self.chain(sampler, _TO_SIZE):
            width = as_size(self.value(node, "width", "empty_latent_width"))
            height = as_size(self.value(node, "height", "empty_latent_height"))
            if width and height:
                return {"width": width, "height": height}
        return {}


def _is_sampler(node: Node) -> bool:
    known = node.values.keys() | node.links.keys()
    if "guider" in known:
        return "sigmas" in known or "noise" in known
    return "sampler" in node.kind.lower() and "positive" in known and bool(known & {"steps", "sigmas", "sampler_name"})


def _loras(node: Node) -> list[Json]:
    """The LoRAs a node adds; nodes for stacks number their inputs or keep one object for each."""
    if "lora" not in node.kind.lower():
        return []
    found = [_lora(value.get("lora"), value.get("strength")) for value in node.values.values() if _is_on(value)]
    for name, value in node.values.items():
        if match := re.fullmatch(r"lora_name(_?\d+)?|lora_(\d+)(_name)?", name):
            number = (match[1] or match[2] or "").lstrip("_")
            keys = (
                ("strength_model", "lora_wt", "model_weight")
                if not number
                else (f"strength_{number}", f"lora_wt_{number}", f"model_str_{number}", f"model_weight_{number}")
            )
            strength = next((node.values[key] for key in keys if key in node.values), None)
            found.append(_lora(value, strength))
    return [lora for lora in found if lora is not None]


def _is_on(value: Any) -> bool:
    return isinstance(value, dict) and value.get("on", True) is True and "lora" in value


def _lora(name: Any, strength: Any) -> Json | None:
    model = as_model(name)
    if model is None or model == "None":
        return None
    weight = as_number(strength)
    return {"name": clean_line(model, 200), "weight": 1.0 if weight is None else round(weight, 4)}
