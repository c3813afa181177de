"""What Civitai adds to a graph."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.civitai import looks_like, parse

EXTRA = {
    "prompt": "a cat",
    "negativePrompt": "a dog",
    "steps": 25,
    "cfgScale": 4,
    "sampler": "Euler",
    "seed": 7,
    "workflowId": "txt2img",
    "resources": [
        {"modelVersionId": 5, "strength": 0.8},
        {"modelVersionId": "6", "strength": 1, "modelName": "Film"},
        {"modelVersionId": 7},
        {"strength": 1},
        5,
    ],
}


@pytest.mark.parametrize("extra", [EXTRA, json.dumps(EXTRA), json.dumps(json.dumps(EXTRA))])
def test_everything(extra: Any) -> None:
    body = Body({"extraMetadata": extra, "1": {"class_type": "A"}})
    assert looks_like(body)
    found = parse(body)
    assert found.pop("parameters").keys() == {"workflowId", "resources"}
    assert found == {
        "generator": "civitai",
        "prompt": "a cat",
        "negative_prompt": "a dog",
        "steps": 25,
        "cfg_scale": 4.0,
        "sampler": "Euler",
        "seed": 7,
        "loras": [{"name": "civitai:5", "weight": 0.8}, {"name": "Film", "weight": 1.0}],
    }


@pytest.mark.parametrize("extra", [None, 5, "words", {"resources": 5}, "{}"])
def test_what_makes_no_sense(extra: Any) -> None:
    found = parse(Body({"extraMetadata": extra}))
    assert found.keys() <= {"generator", "parameters"}
