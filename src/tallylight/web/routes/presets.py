"""Presets: what people ask of a session again and again, by a name."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path

from tallylight.errors import BadParameters
from tallylight.model import Json
from tallylight.presets import LONGEST_NAME, Preset
from tallylight.web import bodies
from tallylight.web.context import Given
from tallylight.web.schemas import PresetRequest

router = APIRouter(prefix="/api/presets", tags=["presets"])

#: With a slash in it, too: it is people's own word.
Name = Annotated[str, Path(max_length=1_000, description="At most 100 characters, none of them a control character.")]


@router.get("")
async def presets(services: Given) -> Json:
    """All presets, by name, each with its parameters."""
    return {"presets": [bodies.preset(one) for one in await to_thread.run_sync(services.presets.all)]}


@router.put("/{name:path}")
async def save(name: Name, body: PresetRequest, services: Given) -> Json:
    """Keep parameters by a name, in place of what had it. There need be no folder in them."""
    parameters = await to_thread.run_sync(body.parameters.to_preset, services.roots)
    preset = Preset(name=_named(name), parameters=parameters, saved_at=services.clock.now())
    await services.write(services.presets.save, preset)
    return bodies.preset(preset)


@router.delete("/{name:path}")
async def remove(name: Name, services: Given) -> Json:
    """Forget a preset. Sessions that were started with it stay."""
    await services.write(services.presets.remove, name)
    return {"name": name, "removed": True}


def _named(name: str) -> str:
    """Raises BadParameters for what is no name."""
    name = name.strip()
    # Browsers take the dots for folders, and ask for another address.
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or name in {".", ".."}:
        raise BadParameters(
            f"A preset is called by 1 to {LONGEST_NAME} characters that can be seen, and not by dots alone."
        )
    return name
