"""What Stability Matrix adds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.stabilitymatrix import looks_like, parse

MADE = {
    "PositivePrompt": "a cat",
    "NegativePrompt": "a dog",
    "Steps": 20,
    "Sampler": "DPM++ 2M Karras",
    "CfgScale": 7,
    "Seed": 18446744073709551615,
    "Height": 1024,
    "Width": 768,
    "ModelHash": "ab",
    "ModelName": "base.safetensors",
    "FrameCount": 0,
    "Lossless": False,
    "VideoOutputMethod": None,
    "Fps": 6,
}
LORA = {"SelectedModelName": "film.safetensors", "ModelWeight": 0.8, "ClipWeight": 1}
PROJECT = {
    "Version": 2,
    "ProjectType": "TextToImage",
    "State": {
        "Prompt": {"Prompt": "the editor's", "NegativePrompt": "none of it"},
        "Sampler": {"Steps": 9, "CfgScale": 3, "SelectedSampler": {"Name": "euler"}, "SelectedScheduler": "karras"},
        "Seed": {"Seed": "7"},
        "Model": {"SelectedModelName": "sub/other.safetensors",
                  "ExtraNetworks": {"$values": [{"$type": "Lora", "$values": [LORA]}, {"SelectedModelName": "grain"}]}},
    },
}  # fmt: skip


def read(**texts: Any) -> dict[str, Any]:
    return parse(Body({key.replace("_", "-"): json.dumps(text) for key, text in texts.items()}))


def test_what_was_made_comes_before_what_the_project_says() -> None:
    assert read(parameters_json=MADE, smproj=PROJECT) == {
        "generator": "stabilitymatrix",
        "prompt": "a cat",
        "negative_prompt": "a dog",
        "steps": 20,
        "sampler": "DPM++ 2M Karras",
        "scheduler": "karras",
        "cfg_scale": 7.0,
        "seed": "18446744073709551615",
        "width": 768,
        "height": 1024,
        "model": "base",
        "model_hash": "ab",
        "loras": [{"name": "film", "weight": 0.8}, {"name": "grain", "weight": 1.0}],
        "parameters": {"Fps": 6},
    }


def test_the_project_alone() -> None:
    assert read(smproj=PROJECT) == {
        "generator": "stabilitymatrix",
        "prompt": "the editor's",
        "negative_prompt": "none of it",
        "steps": 9,
        "sampler": "euler",
        "scheduler": "karras",
        "cfg_scale": 3.0,
        "seed": 7,
        "model": "other",
        "loras": [{"name": "film", "weight": 0.8}, {"name": "grain", "weight": 1.0}],
    }


@pytest.mark.parametrize("state", [None, 5, [], {"Prompt": 5, "Model": {"ExtraNetworks": [[[5]]]}}])
def test_projects_that_make_no_sense(state: Any) -> None:
    assert read(smproj={"State": state}) == {"generator": "stabilitymatrix"}


def test_looks_like() -> None:
    assert looks_like(Body({"smproj": "x"}))
    assert looks_like(Body({"parameters-json": "x"}))
    assert not looks_like(Body({"parameters": "x"}))
