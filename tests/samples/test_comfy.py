from __future__ import annotations

from typing import Any

import pytest

from tallylight.samples.comfy import ComfyGraph, comfy_graph
from tallylight.samples.recipes import Lora, Recipe

LORAS = (Lora("ink", 0.8, "aa"), Lora("grain", 0.4, "bb"))
RECIPE = Recipe(prompt="夕暮れ, (mist:1.2)", negative_prompt="text", loras=LORAS, seed=2**60, width=768, height=1152)


@pytest.fixture
def graph() -> ComfyGraph:
    return comfy_graph(RECIPE)


def _follow(prompt: dict[str, Any], node: dict[str, Any], name: str) -> dict[str, Any]:
    source, _ = node["inputs"][name]
    found: dict[str, Any] = prompt[source]
    return found


def _only(prompt: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = (node for node in prompt.values() if node["class_type"] == kind)
    return dict(found)


def test_the_sampler_leads_to_everything(graph: ComfyGraph) -> None:
    sampler = _only(graph.prompt, "KSampler")
    assert sampler["inputs"]["seed"] == 2**60
    assert sampler["inputs"]["sampler_name"] == "dpmpp_2m"
    assert _follow(graph.prompt, sampler, "positive")["inputs"]["text"] == RECIPE.prompt
    assert _follow(graph.prompt, sampler, "negative")["inputs"]["text"] == "text"
    assert _follow(graph.prompt, sampler, "latent_image")["inputs"]["height"] == 1152
    grain = _follow(graph.prompt, sampler, "model")
    ink = _follow(graph.prompt, grain, "model")
    assert [node["inputs"]["lora_name"] for node in (ink, grain)] == ["ink.safetensors", "grain.safetensors"]
    assert _follow(graph.prompt, ink, "model")["inputs"]["ckpt_name"] == "lumenXL_v30.safetensors"


def test_only_the_editor_has_the_reroute(graph: ComfyGraph) -> None:
    assert "Reroute" in {node["type"] for node in graph.workflow["nodes"]}
    assert "Reroute" not in {node["class_type"] for node in graph.prompt.values()}
    decoder = _only(graph.prompt, "VAEDecode")
    assert _follow(graph.prompt, decoder, "vae")["class_type"] == "CheckpointLoaderSimple"


def test_every_link_of_the_editor_has_two_ends(graph: ComfyGraph) -> None:
    nodes = {node["id"]: node for node in graph.workflow["nodes"]}
    assert graph.workflow["last_link_id"] == len(graph.workflow["links"]) > 0
    for number, source, slot, target, place, kind in graph.workflow["links"]:
        assert number in nodes[source]["outputs"][slot]["links"]
        assert nodes[source]["outputs"][slot]["type"] == kind
        assert nodes[target]["inputs"][place] == {**nodes[target]["inputs"][place], "link": number, "type": kind}


def test_the_editor_shows_what_becomes_of_the_seed(graph: ComfyGraph) -> None:
    (sampler,) = (node for node in graph.workflow["nodes"] if node["type"] == "KSampler")
    assert sampler["widgets_values"][:3] == [2**60, "randomize", 28]


def test_without_loras_the_checkpoint_feeds_the_sampler() -> None:
    prompt = comfy_graph(Recipe(prompt="hills")).prompt
    assert _follow(prompt, _only(prompt, "KSampler"), "model")["class_type"] == "CheckpointLoaderSimple"
    assert _only(prompt, "KSampler")["inputs"]["denoise"] == 1.0
