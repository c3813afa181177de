"""Fooocus and its forks."""

from __future__ import annotations

from typing import Any

import pytest

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fooocus import looks_like, parse

FOOOCUS: dict[str, Any] = {
    "base_model": "juggernaut.safetensors",
    "base_model_hash": "aeb7",
    "refiner_model": "None",
    "prompt": "a cat",
    "negative_prompt": "",
    "full_prompt": ["a cat, cinematic"],
    "guidance_scale": 4,
    "resolution": "(896, 1152)",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "6952411511246973023",
    "steps": 30,
    "clip_skip": 2,
    "performance": "Speed",
    "loras": [["film", 0.5, "ab"], ["grain", "0.25", "cd"]],
    "lora_combined_1": "film : 0.5",
    "lora_combined_2": "extra.safetensors : 1.5",
    "lora_combined_4": "after a gap : 1",
    "metadata_scheme": "fooocus",
    "version": "Fooocus v2.5.5",
}
RUINED: dict[str, Any] = {
    "Prompt": "a cat",
    "Negative": "a dog",
    "steps": 30,
    "cfg": 7.0,
    "width": 1024,
    "height": 768,
    "seed": 7,
    "sampler_name": "dpmpp_2m",
    "scheduler": "karras",
    "base_model_name": "base.safetensors",
    "base_model_hash": "ab",
    "loras": [["DEF1", "0.5 - film.safetensors"], ["only a hash"], 5],
    "denoise": None,
    "software": "RuinedFooocus",
}
MRE: dict[str, Any] = {
    "prompt": "a cat",
    "negative_prompt": "a dog",
    "real_prompt": ["a cat, cinematic"],
    "seed": 7,
    "width": 1024,
    "height": 768,
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "steps": 30,
    "cfg": 7.0,
    "base_clip_skip": -2,
    "base_model": "base.safetensors",
    "refiner_model": "refiner.safetensors",
    "l1": "film.safetensors",
    "w1": 0.5,
    "l2": "None",
    "w2": 0.5,
    "software": "Fooocus 2.0.78.5 MRE",
}


def test_fooocus() -> None:
    assert parse(Body(FOOOCUS)) == {
        "generator": "fooocus",
        "version": "Fooocus v2.5.5",
        "prompt": "a cat",
        "model": "juggernaut",
        "model_hash": "aeb7",
        "cfg_scale": 4.0,
        "width": 896,
        "height": 1152,
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "seed": "6952411511246973023",
        "steps": 30,
        "clip_skip": 2,
        "loras": [
            {"name": "film", "weight": 0.5},
            {"name": "grain", "weight": 0.25},
            {"name": "extra", "weight": 1.5},
            {"name": "after a gap", "weight": 1.0},
        ],
        "parameters": {
            "full_prompt": ["a cat, cinematic"],
            "performance": "Speed",
            "metadata_scheme": "fooocus",
        },
    }


def test_a_resolution_may_be_a_list() -> None:
    found = parse(Body(FOOOCUS | {"resolution": [896, 1152]}))
    assert (found["width"], found["height"]) == (896, 1152)


def test_ruined_fooocus() -> None:
    assert parse(Body(RUINED)) == {
        "generator": "ruinedfooocus",
        "version": "RuinedFooocus",
        "prompt": "a cat",
        "negative_prompt": "a dog",
        "steps": 30,
        "cfg_scale": 7.0,
        "width": 1024,
        "height": 768,
        "seed": 7,
        "sampler": "dpmpp_2m",
        "scheduler": "karras",
        "model": "base",
        "model_hash": "ab",
        "loras": [{"name": "film", "weight": 0.5}],
    }


def test_fooocus_mre() -> None:
    found = parse(Body(MRE))
    assert (found["generator"], found["version"]) == ("fooocusmre", "Fooocus 2.0.78.5 MRE")
    assert (found["model"], found["models"]) == ("base", ["base", "refiner"])
    assert (found["loras"], found["clip_skip"]) == ([{"name": "film", "weight": 0.5}], -2)
    assert found["parameters"]["real_prompt"] == ["a cat, cinematic"]


@pytest.mark.parametrize("body", [{}, {"prompt": "a", "steps": 5, "sampler": "x"}, {"styles": [], "base_model": "x"}])
def test_what_is_of_other_programs(body: dict[str, Any]) -> None:
    assert not looks_like(Body(body))


@pytest.mark.parametrize("loras", [None, 5, "x", [[]], [[5, 5]], [["a"]], [{"a": 1}]])
def test_loras_that_make_no_sense_are_none(loras: Any) -> None:
    assert "loras" not in parse(Body(RUINED | {"loras": loras}))
