"""What a generated picture was asked for: prompts, models and numbers as people really use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tallylight.samples.painting import Style

_SUBJECTS: Final = {
    Style.PLASMA: (
        "molten glass swirling in slow motion",
        "(liquid marble:1.2), veins of gold",
        "aurora seen from orbit",
    ),
    Style.NEBULA: (
        "((deep space nebula)), star field",
        "storm clouds over the open sea",
        "(cosmic dust:1.3), newborn stars",
    ),
    Style.DUNES: ("layered mountain ridges at dusk", "(misty valley:1.15), low sun", "desert dunes, long shadows"),
    Style.FLOW: (
        "ink strokes following the wind",
        "strands of silk in water, [blurry]",
        "magnetic field lines, long exposure",
    ),
    Style.BUBBLES: (
        "soap bubbles, iridescent",
        "(glass marbles:1.25) on dark velvet",
        "paper planets in a tiny universe",
    ),
    Style.RIDGES: (
        "radio pulses drawn as mountains",
        "(line art:1.3), stacked horizons",
        "sound waves of a night train",
    ),
    Style.MOSAIC: ("stained glass window, leaded", "cracked ice from above, (macro:1.1)", "cells under a microscope"),
    Style.TILES: (
        "bauhaus pattern, quarter circles",
        "(geometric poster:1.2), flat colours",
        "quilt of moons and arches",
    ),
}
#: Prompts that are not Latin-1, one of them with a line break.
_WORLD_PROMPTS: Final = (
    "夕暮れの山々、霞、(金色の光:1.2)、静けさ",
    "星云,(深空:1.3),新生的恒星,\n高细节,宁静",
    "туманная долина на рассвете, ((мягкий свет)), тишина",
    "ομίχλη πάνω από το Αιγαίο, (χρυσή ώρα:1.1), ακτές",
    "كثبان رملية عند الغروب, ضوء ذهبي, هدوء",
)
_FINISHES: Final = (
    "golden hour, volumetric light",
    "(soft rim light:1.1), shallow depth of field",
    "muted palette, fine grain",
    "crisp detail, (high contrast:1.15)",
    "[[washed out]], pastel",
    "dramatic sky, 35mm film",
)
_NEGATIVES: Final = (
    "lowres, (worst quality:1.4), watermark, text",
    "blurry, jpeg artifacts,\n(signature:1.2), frame",
    "EasyNegative, oversaturated, cropped",
    "",
)
_MODELS: Final = (
    ("lumenXL_v30", "7f2c91a0e4"),
    ("paperworld_v12", "c41d07be92"),
    ("fieldnotes_v5.safetensors", "0a9be6d1f3"),
)
_LORAS: Final = (
    ("softlight_v2", 0.6, "9d1e0c7b42aa"),
    ("ink_lines", 0.85, "51c0ffeed00d"),
    ("grain:35", 0.4, "0b5e55ed1e55"),
)
_SAMPLERS: Final = (("DPM++ 2M", "Karras"), ("Euler a", "Automatic"), ("DPM++ SDE", "Exponential"), ("UniPC", "Simple"))


@dataclass(frozen=True, slots=True)
class Lora:
    """A small model laid over the checkpoint."""

    name: str
    weight: float
    sha256: str  #: the first 12 digits, as A1111 writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The generation parameters of one picture; what both writers (A1111 and ComfyUI) write."""

    prompt: str
    negative_prompt: str = ""
    model: str = "lumenXL_v30"
    model_hash: str = "7f2c91a0e4"
    loras: tuple[Lora, ...] = ()
    sampler: str = "DPM++ 2M"
    scheduler: str = "Karras"
    steps: int = 28
    cfg_scale: float = 6.5
    seed: int = 1
    width: int = 512
    height: int = 512
    denoise: float | None = None


def recipe(style: Style, width: int, height: int, rng: np.random.Generator, *, world: bool = False) -> Recipe:
    """A recipe that fits a picture of this style and size; with `world`, its prompt is in a script that is not
    Latin.
    """
    model, model_hash = _MODELS[rng.integers(len(_MODELS))]
    sampler, scheduler = _SAMPLERS[rng.integers(len(_SAMPLERS))]
    return Recipe(
        prompt=_WORLD_PROMPTS[rng.integers(len(_WORLD_PROMPTS))] if world else _prompt(style, rng),
        negative_prompt=_NEGATIVES[rng.integers(len(_NEGATIVES))],
        model=model.removesuffix(".safetensors"),
        model_hash=model_hash,
        loras=tuple(Lora(*_LORAS[place]) for place in rng.permutation(len(_LORAS))[: rng.integers(3)]),
        sampler=sampler,
        scheduler=scheduler,
        steps=int(rng.integers(18, 41)),
        cfg_scale=float(rng.integers(8, 19)) / 2,
        seed=int(rng.integers(2**32)),
        width=width,
        height=height,
        denoise=float(rng.integers(30, 70)) / 100 if rng.random() < 0.2 else None,
    )


def _prompt(style: Style, rng: np.random.Generator) -> str:
    subjects = _SUBJECTS[style]
    separator = ",\n" if rng.random() < 0.4 else ", "
    finishes = [_FINISHES[place] for place in rng.permutation(len(_FINISHES))[: rng.integers(1, 4)]]
    return separator.join([subjects[rng.integers(len(subjects))], *finishes])
