"""What a sampler was set to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ingest.extract.generation.comfyui.build import Json, node, plain, read


def advanced(**changes: Json) -> Json:
    """A sampler whose parts are all apart."""
    graph: Json = {
        "1": node(
            "SamplerCustomAdvanced",
            noise=["2", 0],
            guider=["3", 0],
            sampler=["4", 0],
            sigmas=["5", 0],
            latent_image=["6", 0],
        ),
        "2": node("RandomNoise", noise_seed=2**63),
        "3": node("BasicGuider", model=["7", 0], conditioning=["8", 0]),
        "4": node("KSamplerSelect", sampler_name="euler"),
        "5": node("BasicScheduler", scheduler="simple", steps=20, denoise=0.9, model=["7", 0]),
        "6": node("EmptySD3LatentImage", width=["10", 0], height=1024, batch_size=1),
        "7": node("ModelSamplingFlux", max_shift=1.15, base_shift=0.5, model=["11", 0]),
        "8": node("FluxGuidance", guidance=3.5, conditioning=["9", 0]),
        "9": node("CLIPTextEncode", text="a harbour", clip=["12", 0]),
        "10": node("PrimitiveInt", value=768),
        "11": node("UNETLoader", unet_name="flux1-dev.sft", weight_dtype="default"),
        "12": node("DualCLIPLoader", clip_name1="clip_l.safetensors", clip_name2="t5xxl.safetensors", type="flux"),
        "13": node("VAEDecode", samples=["1", 0], vae=["14", 0]),
        "14": node("VAELoader", vae_name="ae.safetensors"),
        "15": node("SaveImage", images=["13", 0]),
    }
    return graph | {name.removeprefix("_"): change for name, change in changes.items()}


def test_flux_with_its_parts_apart() -> None:
    assert read(advanced()) == {
        "generator": "comfyui",
        "seed": str(2**63),
        "steps": 20,
        "sampler": "euler",
        "scheduler": "simple",
        "denoise": 0.9,
        "prompt": "a harbour",
        "model": "flux1-dev",
        "models": ["flux1-dev"],
        "width": 768,
        "height": 1024,
        "parameters": {
            "guidance": 3.5,
            "max_shift": 1.15,
            "base_shift": 0.5,
            "vae": "ae",
            "text_encoders": ["clip_l", "t5xxl"],
        },
    }


@pytest.mark.parametrize(
    ("guider", "scale"),
    [
        (node("CFGGuider", cfg=5.5, model=["7", 0], positive=["8", 0], negative=["20", 0]), 5.5),
        (
            node(
                "DualCFGGuider", cfg_conds=4.0, cfg_cond2_negative=9, cond1=["8", 0], cond2=["8", 0], negative=["20", 0]
            ),
            4,
        ),
    ],
)
def test_guiders(guider: Json, scale: float) -> None:
    found = read(advanced(_3=guider, _20=node("CLIPTextEncode", text="fog")))
    assert (found["cfg_scale"], found["prompt"], found["negative_prompt"]) == (scale, "a harbour", "fog")


@pytest.mark.parametrize(
    ("sigmas", "steps", "scheduler"),
    [
        (node("KarrasScheduler", steps=12, sigma_max=14.6, sigma_min=0.03, rho=7.0), 12, "karras"),
        (node("ExponentialScheduler", steps=12), 12, "exponential"),
        (node("BetaSamplingScheduler", steps=12, alpha=0.6), 12, "beta"),
        (node("AlignYourStepsScheduler", steps=12, model_type="SDXL"), 12, "align_your_steps"),
        (node("SplitSigmas", sigmas=["21", 0], step=5), 8, "normal"),
        (node("FlipSigmas", sigmas=["20", 0]), 8, "normal"),
        (node("Somebodys", anything=1), None, None),
    ],
)
def test_schedules(sigmas: Json, steps: int | None, scheduler: str | None) -> None:
    more: Json = {
        "_20": node("SetFirstSigma", sigmas=["21", 0]),
        "_21": node("BasicScheduler", scheduler="normal", steps=8),
    }
    found = read(advanced(_5=sigmas, **more))
    assert (found.get("steps"), found.get("scheduler")) == (steps, scheduler)


@pytest.mark.parametrize(
    ("picker", "name"),
    [
        (node("SamplerEulerAncestral", eta=1.0, s_noise=1.0), "euler_ancestral"),
        (node("SamplerDPMPP_2M_SDE", solver_type="midpoint"), "dpmpp_2m_sde"),
        (node("DetailDaemonSamplerNode", sampler=["20", 0], detail_amount=0.1), "heun"),
    ],
)
def test_samplers_that_are_nodes(picker: Json, name: str) -> None:
    assert read(advanced(_4=picker, _20=node("KSamplerSelect", sampler_name="heun")))["sampler"] == name


@pytest.mark.parametrize(
    ("origin", "seed"),
    [
        (node("PrimitiveInt", value=99), 99),
        (node("Seed (rgthree)", seed=99), 99),
        (node("easy seed", seed=99), 99),
        (node("Seed", seed=99), 99),
        (node("INTConstant", value=99), 99),
        (node("Int Literal", int=99), 99),
        (node("Number to Int", number=["21", 0]), 99),
        (node("CR Seed to Int", seed=["21", 0]), 99),
        (node("Context Big (rgthree)", base_ctx=["22", 0]), 99),
        (node("ImpactSwitch", select=1, input1=["21", 0], input2=["20", 0]), 99),
        (node("MathExpression|pysssss", expression="a+b", a=["21", 0], b=["21", 0]), 99),
        (node("SimpleMath+", expression="5*5"), None),
        (node("Reroute", **{"": ["20", 0]}), None),
        (node("PrimitiveInt", value="many"), None),
        (node("PrimitiveInt", value=[1]), None),
    ],
)
def test_a_seed_from_elsewhere(origin: Json, seed: int | None) -> None:
    graph = plain(_20=origin, _21=node("Constant Number", number=99), _22=node("Context (rgthree)", seed=["21", 0]))
    graph["3"]["inputs"]["seed"] = ["20", 0]
    assert read(graph).get("seed") == seed


def test_pipes_bring_settings() -> None:
    graph = {
        "1": node("easy kSampler", pipe=["2", 0], image_output="Save", link_id=0, save_prefix="x"),
        "2": node("easy preSampling", pipe=["3", 0], steps=25, cfg=7.5, sampler_name="dpmpp_2m", scheduler="karras",
                  denoise=1.0, seed=77),
        "3": node("easy fullLoader", ckpt_name="a.safetensors", vae_name="b.vae.pt", clip_skip=-2, lora_name="None",
                  resolution="width x height (custom)", empty_latent_width=640, empty_latent_height=960,
                  positive="yes", negative="no", positive_token_normalization="none"),
    }  # fmt: skip
    assert read(graph) == {
        "generator": "comfyui",
        "seed": 77,
        "steps": 25,
        "cfg_scale": 7.5,
        "sampler": "dpmpp_2m",
        "scheduler": "karras",
        "denoise": 1.0,
        "prompt": "yes",
        "negative_prompt": "no",
        "model": "a",
        "models": ["a"],
        "clip_skip": 2,
        "width": 640,
        "height": 960,
        "parameters": {"vae": "b.vae"},
    }


def test_a_basic_pipe_brings_models_and_texts() -> None:
    graph = {
        "1": node("ImpactKSamplerBasicPipe", basic_pipe=["2", 0], latent_image=["5", 0], seed=1, steps=9, cfg=3.0),
        "2": node("ToBasicPipe", model=["3", 0], clip=["3", 1], vae=["3", 2], positive=["4", 0], negative=["6", 0]),
        "3": node("CheckpointLoaderSimple", ckpt_name="a.ckpt"),
        "4": node("CLIPTextEncode", text="yes", clip=["3", 1]),
        "5": node("EmptyLatentImage", width=64, height=96),
        "6": node("CLIPTextEncode", text="no", clip=["3", 1]),
    }
    found = read(graph)
    assert (found["model"], found["prompt"], found["negative_prompt"]) == ("a", "yes", "no")
    assert (found["steps"], found["cfg_scale"], found["width"], found["height"]) == (9, 3.0, 64, 96)


@pytest.mark.parametrize(("layer", "skip"), [(-2, 2), (-1, 1), ("-12", 12), (0, None), ("x", None), (["30", 0], 3)])
def test_clip_skip_is_counted_as_a1111_does(layer: Any, skip: int | None) -> None:
    graph = plain(
        _20=node("CLIPSetLastLayer", stop_at_clip_layer=layer, clip=["4", 1]), _30=node("PrimitiveInt", value=-3)
    )
    graph["10"]["inputs"]["clip"] = ["20", 0]
    assert read(graph).get("clip_skip") == skip


def test_shift_on_the_way_of_the_model() -> None:
    graph = plain(_11=node("ModelSamplingAuraFlow", shift=3.0, model=["4", 0]))
    assert read(graph)["parameters"] == {"shift": 3.0}


def test_video_sampler_of_a_wrapper() -> None:
    graph = {
        "198": node("WanVideoModelLoader", model="wan\\wan2.1_i2v.safetensors", base_precision="fp16"),
        "232": node("WanVideoTextEmbedBridge", positive=["234", 0], negative=["235", 0]),
        "234": node("CLIPTextEncode", text="yes", clip=["233", 0]),
        "235": node("CLIPTextEncode", text="no", clip=["233", 0]),
        "252": node("WanVideoSampler", steps=30, cfg=6.0, shift=5.0, seed=1234, force_offload=False, scheduler="unipc",
                    riflex_freq_index=0, denoise_strength=1.0, model=["198", 0], text_embeds=["232", 0],
                    image_embeds=["253", 0]),
        "253": node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=81),
    }  # fmt: skip
    assert read(graph) == {
        "generator": "comfyui",
        "seed": 1234,
        "steps": 30,
        "cfg_scale": 6.0,
        "scheduler": "unipc",
        "denoise": 1.0,
        "prompt": "yes",
        "negative_prompt": "no",
        "model": "wan2.1_i2v",
        "models": ["wan2.1_i2v"],
        "width": 832,
        "height": 480,
        "parameters": {"force_offload": False, "riflex_freq_index": 0, "shift": 5.0, "frames": 81},
    }


def test_further_values_are_bounded() -> None:
    graph = plain()
    graph["3"]["inputs"] |= {f"extra {number}": "x" * 5000 for number in range(300)} | {
        "nan": float("nan"),
        "list": [1],
    }
    found = read(graph)["parameters"]
    assert len(found) == 100
    assert max(map(len, found.values())) == 2000
