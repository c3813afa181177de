"""Reads what Easy Diffusion writes: each parameter under a key of its own in PNG, all as JSON elsewhere.

It has two sets of names, one for its JSON (`use_stable_diffusion_model`) and one for its text (`Stable Diffusion
model`); which one a file gets is a setting.
"""

from __future__ import annotations

from typing import Any, Final

from tallylight.ingest.extract.generation.body import Body
from tallylight.ingest.extract.generation.fields import lora, loras, names, normalised, tidy
from tallylight.model import Json

KEYS: Final = ("use_stable_diffusion_model", "Stable Diffusion model")
_NAMES: Final = {
    "prompt": "prompt",
    "Prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "Negative Prompt": "negative_prompt",
    "use_stable_diffusion_model": "model",
    "Stable Diffusion model": "model",
    "sampler_name": "sampler",
    "Sampler": "sampler",
    "scheduler_name": "scheduler",
    "Scheduler": "scheduler",
    "num_inference_steps": "steps",
    "Steps": "steps",
    "guidance_scale": "cfg_scale",
    "Guidance Scale": "cfg_scale",
    "seed": "seed",
    "Seed": "seed",
    "width": "width",
    "Width": "width",
    "height": "height",
    "Height": "height",
    "prompt_strength": "denoise",
    "Prompt Strength": "denoise",
}
_FURTHER: Final = {
    "clip_skip": "Clip Skip", "use_vae_model": "VAE model", "use_controlnet_model": "ControlNet model",
    "control_filter_to_apply": "ControlNet Filter", "control_alpha": "ControlNet Strength",
    "use_hypernetwork_model": "Hypernetwork model", "hypernetwork_strength": "Hypernetwork Strength",
    "distilled_guidance_scale": "Distilled Guidance", "tiling": "Seamless Tiling",
    "use_face_correction": "Use Face Correction", "use_upscale": "Use Upscaling", "upscale_amount": "Upscale By",
    "latent_upscaler_steps": "Latent Upscaler Steps",
}  # fmt: skip
_KNOWN: Final = _NAMES.keys() | _FURTHER.keys() | set(_FURTHER.values())


def looks_like(body: Body) -> bool:
    """Whether a body names its model as this program does."""
    return any(key in body for key in KEYS)


def parse(body: Body) -> Json:
    """The generation parameters. Never raises."""
    values = {key: value for key, value in body.values.items() if key in _KNOWN}
    models, weights = _both(body, "use_lora_model", "LoRA model"), _both(body, "lora_alpha", "LoRA Strength")
    used = (lora(name, weights[at] if at < len(weights) else None) for at, name in enumerate(models))
    return tidy({
        "generator": "easydiffusion",
        **normalised(values, _NAMES, body.limits),
        "loras": loras(used, limits=body.limits),
        "embeddings": names(_both(body, "use_embeddings_model", "Embedding models"), limits=body.limits),
    })  # fmt: skip


def _both(body: Body, name: str, label: str) -> list[Any]:
    """One or several values: a list, a list written as text (`['a', 'b']`), or with commas."""
    value = body.values.get(name, body.values.get(label))
    if isinstance(value, str):
        return [part.strip(" '\"") for part in value.strip("[]() ").split(",")]
    return value if isinstance(value, list) else [value]
