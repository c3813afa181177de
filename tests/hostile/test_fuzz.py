"""Mutations of good files and texts: no reader raises, none goes beyond its limits, none takes over linear time."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from time import thread_time
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.hostile.mutations import mutated, mutated_text
from tests.hostile.stills import animation
from tests.ingest.extract import build

from tallylight.ingest.extract import camera, exif, iptc, xmp
from tallylight.ingest.extract.clean import clean_json, load_json
from tallylight.ingest.extract.containers import gif, jpeg, png, structure, webp
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.emphasis import networks, terms
from tallylight.ingest.extract.generation import a1111, generation
from tallylight.ingest.extract.keywords import keywords
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.sidecars import Told, scores

SMALL = Limits(chunk=3_000, chunks=60, text=300, texts=5, texts_total=700, frames=3, json_depth=8, graph_nodes=30)
#: Characters of a repetition, and of one four times as long: whose reading takes four times as long, not sixteen.
SHORT = 8_000
LONG = 4 * SHORT

EXIF = build.exif_block(
    {0x010F: "Maker", 0x0110: "prompt:{}", 0x0112: 6},
    {0x9003: "2024:01:02 03:04:05", 0x9286: b"UNICODE\0\0h\0i"},
)
Walk = Callable[[BinaryIO, Limits], Embedded]
WALKERS: dict[str, tuple[Walk, bytes]] = {
    "png": (png.walk, build.png({"parameters": "a" * 200, "wörk": "ü" * 50, "prompt": "{}"}, exif=EXIF)),
    "apng": (png.walk, animation("PNG")),
    "jpeg": (jpeg.walk, build.encoded(build.scene(), "JPEG", exif=EXIF, comment=b"hi")),
    "webp": (webp.walk, build.encoded(build.scene(), "WEBP", exif=EXIF)),
    "moving webp": (webp.walk, animation("WEBP")),
    "gif": (gif.walk, animation("GIF", comment=b"hi")),
}
BOXES = {
    "mp4": build.video(),
    "matroska": build.video("matroska"),
    "avi": build.video("avi"),
    "avif": build.encoded(build.scene(), "AVIF"),
}

PARAMETERS = (
    "(masterpiece:1.2), [old], ((a cat)), <lora:nice:0.8> BREAK a dog AND \\(bird\\) :1.1\n"
    "Negative prompt: blurry, (bad:1.4)\n"
    'Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8, Lora hashes: "a: 1, b: 2", ADetailer: {"x": [1]}'
)
SIGNS = "()[]{}<>:,.\\\"'\n 019xSTEPSBREAKAND"
SAMPLER = {"seed": 2**60, "cfg": 7, "positive": ["2", 0], "negative": ["3", 0], "model": ["4", 0]}
GRAPH = json.dumps({
    "1": {"class_type": "KSampler", "inputs": {**SAMPLER, "latent_image": ["5", 0]}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["6", 0], "clip": ["4", 1]}},
    "3": {"class_type": "ConditioningConcat", "inputs": {"conditioning_to": ["2", 0], "conditioning_from": ["3", 0]}},
    "4": {"class_type": "LoraLoader", "inputs": {"lora_name": "a.safetensors", "strength_model": 1, "model": ["7", 0]}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 8, "height": 8}},
    "6": {"class_type": "PrimitiveNode", "inputs": {"value": "a cat"}},
    "7": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "m.safetensors"}},
})  # fmt: skip


def examples(share: float) -> settings:
    """So many as the profile says, or a share of them (CONTRIBUTING.md tells of the long one)."""
    return settings(max_examples=int(settings().max_examples * share), suppress_health_check=[HealthCheck.too_slow])


class Counted(io.BytesIO):
    """A file that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.taken = self.calls = 0

    def read(self, size: int | None = -1) -> bytes:
        self.calls += 1
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize("name", WALKERS)
@examples(1.2)
@given(data=st.data())
def test_walkers(name: str, data: st.DataObject) -> None:
    walk, sound = WALKERS[name]
    stream = Counted(data.draw(mutated(sound)))
    found = walk(stream, SMALL)
    size = len(stream.getvalue())
    assert len(found.texts) <= SMALL.texts
    assert max((len(text) for _, text in found.texts), default=0) <= SMALL.text
    assert sum(len(text) for _, text in found.texts) <= SMALL.texts_total
    assert len(found.exif) <= max(SMALL.chunk, 0xFFFF)
    # Each byte once, and a few at the start again; one question a byte at most.
    assert stream.taken <= 2 * size + 64
    assert stream.calls <= 2 * size + 64
    if isinstance(found, png.Png):
        assert len(found.chunks) <= SMALL.chunks
        for pixels in (True, False):
            assert len(png.bare(stream, found, pixels=pixels)) <= size + 64
    camera.facts(exif.read(io.BytesIO(found.exif), SMALL))
    for packet in found.xmp:
        xmp.read(packet, SMALL)
    iptc.read(found.iptc, SMALL)


@examples(1.5)
@given(block=mutated(EXIF.removeprefix(b"Exif\0\0")))
def test_exif(block: bytes) -> None:
    stream = Counted(block)
    tags = exif.read(stream, SMALL)
    json.dumps(camera.facts(tags), allow_nan=False)
    json.dumps([claim.value for claim in camera.claims(tags, SMALL)], allow_nan=False)
    for key, text in exif.texts(tags):
        assert key
        text.encode()
    assert stream.calls < 1000, "loops end"


@pytest.mark.parametrize("format_", BOXES)
@examples(0.6)
@given(data=st.data())
def test_boxes(format_: str, data: st.DataObject) -> None:
    stream = Counted(data.draw(mutated(BOXES[format_])))
    assert isinstance(structure.shortfall(stream, format_, SMALL), str)
    assert stream.calls <= SMALL.chunks + 8


@examples(1.5)
@given(text=mutated_text(PARAMETERS, SIGNS))
@example(text="")
@example(text="Steps: 1, " + "a: {" * 200)
def test_parameters(text: str) -> None:
    found = a1111.parse(text, SMALL)
    fit_to_send(found)
    reading = generation([("parameters", text), ("comment", text)], SMALL)
    fit_to_send(reading.values)
    assert all(isinstance(warning, str) for warning in reading.warnings)
    made = keywords({"prompt": text}, (8, 8), Limits(keywords=10, keyword=40, prompt=500))
    assert len(made) <= 10
    assert all(0 < len(keyword["text"]) <= 80 for keyword in made)
    fit_to_send(list(made))
    assert all(term.text for term in terms(text))
    assert all(network.name for network in networks(text))


@examples(2)
@given(text=mutated_text(GRAPH, '{}[]":,0123456789.eE-\\n' + "\\"))
def test_graphs_as_text(text: str) -> None:
    for key in ("prompt", "workflow", "comment"):
        fit_to_send(generation([(key, text)], SMALL).values)


KEYS = st.sampled_from(["1", "2", "3", "4"])
LINKS = st.tuples(KEYS, st.integers(0, 2)).map(list)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | LINKS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([
    "positive", "negative", "text", "seed", "steps", "cfg", "model", "latent_image", "guider", "sigmas", "noise",
    "value", "lora_name", "ckpt_name", "conditioning", "width", "height", "denoise", "sampler_name", "any", "*", "",
])  # fmt: skip
KINDS = st.sampled_from(
    ["KSampler", "SamplerCustomAdvanced", "CLIPTextEncode", "LoraLoader", "Reroute", "SaveImage", "PrimitiveNode"]
)
NODES = st.fixed_dictionaries(
    {"class_type": KINDS | st.text(max_size=4), "inputs": st.dictionaries(NAMES, LINKS | VALUES, max_size=6) | VALUES}
)


@examples(2)
@given(graph=st.dictionaries(KEYS, NODES | VALUES, max_size=4))
def test_graphs_of_any_shape(graph: dict[str, Any]) -> None:
    fit_to_send(generation([("prompt", json.dumps(graph))], SMALL).values)


SMALL_NUMBERS = st.integers(0, 4)
EDITOR_LINKS = st.tuples(SMALL_NUMBERS, SMALL_NUMBERS, st.integers(0, 2)).map(list)
EDITOR_INPUTS = st.fixed_dictionaries({"name": NAMES, "link": SMALL_NUMBERS | VALUES})
EDITOR_NODES = st.fixed_dictionaries(
    {
        "id": SMALL_NUMBERS | VALUES,
        "type": KINDS | VALUES,
        "mode": SMALL_NUMBERS | VALUES,
        "widgets_values": VALUES,
        "inputs": st.lists(EDITOR_INPUTS, max_size=3) | VALUES,
    }
)


@examples(1.5)
@given(nodes=st.lists(EDITOR_NODES, max_size=5), links=st.lists(EDITOR_LINKS | VALUES, max_size=5))
def test_workflows_of_any_shape(nodes: list[Any], links: list[Any]) -> None:
    fit_to_send(generation([("workflow", json.dumps({"nodes": nodes, "links": links}))], SMALL).values)


@examples(1)
@given(body=VALUES)
def test_json_of_any_shape_is_made_fit(body: Any) -> None:
    cleaned = clean_json(load_json(json.dumps(body), SMALL), SMALL)
    fit_to_send(cleaned)


@examples(1)
@given(raw=mutated(b'{"file": "a.png", "score": 4, "favourite": true, "updated": "2024-01-02T03:04:05"}'))
def test_score_sidecars(raw: bytes) -> None:
    told = Told()
    try:
        scores.add(load_json(raw.decode("utf-8-sig"), SMALL), told)
    except ValueError:
        return
    values = {claim.field: claim.value for claim in told.claims}
    assert values.get("score") in {None, -1, 0, 1, 2, 3, 4, 5}
    assert values.get("favourite") in {None, True, False}
    fit_to_send(told.warnings)


READERS: dict[str, Callable[[str], object]] = {
    "parameters": lambda text: a1111.parse(text + "\nSteps: 1, " + text),
    "terms": terms,
    "networks": networks,
    "keywords": lambda text: keywords({"prompt": text}, None),
    "generation": lambda text: generation([("parameters", text), ("prompt", text), ("workflow", '{"a":' + text)]),
}


@pytest.mark.parametrize("reader", READERS)
@examples(0.2)
@given(unit=st.text(SIGNS, min_size=1, max_size=7), before=st.text(SIGNS, max_size=3), after=st.text(SIGNS, max_size=3))
@example(unit="(", before="", after=":1.1)")
@example(unit="<a:", before="", after="")
@example(unit="a: {", before="", after="")
@example(unit='"', before='a: "', after="")
@example(unit="\\", before="", after="(")
@example(unit=" :1", before="", after="x")
@example(unit="[a:", before="", after="")
@example(unit="[a|", before="", after="]")
@example(unit="B", before="", after="REAK")
@example(unit=" ", before="a", after="b")
@example(unit="\n", before="a", after="b")
def test_no_repetition_takes_more_than_linear_time(reader: str, unit: str, before: str, after: str) -> None:
    short, long = (before + unit * (length // len(unit)) + after for length in (SHORT, LONG))
    # A collection of garbage, or the pause of a virtual machine, falls into some measurements and not into all.
    assert any(spent(reader, long) < 8 * spent(reader, short) + 0.02 for _ in range(10))


@pytest.mark.parametrize(
    "quadratic",
    [lambda text: [text[at:].count("(") for at in range(len(text))], lambda text: re.findall(r"\(+x", text)],
)
def test_more_than_linear_time_would_be_noticed(
    quadratic: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(READERS, "quadratic", quadratic)
    assert not any(spent("quadratic", "(" * LONG) < 8 * spent("quadratic", "(" * SHORT) + 0.02 for _ in range(3))


def spent(reader: str, text: str) -> float:
    """Seconds of this thread's own time, whatever else the machine does."""
    begun = thread_time()
    READERS[reader](text)
    return thread_time() - begun


def fit_to_send(body: Any) -> None:
    """Whether it can stand in JSON, SQL and a page, and is no larger than what was given."""
    text = json.dumps(body, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in json.dumps(body)
    assert len(text.encode()) < 200_000
