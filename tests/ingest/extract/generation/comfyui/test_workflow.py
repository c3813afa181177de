"""Reading `workflow` into the graph that the editor would have sent."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ingest.extract.generation.comfyui.build import EXPECTED, Drawing, Json, node, plain, read_workflow

from tallylight.ingest.extract.generation.comfyui import from_workflow, version
from tallylight.ingest.extract.generation.comfyui.graph import Link
from tallylight.ingest.extract.limits import Limits


def entry(key: Any, kind: str, *links: Any, values: Any = (), mode: int = 0, outputs: str = "X", **more: Any) -> Json:
    """A node of an editor; links are `(name, number)` or `(name, number, type)`."""
    inputs = [{"name": link[0], "link": link[1], "type": link[2] if len(link) > 2 else "X"} for link in links]
    given = {"id": key, "type": kind, "mode": mode, "inputs": inputs, "widgets_values": list(values)}
    return given | {"outputs": [{"type": kind} for kind in outputs.split()]} | more


@pytest.mark.parametrize("lists_fields", [True, False])
def test_a_plain_graph(lists_fields: bool) -> None:
    assert read_workflow(Drawing(plain(), lists_fields=lists_fields).body()) == EXPECTED


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        5,
        {"nodes": 5},
        {"nodes": [5, {"type": 5}, {"type": None}], "links": 7},
        {"nodes": [{"type": "A", "widgets_values": 5, "inputs": [7, None], "mode": [], "outputs": 5}]},
        {"nodes": [{"type": "A", "id": {"a": 1}, "inputs": {"0": 5}}], "links": [5, [1], [None] * 6, {"id": 1}]},
        {"nodes": [{"type": "A"}], "extra": 5, "definitions": 5},
        {"nodes": [{"type": "A"}], "extra": {"groupNodes": 5, "ue_links": 5}, "definitions": {"subgraphs": [5, {}]}},
    ],
)
def test_what_is_no_workflow(body: Any) -> None:
    assert read_workflow(body) == {"generator": "comfyui"}


def test_links_in_both_forms_and_those_that_are_none() -> None:
    body = {
        "nodes": [entry(1, "A"), entry("2", "B", ("x", 1), ("y", 2), ("z", 3), ("none", None), ("gone", 77))],
        "links": [[1, 1, 0, 2, 0, "X"], {"id": 2, "origin_id": 1, "origin_slot": 3}, [3, 9, 0, 2, 0, "X"], "nonsense"],
    }
    assert from_workflow(body).nodes["2"].links == {"x": Link("1", 0), "y": Link("1", 3)}


def test_nodes_may_be_numbered_by_their_keys() -> None:
    assert list(from_workflow({"nodes": {"0": entry(1, "A"), "1": entry(2, "B")}}).nodes) == ["1", "2"]


@pytest.mark.parametrize("kind", ["Reroute", "Reroute (rgthree)", "SetNode"])
def test_reroutes_are_passed(kind: str) -> None:
    body = {
        "nodes": [entry(1, "A"), entry(2, kind, ("", 1)), entry(3, kind, ("", 2)), entry(4, "B", ("x", 3))],
        "links": [[1, 1, 2, 2, 0, "X"], [2, 2, 0, 3, 0, "X"], [3, 3, 0, 4, 0, "X"]],
    }
    assert from_workflow(body).nodes["4"].links == {"x": Link("1", 2)}


def test_a_ring_of_reroutes_leads_nowhere() -> None:
    body = {
        "nodes": [entry(1, "Reroute", ("", 2)), entry(2, "Reroute", ("", 1)), entry(3, "B", ("x", 1))],
        "links": [[1, 1, 0, 2, 0, "X"], [2, 2, 0, 1, 0, "X"]],
    }
    assert from_workflow(body).nodes["3"].links == {}


def test_a_thousand_reroutes_are_passed() -> None:
    body = {
        "nodes": [
            entry(0, "A"),
            *(entry(n, "Reroute", ("", n)) for n in range(1, 1000)),
            entry(1000, "B", ("x", 1000)),
        ],
        "links": [[n, n - 1, 0, n, 0, "X"] for n in range(1, 1001)],
    }
    assert from_workflow(body).nodes["1000"].links == {"x": Link("0", 0)}


def test_primitives_are_values() -> None:
    body = {
        "nodes": [
            entry(1, "PrimitiveNode", values=[42, "fixed"]),
            entry(2, "Reroute", ("", 1)),
            entry(3, "KSampler", ("seed", 2), values=[5, "fixed", 20, 7, "euler", "normal", 1]),
        ],
        "links": [[1, 1, 0, 2, 0, "INT"], [2, 2, 0, 3, 0, "INT"]],
    }
    assert from_workflow(body).nodes["3"].values["seed"] == 42


def test_set_and_get_are_joined_by_name_past_the_borders_of_sheets() -> None:
    inside = {
        "id": "s",
        "nodes": [
            entry(1, "GetNode", values=["the model"]),
            entry(2, "B", ("model", 1), ("clip", 2)),
            entry(3, "GetNode"),
        ],
        "links": [{"id": 1, "origin_id": 1, "origin_slot": 0}, {"id": 2, "origin_id": 3, "origin_slot": 0}],
    }
    body = {
        "nodes": [entry(5, "A"), entry(6, "SetNode", ("MODEL", 1), values=["the model"]), entry(7, "s")],
        "links": [[1, 5, 1, 6, 0, "MODEL"]],
        "definitions": {"subgraphs": [inside]},
    }
    assert from_workflow(body).nodes["7:2"].links == {"model": Link("5", 1)}


def test_a_muted_node_feeds_nobody() -> None:
    body = {"nodes": [entry(1, "A", mode=2), entry(2, "B", ("x", 1))], "links": [[1, 1, 0, 2, 0, "X"]]}
    graph = from_workflow(body)
    assert list(graph.nodes) == ["2"]
    assert graph.nodes["2"].links == {}


@pytest.mark.parametrize(
    ("output", "link"),
    [(0, Link("1", 0)), (1, Link("1", 1)), (2, None), (3, None)],
    ids=["model", "clip", "vae", "none"],
)
def test_a_bypassed_node_passes_on_what_is_of_the_type(output: int, link: Link | None) -> None:
    lora = entry(2, "LoraLoader", ("clip", 2, "CLIP"), ("model", 1, "MODEL"), mode=4, outputs="MODEL CLIP VAE")
    body = {
        "nodes": [entry(1, "A"), lora, entry(3, "B", ("x", 3))],
        "links": [[1, 1, 0, 2, 1, "MODEL"], [2, 1, 1, 2, 0, "CLIP"], [3, 2, output, 3, 0, "X"]],
    }
    assert from_workflow(body).nodes["3"].links.get("x") == link


def test_of_two_inputs_of_the_type_a_bypassed_node_passes_on_the_one_in_the_same_place() -> None:
    net = entry(3, "N", ("positive", 1, "C"), ("negative", 2, "C"), mode=4, outputs="C C")
    body = {
        "nodes": [entry(1, "A"), entry(2, "A"), net, entry(4, "B", ("p", 3), ("n", 4))],
        "links": [[1, 1, 0, 3, 0, "C"], [2, 2, 0, 3, 1, "C"], [3, 3, 0, 4, 0, "C"], [4, 3, 1, 4, 1, "C"]],
    }
    assert from_workflow(body).nodes["4"].links == {"p": Link("1", 0), "n": Link("2", 0)}


def nested(**stand_in: Any) -> Json:
    """A text encoder in a subgraph in a subgraph; the text and the text encoder come from outside."""
    inner = {
        "id": "inner",
        "nodes": [
            entry(34, "CLIPTextEncode", ("clip", 1), ("text", 2), values=["from within"], outputs="CONDITIONING")
        ],
        "links": [
            {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 34, "target_slot": 0},
            {"id": 2, "origin_id": -10, "origin_slot": 1, "target_id": 34, "target_slot": 1},
            {"id": 3, "origin_id": 34, "origin_slot": 0, "target_id": -20, "target_slot": 0},
        ],
    }
    outer = {
        "id": "outer",
        "nodes": [entry(5, "inner", ("clip", 1), ("text", 2))],
        "links": [
            {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 5, "target_slot": 0},
            {"id": 2, "origin_id": -10, "origin_slot": 1, "target_id": 5, "target_slot": 1},
            {"id": 3, "origin_id": 5, "origin_slot": 0, "target_id": -20, "target_slot": 0},
        ],
    }
    text = {"name": "text", "link": None, "type": "STRING", "widget": {"name": "text"}}
    clip = {"name": "clip", "link": 1, "type": "CLIP"}
    return {
        "nodes": [
            entry(1, "CLIPLoader", values=["t5"]),
            {"id": 12, "type": "outer", "inputs": [clip, text], **stand_in},
            entry(3, "KSampler", ("positive", 2)),
        ],
        "links": [[1, 1, 0, 12, 0, "CLIP"], [2, 12, 0, 3, 0, "CONDITIONING"]],
        "definitions": {"subgraphs": [inner, outer]},
    }


def test_subgraphs_are_opened_and_numbered_as_in_a_prompt() -> None:
    graph = from_workflow(nested())
    assert list(graph.nodes) == ["1", "3", "12:5:34"]
    assert graph.nodes["3"].links == {"positive": Link("12:5:34", 0)}
    assert graph.nodes["12:5:34"].links == {"clip": Link("1", 0)}
    assert graph.nodes["12:5:34"].values == {"text": "from within"}


@pytest.mark.parametrize(
    "stand_in",
    [
        {"widgets_values": ["from outside"]},
        {"widgets_values": ["from outside"], "properties": {"proxyWidgets": [["-1", "text"]]}},
    ],
)
def test_values_typed_into_a_subgraph_count(stand_in: Json) -> None:
    assert from_workflow(nested(**stand_in)).nodes["12:5:34"].values == {"text": "from outside"}


def test_a_promoted_field_counts_for_the_node_it_was_promoted_from() -> None:
    inside = {"id": "s", "nodes": [entry(3, "KSampler", values=[1, "fixed", 20, 7.0, "euler", "normal", 1.0])]}
    stand_in = entry(12, "s", values=[33, None, "heun", 5])
    stand_in["properties"] = {
        "proxyWidgets": [["3", "seed"], ["3", "control_after_generate"], ["3", "sampler_name"], ["9", "steps"]]
    }
    found = from_workflow({"nodes": [stand_in], "definitions": {"subgraphs": [inside]}}).nodes["12:3"].values
    assert (found["seed"], found["steps"], found["sampler_name"]) == (33, 20, "heun")


@pytest.mark.parametrize("mode", [2, 4])
def test_what_is_in_a_subgraph_that_is_switched_off_is_left_out(mode: int) -> None:
    assert list(from_workflow(nested(mode=mode)).nodes) == ["1", "3"]


def test_a_subgraph_in_itself_ends() -> None:
    inside = {"id": "s", "nodes": [entry(1, "s"), entry(2, "s"), entry(3, "A")]}
    body = {"nodes": [entry(1, "s")], "definitions": {"subgraphs": [inside]}}
    assert len(from_workflow(body, Limits(graph_nodes=100))) <= 100
    shallow = from_workflow(
        {**body, "definitions": {"subgraphs": [inside | {"nodes": [entry(1, "s"), entry(3, "A")]}]}}
    )
    assert max(key.count(":") for key in shallow.nodes) == Limits().graph_depth


def grouped(values: Any) -> Json:
    """A checkpoint and a sampler outside, two encoders in a group. The second's clip has its title before the name."""
    group = {
        "nodes": [
            entry(-1, "CLIPTextEncode", ("clip", None), values=["old"], outputs="CONDITIONING"),
            entry(-1, "CLIPTextEncode", ("clip", None), values=["older"], outputs="CONDITIONING"),
            entry(-1, "ConditioningCombine", ("conditioning_1", 5), ("conditioning_2", 6), outputs="CONDITIONING"),
        ],
        "links": [[0, 0, 2, 0, 1, "CONDITIONING"], [1, 0, 2, 1, 1, "CONDITIONING"], 7],
        "external": [[1, 0, "CONDITIONING"]],
    }
    stand_in = entry(12, "workflow/Encoders", ("clip", 1), ("CLIPTextEncode clip", 2), values=values)
    return {
        "nodes": [
            entry(1, "CLIPLoader"),
            stand_in,
            entry(3, "KSampler", ("negative", 3), ("positive", 4)),
            entry(4, "workflow/Unknown"),
        ],
        "links": [[1, 1, 0, 12, 0, "C"], [2, 1, 1, 12, 1, "C"], [3, 12, 0, 3, 0, "C"], [4, 12, 1, 3, 1, "C"]],
        "extra": {"groupNodes": {"Encoders": group, "Broken": 5}},
    }


@pytest.mark.parametrize(
    ("values", "texts"), [(["new", "newer"], ["new", "newer"]), (["new"], ["old", "older"]), (5, ["old", "older"])]
)
def test_group_nodes_are_opened(values: Any, texts: list[str]) -> None:
    body = grouped([])
    body["nodes"][1]["widgets_values"] = values
    graph = from_workflow(body)
    assert list(graph.nodes) == ["1", "3", "4", "12:0", "12:1", "12:2"]
    assert [graph.nodes[f"12:{key}"].values["text"] for key in (0, 1)] == texts
    assert [graph.nodes[f"12:{key}"].links["clip"] for key in (0, 1)] == [Link("1", 0), Link("1", 1)]
    assert graph.nodes["12:2"].links == {"conditioning_1": Link("12:0", 0), "conditioning_2": Link("12:1", 0)}
    assert graph.nodes["3"].links == {"negative": Link("12:1", 0), "positive": Link("12:2", 0)}


@pytest.mark.parametrize("sent", ["written", "by type"])
def test_broadcasts_reach_inputs_without_a_link(sent: str) -> None:
    kinds = {
        "model": "MODEL",
        "positive": "CONDITIONING",
        "negative": "CONDITIONING",
        "seed": "INT",
        "latent": "LATENT",
    }
    sampler = entry(5, "KSampler", *((name, None, kind) for name, kind in kinds.items()))
    sampler["inputs"][3]["widget"] = {"name": "seed"}
    body: Json = {
        "nodes": [
            entry(1, "CheckpointLoaderSimple", outputs="MODEL CLIP VAE"),
            entry(2, "CLIPTextEncode", ("clip", None, "CLIP"), outputs="CONDITIONING"),
            entry(3, "CLIPTextEncode", ("clip", None, "CLIP"), outputs="CONDITIONING"),
            entry(6, "Anything Everywhere3", ("anything", 1, "*"), ("anything2", 2, "*"), ("anything3", None, "*")),
            entry(7, "Prompts Everywhere", ("+ve", 3), ("-ve", 4)),
            entry(8, "Seed Everywhere", values=[99, "fixed"], outputs="INT"),
            entry(9, "Anything Everywhere", ("anything", 5), mode=4),
            sampler,
        ],
        "links": [
            [1, 1, 0, 6, 0, "M"],
            [2, 1, 1, 6, 1, "C"],
            [3, 2, 0, 7, 0, "C"],
            [4, 3, 0, 7, 1, "C"],
            [5, 4, 0, 9, 0, ""],
        ],
    }
    if sent == "written":
        body["nodes"] = [item for item in body["nodes"] if "verywhere" not in item["type"] or item["id"] == 8]
        places = [(5, 0, "1", 0), (5, 1, "2", 0), (5, 2, "3", 0), (5, 3, "8", 0), (2, 0, "1", 1), (3, 0, "1", 1)]
        names = ("downstream", "downstream_slot", "upstream", "upstream_slot")
        body["extra"] = {"ue_links": [5, {}, *(dict(zip(names, place, strict=True)) for place in places)]}
    graph = from_workflow(body)
    assert graph.nodes["5"].links == {
        "model": Link("1", 0),
        "positive": Link("2", 0),
        "negative": Link("3", 0),
        "seed": Link("8", 0),
    }
    assert graph.nodes["2"].links == graph.nodes["3"].links == {"clip": Link("1", 1)}
    assert graph.nodes["8"].values == {"seed": 99}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"extra": {"node_versions": {"comfy-core": "0.3.18"}}}, "0.3.18"),
        (
            {"nodes": [{"properties": {"cnr_id": "comfy-core", "ver": v}} for v in ("0.3.9", "v0.3.40", "abc")]},
            "0.3.40",
        ),
        ({"nodes": [{"properties": {"cnr_id": "other", "ver": "9.9.9"}}]}, ""),
        ({"nodes": [5, {"properties": 5}], "extra": {"node_versions": 5}}, ""),
        ({"extra": {"node_versions": {"comfy-core": ["0.3"]}}}, ""),
        (None, ""),
    ],
)
def test_the_version_of_comfyui(body: Any, found: str) -> None:
    assert version(body) == found


def test_the_version_is_told_with_the_parameters() -> None:
    body = Drawing(plain()).body(extra={"node_versions": {"comfy-core": "0.3.18"}})
    assert read_workflow(body) == EXPECTED | {"version": "0.3.18"}


def test_a_flag_of_a_switched_off_node_is_no_sampler() -> None:
    drawing = Drawing(plain(_12=node("KSampler", seed=1, steps=1, positive=["6", 0], latent_image=["3", 0])))
    drawing.nodes["12"]["mode"] = 2
    assert read_workflow(drawing.body()) == EXPECTED
