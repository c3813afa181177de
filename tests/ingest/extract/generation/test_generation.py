"""Generation parameters, wherever they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallylight.ingest.extract.generation import generation

GRAPH = {
    "1": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 4, "positive": ["2", 0], "scheduler": "simple"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "from the graph"}},
}
WORKFLOW = {
    "nodes": [
        {"id": 1, "type": "KSampler", "widgets_values": [1, "fixed", 4, 7, "euler", "simple", 1.0],
         "inputs": [{"name": "positive", "link": 1}]},
        {"id": 2, "type": "CLIPTextEncode", "widgets_values": ["from the workflow"]},
    ],
    "links": [[1, 2, 0, 1, 0, "CONDITIONING"]],
}  # fmt: skip
WRITTEN = "from the text\nSteps: 9, Sampler: Euler, Seed: 5"


@pytest.mark.parametrize("key", ["parameters", "exif:UserComment", "comment", "exif:ImageDescription", "description"])
def test_written_parameters_wherever_they_stand(key: str) -> None:
    found, warnings = generation([("Software", "x"), (key, WRITTEN)])
    assert (found["generator"], found["prompt"], found["steps"]) == ("a1111", "from the text", 9)
    assert warnings == ()


def test_parameters_without_settings_are_a_prompt_only_under_their_own_key() -> None:
    assert generation([("parameters", "a cat")])[0] == {"generator": "a1111", "prompt": "a cat"}
    assert generation([("comment", "a cat"), ("exif:UserComment", "holiday")])[0] == {}


@pytest.mark.parametrize(
    ("texts", "prompt"),
    [
        ({"prompt": GRAPH, "workflow": WORKFLOW}, "from the graph"),
        ({"prompt": GRAPH}, "from the graph"),
        ({"workflow": WORKFLOW}, "from the workflow"),
        ({"prompt": {}, "workflow": WORKFLOW}, "from the workflow"),
        ({"comment": {"prompt": GRAPH, "workflow": WORKFLOW}}, "from the graph"),
        ({"comment": {"prompt": json.dumps(GRAPH)}}, "from the graph"),
        ({"comment": json.dumps({"workflow": json.dumps(WORKFLOW)})}, "from the workflow"),
        ({"prompt": json.dumps(GRAPH)}, "from the graph"),
    ],
)
def test_graphs_alone_together_and_wrapped(texts: dict[str, Any], prompt: str) -> None:
    found, warnings = generation([(key, json.dumps(body)) for key, body in texts.items()])
    assert (found["generator"], found["prompt"], found["seed"]) == ("comfyui", prompt, 1)
    assert warnings == ()


def test_written_values_win_over_the_graph_and_gaps_are_filled() -> None:
    found, _ = generation([("prompt", json.dumps(GRAPH)), ("parameters", WRITTEN)])
    assert (found["generator"], found["prompt"], found["steps"]) == ("comfyui", "from the text", 9)
    assert found["scheduler"] == "simple"


def test_damaged_json_is_a_warning_and_the_rest_is_read() -> None:
    found, warnings = generation([("prompt", "{oh"), ("workflow", json.dumps(WORKFLOW))])
    assert found["prompt"] == "from the workflow"
    assert warnings == ("the embedded prompt is damaged JSON",)


def test_plain_words_under_prompt_are_no_damage() -> None:
    assert generation([("prompt", "a cat"), ("parameters", '{"sui_image_params": {}}')]) == ({}, ())


def test_of_two_texts_with_one_key_the_first_counts() -> None:
    assert generation([("parameters", "one"), ("parameters#2", "two")])[0]["prompt"] == "one"
    assert generation([]) == ({}, ())
