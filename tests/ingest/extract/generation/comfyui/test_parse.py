"""Whole graphs: the same answer from both forms, and an end to every one of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.extract.generation.comfyui.build import EXPECTED, Drawing, Json, node, plain, read, read_workflow
from tests.ingest.extract.generation.comfyui.test_settings import advanced

from tallylight.ingest.extract.clean import clean_json
from tallylight.ingest.extract.generation.comfyui import from_prompt, from_workflow, parse, version
from tallylight.ingest.extract.generation.comfyui.orders import ORDERS
from tallylight.ingest.extract.limits import LIMITS

#: Two passes, a LoRA on the second, texts that are joined, a switch, a pipe.
RICH: Json = plain(
    _6=node("ConditioningCombine", conditioning_1=["20", 0], conditioning_2=["21", 0]),
    _8=node("VAEDecode", samples=["30", 0], vae=["4", 2]),
    _20=node("CLIPTextEncode", text=["22", 0], clip=["25", 0]),
    _21=node("CLIPTextEncode", text="embedding:mood, warm", clip=["25", 0]),
    _22=node("StringConcatenate", string_a=["23", 0], string_b="far away", delimiter=", "),
    _23=node("ImpactSwitch", select=2, sel_mode=False, input1=["24", 0], input2=["26", 0]),
    _24=node("PrimitiveString", value="not chosen"),
    _25=node("CLIPSetLastLayer", stop_at_clip_layer=-2, clip=["10", 1]),
    _26=node("PrimitiveString", value="a hill"),
    _30=node("ImpactKSamplerBasicPipe", basic_pipe=["31", 0], latent_image=["32", 0], seed=9, steps=8, cfg=5.0,
             sampler_name="dpmpp_2m", scheduler="karras", denoise=0.4),
    _31=node("ToBasicPipe", model=["33", 0], clip=["10", 1], vae=["4", 2], positive=["6", 0], negative=["7", 0]),
    _32=node("LatentUpscaleBy", samples=["3", 0], upscale_method="bislerp", scale_by=1.5),
    _33=node("LoraLoaderModelOnly", lora_name="detail.safetensors", strength_model=0.3, model=["10", 0]),
)  # fmt: skip


def test_a_plain_graph() -> None:
    assert read(plain()) == EXPECTED


def test_a_rich_graph() -> None:
    assert read(RICH) == EXPECTED | {
        "prompt": "a hill, far away, embedding:mood, warm",
        "embeddings": ["mood"],
        "loras": [*EXPECTED["loras"], {"name": "detail", "weight": 0.3}],
        "clip_skip": 2,
        "hires": {"denoise": 0.4, "steps": 8, "upscale": 1.5, "upscaler": "bislerp"},
    }


@pytest.mark.parametrize("lists_fields", [True, False])
@pytest.mark.parametrize("graph", [plain(), advanced(), RICH], ids=["plain", "advanced", "rich"])
def test_the_same_graph_in_both_forms_gives_the_same_answer(graph: Json, lists_fields: bool) -> None:
    assert read_workflow(Drawing(graph, lists_fields=lists_fields).body()) == read(graph)


def test_the_order_of_nodes_does_not_matter() -> None:
    assert read(dict(reversed(RICH.items()))) == read(RICH)


#: Kinds whose nodes may stand anywhere, and links they may have.
LINKED: dict[str, tuple[str, ...]] = {
    "KSampler": ("model", "positive", "negative", "latent_image"),
    "KSamplerAdvanced": ("model", "positive", "negative", "latent_image", "steps"),
    "KSampler (Efficient)": ("model", "positive", "negative", "latent_image", "script"),
    "ImpactKSamplerBasicPipe": ("basic_pipe", "latent_image", "seed"),
    "CheckpointLoaderSimple": (),
    "LoraLoader": ("model", "clip", "strength_model"),
    "CR LoRA Stack": ("lora_stack",),
    "CLIPTextEncode": ("clip", "text"),
    "ConditioningCombine": ("conditioning_1", "conditioning_2"),
    "StringConcatenate": ("string_a", "string_b", "delimiter"),
    "PrimitiveString": (),
    "ImpactSwitch": ("input1", "input2", "select"),
    "ToBasicPipe": ("model", "clip", "positive", "negative"),
    "LatentUpscaleBy": ("samples",),
    "EmptyLatentImage": ("width",),
    "Efficient Loader": ("lora_stack", "positive"),
    "VAEDecode": ("samples", "vae"),
    "SaveImage": ("images",),
    "SomebodysOwn": ("any", "stuff", "pipe"),
}
values = st.integers(-3, 2000) | st.floats(0, 2) | st.sampled_from(["a", "b, c", "x.safetensors", "", "embedding:e"])


@st.composite
def graphs(draw: st.DrawFn) -> Json:
    """Graphs of known nodes, each with all its values, linked at random, rings included."""
    keys = [str(number) for number in range(1, draw(st.integers(2, 12)))]
    graph: Json = {}
    for key in keys:
        kind = draw(st.sampled_from(sorted(LINKED)))
        inputs: Json = {name: draw(values) for name in ORDERS.get(kind, ())}
        for name in LINKED[kind]:
            if draw(st.booleans()):
                inputs[name] = [draw(st.sampled_from(keys)), draw(st.integers(0, 3))]
        graph[key] = node(kind, **inputs)
    return graph


@settings(max_examples=200, deadline=None)
@given(graphs(), st.booleans())
def test_any_graph_gives_the_same_answer_in_both_forms(graph: Json, lists_fields: bool) -> None:
    assert read_workflow(Drawing(graph, lists_fields=lists_fields).body()) == read(graph)


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_answers_are_fit_for_json(graph: Json) -> None:
    found = read(graph)
    assert clean_json(found) == found
    assert found["generator"] == "comfyui"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All paths within a JSON value."""
    yield path
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, body: Any) -> Any:
    """A body with a few values replaced by others of its own, or by anything."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 4))):
        known = list(places(body))
        *path, last = draw(st.sampled_from(known[1:] or [("x",)]))
        at = body
        for key in path:
            at = at[key]
        if isinstance(at, (dict, list)) and known[1:]:
            at[last] = draw(json_values | st.sampled_from(["3", "6", -10, -20, ["3", 0], 1, 0, True, "Reroute", "s"]))
    return body


DRAWN = Drawing(RICH).body(
    extra={"ue_links": [{"downstream": 3, "downstream_slot": 0, "upstream": "4", "upstream_slot": 0}]}
)
DRAWN["definitions"] = {"subgraphs": [{"id": "s", **Drawing(plain()).body(), "inputs": [], "outputs": []}]}
DRAWN["extra"]["groupNodes"] = {"g": {"nodes": DRAWN["nodes"][:5], "links": [[0, 0, 1, 0, 1, "X"]], "external": []}}
DRAWN["nodes"] += [
    {"id": 50, "type": "s", "inputs": [], "widgets_values": [1], "properties": {"proxyWidgets": [["3", "seed"]]}},
    {"id": 51, "type": "workflow/g", "inputs": [{"name": "model", "link": 1}], "widgets_values": [1, 2]},
    {"id": 52, "type": "Anything Everywhere", "inputs": [{"name": "anything", "type": "*", "link": 1}]},
    {"id": 53, "type": "GetNode", "widgets_values": ["x"], "outputs": [{"type": "*"}]},
    {"id": 54, "type": "SetNode", "widgets_values": ["x"], "inputs": [{"name": "*", "link": 2}]},
]


@settings(max_examples=150, deadline=None)
@given(mutated(RICH) | mutated(advanced()))
def test_no_damaged_prompt_raises(body: Any) -> None:
    assert parse(from_prompt(body))["generator"] == "comfyui"


@settings(max_examples=150, deadline=None)
@given(mutated(DRAWN))
def test_no_damaged_workflow_raises(body: Any) -> None:
    assert parse(from_workflow(body))["generator"] == "comfyui"
    assert isinstance(version(body), str)


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_anything_is_taken_for_a_graph(body: Any) -> None:
    for read_body in (from_prompt, from_workflow):
        assert parse(read_body(body)) == {"generator": "comfyui"}
    entry = {"id": 1, "type": "KSampler", "widgets_values": body, "inputs": body, "outputs": body, "properties": body}
    parse(from_workflow({"nodes": [body, entry], "links": [body], "extra": body, "definitions": body}))


def test_a_maze_ends() -> None:
    """Every node reaches every other: there are more ways through than anyone can follow."""
    graph = {
        str(number): node("ConditioningCombine", **{f"c{other}": [str(other), 0] for other in range(40)})
        for number in range(40)
    }
    graph["s"] = node("KSampler", steps=1, positive=["0", 0], negative=["1", 0], model=["0", 0], latent_image=["0", 0])
    assert read(graph) == {"generator": "comfyui", "steps": 1}


@pytest.mark.parametrize(
    "kind", ["Reroute", "ConditioningConcat", "LoraLoader", "ImpactSwitch", "KSampler", "SaveImage"]
)
@pytest.mark.parametrize("name", ["", "model", "conditioning_to", "latent_image", "input1", "basic_pipe", "images"])
def test_a_long_chain_ends(kind: str, name: str) -> None:
    graph = {str(n): node(kind, steps=n, select=1, **{name: [str(n + 1), 0]}) for n in range(4000)}
    ways = ("positive", "negative", "model", "latent_image", "basic_pipe", "seed")
    graph["s"] = node("KSampler", steps=1, **{way: ["0", 0] for way in ways})
    graph["out"] = node("SaveImage", images=["s", 0])
    assert read(graph)["generator"] == "comfyui"


def test_many_links_are_read_once() -> None:
    many = {f"image{number}": ["s", 0] for number in range(40)}
    graph = {str(n): node("SaveImage", **many) for n in range(LIMITS.graph_nodes - 1)}
    assert read({"s": node("KSampler", steps=1, positive=["0", 0]), **graph})["steps"] == 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(alphabet="ſıK²٣ _1ab", min_size=1, max_size=6) | st.sampled_from(["ſwitch", "²", "text_٣"]), max_size=6
    )
)
def test_names_in_any_script_are_taken(names: list[str]) -> None:
    inputs = {name: ["20", 0] if number % 2 else name for number, name in enumerate(names)}
    assert read(plain(_6=node("Switch Concat", **inputs), _20=node("Index Switch", **inputs)))["steps"] == 20


@pytest.mark.parametrize("name", ["select", "input1", "seed"])
def test_switches_that_switch_others_end(name: str) -> None:
    graph = {
        str(n): node("ImpactSwitch", **({"input1": 1, "select": 1} | {name: [str(n + 1), 0]})) for n in range(4000)
    }
    graph["s"] = node("KSampler", steps=["0", 0], positive=["0", 0], latent_image=["0", 0])
    assert read(graph)["generator"] == "comfyui"


def test_one_node_that_all_others_ask_is_not_too_slow() -> None:
    """A hub of as many and as long inputs as a file may hold, which every step comes to."""
    hub = node("Hub", lora_name="x" * 1_000_000, **{f"{'pos_' * 2000}{number}": ["hub", 0] for number in range(300)})
    graph = {
        str(n): node("LoraLoader", lora_name=["hub", 0], strength_model=["hub", 0], model=[str(n + 1), 0])
        for n in range(4000)
    }
    graph["s"] = node("KSampler", steps=1, positive=["0", 0], model=["0", 0])
    assert read(graph | {"hub": hub})["steps"] == 1


def test_a_subgraph_used_by_all_is_not_too_slow() -> None:
    big = {
        "id": 1,
        "type": "A",
        "inputs": [{"type": "X"}] * 5000,
        "widgets_values": ["x"] * 50_000,
        "outputs": [{}] * 5000,
    }
    inside = {"id": "s", "nodes": [big], "links": [[1, 1, 0, 1, 0, "X"]]}
    body = {
        "nodes": [{"id": n, "type": "s"} for n in range(LIMITS.graph_nodes)],
        "definitions": {"subgraphs": [inside]},
    }
    assert 0 < len(from_workflow(body)) <= LIMITS.graph_nodes


@pytest.mark.parametrize("unit", ["lora", "_", "text_", "1", "a1", "pos_", "clip_vision_", "embedding:", "x8"])
def test_no_name_and_no_text_takes_long(unit: str) -> None:
    long = unit * (200_000 // len(unit))
    graph = plain(
        _6=node("CLIPTextEncode", text=long, **{long: ["20", 0]}), _20=node(long, resolution=long, lora_name=long)
    )
    graph["3"]["inputs"] |= {long: ["20", 0], "scheduler": long, "latent_image": ["20", 0]}
    assert read(graph)["steps"] == 20
