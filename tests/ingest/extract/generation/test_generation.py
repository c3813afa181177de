"""Generation parameters, wherever they stand."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.extract.generation.examples import WORDS, json_values
from tests.ingest.extract.generation.test_civitai import EXTRA
from tests.ingest.extract.generation.test_drawthings import COMMENT as DRAW_THINGS
from tests.ingest.extract.generation.test_drawthings import PACKET
from tests.ingest.extract.generation.test_easydiffusion import JSON as EASY
from tests.ingest.extract.generation.test_easydiffusion import PNG as EASY_PNG
from tests.ingest.extract.generation.test_fooocus import FOOOCUS, MRE, RUINED
from tests.ingest.extract.generation.test_invokeai import COMMAND, NEW, OLD
from tests.ingest.extract.generation.test_novelai import texts as novelai
from tests.ingest.extract.generation.test_stabilitymatrix import MADE
from tests.ingest.extract.generation.test_swarmui import WHOLE as SWARM
from tests.ingest.extract.generation.test_tensorart import DATA as TENSOR

from tallylight.ingest.extract.generation import Reading, generation
from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.programs import PROGRAMS
from tallylight.ingest.extract.limits import Limits

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


def read(**texts: Any) -> Reading:
    return generation([(key, text if isinstance(text, str) else json.dumps(text)) for key, text in texts.items()])


@pytest.mark.parametrize(
    "key",
    [
        "parameters",
        "exif:UserComment",
        "comment",
        "exif:ImageDescription",
        "description",
        "Comment",
        "user_comment",
        "stealth",
        "anything",
    ],
)
def test_written_parameters_wherever_they_stand(key: str) -> None:
    found = generation([("Software", "x"), (key, WRITTEN)])
    assert (found.values["generator"], found.values["prompt"], found.values["steps"]) == ("a1111", "from the text", 9)
    assert (found.source, found.warnings) == (key, ())


@pytest.mark.parametrize(
    ("generator", "texts", "source"),
    [
        ("invokeai", {"Dream": COMMAND}, "Dream"),
        ("invokeai", {"Dream": COMMAND, "sd-metadata": OLD}, "sd-metadata"),
        ("invokeai", {"invokeai_metadata": NEW}, "invokeai_metadata"),
        ("novelai", novelai(), "Comment"),
        ("novelai", {"stealth": novelai()}, "stealth"),
        ("fooocus", {"parameters": FOOOCUS, "fooocus_scheme": "fooocus"}, "parameters"),
        ("fooocus", {"exif:UserComment": FOOOCUS}, "exif:UserComment"),
        ("ruinedfooocus", {"parameters": RUINED}, "parameters"),
        ("fooocusmre", {"Comment": MRE}, "Comment"),
        ("fooocusmre", {"comment": MRE}, "comment"),
        ("swarmui", {"parameters": SWARM}, "parameters"),
        ("swarmui", {"exif:UserComment": SWARM}, "exif:UserComment"),
        ("swarmui", {"stealth": SWARM}, "stealth"),
        ("stabilitymatrix", {"parameters-json": MADE}, "parameters-json"),
        ("stabilitymatrix", {"parameters": WRITTEN, "parameters-json": MADE}, "parameters-json, parameters"),
        ("easydiffusion", EASY_PNG, "use_stable_diffusion_model"),
        ("easydiffusion", {"exif:UserComment": EASY}, "exif:UserComment"),
        ("tensorart", {"generation_data": json.dumps(TENSOR) + "\0\0", "prompt": GRAPH}, "generation_data, prompt"),
        ("civitai", {"exif:UserComment": {"extraMetadata": json.dumps(EXTRA), **GRAPH}}, "exif:UserComment"),
        ("drawthings", {"exif:UserComment": DRAW_THINGS}, "exif:UserComment"),
        ("drawthings", {"XML:com.adobe.xmp": PACKET.format(html.escape(json.dumps(DRAW_THINGS)))}, "XML:com.adobe.xmp"),
    ],
)  # fmt: skip
def test_every_program_wherever_it_writes(generator: str, texts: dict[str, Any], source: str) -> None:
    found = read(**texts)
    assert (found.values["generator"], found.source, found.warnings) == (generator, source, ())
    assert "a cat" in found.values["prompt"]


def test_a_programs_own_words_win_and_the_graph_fills_the_gaps() -> None:
    found = read(**{"exif:UserComment": {"extraMetadata": json.dumps(EXTRA), **GRAPH}})
    assert (found.values["prompt"], found.values["scheduler"]) == ("a cat", "simple")


def test_json_that_was_encoded_twice() -> None:
    assert read(parameters=json.dumps(json.dumps(SWARM))).values["generator"] == "swarmui"
    assert read(comment=json.dumps(WRITTEN)).values["steps"] == 9


def test_parameters_within_the_json_of_a_video() -> None:
    found = read(comment={"prompt": GRAPH, "parameters": WRITTEN})
    assert (found.values["prompt"], found.values["scheduler"], found.source) == ("from the text", "simple", "comment")


def test_parameters_without_settings_are_a_prompt_only_under_their_own_key() -> None:
    assert read(parameters="a cat").values == {"generator": "a1111", "prompt": "a cat"}
    assert read(parameters="{red|blue} hat").values == {"generator": "a1111", "prompt": "{red|blue} hat"}
    assert read(comment="a cat", **{"exif:UserComment": "holiday"}) == Reading()


@pytest.mark.parametrize(
    ("texts", "prompt", "source"),
    [
        ({"prompt": GRAPH, "workflow": WORKFLOW}, "from the graph", "prompt"),
        ({"prompt": GRAPH}, "from the graph", "prompt"),
        ({"workflow": WORKFLOW}, "from the workflow", "workflow"),
        ({"prompt": {}, "workflow": WORKFLOW}, "from the workflow", "workflow"),
        ({"comment": {"prompt": GRAPH, "workflow": WORKFLOW}}, "from the graph", "comment"),
        ({"comment": {"prompt": json.dumps(GRAPH)}}, "from the graph", "comment"),
        ({"comment": json.dumps({"workflow": json.dumps(WORKFLOW)})}, "from the workflow", "comment"),
        ({"prompt": json.dumps(GRAPH)}, "from the graph", "prompt"),
        ({"exif:UserComment": GRAPH}, "from the graph", "exif:UserComment"),
        ({"exif:ImageDescription": WORKFLOW}, "from the workflow", "exif:ImageDescription"),
    ],
)
def test_graphs_alone_together_and_wrapped(texts: dict[str, Any], prompt: str, source: str) -> None:
    found = generation([(key, json.dumps(body)) for key, body in texts.items()])
    assert (found.values["generator"], found.values["prompt"], found.values["seed"]) == ("comfyui", prompt, 1)
    assert (found.source, found.warnings) == (source, ())


def test_written_values_win_over_the_graph_and_gaps_are_filled() -> None:
    found = read(prompt=GRAPH, parameters=WRITTEN)
    assert (found.values["generator"], found.values["prompt"], found.values["steps"]) == ("comfyui", "from the text", 9)
    assert (found.values["scheduler"], found.source) == ("simple", "parameters, prompt")


def test_terms_of_the_negative_prompt_and_embeddings() -> None:
    text = (
        'cat, embedding:charm\nNegative prompt: blurry, (bad hands:1.4), Easy, blurry\nSteps: 5, TI hashes: "easy: 11"'
    )
    found = read(parameters=text).values
    assert found["negative_terms"] == [{"text": "blurry", "weight": 1.0}, {"text": "bad hands", "weight": 1.4}]
    assert found["embeddings"] == ["easy", "charm"]


def test_negative_terms_are_read_by_the_rules_of_their_program() -> None:
    assert read(**novelai()).values["negative_terms"] == [
        {"text": "lowres", "weight": 1.0},
        {"text": "bad", "weight": 1.05},
    ]
    graph = {"invokeai_metadata": NEW | {"negative_prompt": "noisy++, (fog)0.5"}}
    assert read(**graph).values["negative_terms"] == [{"text": "noisy", "weight": 1.21}, {"text": "fog", "weight": 0.5}]


def test_damaged_json_is_a_warning_and_the_rest_is_read() -> None:
    found = read(prompt='{"oh', workflow=WORKFLOW)
    assert found.values["prompt"] == "from the workflow"
    assert found.warnings == ("the embedded prompt is damaged JSON",)


def test_plain_words_under_prompt_are_no_damage() -> None:
    assert read(prompt="a cat", comment="{red|blue} hat") == Reading()


def test_of_two_texts_with_one_key_the_first_counts() -> None:
    assert generation([("parameters", "one"), ("parameters#2", "two")]).values["prompt"] == "one"
    assert generation([("parameters", "one"), ("parameters", "two")]).values["prompt"] == "one"
    assert generation([]) == Reading()


EVERYTHING: dict[str, Any] = (
    novelai() | EASY_PNG | FOOOCUS | MRE | RUINED | SWARM | TENSOR | DRAW_THINGS | NEW
) | {"sd-metadata": OLD, "Dream": COMMAND, "parameters-json": MADE, "extraMetadata": EXTRA, "generation_data": TENSOR,
     "invokeai_metadata": NEW, "invokeai_graph": {}, "smproj": {}, "v4_prompt": {}, "parameters": WRITTEN,
     "prompt": GRAPH, "workflow": WORKFLOW}  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING)), json_values, max_size=12), st.data())
def test_no_body_raises(body: dict[str, Any], data: st.DataObject) -> None:
    true = data.draw(st.lists(st.sampled_from(sorted(EVERYTHING)), max_size=6))
    for name in true:
        body.setdefault(name, EVERYTHING[name])
    for program in PROGRAMS:
        program.looks_like(Body(body))
        program.parse(Body(body))
    found = read(**{key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()})
    wrapped = read(comment=json.dumps(body))
    for reading in (found, wrapped):
        json.dumps(reading.values, allow_nan=False).encode()
        assert bool(reading.values) == bool(reading.source)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["parameters", "comment", "exif:UserComment", "stealth", "Dream", "prompt"]),
                          st.text() | st.sampled_from(WORDS)), max_size=5))  # fmt: skip
def test_no_text_raises(texts: list[tuple[str, str]]) -> None:
    generation(texts)


def test_nothing_grows_beyond_its_limit() -> None:
    limits = Limits(parameters=5, networks=3, keywords=4, value=50, prompt=500)
    many = {f"k{number}": "x" * 1000 for number in range(50)}
    loras = {"loras": [[f"n{number}", 1] for number in range(50)]}
    negative = ", ".join(f"t{number}" for number in range(50))
    texts = [("parameters", json.dumps(FOOOCUS | many | loras | {"negative_prompt": negative}))]
    found = generation(texts, limits).values
    assert (len(found["parameters"]), len(found["loras"]), len(found["negative_terms"])) == (5, 3, 4)
    assert all(len(value) <= 50 for value in found["parameters"].values() if isinstance(value, str))
