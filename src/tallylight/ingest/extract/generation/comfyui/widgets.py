"""Names the values of a node in a workflow, which keeps them as a bare list."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.graph import LONGEST_NAME
from tallylight.ingest.extract.generation.comfyui.orders import ORDERS
from tallylight.ingest.extract.limits import LIMITS

#: What the editor does to a seed after each run stands right after it, and is sent to nobody.
_AFTER_RUN: Final = frozenset({"fixed", "increment", "decrement", "randomize"})
_BUTTONS: Final = (None, "")
#: The name for what is known to be a text, and nothing more.
_TEXT: Final = "value"


def named(kind: str, values: Any, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    """The values of a node by name; of nodes whose names nobody tells at least the longest text, as `value`."""
    if isinstance(values, dict):
        return {str(name)[:LONGEST_NAME]: value for name, value in islice(values.items(), LIMITS.graph_inputs)}
    if not isinstance(values, list):
        return {}
    values = values[: LIMITS.graph_inputs]
    for names in (_listed(inputs), ORDERS.get(kind, ())):
        found, rest = _counted_off(kind, names, values)
        if names and all(value in _BUTTONS for value in rest):
            return found
    if kind in ORDERS:
        return _counted_off(kind, ORDERS[kind], values)[0]
    return _guessed(values)


def _listed(inputs: list[dict[str, Any]]) -> tuple[str, ...]:
    """The inputs that have a field to type in. Older editors list only those that were made linkable."""
    fields = (item["widget"].get("name") for item in inputs if isinstance(item.get("widget"), dict))
    return tuple(str(name)[:LONGEST_NAME] for name in fields)


def _counted_off(kind: str, names: tuple[str, ...], values: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """The values by name, and those that were left over; all of them where there are too few."""
    found: dict[str, Any] = {}
    at = 0
    for name in names:
        if at >= len(values):
            break
        found[name] = values[at]
        at += 1
        if name.endswith("seed") and at < len(values) and _is_control(kind, values[at]):
            at += 1
    return found, values[at:] if len(found) == len(names) else values


def _is_control(kind: str, value: Any) -> bool:
    # Editors of early 2023 kept a yes or no there; Efficiency Nodes keep null.
    return (
        value is None or value in _AFTER_RUN
        if not isinstance(value, (bool, dict, list))
        else (isinstance(value, bool) and kind.startswith("KSampler"))
    )


def _guessed(values: list[Any]) -> dict[str, Any]:
    found = dict(_numbered_loras(values))
    values = [value for value in values if isinstance(value, (dict, list)) or value not in _AFTER_RUN]
    texts = [value for value in values if isinstance(value, str)]
    texts += [value[0] for value in values if isinstance(value, list) and value and isinstance(value[0], str)]
    if texts:
        found[_TEXT] = max(texts, key=len)
    elif len(values) == 1:
        found[_TEXT] = values[0]
    return found


def _numbered_loras(values: list[Any]) -> Iterator[tuple[str, Any]]:
    """rgthree's loader keeps an object for each of any number of LoRAs; its prompts call them lora_1, lora_2 …"""
    objects = [value for value in values if isinstance(value, dict) and "lora" in value]
    return ((f"lora_{number}", value) for number, value in enumerate(objects, 1))
