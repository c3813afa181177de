"""Graphs in both forms, and what is read out of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.generation.comfyui import parse
from tallylight.ingest.extract.generation.graph import Link, from_prompt, from_workflow
from tallylight.ingest.extract.limits import Limits


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def plain(**changes: Any) -> dict[str, Any]:
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
        "9": node("SaveImage", images=["8", 0]),
        "10": node("LoraLoader", lora_name="film.safetensors", strength_model=0.8, strength_clip=1, model=["11", 0]),
        "11": node("LoraLoaderModelOnly", lora_name="x/grain.safetensors", strength_model=0.5, model=["4", 0]),
    }
    return graph | changes


EXPECTED = {
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
    "loras": [{"name": "grain", "weight": 0.5}, {"name": "film", "weight": 0.8}],
    "width": 832,
    "height": 1216,
}


def read(graph: Any) -> dict[str, Any]:
    return parse(from_prompt(graph))


def test_a_plain_graph() -> None:
    assert read(plain()) == EXPECTED


def test_the_same_graph_as_a_workflow() -> None:
    workflow = {
        "nodes": [
            {
                "id": 3,
                "type": "KSampler",
                "widgets_values": [7, "fixed", 20, 6.5, "euler", "karras", 1.0],
                "inputs": [
                    {"name": name, "link": link}
                    for name, link in (("model", 1), ("positive", 2), ("negative", 3), ("latent_image", 4))
                ],
            },
            {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["base_1.0.safetensors"]},
            {"id": 5, "type": "EmptyLatentImage", "widgets_values": [832, 1216, 1]},
            {
                "id": 6,
                "type": "CLIPTextEncode",
                "widgets_values": ["a cat"],
                "inputs": [{"name": "clip", "link": None}],
            },
            {"id": 7, "type": "Reroute", "inputs": [{"name": "", "link": 6}]},
            {"id": 8, "type": "CLIPTextEncode", "widgets_values": ["a dog"]},
            {"id": 9, "type": "SaveImage", "inputs": [{"name": "images", "link": 7}]},
            {
                "id": 10,
                "type": "LoraLoader",
                "widgets_values": ["film.safetensors", 0.8, 1],
                "inputs": [{"name": "model", "link": 8}],
            },
            {
                "id": 11,
                "type": "LoraLoaderModelOnly",
                "widgets_values": ["grain.safetensors", 0.5],
                "inputs": [{"name": "model", "link": 5}],
            },
            {"id": 12, "type": "KSampler", "mode": 4, "widgets_values": [1, "fixed", 1, 1, "x", "y", 1.0]},
        ],
        "links": [
            [1, 10, 0, 3, 0, "MODEL"],
            [2, 6, 0, 3, 1, "CONDITIONING"],
            [3, 7, 0, 3, 2, "*"],
            [4, 5, 0, 3, 3, "LATENT"],
            [5, 4, 0, 11, 0, "MODEL"],
            [6, 8, 0, 7, 0, "*"],
            {"id": 7, "origin_id": 3, "origin_slot": 0},
            [8, 11, 0, 10, 0, "MODEL"],
            "nonsense",
        ],
    }
    assert parse(from_workflow(workflow)) == EXPECTED


@pytest.mark.parametrize(
    ("changes", "prompt"),
    [
        (
            {
                "6": node("ConditioningCombine", conditioning_1=["20", 0], conditioning_2=["21", 0]),
                "20": node("CLIPTextEncode", text="one"),
                "21": node("CLIPTextEncode", text="two"),
            },
            "one, two",
        ),
        (
            {
                "6": node("ConditioningConcat", conditioning_to=["20", 0], conditioning_from=["20", 0]),
                "20": node("CLIPTextEncode", text="one"),
            },
            "one",
        ),
        (
            {"6": node("CLIPTextEncode", text=["20", 0]), "20": node("PrimitiveStringMultiline", value="from afar")},
            "from afar",
        ),
        (
            {
                "6": node("CLIPTextEncode", text=["20", 0]),
                "20": node("StringConcatenate", string_a="a", string_b=["21", 0], delimiter="-"),
                "21": node("PrimitiveString", value="b"),
            },
            "a, b",
        ),
        ({"6": node("CLIPTextEncodeSDXL", text_g="global", text_l="local")}, "global, local"),
        (
            {
                "6": node("ControlNetApplyAdvanced", positive=["20", 0], negative=["21", 0], image=["22", 0]),
                "20": node("CLIPTextEncode", text="yes"),
                "21": node("CLIPTextEncode", text="no"),
            },
            "yes",
        ),
        ({"6": node("Reroute", **{"": ["20", 0]}), "20": node("CLIPTextEncode", text="beyond")}, "beyond"),
        ({"6": node("ConditioningZeroOut", conditioning=["20", 0]), "20": node("CLIPTextEncode", text="zero")}, None),
        ({"6": node("Reroute", **{"": ["6", 0]})}, None),
        ({"6": node("CLIPTextEncode", text=5)}, None),
    ],
)
def test_ways_to_a_text(changes: dict[str, Any], prompt: str | None) -> None:
    assert read(plain(**changes)).get("prompt") == prompt


def test_flux_with_its_parts_apart() -> None:
    graph = {
        "1": node(
            "SamplerCustomAdvanced",
            noise=["2", 0],
            guider=["3", 0],
            sampler=["4", 0],
            sigmas=["5", 0],
            latent_image=["6", 0],
        ),
        "2": node("RandomNoise", noise_seed=2**63),
        "3": node("BasicGuider", model=["7", 0], conditioning=["8", 0]),
        "4": node("KSamplerSelect", sampler_name="euler"),
        "5": node("BasicScheduler", scheduler="simple", steps=20, denoise=0.9, model=["7", 0]),
        "6": node("EmptySD3LatentImage", width=["10", 0], height=1024),
        "7": node("UNETLoader", unet_name="flux1-dev.sft"),
        "8": node("FluxGuidance", guidance=3.5, conditioning=["9", 0]),
        "9": node("CLIPTextEncode", text="a harbour"),
        "10": node("PrimitiveInt", value=768),
    }
    assert read(graph) == {
        "generator": "comfyui",
        "seed": str(2**63),
        "steps": 20,
        "sampler": "euler",
        "scheduler": "simple",
        "denoise": 0.9,
        "prompt": "a harbour",
        "model": "flux1-dev",
        "width": 768,
        "height": 1024,
        "parameters": {"guidance": 3.5},
    }


def test_of_two_samplers_the_one_that_began_and_is_used() -> None:
    graph = plain()
    graph["12"] = node(
        "KSampler", seed=8, steps=5, denoise=0.4, positive=["6", 0], negative=["7", 0], latent_image=["3", 0]
    )
    graph["8"] = node("VAEDecode", samples=["12", 0])
    graph["0"] = node("KSampler", seed=9, steps=5, positive=["6", 0], negative=["7", 0])
    assert read(dict(sorted(graph.items())))["seed"] == 7


@pytest.mark.parametrize(
    ("loader", "loras"),
    [
        (
            node(
                "Power Lora Loader (rgthree)",
                lora_1={"on": True, "lora": "a.safetensors", "strength": 0.7},
                lora_2={"on": False, "lora": "b.safetensors", "strength": 1},
                model=["4", 0],
            ),
            [{"name": "a", "weight": 0.7}],
        ),
        (
            node("CR LoRA Stack", lora_name_1="a.safetensors", model_weight_1=0.6, lora_name_2="None", model=["4", 0]),
            [{"name": "a", "weight": 0.6}],
        ),
        (node("LoraLoader", lora_name="a.safetensors", model=["4", 0]), [{"name": "a", "weight": 1.0}]),
    ],
)
def test_lora_stacks(loader: dict[str, Any], loras: list[dict[str, Any]]) -> None:
    found = read(plain(**{"10": loader}))
    assert (found["loras"], found["model"]) == (loras, "base_1.0")


def test_a_seed_from_a_primitive() -> None:
    graph = plain()
    graph["3"]["inputs"]["seed"] = ["20", 0]
    assert read(graph | {"20": node("Seed (rgthree)", seed=99)})["seed"] == 99


@pytest.mark.parametrize(
    "body", [None, 5, [], "x", {}, {"1": 5}, {"1": {"class_type": 5}}, {"1": {"class_type": "A", "inputs": 5}}]
)
def test_what_is_no_prompt(body: Any) -> None:
    assert parse(from_prompt(body)) == {"generator": "comfyui"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"nodes": 5},
        {"nodes": [5, {"type": 5}], "links": 7},
        {"nodes": [{"type": "KSampler", "widgets_values": 5, "inputs": [7]}]},
    ],
)
def test_what_is_no_workflow(body: Any) -> None:
    assert parse(from_workflow(body)) == {"generator": "comfyui"}


def test_widgets_that_are_listed_are_named() -> None:
    workflow = {
        "nodes": [
            {
                "id": 1,
                "type": "Unknown",
                "widgets_values": [5, "words"],
                "inputs": [
                    {"name": "a", "widget": {"name": "a"}, "link": 3},
                    {"name": "b", "widget": {"name": "b"}, "link": None},
                ],
            }
        ],
        "links": [[3, 9, 2, 1, 0, "INT"]],
    }
    [found] = from_workflow(workflow).values()
    assert found.values == {"a": 5, "b": "words", "value": "words"}
    assert found.links == {"a": Link("9", 2)}


def test_a_maze_ends() -> None:
    """Every node reaches every other: there are more ways through than anyone can follow."""
    graph = {
        str(number): node("ConditioningCombine", **{f"c{other}": [str(other), 0] for other in range(40)})
        for number in range(40)
    }
    graph["s"] = node("KSampler", steps=1, positive=["0", 0], negative=["1", 0], model=["0", 0], latent_image=["0", 0])
    assert read(graph) == {"generator": "comfyui", "steps": 1}


def test_a_long_chain_ends() -> None:
    graph = {str(number): node("Reroute", **{"": [str(number + 1), 0]}) for number in range(4000)}
    graph["s"] = node("KSampler", steps=1, positive=["0", 0], negative=["0", 0], model=["0", 0], latent_image=["0", 0])
    assert read(graph) == {"generator": "comfyui", "steps": 1}


def test_nodes_are_limited() -> None:
    many = {str(number): node("A") for number in range(50)}
    assert len(from_prompt(many, Limits(graph_nodes=10))) == 10


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
names = st.sampled_from(
    [
        "positive",
        "negative",
        "model",
        "steps",
        "seed",
        "text",
        "sampler_name",
        "guider",
        "sigmas",
        "latent_image",
        "width",
        "lora_1",
    ]
)
nodes = st.fixed_dictionaries(
    {
        "class_type": st.sampled_from(["KSampler", "CLIPTextEncode", "LoraLoader", "SaveImage", "Reroute"]),
        "inputs": st.dictionaries(
            names, json_values | st.tuples(st.sampled_from("0123"), st.just(0)).map(list), max_size=8
        ),
    }
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from("0123"), nodes | json_values))
def test_no_graph_raises(graph: dict[str, Any]) -> None:
    assert read(graph)["generator"] == "comfyui"


@settings(max_examples=50, deadline=None)
@given(json_values)
def test_no_workflow_raises(body: Any) -> None:
    parse(
        from_workflow(
            {"nodes": [body, {"id": 1, "type": "KSampler", "widgets_values": body, "inputs": body}], "links": [body]}
        )
    )
    parse(from_workflow(body))
