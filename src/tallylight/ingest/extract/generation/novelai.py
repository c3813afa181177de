"""Reads what NovelAI writes: `Software: NovelAI`, the prompt as `Description`, the model as `Source`, and a `Comment`
with the rest as JSON. The alpha channel holds the same keys as one JSON object; its newer models add captions of
characters.
"""

from __future__ import annotations

import re
from typing import Any, Final

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import normalised, tidy
from tallylight.model import Json

KEYS: Final = ("Comment", "Description", "Software")
_NAMES: Final = {
    "prompt": "prompt",
    "uc": "negative_prompt",
    "negative_prompt": "negative_prompt",
    "steps": "steps",
    "sampler": "sampler",
    "noise_schedule": "scheduler",
    "scale": "cfg_scale",
    "seed": "seed",
    "strength": "denoise",
    "width": "width",
    "height": "height",
}
_SOURCE = re.compile(r"(.*?)(?:\s+([0-9A-F]{8}))?", re.DOTALL)
#: Of which no other program has two.
_TELLING: Final = frozenset({"uc", "v4_prompt", "signed_hash", "noise_schedule", "request_type", "n_samples", "sm_dyn"})
_BETWEEN: Final = " | "


def looks_like(body: Body) -> bool:
    """Whether a body says so, or holds what only this program writes."""
    return body.text("Software").startswith("NovelAI") or len(_TELLING & _comment(body).keys()) > 1


def parse(body: Body) -> Json:
    """The generation parameters. Captions of characters follow the prompt, with ` | ` between them. Never raises."""
    comment = _comment(body)
    found = normalised({**comment, "prompt": comment.get("prompt") or body.text("Description")}, _NAMES, body.limits)
    for name, key in (("prompt", "v4_prompt"), ("negative_prompt", "v4_negative_prompt")):
        found[name] = _captions(Body(comment, body.limits).object(key), found.get(name, ""))
    return tidy({"generator": "novelai", **found, **_model(body.text("Source") or comment.get("source"))})


def _comment(body: Body) -> Json:
    """The `Comment`; where a body has none, it is one."""
    return dict(body.values) if "uc" in body or "v4_prompt" in body else body.object("Comment")


def _model(source: Any) -> Json:
    """`NovelAI Diffusion V4.5 4BDE2A90`: a name and a hash."""
    match = _SOURCE.fullmatch(source[:200]) if isinstance(source, str) else None
    return normalised({"model": match[1], "hash": match[2]}, {"model": "model", "hash": "model_hash"}) if match else {}


def _captions(prompt: Json, base: str) -> str:
    caption = prompt.get("caption")
    if not isinstance(caption, dict):
        return base
    characters = caption.get("char_captions")
    listed = characters if isinstance(characters, list) else []
    texts = [caption.get("base_caption") or base, *(one.get("char_caption") for one in listed if isinstance(one, dict))]
    return _BETWEEN.join(text.strip() for text in texts if isinstance(text, str) and text.strip())
