"""Naming the values that a workflow keeps as a bare list."""

from __future__ import annotations

from typing import Any

import pytest

from tallylight.ingest.extract.generation.comfyui.orders import ORDERS
from tallylight.ingest.extract.generation.comfyui.widgets import named


def fields(*names: str) -> list[dict[str, Any]]:
    return [{"name": "model", "link": 1}, *({"name": name, "widget": {"name": name}} for name in names)]


@pytest.mark.parametrize("after", [["fixed"], ["randomize"], [None], [True], []])
def test_what_is_done_to_a_seed_is_no_value(after: list[Any]) -> None:
    found = named("KSampler", [5, *after, 20, 7.5, "euler", "normal", 0.5], [])
    assert found == {
        "seed": 5,
        "steps": 20,
        "cfg": 7.5,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 0.5,
    }


def test_listed_fields_name_the_values_of_nodes_nobody_knows() -> None:
    inputs = fields("noise_seed", "speed", "text")
    assert named("Mine", [5, "fixed", 3, "words"], inputs) == {"noise_seed": 5, "speed": 3, "text": "words"}
    assert named("Mine", [5, "fixed", 3, "words", "", None], inputs)["text"] == "words"


def test_listed_fields_count_more_than_what_is_known() -> None:
    assert named("KSamplerSelect", ["euler", 1], fields("sampler_name", "new")) == {"sampler_name": "euler", "new": 1}


def test_where_only_some_are_listed_what_is_known_counts() -> None:
    found = named("KSampler", [5, "fixed", 20, 7.5, "euler", "normal", 0.5], fields("seed"))
    assert (found["seed"], found["denoise"]) == (5, 0.5)


def test_of_known_nodes_more_or_fewer_values_are_named_as_far_as_they_go() -> None:
    assert named("UNETLoader", ["flux.sft"], []) == {"unet_name": "flux.sft"}
    assert named("UNETLoader", ["flux.sft", "default", 3], []) == {"unet_name": "flux.sft", "weight_dtype": "default"}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1, "short", "the longest of them", 2], {"value": "the longest of them"}),
        ([["shown text"]], {"value": "shown text"}),
        ([42], {"value": 42}),
        ([1, 2], {}),
        ([], {}),
        (5, {}),
        (None, {}),
        ({"frame_rate": 16, 5: 6}, {"frame_rate": 16, "5": 6}),
    ],
)
def test_nodes_whose_names_nobody_tells(values: Any, found: dict[str, Any]) -> None:
    assert named("Mine", values, []) == found


def test_loras_that_are_objects_are_numbered() -> None:
    one, two = {"on": True, "lora": "a"}, {"on": False, "lora": "b"}
    values = [{}, {"type": "PowerLoraLoaderHeaderWidget"}, one, two, {}, ""]
    assert named("Power Lora Loader (rgthree)", values, []) == {"lora_1": one, "lora_2": two, "value": ""}


def test_no_order_names_a_value_twice() -> None:
    for kind, names in ORDERS.items():
        assert len(names) == len(set(names)), kind
        assert names, kind
