"""The `parameters` text that A1111 and its descendants write into a picture."""

from __future__ import annotations

from tallylight.samples.recipes import Recipe


def a1111_parameters(recipe: Recipe) -> str:
    """The whole text: the prompt with its `<lora:…>` tags, the negative prompt, and the line that begins with
    `Steps:`.
    """
    tags = "".join(f" <lora:{lora.name}:{lora.weight:g}>" for lora in recipe.loras)
    lines = [recipe.prompt + tags]
    if recipe.negative_prompt:
        lines.append(f"Negative prompt: {recipe.negative_prompt}")
    lines.append(", ".join(f"{key}: {value}" for key, value in _settings(recipe).items()))
    return "\n".join(lines)


def _settings(recipe: Recipe) -> dict[str, object]:
    settings: dict[str, object] = {
        "Steps": recipe.steps,
        "Sampler": recipe.sampler,
        "Schedule type": recipe.scheduler,
        "CFG scale": f"{recipe.cfg_scale:g}",
        "Seed": recipe.seed,
        "Size": f"{recipe.width}x{recipe.height}",
        "Model hash": recipe.model_hash,
        "Model": recipe.model,
    }
    if recipe.denoise is not None:
        settings["Denoising strength"] = f"{recipe.denoise:g}"
    if recipe.loras:
        # Quoted, for its own commas and colons would otherwise read as further settings.
        settings["Lora hashes"] = '"' + ", ".join(f"{lora.name}: {lora.sha256}" for lora in recipe.loras) + '"'
    return settings | {"Version": "v1.10.1"}
