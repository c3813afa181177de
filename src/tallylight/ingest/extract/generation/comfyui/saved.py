"""What nodes that save a picture were told to write down: the only word on it where the graph is silent."""

from __future__ import annotations

from typing import Final

from tallylight.ingest.extract.clean import clean_text
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.values import as_integer, as_model, as_name, as_number, as_seed, as_size
from tallylight.model import Json

#: What each is called, and how it is read. Image Saver, SD Prompt Saver and their like.
_KNOWN: Final = (
    ("model", ("modelname", "model_name", "model_name_str"), as_model),
    ("seed", ("seed_value", "seed"), as_seed),
    ("steps", ("steps",), as_integer),
    ("cfg_scale", ("cfg", "cfg_scale"), as_number),
    ("sampler", ("sampler_name", "sampler_name_str"), as_name),
    ("scheduler", ("scheduler_name", "scheduler", "scheduler_str"), as_name),
    ("width", ("width",), as_size),
    ("height", ("height",), as_size),
)


def saved(walk: Walk) -> Json:
    """The values of the first node that writes its own; texts too, which it holds or is handed."""
    for node in walk.graph.nodes.values():
        known = node.names()
        if "save" in node.kind.lower() and "positive" in known and known & {"steps", "seed", "seed_value", "modelname"}:
            found: Json = {
                "prompt": _text(walk.value(node, "positive", "text"), walk),
                "negative_prompt": _text(walk.value(node, "negative", "text"), walk),
            }
            for key, names, read in _KNOWN:
                found[key] = walk.first(read, (node,), *names)
            return found
    return {}


def _text(value: object, walk: Walk) -> str:
    return clean_text(value.strip(), walk.limits.text) if isinstance(value, str) and value != "unknown" else ""
