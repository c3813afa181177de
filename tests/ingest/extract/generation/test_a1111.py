"""The `parameters` text."""

from __future__ import annotations

import json
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.generation import generation
from tallylight.ingest.extract.generation.a1111 import looks_like, parse
from tallylight.ingest.extract.limits import Limits

WHOLE = """masterpiece, (portrait:1.2) of a cat
with a second line, 猫

and a third <lora:film:0.8> <lora:grain:0.4>
Negative prompt: blurry,
(worst quality:1.4)
Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 18446744073709551615, Size: 832x1216, \
Model hash: abc123, Model: paper_v12, Denoising strength: 0.4, Hires upscale: 2, Lora hashes: "film: 11, grain: 22", \
TI hashes: "easy: \\"quoted\\", b", Hashes: {"model": "abc", "vae": "def"}, Version: v1.10.1"""


def test_everything() -> None:
    found = parse(WHOLE)
    assert found == {
        "generator": "a1111",
        "prompt": "masterpiece, (portrait:1.2) of a cat\nwith a second line, 猫\n\n"
        "and a third <lora:film:0.8> <lora:grain:0.4>",
        "negative_prompt": "blurry,\n(worst quality:1.4)",
        "steps": 28,
        "sampler": "DPM++ 2M",
        "scheduler": "Karras",
        "cfg_scale": 6.5,
        "seed": "18446744073709551615",
        "width": 832,
        "height": 1216,
        "model_hash": "abc123",
        "model": "paper_v12",
        "denoise": 0.4,
        "loras": [{"name": "film", "weight": 0.8}, {"name": "grain", "weight": 0.4}],
        "parameters": {
            "Lora hashes": "film: 11, grain: 22",
            "TI hashes": 'easy: "quoted", b',
            "Hashes": '{"model": "abc", "vae": "def"}',
        },
        "version": "v1.10.1",
        "hires": {"upscale": 2.0, "denoise": 0.4},
        "embeddings": ["easy"],
    }


@pytest.mark.parametrize(
    ("text", "prompt", "negative"),
    [
        ("only words", "only words", None),
        ("Negative prompt: dog\nSteps: 5", None, "dog"),
        ("cat\r\nNegative prompt: dog\r\nSteps: 5, Seed: 1\r\n", "cat", "dog"),
        ("cat\nNegative prompt:\nSteps: 5", "cat", None),
        ("Steps: 5", None, None),
        ("Steps: 10 up the hill, a cat\nSteps: 5, Seed: 1", "Steps: 10 up the hill, a cat", None),
        ("Steps: 3, a cat\nmore\nSteps: 5, Seed: 1", "Steps: 3, a cat\nmore", None),
        ("", None, None),
    ],
)
def test_sections(text: str, prompt: str | None, negative: str | None) -> None:
    found = parse(text)
    assert found.get("prompt") == prompt
    assert found.get("negative_prompt") == negative


def test_lines_after_the_settings_belong_to_them() -> None:
    found = parse("cat\nSteps: 5, Seed: 1\nTemplate: a {cat|dog}\nNegative Template: x")
    assert (found["prompt"], found["seed"]) == ("cat", 1)
    assert found["parameters"] == {"Template": "a {cat|dog}", "Negative Template": "x"}


def test_values_of_the_wrong_kind_are_kept_as_they_are() -> None:
    found = parse("cat\nSteps: 20, Seed: many, Size: large, CFG scale: nan")
    assert found["parameters"] == {"Seed": "many", "Size": "large", "CFG scale": "nan"}


@pytest.mark.parametrize(
    ("text", "yes"), [(WHOLE, True), ("Steps: 5", True), ("a cat", False), ("Steps: up", False), ("", False)]
)
def test_looks_like(text: str, yes: bool) -> None:
    assert looks_like(text) is yes


def written(settings: str, prompt: str = "cat") -> dict[str, Any]:
    return parse(f"{prompt}\nSteps: 5, {settings}")


@pytest.mark.parametrize(
    ("settings", "generator"),
    [
        ("Version: v1.10.1", "a1111"),
        ("Version: 1.6.0", "a1111"),
        ("Seed: 1", "a1111"),
        ("Version: f2.0.1v1.10.1-previous-664-gd557aef9", "forge"),
        ("Version: f0.0.17v1.8.0rc-latest-276-g29be1da7", "forge"),
        ("Version: neo", "forge"),
        ("Version: classic", "forge"),
        ("Version: f1.0.0v2-v1.10.1RC-latest-2211", "reforge"),
        ("App: SD.Next, Version: 6846f4e", "sdnext"),
        ("Version: 5cf15b0, Backend: Diffusers", "sdnext"),
        ("Version: Fooocus v2.5.5", "fooocus"),
        ("Version: RuinedFooocus", "ruinedfooocus"),
        ("Version: ComfyUI", "comfyui"),
        ("Clip skip: 2, Civitai resources: []", "civitai"),
        ("Civitai metadata: {}", "civitai"),
        ("Version: v1.9.0, Civitai resources: []", "a1111"),
    ],
)
def test_programs_are_told_apart_by_what_they_call_themselves(settings: str, generator: str) -> None:
    assert written(settings)["generator"] == generator


def test_of_two_settings_with_one_name_the_first_counts() -> None:
    assert written("Seed: 1, Seed: 2")["seed"] == 1


def test_a_second_pass() -> None:
    found = written(
        "Denoising strength: 0.4, Hires upscale: 1.5, Hires steps: 10, Hires upscaler: 4x-Sharp, Hires CFG Scale: 5"
    )
    assert found["hires"] == {"denoise": 0.4, "upscale": 1.5, "steps": 10, "upscaler": "4x-Sharp"}
    assert (found["denoise"], found["parameters"]) == (0.4, {"Hires CFG Scale": "5"})


def test_a_second_pass_as_sd_next_writes_it() -> None:
    found = written(
        "App: SD.Next, Hires scale: 2.0, Hires size: 1024x1536, Hires strength: 0.3, Embeddings: a, Refine: True"
    )
    assert found["hires"] == {"upscale": 2.0, "width": 1024, "height": 1536, "denoise": 0.3}
    assert found["embeddings"] == ["a"]


def test_models_are_listed_where_there_are_several() -> None:
    found = written("Model: base, Refiner: sd_xl_refiner [7440042bbd], Refiner switch at: 0.8")
    assert (found["model"], found["models"]) == ("base", ["base", "sd_xl_refiner"])
    assert "models" not in written("Model: base")


def test_loras_are_those_of_the_prompt_else_those_of_the_settings() -> None:
    hashes = 'Lora hashes: "grain: 11, film: 22"'
    assert written(hashes, "cat <lora:film:0.5>")["loras"] == [{"name": "film", "weight": 0.5}]
    assert written(f'Lora weights: "film: 0.3, grain: 1.0", {hashes}')["loras"] == [
        {"name": "film", "weight": 0.3},
        {"name": "grain", "weight": 1.0},
    ]
    assert written(hashes)["loras"] == [{"name": "grain", "weight": 1.0}, {"name": "film", "weight": 1.0}]


def test_resources_of_civitai() -> None:
    resources = [
        {"type": "checkpoint", "modelVersionId": 5, "modelName": "Base XL", "modelVersionName": "v6, final"},
        {"type": "lora", "weight": 0.8, "modelVersionId": 6, "modelName": "Film"},
        {"type": "lora", "weight": 0.5, "modelVersionId": 7},
        {"type": "embed", "modelVersionId": 8, "modelName": "Easy"},
        "nonsense",
    ]
    found = written(f"Seed: 1, Civitai resources: {json.dumps(resources)}, Civitai metadata: {{}}")
    assert (found["generator"], found["model"], found["embeddings"]) == ("civitai", "Base XL", ["Easy"])
    assert found["loras"] == [{"name": "Film", "weight": 0.8}, {"name": "civitai:7", "weight": 0.5}]
    assert found["parameters"]["Civitai metadata"] == "{}"


@pytest.mark.parametrize("resources", ["[{", "{}", "5", "[5, null]", '[{"type": 5, "modelName": []}]', "[" * 2000])
def test_resources_that_make_no_sense_are_only_kept(resources: str) -> None:
    found = written(f"Seed: 1, Civitai resources: {resources}")
    assert found.keys() & {"loras", "embeddings", "model"} == set()


@pytest.mark.parametrize(
    ("resources", "warnings"),
    [
        ('[{"type": "lora", "modelName"', ["the list of Civitai resources is damaged JSON"]),
        (
            "[" * 2000,
            ["the list of Civitai resources was not read: its JSON is nested far deeper than 100 levels (json_depth)"],
        ),
        ('[{"type": "lora"}]', []),
        ("[]", []),
    ],
)
def test_damaged_resources_are_told(resources: str, warnings: list[str]) -> None:
    reading = generation([("parameters", f"a cat\nSteps: 5, Seed: 1, Civitai resources: {resources}")])
    assert list(reading.warnings) == warnings
    assert reading.values["prompt"] == "a cat"


def test_what_somebody_wrote_is_the_prompt_and_what_fooocus_made_of_it_is_kept() -> None:
    found = parse(
        "a cat, cinematic\nNegative prompt: anime, blur\n"
        'Steps: 5, Raw prompt: a cat, Raw negative prompt: "dog, fog", Version: Fooocus v2.5.5'
    )
    assert (found["prompt"], found["negative_prompt"]) == ("a cat", "dog, fog")
    assert found["parameters"] == {"Full prompt": "a cat, cinematic", "Full negative prompt": "anime, blur"}


def test_numbers_and_names_are_limited() -> None:
    limits = Limits(parameters=3, networks=2, value=10)
    tags = "".join(f"<lora:n{number}:1>" for number in range(9))
    found = parse(f"{tags}\nSteps: 5, " + ", ".join(f"k{number}: {'x' * 99}" for number in range(9)), limits)
    assert len(found["loras"]) == 2
    assert found["parameters"] == {f"k{number}": "x" * 9 + "…" for number in range(3)}


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('ab:, "\\{}[]\n12猫'), max_size=200), st.text(max_size=200))
def test_no_text_raises(line: str, text: str) -> None:
    parse(f"a\nNegative prompt: b\nSteps: 1, {line}")
    assert parse(text)["generator"]


UNITS = [
    "a: {, ",
    'a: ", ',
    "a: [",
    ":",
    "a",
    ",",
    'a: "\\',
    "{",
    '\\"',
    'a: {\\"',
    "Steps: 1\n",
    "<lora:a:1>",
    " ",
    "a: 1, ",
]


@pytest.mark.parametrize("unit", UNITS)
def test_no_settings_take_long(unit: str) -> None:
    parse("x\nSteps: 1, " + unit * (200_000 // len(unit)))
    parse("x\nSteps: 1, a: {" + unit * (200_000 // len(unit)))


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_takes_at_most_twice_the_steps(unit: str) -> None:
    short, long = (_lines_run("x\nSteps: 1, " + unit * times) for times in (500, 1000))
    assert long <= 2.2 * short + 200


def _lines_run(text: str) -> int:
    """How many lines of Python the parser runs for a text."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse(text)
    finally:
        sys.settrace(before)
    return count
