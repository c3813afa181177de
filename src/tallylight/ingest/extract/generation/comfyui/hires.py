"""The second pass over a picture: enlarged, and drawn anew in part."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.graph import Node
from tallylight.ingest.extract.generation.comfyui.patterns import within
from tallylight.ingest.extract.generation.comfyui.settings import settings
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.values import as_integer, as_model, as_name, as_number, as_size
from tallylight.model import Json

_SCALES: Final = ("scale_by", "upscale_by", "upscale", "scale_factor", "upscale_factor", "factor", "rescale_factor")
_ENLARGES = within(r"upscal|scale|resize|hires")


def hires(walk: Walk, samplers: list[Node]) -> Json:
    """`denoise`, `steps` and what enlarged the picture before, of the first pass that did either; else empty.

    A pass that only goes on where the one before stopped (a refiner) is none.
    """
    for before, sampler in pairwise(samplers):
        said = settings(walk, sampler)
        enlarged = _between(walk, sampler, before)
        denoise = said["denoise"]
        if enlarged or (denoise is not None and denoise < 1):
            return _known({"denoise": denoise, "steps": said["steps"], **enlarged})
    return _script(walk, samplers[0]) if samplers else {}


def _between(walk: Walk, sampler: Node, before: Node) -> Json:
    """What enlarged the picture between two passes. The model that did stands before a plain resize after it."""
    found: Json = {}
    for node in walk.chain(sampler, "latent"):
        if node is before:
            break
        if _ENLARGES(node.kind):
            found = {**found, **_enlarged(walk, node)}
    return found


def _enlarged(walk: Walk, node: Node) -> Json:
    model = walk.node(node.links.get("upscale_model")) or node
    name = as_model(model.values.get("model_name") or node.values.get("upscale_model"))
    return _known(
        {
            "upscale": walk.first(as_number, (node,), *_SCALES),
            "width": walk.first(as_size, (node,), "width"),
            "height": walk.first(as_size, (node,), "height"),
            "upscaler": name or as_name(node.values.get("upscale_method", node.values.get("mode"))),
        }
    )


def _script(walk: Walk, sampler: Node) -> Json:
    """Efficiency Nodes hang the second pass on the first, as a script."""
    for node in walk.chain(walk.beside(sampler, "script"), "script"):
        if "highres" in node.kind.lower():
            pixel = node.values.get("upscale_type") == "pixel"
            return _known(
                {
                    "denoise": as_number(node.values.get("denoise")),
                    "steps": as_integer(node.values.get("hires_steps")),
                    "upscale": as_number(node.values.get("upscale_by")),
                    "upscaler": as_model(node.values.get("pixel_upscaler" if pixel else "latent_upscaler")),
                }
            )
    return {}


def _known(found: dict[str, Any]) -> Json:
    return {name: value for name, value in found.items() if value is not None}
