"""Checkpoints and LoRAs, along the way that the model takes to the sampler."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.emphasis import networks
from tallylight.ingest.extract.generation.comfyui.graph import Link, Node, in_order
from tallylight.ingest.extract.generation.comfyui.patterns import whole, within
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.values import as_integer, as_model, as_number
from tallylight.model import Json

_MODELS: Final = (
    *("ckpt_name", "unet_name", "base_ckpt_name", "model_name", "gguf_name", "model_path", "stage_c", "base_model"),
    *("refiner_ckpt_name", "model"),
)
#: Models of other sorts stand under the same names.
_NO_MODEL = within(r"upscale|clip_?vision|control|ipadapter|detector|sam\b|lora|style|segm|rife")
_WAYS = whole(r"(?:.*_)?(?:model|unet|transformer)(?:_?[0-9a-z])?|any|anything|pipeline|\*|")
_NO_WAY = whole(r"(?:.*_)?(?:upscale|style|vision)_?model\d*")
_LORA_NAME = re.compile(r"lora_name_?(\d*)|lora_?(\d*)(?:_name)?", re.IGNORECASE)
_IS_LORA = whole(_LORA_NAME.pattern)
_STACK = whole(r"(.*_)?loras?(_stack)?")
_STRENGTH = whole(r"(?:.*_)?(?:strength|wt|weight|str)(?:_model)?(?:_?\d+)?")
_TAGS = within(r"wildcard.?encode|lora.*(text|tag|prompt|manager)|power prompt|prompt.?control")
#: Of a name, folders included: many nodes may be handed one.
_LONGEST: Final = 2_000
_NONE: Final = frozenset({"none", "", "[none]", "select lora", "choose"})


def models(walk: Walk, samplers: list[Node]) -> Json:
    """`model` (of the first sampler), `models` (all, in order) and `loras` (in the order in which they are applied)."""
    found: dict[str, None] = {}
    loras: dict[tuple[str, float], None] = {}
    seen: set[str] = set()
    for sampler in samplers:
        for node in _on_the_way(walk, walk.beside(sampler, "guider") or sampler, seen):
            found |= dict.fromkeys(_names(walk, node))
            loras |= dict.fromkeys(_loras(walk, node))
    names = list(found)
    listed = [{"name": name, "weight": weight} for name, weight in loras]
    return {"model": names[0] if names else None, "models": names, "loras": listed}


def _on_the_way(walk: Walk, start: Node, seen: set[str]) -> Iterator[Node]:
    """The nodes that a model comes through, each once, the loader before what changes it; merges have several."""
    waiting: list[tuple[Node, bool]] = [(start, False)]
    while waiting and walk.step():
        node, done = waiting.pop()
        if done:
            yield node
        elif node.key not in seen:
            seen.add(node.key)
            waiting.append((node, True))
            further = [walk.node(link) for link in _ways(walk, node)]
            waiting.extend((at, False) for at in reversed(further) if at is not None)


def _ways(walk: Walk, node: Node) -> list[Link]:
    chosen = walk.choice(node)
    names = sorted((name for name in node.links if _WAYS(name) and not _NO_WAY(name)), key=in_order)
    if chosen is not None:
        names = [name for name in chosen if name in node.links]
    links = [node.links[name] for name in names]
    pipe = walk.pipe(node)
    links += [pipe] if pipe is not None and not links else []
    # Stacks of LoRAs come by a way of their own, and are applied to what comes by the other.
    return links + [link for name, link in node.links.items() if _STACK(name)]


def _names(walk: Walk, node: Node) -> list[str]:
    if _NO_MODEL(node.kind):
        return []
    values = (walk.value(node, name) for name in _MODELS if name in node.values or _is_named(node, name))
    names = (as_model(value[:_LONGEST]) for value in values if isinstance(value, str))
    return [name for name in names if name is not None and name.lower() not in _NONE]


def _is_named(node: Node, name: str) -> bool:
    """Whether a linked input is the name of a model, not a model."""
    return name in node.links and name.endswith(("_name", "_path"))


def _loras(walk: Walk, node: Node) -> list[tuple[str, float]]:
    """The LoRAs a node adds; nodes for stacks number their inputs or keep one object for each."""
    names = sorted((name for name in node.names() if _IS_LORA(name)), key=in_order)
    names = [name for name in names if name in node.values or "name" in name]
    found = []
    for name in names[: _count(node)]:
        value = walk.value(node, name)
        if isinstance(node.values.get(name), dict):
            found.append(_from_object(node.values[name]))
        elif isinstance(value, str) and _is_on(node, name):
            found.append(_lora(value, _strength(walk, node, _number(name))))
    found += [_from_object(item) for item in _objects(node.values.get("loras"))]
    if _TAGS(node.kind):
        tags = (tag for text in _texts(node) for tag in networks(text[: walk.limits.prompt]))
        found += [_lora(tag.name, tag.weight) for tag in tags]
    return list(filter(None, found))


def _texts(node: Node) -> list[str]:
    filled = node.values.get("populated_text")
    values = [filled] if filled else [node.values.get(name) for name in ("text", "prompt", "wildcard_text")]
    return [value for value in values if isinstance(value, str)]


def _objects(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _count(node: Node) -> int | None:
    """How many of its LoRAs a stack uses; Efficiency Nodes and easy-use keep the names of the others."""
    if str(node.values.get("toggle", True)).lower() in {"false", "off"}:
        return 0
    count = as_integer(node.values.get("lora_count", node.values.get("num_loras")))
    return max(count, 0) if count is not None else None


def _number(name: str) -> str:
    match = _LORA_NAME.fullmatch(name)
    return (match[1] or match[2] or "") if match else ""


def _is_on(node: Node, name: str) -> bool:
    number = _number(name)
    switch = node.values.get(f"switch_{number}" if number else "switch", "On")
    return str(switch).lower() not in {"off", "false"}


def _strength(walk: Walk, node: Node, number: str) -> Any:
    """The weight for the model, of the LoRA of this number; the one for the text encoder is another."""
    names = [name for name in node.names() if _STRENGTH(name) and "clip" not in name.lower()]
    names = [name for name in names if "".join(re.findall(r"\d", name)) == number]
    advanced = node.values.get("input_mode", node.values.get("mode")) == "advanced"
    names.sort(key=lambda name: (("model" in name) != (advanced or not number), name))
    return walk.value(node, names[0]) if names else None


def _from_object(value: dict[str, Any]) -> tuple[str, float] | None:
    """rgthree: {on, lora, strength}; LoRA Manager: {active, name, strength}."""
    if value.get("on", value.get("active", True)) is not True:
        return None
    return _lora(value.get("lora", value.get("name")), value.get("strength"))


def _lora(name: Any, strength: Any) -> tuple[str, float] | None:
    model = as_model(name[:_LONGEST]) if isinstance(name, str) else None
    if model is None or model.lower() in _NONE:
        return None
    weight = as_number(strength)
    return clean_line(model, 200), 1.0 if weight is None else round(weight, 4)
