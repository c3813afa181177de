from __future__ import annotations

from tallylight.samples.a1111 import a1111_parameters
from tallylight.samples.recipes import Lora, Recipe

SETTINGS = (
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 7, Size: 512x512, "
    "Model hash: 7f2c91a0e4, Model: lumenXL_v30, Denoising strength: 0.45, "
    'Lora hashes: "ink: aa11, grain:35: bb22", Version: v1.10.1'
)


def test_the_whole_text() -> None:
    made = Recipe(
        prompt="hills,\n(mist:1.2)",
        negative_prompt="text",
        loras=(Lora("ink", 0.8, "aa11"), Lora("grain:35", 1.0, "bb22")),
        seed=7,
        denoise=0.45,
    )
    assert a1111_parameters(made).splitlines() == [
        "hills,",
        "(mist:1.2) <lora:ink:0.8> <lora:grain:35:1>",
        "Negative prompt: text",
        SETTINGS,
    ]


def test_nothing_is_written_of_what_was_not_used() -> None:
    text = a1111_parameters(Recipe(prompt="hills"))
    assert text.count("\n") == 1
    assert "Negative prompt" not in text
    assert "Lora" not in text
    assert "Denoising" not in text
