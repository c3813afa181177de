"""The one model of generation parameters: its fields, how each is read, and what becomes of all the rest.

A program's module has a table from the program's own names to these fields; `normalised` does the work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tallylight.ingest.extract.clean import clean_json, clean_line
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.values import (
    as_integer,
    as_label,
    as_model,
    as_name,
    as_number,
    as_prompt,
    as_seed,
    as_size,
)
from tallylight.model import Json

_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "version": as_label,
    "prompt": as_prompt,
    "negative_prompt": as_prompt,
    "model": as_model,
    "model_hash": as_label,
    "sampler": as_name,
    "scheduler": as_name,
    "steps": as_integer,
    "cfg_scale": as_number,
    "seed": as_seed,
    "clip_skip": as_integer,
    "width": as_size,
    "height": as_size,
    "denoise": as_number,
    "hires.upscaler": as_name,
    "hires.steps": as_integer,
    "hires.denoise": as_number,
    "hires.upscale": as_number,
    "hires.width": as_size,
    "hires.height": as_size,
}
#: Fields that are read out of one `832x1216`.
_SIZES: Final = {"size": ("width", "height"), "hires.size": ("hires.width", "hires.height")}
_SIZE = re.compile(r"\D{0,9}(\d{1,6})\s{0,9}[,x×*]\s{0,9}(\d{1,6})\D{0,9}", re.ASCII)
_PROMPTS: Final = frozenset({"prompt", "negative_prompt"})
#: How programs say that there is none.
_NOTHING: Final = frozenset({"", "none", "null", "undefined"})


def normalised(body: Mapping[str, Any], names: Mapping[str, str], limits: Limits = LIMITS) -> Json:
    """The fields that `names` finds in a body; of several names of one field the first in the body that can be read.

    Everything else is kept in `parameters`, under the program's own names. Nothing empty is kept. Never raises.
    """
    found: Json = {}
    further: Json = {}
    for name, value in body.items():
        field = names.get(name)
        if _is_nothing(value) and field not in _PROMPTS:
            continue
        if field is not None and _take(found, field, value):
            continue
        if len(further) < limits.parameters:
            further[clean_line(str(name), 80)] = short(value, limits)
    return tidy({**_nested(found), "parameters": tidy(further)})


def tidy(found: Json) -> Json:
    """Without what says nothing."""
    return {key: value for key, value in found.items() if value not in ("", None, [], {})}


def short(value: Any, limits: Limits = LIMITS) -> Any:
    """A value as a parameter: lists and objects as they are unless they are long, then as the beginning of their JSON.

    Images and masks travel in parameters too, as megabytes of base64.
    """
    value = clean_json(value, limits)
    if isinstance(value, str):
        return clean_line(value, limits.value)
    if isinstance(value, (dict, list)) and len(text := json.dumps(value, ensure_ascii=False)) > limits.value:
        return clean_line(text, limits.value)
    return value


def lora(name: Any, weight: Any = None) -> Json | None:
    """One LoRA; the weight is 1 where the program names none. None where there is no name."""
    known = None if _is_nothing(name) else as_model(name)
    number = as_number(weight)
    return {"name": known, "weight": 1.0 if number is None else number} if known else None


def loras(*groups: Iterable[Json | None], limits: Limits = LIMITS) -> list[Json]:
    """Each LoRA once, as the first group that has it says."""
    found: dict[str, Json] = {}
    for one in (one for group in groups for one in group if one):
        if len(found) < limits.networks:
            found.setdefault(one["name"], one)
    return list(found.values())


def names(*groups: Iterable[Any], limits: Limits = LIMITS) -> list[str]:
    """Names of models or embeddings, each once, in order."""
    found = (as_model(name) for group in groups for name in group if not _is_nothing(name))
    return list(dict.fromkeys(name for name in found if name))[: limits.networks]


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING)


def _take(found: Json, field: str, value: Any) -> bool:
    """Whether a value gave a field that was not there yet; not where it is of the wrong kind."""
    if field in _SIZES:
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        sizes = [as_size(part) for part in match.groups()] if match else []
        new = dict(zip(_SIZES[field], sizes, strict=True)) if sizes and all(sizes) else {}
    else:
        read = _READERS[field](value)
        new = {} if read is None else {field: read}
    if not new or new.keys() & found.keys():
        return False
    found |= new
    return True


def _nested(found: Json) -> Json:
    """`hires.steps` as `hires: {steps}`."""
    nested = {key: value for key, value in found.items() if "." not in key}
    hires = {key.removeprefix("hires."): value for key, value in found.items() if key.startswith("hires.")}
    return {**nested, "hires": hires}
