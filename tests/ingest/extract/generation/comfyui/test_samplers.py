"""Which sampler made the picture, and which came after."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ingest.extract.generation.comfyui.build import Json, node, plain, read

from tallylight.ingest.extract.generation.comfyui import from_prompt
from tallylight.ingest.extract.generation.comfyui.graph import Node
from tallylight.ingest.extract.generation.comfyui.samplers import is_sampler, passes
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.limits import LIMITS


def found(graph: Any) -> list[str]:
    return [sampler.key for sampler in passes(Walk(from_prompt(graph), LIMITS))]


def sampler(latent: str, **more: Any) -> Json:
    known: Json = {"seed": 8, "steps": 5, "positive": ["6", 0], "negative": ["7", 0], "latent_image": [latent, 0]}
    return node("KSampler", **(known | more))


def after(second: Json, **more: Json) -> Json:
    """The plain graph with a second pass, numbered 12."""
    return plain(_8=node("VAEDecode", samples=["12", 0], vae=["4", 2]), _12=second, **more)


def test_passes_are_listed_first_to_last() -> None:
    assert found(plain()) == ["3"]
    assert found(after(sampler("3", denoise=0.4))) == ["3", "12"]


def test_a_sampler_that_leads_to_no_picture_does_not_count() -> None:
    graph = {"0": sampler("5", seed=9)} | after(sampler("3", denoise=0.4))
    assert found(graph) == ["3", "12"]


def test_without_a_picture_any_sampler_counts() -> None:
    graph = plain()
    del graph["8"], graph["9"]
    assert found(graph) == ["3"]


def test_between_passes_there_may_be_pictures() -> None:
    graph = after(
        sampler("15", denoise=0.4),
        _13=node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        _14=node("ImageScaleBy", image=["13", 0], upscale_method="lanczos", scale_by=1.5),
        _15=node("VAEEncode", pixels=["14", 0], vae=["4", 2]),
    )
    assert found(graph) == ["3", "12"]


def test_of_composed_latents_the_canvas_is_followed() -> None:
    graph = after(
        sampler("13", denoise=1.0),
        _13=node("LatentComposite", samples_to=["3", 0], samples_from=["14", 0], x=0, y=0),
        _14=sampler("5"),
    )
    assert found(graph) == ["3", "12"]


def test_nodes_nobody_knows_lie_on_the_way_to_a_sampler() -> None:
    graph = plain(_8=node("SomebodysDecode", vae=["4", 2], stuff=["30", 0], latents_of_mine=["3", 0]))
    assert found(graph | {"30": node("Other")}) == ["3"]


def test_a_picture_for_control_is_no_way_back() -> None:
    control = node("ControlNetApply", conditioning=["6", 0], image=["13", 0], control_net=["14", 0])
    graph = after(sampler("5", positive=["15", 0]), _15=control, _13=node("VAEDecode", samples=["3", 0]))
    assert found(graph) == ["12"]


def test_what_is_saved_counts_before_what_is_only_looked_at() -> None:
    looked = {"20": node("PreviewImage", images=["21", 0]), "21": node("VAEDecode", samples=["22", 0])}
    looked |= {"22": sampler("23", denoise=0.5), "23": sampler("5")}
    assert found(plain() | looked) == ["3"]
    assert found(plain(_9=node("Mask Save", images=["8", 0])) | looked) == ["23", "22"]


def test_of_pictures_saved_the_one_with_most_passes_counts_then_noise_then_the_number() -> None:
    second = {"20": node("SaveImage", images=["21", 0]), "21": node("VAEDecode", samples=["22", 0])}
    assert found(plain() | second | {"22": sampler("3", denoise=0.3)}) == ["3", "22"]
    assert found(plain() | second | {"22": sampler("5")}) == ["3"]
    assert found(plain(_3=sampler("5", denoise=0.5)) | second | {"22": sampler("5")}) == ["22"]


def test_a_detailer_is_no_pass_unless_it_is_alone() -> None:
    detailer = node("FaceDetailer", image=["8", 0], steps=5, denoise=0.4, sampler_name="x", seed=1, positive=["6", 0])
    graph = plain(_9=node("SaveImage", images=["12", 0]), _12=detailer)
    assert found(graph) == ["3"]
    assert found(graph | {"8": node("LoadImage", image="x.png")}) == ["12"]


def test_samplers_in_a_ring_end() -> None:
    graph = after(sampler("3"), _3=sampler("12"))
    assert set(found(graph)) == {"3", "12"}


@pytest.mark.parametrize(
    ("kind", "names", "yes"),
    [
        ("KSampler", "steps positive latent_image", True),
        ("KSampler (Efficient)", "steps positive", True),
        ("SamplerCustom", "positive sigmas sampler", True),
        ("SamplerCustomAdvanced", "noise guider sampler sigmas", True),
        ("WanVideoSampler", "text_embeds steps", True),
        ("ImpactKSamplerBasicPipe", "basic_pipe steps", True),
        ("easy kSampler", "pipe", True),
        ("easy fullkSampler", "pipe steps", True),
        ("KSampler SDXL (Eff.)", "sdxl_tuple steps", True),
        ("UltimateSDUpscale", "positive steps denoise sampler_name image", True),
        ("easy preSampling", "pipe steps sampler_name", False),
        ("KSamplerSelect", "sampler_name", False),
        ("KSampler Config (rgthree)", "steps_total sampler_name", False),
        ("KSamplerProvider", "basic_pipe steps sampler_name", False),
        ("BasicScheduler", "steps denoise model", False),
        ("BasicGuider", "conditioning model", False),
        ("KSampler", "positive", False),
    ],
)
def test_samplers_are_known_by_what_they_take(kind: str, names: str, yes: bool) -> None:
    graph = {"2": node("Other"), "1": node(kind, **{name: ["2", 0] for name in names.split()})}
    known = from_prompt(graph).nodes["1"]
    assert isinstance(known, Node)
    assert is_sampler(known) is yes


def test_a_node_that_asks_a_service_makes_a_picture_too() -> None:
    graph = {
        "1": node("OpenAIDalle3", prompt=["2", 0], seed=5, size="1024x1792", quality="hd", model="dall-e-3"),
        "2": node("PrimitiveString", value="a cat"),
        "3": node("SaveImage", images=["1", 0]),
    }
    assert read(graph) == {
        "generator": "comfyui",
        "seed": 5,
        "prompt": "a cat",
        "model": "dall-e-3",
        "models": ["dall-e-3"],
        "width": 1024,
        "height": 1792,
        "parameters": {"size": "1024x1792", "quality": "hd"},
    }


def test_base_and_refiner() -> None:
    base = node("KSamplerAdvanced", add_noise="enable", noise_seed=1, steps=25, cfg=8.0, sampler_name="euler",
                scheduler="normal", start_at_step=0, end_at_step=20, return_with_leftover_noise="enable",
                model=["4", 0], positive=["6", 0], negative=["7", 0], latent_image=["5", 0])  # fmt: skip
    refiner = node("KSamplerAdvanced", add_noise="disable", noise_seed=0, steps=25, cfg=8.0, sampler_name="euler",
                   scheduler="normal", start_at_step=20, end_at_step=10000, return_with_leftover_noise="disable",
                   model=["13", 0], positive=["14", 0], negative=["7", 0], latent_image=["3", 0])  # fmt: skip
    loader = node("CheckpointLoaderSimple", ckpt_name="refiner.safetensors")
    answer = read(after(refiner, _3=base, _13=loader, _14=node("CLIPTextEncode", text="refined", clip=["13", 1])))
    assert (answer["seed"], answer["model"], answer["prompt"]) == (1, "base_1.0", "a cat")
    assert answer["models"] == ["base_1.0", "refiner"]
    assert "hires" not in answer
    assert answer["parameters"] == {
        "add_noise": "enable",
        "start_at_step": 0,
        "end_at_step": 20,
        "return_with_leftover_noise": "enable",
    }
