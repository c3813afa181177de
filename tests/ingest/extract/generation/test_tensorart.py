"""Tensor.Art's `generation_data`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.tensorart import looks_like, parse

DATA: dict[str, Any] = {
    "models": [
        {"label": "Film look", "type": "LORA", "modelFileName": "film", "weight": 0.7, "hash": "CD"},
        {"label": "No type", "weight": 0.5},
        {"label": "Easy", "type": "EMBEDDING", "modelFileName": "easy"},
        {"label": "Pose", "type": "CONTROLNET", "modelFileName": "pose"},
    ],
    "prompt": "a cat",
    "negativePrompt": "a dog",
    "width": 768,
    "height": 1152,
    "imageCount": 1,
    "samplerName": "Euler a",
    "steps": 25,
    "cfgScale": 7,
    "seed": "18446744073709551615",
    "clipSkip": 2,
    "baseModel": {"label": "Base", "type": "BASE_MODEL", "modelFileName": "base_v1", "hash": "AB"},
    "sdVae": "Automatic",
}


@pytest.mark.parametrize("body", [DATA, {"generation_data": json.dumps(DATA)}])
def test_everything(body: dict[str, Any]) -> None:
    assert looks_like(Body(body))
    assert parse(Body(body)) == {
        "generator": "tensorart",
        "prompt": "a cat",
        "negative_prompt": "a dog",
        "width": 768,
        "height": 1152,
        "sampler": "Euler a",
        "steps": 25,
        "cfg_scale": 7.0,
        "seed": "18446744073709551615",
        "clip_skip": 2,
        "model": "base_v1",
        "model_hash": "AB",
        "loras": [{"name": "film", "weight": 0.7}, {"name": "No type", "weight": 0.5}],
        "embeddings": ["easy"],
        "parameters": {"imageCount": 1, "sdVae": "Automatic"},
    }


@pytest.mark.parametrize("models", [None, 5, [5], [{}], [{"type": 5, "modelFileName": 5}]])
def test_models_that_make_no_sense_are_none(models: Any) -> None:
    assert (
        parse(Body(DATA | {"models": models, "baseModel": models})).keys() & {"loras", "embeddings", "model"} == set()
    )


def test_what_is_of_other_programs() -> None:
    assert not looks_like(Body({"baseModel": {}, "prompt": "x"}))
