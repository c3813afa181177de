"""Reading `prompt` into a graph."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ingest.extract.generation.comfyui.build import EXPECTED, node, plain, read

from tallylight.ingest.extract.generation.comfyui import from_prompt
from tallylight.ingest.extract.generation.comfyui.graph import Link, in_order
from tallylight.ingest.extract.limits import Limits


@pytest.mark.parametrize(
    "body", [None, 5, [], "x", {}, {"1": 5}, {"1": {"class_type": 5}}, {"prompt": 5}, [{"class_type": "KSampler"}]]
)
def test_what_is_no_prompt(body: Any) -> None:
    assert len(from_prompt(body)) == 0
    assert read(body) == {"generator": "comfyui"}


@pytest.mark.parametrize("inputs", [5, [], None, "x", [["1", 0]]])
def test_inputs_of_the_wrong_kind_are_none(inputs: Any) -> None:
    found = from_prompt({"1": {"class_type": "A", "inputs": inputs}}).nodes["1"]
    assert (found.values, found.links) == ({}, {})


@pytest.mark.parametrize(
    ("value", "link"),
    [
        (["2", 0], Link("2", 0)),
        ([2, 1], Link("2", 1)),
        (["2", 1.0], Link("2", 1)),
        (["2", "0"], None),
        (["2", 0.5], None),
        (["2", True], None),
        (["9", 0], None),
        ([1024, 768], None),
        (["2"], None),
        ([["2", 0], 0], None),
        (2.0, None),
        ("2", None),
        ({"__value__": ["2", 0]}, None),
    ],
)
def test_what_is_a_link(value: Any, link: Link | None) -> None:
    found = from_prompt({"1": node("A", x=value), "2": node("B")}).nodes["1"]
    assert found.links.get("x") == link
    assert ("x" in found.values) is (link is None)


def test_wrapped_values_are_unwrapped() -> None:
    assert from_prompt({"1": node("A", x={"__value__": [1, 2]})}).nodes["1"].values == {"x": [1, 2]}


def test_links_to_entries_that_are_no_nodes_are_left_out() -> None:
    found = from_prompt({"1": node("A", x=["2", 0]), "2": {"no": "node"}}).nodes["1"]
    assert (found.values, found.links) == ({}, {})


def test_a_whole_request_holds_its_prompt() -> None:
    assert read({"client_id": "x", "prompt": plain()}) == EXPECTED


def test_nodes_are_limited() -> None:
    many = {str(number): node("A") for number in range(50)}
    assert len(from_prompt(many, Limits(graph_nodes=10))) == 10


def test_names_are_sorted_as_people_count() -> None:
    names = ["text_10", "text_2", "text", "text_b", "12:3", "12", "2"]
    assert sorted(names, key=in_order) == ["text", "text_2", "text_10", "text_b", "2", "12", "12:3"]
