from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tallylight.samples.painting import Style
from tallylight.samples.recipes import recipe

SEEDS = st.integers(0, 2**32)


@given(seed=SEEDS, style=st.sampled_from(Style), world=st.booleans())
def test_a_recipe_is_whole_and_repeatable(seed: int, style: Style, world: bool) -> None:
    first, second = (recipe(style, 640, 480, np.random.default_rng(seed), world=world) for _ in range(2))
    assert first == second
    assert (first.width, first.height) == (640, 480)
    assert first.prompt
    assert 0 <= first.seed < 2**32
    assert len({lora.name for lora in first.loras}) == len(first.loras)


@given(seed=SEEDS)
def test_world_prompts_are_not_latin(seed: int) -> None:
    prompt = recipe(Style.FLOW, 512, 512, np.random.default_rng(seed), world=True).prompt
    assert prompt.encode("latin-1", "replace").decode("latin-1") != prompt


def test_recipes_vary() -> None:
    made = [recipe(Style.DUNES, 512, 512, np.random.default_rng(seed)) for seed in range(40)]
    assert any("\n" in one.prompt for one in made)
    assert any(one.loras for one in made)
    assert any(one.denoise is not None for one in made)
    assert any(not one.negative_prompt for one in made)
