"""Draw Things' JSON, in EXIF and in XMP."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.drawthings import from_xmp, looks_like, parse

COMMENT: dict[str, Any] = {
    "c": "a cat & a <hat>",
    "uc": "a dog",
    "steps": 8,
    "sampler": "DPM++ 2M Karras",
    "scale": 1.5,
    "seed": 7,
    "size": "896x1152",
    "model": "flux_1_schnell_q8p.ckpt",
    "strength": 1,
    "seed_mode": "Scale Alike",
    "v2": {"steps": 8, "loras": [{"file": "film_lora_f16.ckpt", "weight": 0.6}, 5]},
}
PACKET = (
    '<x:xmpmeta><rdf:RDF><rdf:Description xmp:CreatorTool="Draw Things"><exif:UserComment><rdf:Alt>\n'
    '<rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def test_everything() -> None:
    assert looks_like(Body(COMMENT))
    assert parse(Body(COMMENT)) == {
        "generator": "drawthings",
        "prompt": "a cat & a <hat>",
        "negative_prompt": "a dog",
        "steps": 8,
        "sampler": "DPM++ 2M Karras",
        "cfg_scale": 1.5,
        "seed": 7,
        "width": 896,
        "height": 1152,
        "model": "flux_1_schnell_q8p",
        "denoise": 1.0,
        "loras": [{"name": "film_lora_f16", "weight": 0.6}],
        "parameters": {"seed_mode": "Scale Alike"},
    }


def test_the_comment_in_xmp() -> None:
    assert json.loads(from_xmp(PACKET.format(html.escape(json.dumps(COMMENT))))) == COMMENT


@pytest.mark.parametrize("packet", ["", "<x/>", "<exif:UserComment>open", "</exif:UserComment><exif:UserComment"])
def test_xmp_without_a_comment(packet: str) -> None:
    assert from_xmp(packet) == ""


@given(st.text(alphabet="<>&;#x1/exif:UserComment"))
def test_no_xmp_raises(text: str) -> None:
    from_xmp(f"<exif:UserComment>{text}</exif:UserComment>")


@pytest.mark.parametrize("body", [{}, {"c": 1, "uc": 2}, {"uc": "x", "scale": 5}])
def test_what_is_of_other_programs(body: dict[str, Any]) -> None:
    assert not looks_like(Body(body))
