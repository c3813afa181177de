"""The size a picture was begun with: of the empty latent, or of the picture that was scaled to it."""

from __future__ import annotations

import re
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.graph import Node
from tallylight.ingest.extract.generation.comfyui.samplers import is_sampler
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.values import as_integer, as_size
from tallylight.model import Json

_WIDTH: Final = ("width", "empty_latent_width", "target_width", "resize_width")
_HEIGHT: Final = ("height", "empty_latent_height", "target_height", "resize_height")
_FRAMES: Final = ("length", "num_frames", "video_frames", "frames")
_PRESETS: Final = ("resolution", "dimensions", "aspect_ratio", "size", "ratio", "preset")
_PRESET = re.compile(r"(?<!\d)(\d{2,5})\s*[x×*]\s*(\d{2,5})(?!\d)")
_LONGEST: Final = 200
_TURNED: Final = ("swap_dimensions", "invert", "swap", "portrait")


def size(walk: Walk, sampler: Node) -> Json:
    """`width` and `height`, where they are written in the graph."""
    for node in walk.chain(sampler, "latent"):
        found = _written(walk, node)
        if found is not None:
            return {"width": found[0], "height": found[1]} if all(found) else {}
        if node is not sampler and is_sampler(node):
            break
    return {}


def frames(walk: Walk, sampler: Node) -> int | None:
    """How many pictures a video was begun with."""
    for node in walk.chain(sampler, "latent"):
        number = as_integer(walk.value(node, *_FRAMES)) if any(map(node.has, _FRAMES)) else None
        if number is not None:
            return number
    return None


def _written(walk: Walk, node: Node) -> tuple[int | None, int | None] | None:
    preset = _preset(node)
    if preset is not None:
        return preset
    names = [next((name for name in side if node.has(name)), None) for side in (_WIDTH, _HEIGHT)]
    if names[0] is None or names[1] is None:
        return None
    for name in names:
        # Of nodes that offer sizes both sides come from one, whatever its own fields say.
        origin = walk.node(node.links.get(name)) if name is not None else None
        preset = _preset(origin) if origin is not None else None
        if preset is not None:
            return preset
    return as_size(walk.value(node, names[0], "width")), as_size(walk.value(node, names[1], "height"))


def _preset(node: Node) -> tuple[int | None, int | None] | None:
    """The size in a text like `3:4 portrait 896x1152`, turned where the node turns it."""
    for name in _PRESETS:
        value: Any = node.values.get(name)
        if isinstance(value, str) and (match := _PRESET.search(value[:_LONGEST])):
            found = as_size(match[1]), as_size(match[2])
            turned = any(str(node.values.get(name, "")).lower() in {"on", "true"} for name in _TURNED)
            return (found[1], found[0]) if turned else found
    return None
