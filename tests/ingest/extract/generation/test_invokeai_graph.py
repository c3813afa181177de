"""InvokeAI's graphs."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.extract.generation.examples import json_values

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.invokeai import parse
from tallylight.ingest.extract.generation.invokeai_graph import metadata
from tallylight.ingest.extract.limits import LIMITS, Limits


def edge(source: str, field: str, target: str, to: str) -> dict[str, Any]:
    return {"source": {"node_id": source, "field": field}, "destination": {"node_id": target, "field": to}}


COLLECTED = {
    "nodes": {
        "core": {"id": "core", "type": "core_metadata", "steps": 30, "scheduler": "euler", "seed": None,
                 "is_intermediate": True},
        "words": {"id": "words", "type": "string", "value": "a cat"},
        "number": {"id": "number", "type": "integer", "value": 7},
        "loader": {"id": "loader", "type": "sdxl_model_loader", "model": {"name": "base"}},
    },
    "edges": [
        edge("words", "value", "core", "positive_prompt"),
        edge("number", "value", "core", "seed"),
        edge("loader", "model", "core", "model"),
        edge("nowhere", "value", "core", "width"),
    ],
}  # fmt: skip
WORKED = {
    "nodes": {
        "noise": {"type": "noise", "seed": 7, "width": 512, "height": 768},
        "yes": {"type": "compel", "prompt": "a cat"},
        "no": {"type": "compel"},
        "text": {"type": "string", "value": "a dog"},
        "collect": {"type": "collect"},
        "work": {"type": "denoise_latents", "steps": 20, "cfg_scale": 7.5, "scheduler": "euler"},
        "loader": {"type": "main_model_loader", "model": {"model_name": "base"}},
    },
    "edges": [
        edge("yes", "conditioning", "work", "positive_conditioning"),
        edge("no", "conditioning", "collect", "item"),
        edge("collect", "collection", "work", "negative_conditioning"),
        edge("text", "value", "no", "prompt"),
    ],
}


def test_the_node_that_collects_the_metadata() -> None:
    assert parse(Body({"invokeai_graph": COLLECTED})) == {
        "generator": "invokeai", "prompt": "a cat", "model": "base", "steps": 30, "sampler": "euler", "seed": 7,
    }  # fmt: skip


def test_the_nodes_that_did_the_work() -> None:
    assert parse(Body({"invokeai_graph": WORKED})) == {
        "generator": "invokeai", "prompt": "a cat", "negative_prompt": "a dog", "model": "base", "steps": 20,
        "cfg_scale": 7.5, "sampler": "euler", "seed": 7, "width": 512, "height": 768,
    }  # fmt: skip


def test_the_metadata_itself_comes_first() -> None:
    found = parse(Body({"invokeai_graph": COLLECTED, "invokeai_metadata": {"positive_prompt": "itself"}}))
    assert found == {"generator": "invokeai", "prompt": "itself"}


def test_loops_end_and_nodes_are_limited() -> None:
    loop = {
        "nodes": {"work": {"type": "denoise_latents"}, "a": {"type": "collect"}},
        "edges": [edge("a", "x", "work", "positive_conditioning"), edge("a", "collection", "a", "item")],
    }
    assert metadata(loop, LIMITS) == {}
    many = {"nodes": {str(number): {"type": "noise", "seed": number} for number in range(9)}}
    assert metadata(many, Limits(graph_nodes=1)) == {"seed": 0}


@given(json_values, json_values)
def test_no_graph_raises(nodes: Any, edges: Any) -> None:
    metadata({"nodes": nodes, "edges": edges}, LIMITS)
    metadata({"nodes": {"work": {"type": "denoise_latents", "steps": nodes}}, "edges": [edges]}, LIMITS)


@given(
    st.lists(st.tuples(*(st.sampled_from(["work", "a", "b"]) for _ in range(2)), st.sampled_from(["item", "prompt"])))
)
def test_no_edges_raise(ends: list[tuple[str, str, str]]) -> None:
    nodes = {"work": {"type": "denoise_latents"}, "a": {"type": "compel"}, "b": {"type": "core_metadata"}}
    edges = [edge(source, "value", target, field) for source, target, field in ends]
    metadata({"nodes": nodes, "edges": [*edges, edge("a", "x", "work", "positive_conditioning")]}, LIMITS)
