"""Easy Diffusion's two sets of names."""

from __future__ import annotations

from typing import Any

import pytest

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.easydiffusion import looks_like, parse

JSON: dict[str, Any] = {
    "prompt": "a cat",
    "negative_prompt": "a dog",
    "seed": 7,
    "use_stable_diffusion_model": "C:\\models\\base.safetensors",
    "clip_skip": False,
    "use_vae_model": None,
    "sampler_name": "euler_a",
    "scheduler_name": "simple",
    "width": 512,
    "height": 768,
    "num_inference_steps": 25,
    "guidance_scale": 7.5,
    "prompt_strength": 0.6,
    "use_lora_model": ["film", "grain"],
    "lora_alpha": [0.5, 0.25],
    "use_embeddings_model": ["easy.pt"],
    "tiling": None,
}
#: As PNG has them: each a text of its own, lists as Python writes them, beside texts of others.
PNG = {key: str(value) for key, value in JSON.items()} | {"Software": "x"}
TEXT = {
    "Prompt": "a cat", "Negative Prompt": "a dog", "Seed": 7, "Stable Diffusion model": "models/base",
    "Clip Skip": False, "Sampler": "euler_a", "Scheduler": "simple", "Width": 512, "Height": 768, "Steps": 25,
    "Guidance Scale": 7.5, "Prompt Strength": 0.6, "LoRA model": "film, grain",
    "LoRA Strength": "0.5, 0.25", "Embedding models": "easy",
}  # fmt: skip
EXPECTED = {
    "generator": "easydiffusion",
    "prompt": "a cat",
    "negative_prompt": "a dog",
    "seed": 7,
    "model": "base",
    "sampler": "euler_a",
    "scheduler": "simple",
    "width": 512,
    "height": 768,
    "steps": 25,
    "cfg_scale": 7.5,
    "denoise": 0.6,
    "loras": [{"name": "film", "weight": 0.5}, {"name": "grain", "weight": 0.25}],
    "embeddings": ["easy"],
}


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        pytest.param(JSON, {"clip_skip": False}, id="json"),
        pytest.param(PNG, {"clip_skip": "False"}, id="png"),
        pytest.param(TEXT, {"Clip Skip": False}, id="text"),
    ],
)
def test_everything(body: dict[str, Any], parameters: dict[str, Any]) -> None:
    assert looks_like(Body(body))
    assert parse(Body(body)) == EXPECTED | {"parameters": parameters}


def test_one_lora() -> None:
    found = parse(Body(JSON | {"use_lora_model": "film", "lora_alpha": 0.5}))
    assert found["loras"] == [{"name": "film", "weight": 0.5}]


@pytest.mark.parametrize("value", [None, "None", "", [], 5, {}, [None, 5]])
def test_no_lora(value: Any) -> None:
    body = Body(JSON | {"use_lora_model": value, "lora_alpha": value, "use_embeddings_model": value})
    assert parse(body).keys() & {"loras", "embeddings"} == set()


def test_what_is_of_other_programs() -> None:
    assert not looks_like(Body({"prompt": "a", "seed": 5}))
