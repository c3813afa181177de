"""The names of nodes' values, in the order in which a workflow lists them.

A workflow keeps the values of a node as a bare list. Editors since 2025 also list the inputs that have a field to type
in; for older files the order has to be known. It is the order of the entries in a node's `INPUT_TYPES` (in newer code
the `inputs` of its schema), required ones first, without those that can only be linked. Where to look it up:

- ComfyUI itself: `nodes.py` and `comfy_extras/nodes_*.py` (custom_sampler, flux, sd3, hunyuan, wan, model_advanced,
  model_merging, clip_sdxl, string, primitive, post_processing, upscale_model)
- Efficiency Nodes: `efficiency_nodes.py` of efficiency-nodes-comfyui
- Impact Pack: `modules/impact/` (`impact_pack.py`, `util_nodes.py`, `pipe.py`, `special_samplers.py`, `logics.py`)
- KJNodes: `nodes/nodes.py`; rgthree: `py/` of rgthree-comfy; easy-use: `py/nodes/` of ComfyUI-Easy-Use
- WAS: `WAS_Node_Suite.py`; Comfyroll: `nodes/` of ComfyUI_Comfyroll_CustomNodes
- Image Saver: `nodes.py` of ComfyUI-Image-Saver; SD Prompt Saver: `py/` of comfyui-prompt-reader-node
- GGUF: `nodes.py` of ComfyUI-GGUF; video: `nodes.py` and `nodes_sampler.py` of ComfyUI-WanVideoWrapper

What the editor adds after a seed (fixed, increment, randomize) is not named here.
"""

from __future__ import annotations

from typing import Final

_SAMPLING: Final = "steps cfg sampler_name scheduler"
_LATENT: Final = "width height batch_size"
_VIDEO: Final = "width height length batch_size"
_LOADED: Final = "lora_name lora_model_strength lora_clip_strength resolution empty_latent_width empty_latent_height"
_EASY: Final = f"ckpt_name vae_name clip_skip {_LOADED} positive negative batch_size"
_ADVANCED: Final = "start_at_step end_at_step return_with_leftover_noise"
_DETAILER: Final = f"guide_size guide_size_for max_size seed {_SAMPLING} denoise feather noise_mask force_inpaint"
_ASPECT: Final = "width height aspect_ratio swap_dimensions upscale_factor prescale_factor batch_size"
_SAVED: Final = "seed_value width height lossless_webp quality_jpeg_or_webp optimize_png counter denoise clip_skip"

_NAMES: Final[dict[str, str]] = {
    # ComfyUI: samplers and their parts
    "KSampler": f"seed {_SAMPLING} denoise",
    "KSamplerAdvanced": f"add_noise noise_seed {_SAMPLING} {_ADVANCED}",
    "SamplerCustom": "add_noise noise_seed cfg",
    "RandomNoise": "noise_seed",
    "KSamplerSelect": "sampler_name",
    "BasicScheduler": "scheduler steps denoise",
    "KarrasScheduler": "steps sigma_max sigma_min rho",
    "ExponentialScheduler": "steps sigma_max sigma_min",
    "PolyexponentialScheduler": "steps sigma_max sigma_min rho",
    "BetaSamplingScheduler": "steps alpha beta",
    "VPScheduler": "steps beta_d beta_min eps_s",
    "SDTurboScheduler": "steps denoise",
    "AlignYourStepsScheduler": "model_type steps denoise",
    "GITSScheduler": "coeff steps denoise",
    "Flux2Scheduler": "steps width height",
    "SplitSigmas": "step",
    "SplitSigmasDenoise": "denoise",
    "CFGGuider": "cfg",
    "DualCFGGuider": "cfg_conds cfg_cond2_negative style",
    # ComfyUI: models
    "CheckpointLoaderSimple": "ckpt_name",
    "CheckpointLoader": "config_name ckpt_name",
    "CheckpointLoaderNF4": "ckpt_name",
    "unCLIPCheckpointLoader": "ckpt_name",
    "ImageOnlyCheckpointLoader": "ckpt_name",
    "UNETLoader": "unet_name weight_dtype",
    "UnetLoaderGGUF": "unet_name",
    "UnetLoaderGGUFAdvanced": "unet_name dequant_dtype patch_dtype patch_on_device",
    "CLIPLoader": "clip_name type",
    "DualCLIPLoader": "clip_name1 clip_name2 type",
    "TripleCLIPLoader": "clip_name1 clip_name2 clip_name3",
    "QuadrupleCLIPLoader": "clip_name1 clip_name2 clip_name3 clip_name4",
    "CLIPLoaderGGUF": "clip_name type",
    "DualCLIPLoaderGGUF": "clip_name1 clip_name2 type",
    "VAELoader": "vae_name",
    "LoraLoader": "lora_name strength_model strength_clip",
    "LoraLoaderModelOnly": "lora_name strength_model",
    "CLIPSetLastLayer": "stop_at_clip_layer",
    "ControlNetLoader": "control_net_name",
    "UpscaleModelLoader": "model_name",
    "ModelSamplingSD3": "shift",
    "ModelSamplingAuraFlow": "shift",
    "ModelSamplingFlux": "max_shift base_shift width height",
    "ModelMergeSimple": "ratio",
    # ComfyUI: texts and conditioning
    "CLIPTextEncode": "text",
    "CLIPTextEncodeFlux": "clip_l t5xxl guidance",
    "CLIPTextEncodeSD3": "clip_l clip_g t5xxl empty_padding",
    "CLIPTextEncodeSDXL": "width height crop_w crop_h target_width target_height text_g text_l",
    "CLIPTextEncodeSDXLRefiner": "ascore width height text",
    "CLIPTextEncodeHiDream": "clip_l clip_g t5xxl llama",
    "TextEncodeQwenImageEdit": "prompt",
    "TextEncodeQwenImageEditPlus": "prompt",
    "FluxGuidance": "guidance",
    "ConditioningAverage": "conditioning_to_strength",
    "StringConcatenate": "string_a string_b delimiter",
    "StringReplace": "string find replace",
    "PrimitiveString": "value",
    "PrimitiveStringMultiline": "value",
    "PrimitiveInt": "value",
    "PrimitiveFloat": "value",
    "PrimitiveBoolean": "value",
    "PrimitiveNode": "value",
    # ComfyUI: sizes
    "EmptyLatentImage": _LATENT,
    "EmptySD3LatentImage": _LATENT,
    "EmptyFlux2LatentImage": _LATENT,
    "EmptyHunyuanLatentVideo": _VIDEO,
    "EmptyLTXVLatentVideo": _VIDEO,
    "EmptyMochiLatentVideo": _VIDEO,
    "EmptyCosmosLatentVideo": _VIDEO,
    "WanImageToVideo": _VIDEO,
    "Wan22ImageToVideoLatent": _VIDEO,
    "LatentUpscale": "upscale_method width height crop",
    "LatentUpscaleBy": "upscale_method scale_by",
    "ImageScale": "upscale_method width height crop",
    "ImageScaleBy": "upscale_method scale_by",
    "ImageScaleToTotalPixels": "upscale_method megapixels",
    "CreateVideo": "fps",
    # Efficiency Nodes
    "Efficient Loader": "ckpt_name vae_name clip_skip lora_name lora_model_strength lora_clip_strength positive "
    "negative token_normalization weight_interpretation empty_latent_width empty_latent_height batch_size",
    "Eff. Loader SDXL": "base_ckpt_name base_clip_skip refiner_ckpt_name refiner_clip_skip positive_ascore "
    "negative_ascore vae_name positive negative token_normalization weight_interpretation empty_latent_width "
    "empty_latent_height batch_size",
    "KSampler (Efficient)": f"seed {_SAMPLING} denoise preview_method vae_decode",
    "KSampler Adv. (Efficient)": f"add_noise noise_seed {_SAMPLING} {_ADVANCED} preview_method vae_decode",
    "KSampler SDXL (Eff.)": f"noise_seed {_SAMPLING} start_at_step refine_at_step preview_method vae_decode",
    "HighRes-Fix Script": "upscale_type hires_ckpt_name latent_upscaler pixel_upscaler upscale_by use_same_seed seed "
    "hires_steps denoise iterations",
    # Impact Pack
    "ImpactWildcardProcessor": "wildcard_text populated_text mode seed",
    "ImpactWildcardEncode": "wildcard_text populated_text mode insert_lora insert_wildcard seed",
    "ImpactKSamplerBasicPipe": f"seed {_SAMPLING} denoise",
    "ImpactKSamplerAdvancedBasicPipe": f"add_noise noise_seed {_SAMPLING} {_ADVANCED}",
    "ImpactSwitch": "select sel_mode",
    "ImpactConditionalBranch": "cond",
    "ImpactInt": "value",
    "ImpactFloat": "value",
    "ImpactBoolean": "value",
    "FaceDetailer": _DETAILER,
    "FaceDetailerPipe": _DETAILER,
    # KJNodes
    "JoinStrings": "delimiter",
    "JoinStringMulti": "inputcount delimiter return_list",
    "StringConstant": "string",
    "StringConstantMultiline": "string strip_newlines",
    "INTConstant": "value",
    "FloatConstant": "value",
    "EmptyLatentImagePresets": "dimensions invert batch_size",
    "DiffusionModelLoaderKJ": "model_name weight_dtype compute_dtype",
    # rgthree
    "Seed (rgthree)": "seed",
    "KSampler Config (rgthree)": "steps_total refiner_step cfg sampler_name scheduler",
    "Lora Loader Stack (rgthree)": "lora_01 strength_01 lora_02 strength_02 lora_03 strength_03 lora_04 strength_04",
    "Power Prompt (rgthree)": "prompt insert_lora insert_embedding insert_saved",
    "Power Prompt - Simple (rgthree)": "prompt insert_embedding insert_saved",
    "SDXL Empty Latent Image (rgthree)": "dimensions clip_scale batch_size",
    # easy-use
    "easy fullLoader": f"ckpt_name config_name vae_name clip_skip {_LOADED} positive positive_token_normalization "
    "positive_weight_interpretation negative negative_token_normalization negative_weight_interpretation batch_size "
    "a1111_prompt_style",
    "easy a1111Loader": f"{_EASY} a1111_prompt_style",
    "easy comfyLoader": _EASY,
    "easy fluxLoader": f"ckpt_name vae_name {_LOADED} positive batch_size",
    "easy preSampling": f"{_SAMPLING} denoise seed",
    "easy preSamplingAdvanced": f"{_SAMPLING} start_at_step end_at_step add_noise seed return_with_leftover_noise",
    "easy fullkSampler": f"{_SAMPLING} denoise image_output link_id save_prefix seed",
    "easy kSampler": "image_output link_id save_prefix",
    "easy seed": "seed",
    "easy positive": "positive",
    "easy negative": "negative",
    "easy promptConcat": "prompt1 prompt2 separator",
    # WAS
    "Text Multiline": "text",
    "Text Concatenate": "delimiter clean_whitespace",
    "Text String": "text text_b text_c text_d",
    "Text Find and Replace": "find replace",
    "Text List to Text": "delimiter",
    "Seed": "seed",
    "Checkpoint Loader (Simple)": "ckpt_name",
    "Load Lora": "lora_name strength_model strength_clip",
    "Logic Boolean": "boolean",
    "Constant Number": "number_type number",
    # Comfyroll
    "CR Text": "text",
    "CR Prompt Text": "prompt",
    "CR Text Concatenate": "separator",
    "CR Combine Prompt": "part1 part2 part3 part4 separator",
    "CR Multiline Text": "text",
    "CR Seed": "seed",
    "CR LoRA Stack": "switch_1 lora_name_1 model_weight_1 clip_weight_1 switch_2 lora_name_2 model_weight_2 "
    "clip_weight_2 switch_3 lora_name_3 model_weight_3 clip_weight_3",
    "CR Load LoRA": "switch lora_name strength_model strength_clip",
    "CR Aspect Ratio": _ASPECT,
    "CR SDXL Aspect Ratio": _ASPECT.replace(" prescale_factor", ""),
    "CR Text Input Switch": "Input",
    "CR Model Input Switch": "Input",
    "CR Conditioning Input Switch": "Input",
    "CR Latent Input Switch": "Input",
    # cg-use-everywhere
    "Seed Everywhere": "seed",
    # Savers
    "Image Saver": f"filename path extension {_SAMPLING.replace('sampler_name scheduler', '')}modelname sampler_name "
    f"scheduler_name positive negative {_SAVED}",
    "SDPromptSaver": f"filename path model_name vae_name seed {_SAMPLING} lora_name width height positive negative",
    # Video
    "WanVideoModelLoader": "model base_precision quantization load_device attention_mode",
    "WanVideoTextEncode": "positive_prompt negative_prompt force_offload",
    "WanVideoSampler": "steps cfg shift seed force_offload scheduler riflex_freq_index denoise_strength",
    "WanVideoEmptyEmbeds": "width height num_frames",
    "WanVideoLoraSelect": "lora strength",
}

ORDERS: Final[dict[str, tuple[str, ...]]] = {kind: tuple(names.split()) for kind, names in _NAMES.items()}
