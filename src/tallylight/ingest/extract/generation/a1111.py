"""Reads the `parameters` text of AUTOMATIC1111's web UI and all that write the same: Forge, reForge, SD.Next, Civitai,
Fooocus when asked to, many savers for ComfyUI.

the prompt, over any number of lines
Negative prompt: the negative prompt, likewise
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x768, Lora hashes: "a: 11, b: 22", …
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.clean import TooMuch, load_json
from tallylight.ingest.extract.emphasis import networks
from tallylight.ingest.extract.generation.fields import lora, loras, names, normalised, tidy
from tallylight.ingest.extract.generation.settings import pairs, split_settings
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json

_NEGATIVE: Final = "Negative prompt:"
_SETTINGS = re.compile(r"\s*+Steps:\s*+\d+\s*+(,|$)")
#: Longer settings are no settings.
_LONGEST = 256 * 1024
_NAMES: Final = {
    "Prompt": "prompt",
    "Negative prompt": "negative_prompt",
    "Steps": "steps",
    "Sampler": "sampler",
    "Schedule type": "scheduler",
    "Scheduler": "scheduler",
    "CFG scale": "cfg_scale",
    "CFG Scale": "cfg_scale",
    "Seed": "seed",
    "Size": "size",
    "Model": "model",
    "Model hash": "model_hash",
    "Denoising strength": "denoise",
    "Clip skip": "clip_skip",
    "Hires upscale": "hires.upscale",
    "Hires scale": "hires.upscale",
    "Hires upscaler": "hires.upscaler",
    "Hires steps": "hires.steps",
    "Hires strength": "hires.denoise",
    "Hires resize": "hires.size",
    "Hires size": "hires.size",
    "Version": "version",
}
#: What a program calls itself in `Version`, or how its versions look; the first that fits. Forge puts an `f` before
#: A1111's version, reForge writes its own in between.
_VERSIONS: Final = (
    (re.compile(r"RuinedFooocus"), "ruinedfooocus"),
    (re.compile(r"Fooocus.*MRE"), "fooocusmre"),
    (re.compile(r"Fooocus"), "fooocus"),
    (re.compile(r"ComfyUI"), "comfyui"),
    (re.compile(r"reForge|f\d[\d.]{0,20}v\d+-v", re.IGNORECASE), "reforge"),
    (re.compile(r"f\d|(?:neo|classic)\b"), "forge"),
)
_LORAS: Final = frozenset({"lora", "lyco", "locon", "dora"})
_EMBEDDED: Final = frozenset({"embed", "embedding", "textualinversion"})


def looks_like(text: str) -> bool:
    """Whether a text is one of these."""
    return any(map(_SETTINGS.match, text.splitlines()))


def parse(text: str, limits: Limits = LIMITS, warnings: list[str] | None = None) -> Json:
    """The generation parameters in a text, as `Outcome.generation` documents; a text without settings is all prompt.

    Never raises; what is damaged within is told in `warnings`.
    """
    prompt, negative, line = _sections(text)
    settings: dict[str, Any] = {}
    for key, value in split_settings(line[:_LONGEST]):
        settings.setdefault(key, value)
    written = {"Prompt": prompt, _NEGATIVE.rstrip(":"): negative}
    found = normalised(_with_own_prompts({**settings, **written}), _NAMES, limits)
    resources = _resources(settings, limits, [] if warnings is None else warnings)
    found["generator"] = _generator(settings)
    found.setdefault("model", _checkpoint(resources))
    _share_denoise(found)
    return tidy({**found, **_named(prompt, negative, settings, resources, limits)})


def _sections(text: str) -> tuple[str, str, str]:
    """Prompt, negative prompt and settings; what follows the settings' line (other extensions) belongs to them."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    at = max((number for number, line in enumerate(lines) if _SETTINGS.match(line)), default=len(lines))
    settings = ", ".join(line.strip() for line in lines[at:])
    for number, line in enumerate(lines[:at]):
        if line.lstrip().startswith(_NEGATIVE):
            negative = [line.lstrip().removeprefix(_NEGATIVE), *lines[number + 1 : at]]
            return "\n".join(lines[:number]).strip(), "\n".join(negative).strip(), settings
    return "\n".join(lines[:at]).strip(), "", settings


def _with_own_prompts(settings: dict[str, Any]) -> dict[str, Any]:
    """Fooocus writes what it made of the prompts, and the prompts as somebody wrote them among the settings."""
    for written, raw in (("Prompt", "Raw prompt"), ("Negative prompt", "Raw negative prompt")):
        if raw in settings:
            settings[f"Full {written.lower()}"] = settings.pop(written)
            settings[written] = settings.pop(raw)
    return settings


def _generator(settings: dict[str, Any]) -> str:
    version = settings.get("Version", "")
    if settings.get("App", "").startswith("SD.Next") or "Backend" in settings:
        return "sdnext"
    known = next((name for pattern, name in _VERSIONS if pattern.match(version)), "")
    if not known and not version and ("Civitai resources" in settings or "Civitai metadata" in settings):
        return "civitai"
    return known or "a1111"


def _share_denoise(found: Json) -> None:
    """With a second pass, the one denoising strength there is belongs to it."""
    if found.get("hires") and "denoise" in found:
        found["hires"].setdefault("denoise", found["denoise"])


def _named(prompt: str, negative: str, settings: dict[str, Any], resources: list[Json], limits: Limits) -> Json:
    """LoRAs, embeddings and further models. Prompts and lists name LoRAs differently, so only the first that names any
    is believed.
    """
    tags = networks(prompt[: limits.prompt]) + networks(negative[: limits.prompt])
    named = (
        [lora(tag.name, tag.weight) for tag in tags if tag.kind in _LORAS],
        [lora(name, weight) for name, weight in pairs(settings.get("Lora weights", ""))],
        [lora(_name(one), one.get("weight")) for one in resources if one.get("type") in _LORAS],
        [lora(name) for name, _ in pairs(settings.get("Lora hashes", ""))],
    )
    embeddings = (
        (name for name, _ in pairs(settings.get("TI hashes", ""))),
        settings.get("Embeddings", "").split(","),
        (_name(one) for one in resources if one.get("type") in _EMBEDDED),
    )
    models = names(_models(settings), limits=limits)
    return {
        "loras": loras(next(filter(None, named), []), limits=limits),
        "embeddings": names(*embeddings, limits=limits),
        "models": models if len(models) > 1 else [],
    }


def _models(settings: dict[str, Any]) -> Iterator[str]:
    """`Refiner: name [hash]`"""
    for key in ("Model", "Refiner", "Hires checkpoint"):
        yield settings.get(key, "").partition(" [")[0]


def _resources(settings: dict[str, Any], limits: Limits, warnings: list[str]) -> list[Json]:
    """What Civitai lists: `[{"type": "lora", "weight": 0.8, "modelVersionId": 7, "modelName": "Film"}, …]`."""
    if "Civitai resources" not in settings:
        return []
    try:
        listed = load_json(settings["Civitai resources"], limits)
    except ValueError as error:
        trouble = f"was not read: {error}" if isinstance(error, TooMuch) else "is damaged JSON"
        warnings.append(f"the list of Civitai resources {trouble}")
        return []
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _name(resource: Json) -> Any:
    """A resource's name; of one that has only a number on Civitai, that."""
    number = resource.get("modelVersionId")
    return resource.get("modelName") or (f"civitai:{number}" if isinstance(number, int) else None)


def _checkpoint(resources: list[Json]) -> Any:
    return next(iter(names(_name(one) for one in resources if one.get("type") == "checkpoint")), None)
