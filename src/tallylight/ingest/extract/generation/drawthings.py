"""Reads Draw Things' JSON out of an EXIF UserComment, or out of the XMP that stands for it in PNG."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, normalised, tidy
from tallylight.model import Json

KEYS: Final = ()
_NAMES: Final = {
    "c": "prompt",
    "uc": "negative_prompt",
    "model": "model",
    "sampler": "sampler",
    "steps": "steps",
    "scale": "cfg_scale",
    "seed": "seed",
    "size": "size",
    "strength": "denoise",
    "clip_skip": "clip_skip",
    "upscaler": "hires.upscaler",
}
_BEGIN: Final = "<exif:UserComment"
_END: Final = "</exif:UserComment>"
_TAG = re.compile(r"<[^<>]{0,500}>")


def looks_like(body: Body) -> bool:
    """Whether a body is this program's."""
    return "c" in body and "uc" in body and bool({"scale", "sampler", "v2"} & body.values.keys())


def parse(body: Body) -> Json:
    """The generation parameters. `v2` says the same again in full; of it only the LoRAs are new. Never raises."""
    values = {key: value for key, value in body.values.items() if key not in {"v2", "lora"}}
    found = normalised(values, _NAMES, body.limits)
    used = [*_list(body.object("v2").get("loras")), *_list(body.json("lora"))]
    named = (lora(one.get("file") or one.get("model"), one.get("weight")) for one in used if isinstance(one, dict))
    return tidy({"generator": "drawthings", **found, "loras": loras(named, limits=body.limits)})


def from_xmp(packet: str) -> str:
    """The comment that an XMP packet holds; empty where there is none."""
    begin = packet.find(_BEGIN)
    end = packet.find(_END, begin) if begin >= 0 else -1
    return html.unescape(_TAG.sub("", packet[begin:end])).strip() if end >= 0 else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
