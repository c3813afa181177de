"""What nodes that save were told to write."""

from __future__ import annotations

import pytest
from tests.ingest.extract.generation.comfyui.build import EXPECTED, Json, node, plain, read

SAVER = node("Image Saver", filename="%time", extension="png", steps=30, cfg=4.0, modelname="dir\\m.safetensors",
             sampler_name="heun", scheduler_name="beta", positive="said", negative="unsaid", seed_value=5, width=640,
             height=384, images=["8", 0])  # fmt: skip


def test_the_walk_counts_more_than_what_was_written_down() -> None:
    assert read(plain(_9=SAVER)) == EXPECTED


def test_where_the_graph_is_silent_the_saver_is_heard() -> None:
    assert read({"9": SAVER, "8": node("LoadImage", image="x.png")}) == {
        "generator": "comfyui",
        "prompt": "said",
        "negative_prompt": "unsaid",
        "model": "m",
        "models": ["m"],
        "seed": 5,
        "steps": 30,
        "cfg_scale": 4.0,
        "sampler": "heun",
        "scheduler": "beta",
        "width": 640,
        "height": 384,
    }


@pytest.mark.parametrize(
    ("saver", "prompt"),
    [
        (node("SDPromptSaver", seed=1, positive=["20", 0], images=["8", 0]), "linked"),
        (node("SDPromptSaver", seed=1, positive=["9", 0], images=["8", 0]), None),
        (node("SDPromptSaver", seed=1, positive="unknown", images=["8", 0]), None),
        (node("SDPromptSaver", positive="no settings", images=["8", 0]), None),
        (node("SaveText", seed=1, text="other"), None),
    ],
)
def test_texts_that_are_handed_to_it(saver: Json, prompt: str | None) -> None:
    assert read({"9": saver, "20": node("PrimitiveString", value="linked")}).get("prompt") == prompt
