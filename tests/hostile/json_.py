"""Hostile JSON, in pictures and beside them, and prompts that are no easier."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from tests.hostile.case import Case, sound, warned
from tests.hostile.png import zeros
from tests.ingest.extract import build
from tests.ingest.extract.build import chunk, with_chunks

from tallylight.model import Outcome

_SETTINGS = "\nSteps: 20, Sampler: Euler, Seed: 1"


def cases() -> list[Case]:
    return [*_graphs(), *_prompts(), *_scores()]


def _graphs() -> Iterator[Case]:
    deep = "[" * 100_000
    yield warned("json/deep.png", build.png({"prompt": '{"1": ' + deep + "]" * 100_000 + "}"}), "prompt was not read")
    yield warned("json/deep and cut.png", build.png({"workflow": '{"nodes": ' + deep}), "the embedded workflow")
    yield warned("json/50 MB.png", _packed(b"workflow", 50), "inflates to more than")
    yield warned("json/cut.png", build.png({"prompt": '{"3": {"class_type": "KSam'}), "damaged JSON")
    yield warned(
        "json/number of 5000 digits.png", build.png({"prompt": '{"seed": ' + "9" * 5000 + "}"}), "the embedded prompt"
    )
    yield sound(
        "json/not numbers.png", build.png({"prompt": _graph(cfg="NaN", denoise="Infinity", seed="-Infinity")}), _a_cat
    )
    yield sound("json/seed of 40 digits.png", build.png({"prompt": _graph(seed="9" * 40)}), _a_cat)
    yield sound(
        "json/surrogates.png", build.png({"prompt": _graph(text=r'"a cat, \ud800, \u0000 \udfff"')}), _can_be_sent
    )
    yield sound("json/one key twice.png", build.png({"prompt": _graph(seed='1, "seed": 2')}), _a_cat)
    yield sound("json/in itself.png", build.png({"prompt": json.dumps(json.dumps(json.dumps(json.dumps({}))))}))
    yield sound(
        "json/another's.png", build.png({"prompt": "[1, 2, {}]", "workflow": '"words"', "parameters": "{}"}), warns=None
    )
    yield sound("json/wrong kinds.png", build.png({"prompt": _wrong_kinds()}), warns=None)
    yield sound("json/loop of links.png", build.png({"prompt": json.dumps(_ring(2000))}), _can_be_sent)
    yield sound("json/a million ways.png", build.png({"prompt": json.dumps(_lattice(40))}), _can_be_sent)
    yield sound("json/20k nodes.png", build.png({"prompt": json.dumps(_ring(20_000))}), _can_be_sent)
    yield sound("json/wide.png", build.png({"prompt": "[" + "[]," * 500_000 + "[]]"}), warns=None)


def _packed(key: bytes, megabytes: int) -> bytes:
    return with_chunks(build.png(), chunk(b"zTXt", key + b"\0\0" + zeros(megabytes)))


def _graph(text: str = '"a cat"', seed: str = "1", cfg: str = "7", denoise: str = "1") -> str:
    inputs = f'"seed": {seed}, "cfg": {cfg}, "denoise": {denoise}, "steps": 20, "positive": ["2", 0]'
    return (
        '{"1": {"class_type": "KSampler", "inputs": {' + inputs + "}},"
        ' "2": {"class_type": "CLIPTextEncode", "inputs": {"text": ' + text + "}}}"
    )


def _wrong_kinds() -> str:
    kinds: list[object] = [None, True, 1e308, -1, "", [], {}, [[]], ["1"], ["1", "0"], ["1", True], [None, 0]]
    nodes = {
        str(number): {"class_type": "KSampler", "inputs": dict.fromkeys(("positive", "seed", "model", "steps"), kind)}
        for number, kind in enumerate(kinds)
    }
    return json.dumps(
        {**nodes, "a": None, "b": {"class_type": 5}, "c": {"class_type": "KSampler", "inputs": [1]}, "": []}
    )


def _ring(count: int) -> dict[str, object]:
    """A sampler whose text comes from a ring of nodes."""
    nodes = {str(number): _joined(str((number + 1) % count), str((number + 7) % count)) for number in range(count)}
    return {"sampler": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["0", 0]}}, **nodes}


def _lattice(depth: int) -> dict[str, object]:
    """Two nodes a layer, each fed by both of the next layer: 2 ** depth ways through."""
    nodes: dict[str, object] = {"sampler": {"class_type": "KSampler", "inputs": {"positive": ["0a", 0], "seed": 1}}}
    for layer in range(depth):
        for side in "ab":
            nodes[f"{layer}{side}"] = _joined(f"{layer + 1}a", f"{layer + 1}b")
    return nodes


def _joined(one: str, other: str) -> dict[str, object]:
    return {
        "class_type": "ConditioningConcat",
        "inputs": {"conditioning_to": [one, 0], "conditioning_from": [other, 0]},
    }


def _prompts() -> Iterator[Case]:
    for name, prompt in (
        ("open brackets", "(" * 60_000 + "cat"),
        ("closed brackets", "(" * 30_000 + "cat" + ":1.1)" * 30_000),
        ("square brackets", "[a:b:" * 10_000),
        ("networks", "<lora:a:1>" * 6_000),
        ("half a network", "<lora:" * 10_000),
        ("backslashes", "\\" * 60_001),
        ("weights", ":1" * 30_000),
        ("vast weight", "(cat:" + "9" * 400 + ")"),
        ("commas", "," * 60_000),
        ("negatives", "Negative prompt:\n" * 4_000),
        ("quotes", 'a: "' * 15_000),
        ("braces", "a: {" * 15_000),
        ("steps", "Steps: 1,\n" * 6_000),
    ):
        yield sound(f"prompt/{name}.png", build.png({"parameters": prompt + _SETTINGS}), _can_be_sent, warns=None)
    yield sound(
        "prompt/of 3 MB.png", build.png({"parameters": "cat, " * 600_000 + _SETTINGS}), _can_be_sent, warns=None
    )
    yield sound(
        "prompt/markup.png",
        build.png({"parameters": "<script>alert(1)</script>, =cmd|' /C calc'!A0" + _SETTINGS}),
        _can_be_sent,
    )


def _scores() -> Iterator[Case]:
    """Score sidecars: what they say, and the score it must become."""
    picture = build.png()
    for number, (said, score, warns) in enumerate(
        (
            ("-1", -1, ""),
            ("0", 0, ""),
            ("5", 5, ""),
            ('"5"', 5, ""),
            ("5.0", 5, ""),
            ("null", None, ""),
            ("-2", None, "is not from -1 to 5"),
            ("6", None, "is not from -1 to 5"),
            ("3.7", None, "is not a whole number"),
            ("true", None, "is not a whole number"),
            ("1e308", None, "is not from -1 to 5"),
            ("1e999", None, "is not a whole number"),
            ("NaN", None, "is not a whole number"),
            ("9" * 5000, None, "holds a number of more than 4,300 digits"),
            ("[]", None, "is not a whole number"),
            ('"' + "9" * 500 + '"', None, "is not a whole number"),
        )
    ):
        sidecar = b'{"score": ' + said.encode() + b"}"
        yield Case(name=f"score/{number}.png", made=picture, sidecar=sidecar, warns=warns, finds=_scored(score))
    ignored = "was ignored"
    for name, sidecar in (
        ("deep", b'{"score": ' + b"[" * 30_000),
        ("long", b'{"score": 3, "x": "' + b"x" * (5 << 20) + b'"}'),
        ("empty", b""),
        ("zeros", bytes(500)),
        ("list", b"[3]"),
        ("UTF-16", '{"score": 3}'.encode("utf-16")),
    ):
        yield warned(f"score/{name}.png", picture, ignored, sidecar=sidecar, finds=_scored(None))
    yield sound("score/marked.png", picture, _scored(3), sidecar=b'\xef\xbb\xbf{"score": 3}')


def _scored(score: int | None) -> Callable[[Outcome], object]:
    return lambda outcome: outcome.score == score


def _a_cat(outcome: Outcome) -> bool:
    return bool(outcome.generation["prompt"] == "a cat") and _can_be_sent(outcome)


def _can_be_sent(outcome: Outcome) -> bool:
    """Whether all of it can stand in JSON, SQL and a page, and is no larger than is worth it."""
    body = json.dumps([outcome.media, outcome.generation, outcome.keywords], ensure_ascii=False, allow_nan=False)
    return "\0" not in body and len(body.encode()) < 20_000_000
