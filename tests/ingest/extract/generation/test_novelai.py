"""What NovelAI writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.novelai import looks_like, parse

COMMENT: dict[str, Any] = {
    "prompt": "{a cat}, 1.3::hat::",
    "uc": "lowres, {bad}",
    "steps": 28,
    "sampler": "k_euler_ancestral",
    "noise_schedule": "karras",
    "scale": 5.5,
    "seed": 2253955223,
    "strength": 0.4,
    "width": 832,
    "height": 1216,
    "n_samples": 1,
    "signed_hash": "x" * 3000,
}
CAPTIONS = {
    "v4_prompt": {"caption": {"base_caption": "two people", "char_captions": [
        {"char_caption": "girl, hat", "centers": [{"x": 0.5, "y": 0.5}]}, {"char_caption": "boy"},
        {"char_caption": ""}]}},
    "v4_negative_prompt": {"caption": {"base_caption": "lowres", "char_captions": [{"char_caption": "coat"}]}},
}  # fmt: skip


def texts(**changes: Any) -> dict[str, Any]:
    return {
        "Title": "AI generated image",
        "Software": "NovelAI",
        "Description": "a cat, as described",
        "Source": "NovelAI Diffusion V4.5 4BDE2A90",
        "Comment": json.dumps(COMMENT),
    } | changes


def test_everything() -> None:
    found = parse(Body(texts()))
    assert found["parameters"].pop("signed_hash") == "x" * 1999 + "…"
    assert found == {
        "generator": "novelai",
        "model": "NovelAI Diffusion V4.5",
        "model_hash": "4BDE2A90",
        "prompt": "{a cat}, 1.3::hat::",
        "negative_prompt": "lowres, {bad}",
        "steps": 28,
        "sampler": "k_euler_ancestral",
        "scheduler": "karras",
        "cfg_scale": 5.5,
        "seed": 2253955223,
        "denoise": 0.4,
        "width": 832,
        "height": 1216,
        "parameters": {"n_samples": 1},
    }


def test_older_files_have_the_prompt_as_the_description() -> None:
    found = parse(Body(texts(Comment=json.dumps({"steps": 50, "uc": "bad"}), Source="Stable Diffusion 1D44365E")))
    assert (found["prompt"], found["model"], found["model_hash"]) == (
        "a cat, as described",
        "Stable Diffusion",
        "1D44365E",
    )


def test_captions_of_characters_follow_the_prompt() -> None:
    found = parse(Body(texts(Comment=json.dumps(COMMENT | CAPTIONS))))
    assert found["prompt"] == "two people | girl, hat | boy"
    assert found["negative_prompt"] == "lowres | coat"
    assert found["parameters"]["v4_prompt"] == CAPTIONS["v4_prompt"]


@pytest.mark.parametrize("caption", [None, [], {"caption": 5}, {"caption": {"char_captions": 5}}, {"caption": {}}])
def test_captions_that_make_no_sense_leave_the_prompt(caption: Any) -> None:
    found = parse(Body(texts(Comment=json.dumps(COMMENT | {"v4_prompt": caption}))))
    assert found["prompt"] == "{a cat}, 1.3::hat::"


@pytest.mark.parametrize(
    ("source", "model", "digest"),
    [
        ("A model", "A model", None),
        ("A 12345678 B", "A 12345678 B", None),
        ("", None, None),
        ("ABCDEF01", "ABCDEF01", None),
    ],
)
def test_sources(source: str, model: str | None, digest: str | None) -> None:
    found = parse(Body(texts(Source=source)))
    assert (found.get("model"), found.get("model_hash")) == (model, digest)


def test_the_comment_alone_is_told_by_what_it_holds() -> None:
    assert looks_like(Body(COMMENT))
    assert looks_like(Body({"Comment": json.dumps(COMMENT)}))
    assert parse(Body(COMMENT))["prompt"] == "{a cat}, 1.3::hat::"


@pytest.mark.parametrize("body", [{}, {"Comment": "holiday"}, {"Comment": '{"uc": "x"}'}, {"Software": "GIMP"}])
def test_what_is_of_other_programs(body: dict[str, Any]) -> None:
    assert not looks_like(Body(body))


def test_without_a_comment_the_description_is_all() -> None:
    assert parse(Body({"Software": "NovelAI", "Description": "a cat"})) == {"generator": "novelai", "prompt": "a cat"}
