"""SwarmUI's JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.swarmui import looks_like, parse

PARAMS: dict[str, Any] = {
    "prompt": "a cat <lora:mist:0.4>",
    "negativeprompt": "a dog",
    "model": "Official/sd_xl_base_1.0",
    "seed": 1,
    "steps": "20",
    "cfgscale": "7.5",
    "sampler": "euler",
    "scheduler": "karras",
    "width": 1024,
    "height": 768,
    "clipstopatlayer": "-2",
    "initimagecreativity": "0.6",
    "loras": "film,sub/grain",
    "loraweights": "0.8",
    "refinermodel": "Official/refiner",
    "refinerupscale": 1.5,
    "refinerupscalemethod": "pixel-lanczos",
    "refinersteps": 10,
    "refinercontrolpercentage": 0.2,
    "aspectratio": "4:3",
    "swarm_version": "0.9.3.1",
}
WHOLE = {
    "sui_image_params": PARAMS,
    "sui_extra_data": {"date": "2025-01-25", "original_prompt": "a <random:cat,dog>"},
    "sui_models": [{"name": "x.safetensors", "param": "vae", "hash": "0x1"},
                   {"name": "sd_xl_base_1.0.safetensors", "param": "model", "hash": "0xd7a9"}, 5],
}  # fmt: skip


@pytest.mark.parametrize("body", [WHOLE, WHOLE | {"sui_image_params": json.dumps(PARAMS)}])
def test_everything(body: dict[str, Any]) -> None:
    assert looks_like(Body(body))
    assert parse(Body(body)) == {
        "generator": "swarmui",
        "version": "0.9.3.1",
        "prompt": "a cat <lora:mist:0.4>",
        "negative_prompt": "a dog",
        "model": "sd_xl_base_1.0",
        "model_hash": "0xd7a9",
        "models": ["sd_xl_base_1.0", "refiner"],
        "seed": 1,
        "steps": 20,
        "cfg_scale": 7.5,
        "sampler": "euler",
        "scheduler": "karras",
        "width": 1024,
        "height": 768,
        "clip_skip": 2,
        "denoise": 0.6,
        "hires": {"upscale": 1.5, "upscaler": "pixel-lanczos", "steps": 10, "denoise": 0.2},
        "loras": [
            {"name": "film", "weight": 0.8},
            {"name": "grain", "weight": 1.0},
            {"name": "mist", "weight": 0.4},
        ],
        "parameters": {
            "refinermodel": "Official/refiner",
            "aspectratio": "4:3",
            "date": "2025-01-25",
            "original_prompt": "a <random:cat,dog>",
        },
    }


def test_older_names_of_the_sampler() -> None:
    found = parse(Body({"sui_image_params": {"comfyuisampler": "euler", "comfyuischeduler": "simple"}}))
    assert (found["sampler"], found["scheduler"]) == ("euler", "simple")


def test_lists_of_loras() -> None:
    params = {"loras": ["a", "b"], "loraweights": [0.5, "0.25"]}
    assert parse(Body({"sui_image_params": params}))["loras"] == [
        {"name": "a", "weight": 0.5},
        {"name": "b", "weight": 0.25},
    ]


@pytest.mark.parametrize("params", [None, 5, "x", [], {"loras": 5, "loraweights": {}, "prompt": 5}])
def test_parameters_that_make_no_sense(params: Any) -> None:
    found = parse(Body({"sui_image_params": params, "sui_models": params, "sui_extra_data": params}))
    assert found["generator"] == "swarmui"
    assert "loras" not in found
