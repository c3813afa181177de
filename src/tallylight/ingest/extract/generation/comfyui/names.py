"""What inputs are called: thousands of nodes that nobody lists name theirs alike, so a walk goes by names."""

from __future__ import annotations

from typing import Final

from tallylight.ingest.extract.generation.comfyui.patterns import whole

#: Inputs that several things come through at once: pipes, contexts, tuples.
PIPE = whole(r"(?:.*_)?(?:pipe|ctx|context|bus|tuple)_?\d*(?:_in|_opt)?")

#: The ways that one thing comes by, first choice first.
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "model": ("model", "MODEL", "unet", "model1", "base_model", "model_a", "opt_model", "optional_model"),
    "clip": ("clip", "CLIP", "clip1", "base_clip", "clip_a", "opt_clip", "optional_clip"),
    "vae": ("vae", "VAE", "vae_opt", "optional_vae"),
    "latent": (
        *("latent_image", "latent", "samples", "latents", "samples_to", "samples1", "latent1", "destination"),
        *("optional_latent", "init_latent", "image_embeds", "pixels", "image", "images", "image_to_latent"),
    ),
    "conditioning": ("positive", "conditioning", "conditioning_to", "conditioning_1", "pos", "cond1", "text_embeds"),
    "guider": ("guider",),
    "sampler": ("sampler", "optional_sampler", "sampler1"),
    "sigmas": ("sigmas", "optional_sigmas", "sigmas_1", "sigmas1"),
    "noise": ("noise", "noise1", "noise_1"),
    "stack": ("lora_stack", "optional_lora_stack", "prev_lora", "lora"),
    "script": ("script",),
}

#: Conditioning and texts of one side.
SIDES: Final = {
    "positive": whole(r"(?:.*_)?pos(?:itive)?(?:_(?:prompt|text|string|cond\w*|[glr]|\d+))*"),
    "negative": whole(r"(?:.*_)?neg(?:ative)?(?:_(?:prompt|text|string|cond\w*|[glr]|\d+))*"),
}
_ANY_SIDE = whole(r"(?:.*_)?(?:pos|neg)(?:itive|ative)?(?:_.*)?")

_TEXT = whole(
    r"(?:opt_|user_|wildcard_|populated_|input_)?(?:text|string|str|prompt|caption)s?[_ ]?(?:[a-z0-9]|\d{1,3}|list)?"
    r"|clip_[lg]|t5xxl|llama|part_?\d{1,2}|tags|lyrics|prefix|suffix|prepend\w*|append\w*"
)

#: Of nodes that have none of these: `custom_text`, `scene_prompt_2`; no instructions for a language model.
_SOUNDS_LIKE_TEXT = whole(
    r"(?!.*(?:system|instruct|template|style|file|path|folder))"
    r".*(?:text|prompt|string|caption|words)s?(?:_?\d{1,3})?"
)

#: Inputs that lead away from texts.
_NO_TEXT = whole(
    r"(?:.*_)?(?:clip|model|unet|vae|images?|pixels|masks?|latents?|latent_image|samples|seed|noise|sigmas|sampler"
    r"|control_net|controlnet|clip_vision|clip_vision_output|style_model|width|height|delimiter|separator|lora_stack"
    r"|cnet_stack|script|segs|bbox_detector|strength|start_percent|end_percent|guidance)_?\d*"
)


def is_text(name: str) -> bool:
    """Whether an input of this name takes text of a prompt."""
    return _TEXT(name)


def sounds_like_text(name: str) -> bool:
    """Whether an input that nothing else is known of may well hold text of a prompt, of whichever side."""
    return _SOUNDS_LIKE_TEXT(name) and not _ANY_SIDE(name)


def may_lead_to_text(name: str) -> bool:
    """Whether a text can be behind a link of this name, of whichever side is being followed."""
    return not _NO_TEXT(name) and not _ANY_SIDE(name)
