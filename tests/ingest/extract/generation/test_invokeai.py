"""InvokeAI's three generations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.invokeai import looks_like, parse, split_prompt

COMMAND = (
    '"a cat, a \\"hat\\" [a dog, fog]" -s 50 -S 2980747362 -W 512 -H 768 -C 7.5 -A k_lms -G 0.9 -U 4 0.95 '
    "--seamless -f 0.75"
)
OLD: dict[str, Any] = {
    "model": "stable diffusion",
    "model_weights": "base-1.5",
    "model_hash": "56d1",
    "app_id": "invoke-ai/InvokeAI",
    "app_version": "2.3.0",
    "image": {
        "prompt": [{"prompt": "a cat [a dog] withLora(film,0.7)", "weight": 1.0}],
        "steps": 50,
        "cfg_scale": 5,
        "height": 768,
        "width": 512,
        "seed": 7,
        "sampler": "k_lms",
        "type": "txt2img",
    },
}
NEW: dict[str, Any] = {
    "app_version": "5.6.0",
    "generation_mode": "sdxl_img2img",
    "positive_prompt": "a cat++",
    "negative_prompt": "",
    "model": {"key": "1", "hash": "blake3:ab", "name": "juggernaut", "base": "sdxl", "type": "main"},
    "refiner_model": {"name": "refiner", "type": "main"},
    "scheduler": "euler",
    "steps": 35,
    "cfg_scale": 8.0,
    "seed": 3293022630,
    "width": 1024,
    "height": 768,
    "strength": 0.6,
    "clip_skip": 1,
    "hrf_method": "ESRGAN",
    "hrf_strength": 0.45,
    "loras": [{"model": {"name": "film"}, "weight": 0.75}, {"lora": {"model_name": "grain"}, "weight": 0.5}],
    "vae": {"model_name": "fix"},
    "positive_style_prompt": "",
}


def read(**texts: Any) -> dict[str, Any]:
    return parse(Body({key: text if isinstance(text, str) else json.dumps(text) for key, text in texts.items()}))


def test_the_newest() -> None:
    assert read(invokeai_metadata=NEW) == {
        "generator": "invokeai",
        "version": "5.6.0",
        "prompt": "a cat++",
        "model": "juggernaut",
        "model_hash": "blake3:ab",
        "models": ["juggernaut", "refiner"],
        "sampler": "euler",
        "steps": 35,
        "cfg_scale": 8.0,
        "seed": 3293022630,
        "width": 1024,
        "height": 768,
        "denoise": 0.6,
        "clip_skip": 1,
        "hires": {"upscaler": "ESRGAN", "denoise": 0.45},
        "loras": [{"name": "film", "weight": 0.75}, {"name": "grain", "weight": 0.5}],
        "parameters": {
            "generation_mode": "sdxl_img2img",
            "refiner_model": {"name": "refiner", "type": "main"},
            "vae": {"model_name": "fix"},
        },
    }


def test_an_older_one_names_its_model_differently() -> None:
    found = read(invokeai_metadata={"positive_prompt": "x", "model": {"model_name": "base", "base_model": "sd-1"}})
    assert found == {"generator": "invokeai", "prompt": "x", "model": "base"}


def test_the_second() -> None:
    assert read(**{"sd-metadata": OLD}) == {
        "generator": "invokeai",
        "version": "2.3.0",
        "prompt": "a cat, withLora(film,0.7)",
        "negative_prompt": "a dog",
        "model": "base-1.5",
        "model_hash": "56d1",
        "sampler": "k_lms",
        "steps": 50,
        "cfg_scale": 5.0,
        "seed": 7,
        "width": 512,
        "height": 768,
        "loras": [{"name": "film", "weight": 0.7}],
        "parameters": {"model_family": "stable diffusion", "app_id": "invoke-ai/InvokeAI", "type": "txt2img"},
    }


@pytest.mark.parametrize("prompt", ["a cat", ["a cat"], [{"prompt": "a cat"}, 5, None]])
def test_prompts_of_the_second_in_all_their_forms(prompt: Any) -> None:
    assert read(**{"sd-metadata": {"image": {"prompt": prompt}}})["prompt"] == "a cat"


def test_the_first() -> None:
    assert read(Dream=COMMAND) == {
        "generator": "invokeai",
        "prompt": 'a cat, a "hat"',
        "negative_prompt": "a dog, fog",
        "steps": 50,
        "seed": 2980747362,
        "width": 512,
        "height": 768,
        "cfg_scale": 7.5,
        "sampler": "k_lms",
        "denoise": 0.75,
        "parameters": {"G": "0.9", "U": "4 0.95"},
    }


def test_the_newest_that_can_be_read_counts() -> None:
    assert read(Dream=COMMAND, **{"sd-metadata": OLD})["version"] == "2.3.0"
    assert read(Dream=COMMAND, invokeai_metadata="{}")["steps"] == 50
    assert read(Dream="nothing quoted") == {}


@pytest.mark.parametrize(
    ("prompt", "positive", "negative"),
    [
        ("a, [b, c], d [e]", "a, d", "b, c, e"),
        ("a [b", "a [b", ""),
        ("a] b", "a] b", ""),
        ("[b]", "", "b"),
        ("", "", ""),
    ],
)
def test_split_prompt(prompt: str, positive: str, negative: str) -> None:
    assert split_prompt(prompt) == (positive, negative)


def test_looks_like() -> None:
    assert looks_like(Body({"Dream": "x"}))
    assert not looks_like(Body({"dream": "x", "metadata": "y"}))


@pytest.mark.parametrize("unit", ["[", "]", "[]", "-s 1 ", "-", '\\"', " 1", "-a "])
def test_no_command_takes_long(unit: str) -> None:
    read(Dream='"' + unit * (60_000 // len(unit)))
    read(Dream='"a" -s ' + unit * (60_000 // len(unit)))


@given(st.text(alphabet='"\\[]-sSW 1.=a\n'))
def test_no_command_raises(text: str) -> None:
    read(Dream=text)
    read(Dream=f'"a" {text}')
