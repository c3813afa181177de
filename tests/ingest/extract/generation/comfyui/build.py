"""Graphs for tests, and the same graphs as an editor writes them."""

from __future__ import annotations

from typing import Any

from tallylight.ingest.extract.generation.comfyui import from_prompt, from_workflow, parse
from tallylight.ingest.extract.generation.comfyui.orders import ORDERS

Json = dict[str, Any]


def node(kind: str, **inputs: Any) -> Json:
    return {"class_type": kind, "inputs": inputs}


def plain(**changes: Json) -> Json:
    """A checkpoint with two LoRAs, two texts, one sampler, one picture. Changes are of whole nodes, as `_6=…`."""
    graph = {
        "3": node(
            "KSampler",
            seed=7,
            steps=20,
            cfg=6.5,
            sampler_name="euler",
            scheduler="karras",
            denoise=1.0,
            model=["10", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["5", 0],
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name="sdxl\\base_1.0.safetensors"),
        "5": node("EmptyLatentImage", width=832, height=1216, batch_size=1),
        "6": node("CLIPTextEncode", text="a cat", clip=["10", 1]),
        "7": node("CLIPTextEncode", text="a dog", clip=["10", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", filename_prefix="x", images=["8", 0]),
        "10": node(
            "LoraLoader",
            lora_name="film.safetensors",
            strength_model=0.8,
            strength_clip=1,
            model=["11", 0],
            clip=["4", 1],
        ),
        "11": node("LoraLoaderModelOnly", lora_name="x/grain.safetensors", strength_model=0.5, model=["4", 0]),
    }
    return graph | {name.removeprefix("_"): change for name, change in changes.items()}


EXPECTED: Json = {
    "generator": "comfyui",
    "seed": 7,
    "steps": 20,
    "cfg_scale": 6.5,
    "sampler": "euler",
    "scheduler": "karras",
    "denoise": 1.0,
    "prompt": "a cat",
    "negative_prompt": "a dog",
    "model": "base_1.0",
    "models": ["base_1.0"],
    "loras": [{"name": "grain", "weight": 0.5}, {"name": "film", "weight": 0.8}],
    "width": 832,
    "height": 1216,
}


def read(graph: Any) -> Json:
    return parse(from_prompt(graph))


def read_workflow(body: Any) -> Json:
    return parse(from_workflow(body))


class Drawing:
    """A prompt as the editor would show it: `nodes` and `links`, values as bare lists."""

    def __init__(self, prompt: Json, *, lists_fields: bool = True) -> None:
        """Without `lists_fields` as editors wrote it before 2025: only links are listed as inputs."""
        self.lists_fields = lists_fields
        self.prompt = prompt
        self.links: list[Any] = []
        self.nodes = {key: self._entry(key, entry) for key, entry in prompt.items()}

    def body(self, **more: Any) -> Json:
        return {"nodes": list(self.nodes.values()), "links": self.links, "version": 0.4, **more}

    def _entry(self, key: str, entry: Json) -> Json:
        given = entry["inputs"]
        known = {name: value for name, value in given.items() if not self._is_link(value)}
        names = [name for name in ORDERS.get(entry["class_type"], ()) if name in given] or list(known)
        inputs = [self._linked(key, name, value) for name, value in given.items() if self._is_link(value)]
        if self.lists_fields:
            listed = {item["name"] for item in inputs}
            inputs = [item | ({"widget": {"name": item["name"]}} if item["name"] in names else {}) for item in inputs]
            fields = [name for name in names if name not in listed]
            inputs += [{"name": name, "type": "X", "widget": {"name": name}, "link": None} for name in fields]
            names = [item["name"] for item in inputs if "widget" in item]
        for place, item in enumerate(inputs):
            if item["link"] is not None:
                self.links[item["link"] - 1][4] = place
        return {
            "id": int(key) if key.isdigit() else key,
            "type": entry["class_type"],
            "mode": 0,
            "inputs": inputs,
            "outputs": [{"name": str(place), "type": "X"} for place in range(4)],
            "widgets_values": [value for name in names for value in _typed(name, known.get(name))],
        }

    def _is_link(self, value: Any) -> bool:
        return isinstance(value, list) and len(value) == 2 and str(value[0]) in self.prompt

    def _linked(self, key: str, name: str, value: list[Any]) -> Json:
        number = len(self.links) + 1
        self.links.append([number, value[0], value[1], key, 0, "X"])
        return {"name": name, "type": "X", "link": number}


def _typed(name: str, value: Any) -> list[Any]:
    """A value, and after a seed what the editor does to it."""
    return [value, "randomize"] if name.endswith("seed") else [value]
