"""Reads what Stability Matrix adds to an A1111 text: `parameters-json`, and the project (`smproj`) behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, normalised, tidy
from tallylight.ingest.extract.limits import Limits
from tallylight.model import Json

KEYS: Final = ("parameters-json", "smproj")
_NAMES: Final = {
    "PositivePrompt": "prompt",
    "NegativePrompt": "negative_prompt",
    "Steps": "steps",
    "Sampler": "sampler",
    "Scheduler": "scheduler",
    "CfgScale": "cfg_scale",
    "Seed": "seed",
    "Width": "width",
    "Height": "height",
    "ModelName": "model",
    "ModelHash": "model_hash",
}
#: Where a project keeps them: the card, the value on it, and the name above.
_CARDS: Final = (
    ("Prompt", "Prompt", "PositivePrompt"),
    ("Prompt", "NegativePrompt", "NegativePrompt"),
    ("Sampler", "Steps", "Steps"),
    ("Sampler", "CfgScale", "CfgScale"),
    ("Sampler", "SelectedSampler", "Sampler"),
    ("Sampler", "SelectedScheduler", "Scheduler"),
    ("Sampler", "Width", "Width"),
    ("Sampler", "Height", "Height"),
    ("Seed", "Seed", "Seed"),
    ("Model", "SelectedModelName", "ModelName"),
)


def looks_like(body: Body) -> bool:
    """Whether a body has one of the keys."""
    return any(key in body for key in KEYS)


def parse(body: Body) -> Json:
    """The generation parameters: what was made, and what only the project says. Never raises."""
    project = body.object("smproj")
    # Numbers that were not set are written as zeros.
    made = {key: value for key, value in body.object("parameters-json").items() if value not in (0, "", False)}
    found = normalised({**_settings(project), **made}, _NAMES, body.limits)
    return tidy({"generator": "stabilitymatrix", **found, "loras": _loras(project, body.limits)})


def _card(project: Json, name: str) -> Json:
    state = project.get("State")
    card = state.get(name) if isinstance(state, dict) else None
    return card if isinstance(card, dict) else {}


def _settings(project: Json) -> Json:
    cards = ((name, _plain(_card(project, card).get(key))) for card, key, name in _CARDS)
    return {name: value for name, value in cards if value is not None}


def _plain(value: Any) -> Any:
    """Samplers and schedulers may be objects with a name."""
    return value.get("Name") if isinstance(value, dict) else value


def _loras(project: Json, limits: Limits) -> list[Json]:
    """The extra networks stacked on the model, which A1111's text does not name."""
    stacked = _cards(_card(project, "Model").get("ExtraNetworks"), limits)
    return loras((lora(card["SelectedModelName"], card.get("ModelWeight")) for card in stacked), limits=limits)


def _cards(value: Any, limits: Limits) -> Iterator[Json]:
    """The cards with a model, however deep their stacks are nested."""
    waiting = [value]
    for _ in range(limits.graph_nodes):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict) and "SelectedModelName" in value:
            yield value
        elif isinstance(value, (dict, list)):
            waiting += reversed(list(value.values()) if isinstance(value, dict) else value)
