"""The `parameters` text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.generation.a1111 import looks_like, parse, split_settings

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
            "Hires upscale": "2",
            "Lora hashes": "film: 11, grain: 22",
            "TI hashes": 'easy: "quoted", b',
            "Hashes": '{"model": "abc", "vae": "def"}',
            "Version": "v1.10.1",
        },
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


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('ab:, "\\{}[]\n12猫'), max_size=200))
def test_settings_never_raise(line: str) -> None:
    for key, value in split_settings(line):
        assert key == key.strip()
        assert value == value.strip() or value.endswith("\\")
    parse(f"a\nNegative prompt: b\nSteps: 1, {line}")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(alphabet="abc XYZ", min_size=1).map(str.strip).filter(bool),
        st.text(alphabet="abc 123/+.", min_size=1).map(str.strip).filter(bool),
        max_size=8,
    )
)
def test_settings_keep_order_and_values(settings: dict[str, str]) -> None:
    line = ", ".join(f"{key}: {value}" for key, value in settings.items())
    quoted = ", ".join(f'{key}: "{value}, {value}"' for key, value in settings.items())
    assert list(split_settings(line)) == list(settings.items())
    assert list(split_settings(quoted)) == [(key, f"{value}, {value}") for key, value in settings.items()]


@pytest.mark.parametrize("unit", ["a: {, ", 'a: ", ', "a: [", ":", "a", ",", 'a: "\\', "{"])
def test_no_settings_take_long(unit: str) -> None:
    parse("x\nSteps: 1, " + unit * (200_000 // len(unit)))
