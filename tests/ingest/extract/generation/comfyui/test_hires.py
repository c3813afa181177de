"""Second passes."""

from __future__ import annotations

import pytest
from tests.ingest.extract.generation.comfyui.build import Json, node, plain, read


def second(latent: str, **more: object) -> Json:
    known: Json = {"seed": 8, "steps": 5, "denoise": 0.4, "positive": ["6", 0], "latent_image": [latent, 0]}
    return node("KSampler", **(known | more))


@pytest.mark.parametrize(
    ("enlarges", "said"),
    [
        (
            {"_13": node("LatentUpscale", samples=["3", 0], upscale_method="nearest-exact", width=1088, height=1920)},
            {"width": 1088, "height": 1920, "upscaler": "nearest-exact"},
        ),
        (
            {"_13": node("LatentUpscaleBy", samples=["3", 0], upscale_method="bislerp", scale_by=1.5)},
            {"upscale": 1.5, "upscaler": "bislerp"},
        ),
        (
            {
                "_13": node("VAEEncode", pixels=["14", 0], vae=["4", 2]),
                "_14": node("ImageScaleBy", image=["15", 0], upscale_method="lanczos", scale_by=0.5),
                "_15": node("ImageUpscaleWithModel", image=["16", 0], upscale_model=["17", 0]),
                "_16": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
                "_17": node("UpscaleModelLoader", model_name="4x_sharp.pth"),
            },
            {"upscale": 0.5, "upscaler": "4x_sharp"},
        ),
        ({"_13": node("NNLatentUpscale", latent=["3", 0], version="SDXL", upscale=2)}, {"upscale": 2.0}),
        ({"_13": node("LatentBlend", samples1=["3", 0], blend_factor=0.5)}, {}),
        ({"_13": node("LatentUpscaleBy", samples=["3", 0], scale_by=["30", 0])}, {}),
    ],
)
def test_what_enlarged_the_picture(enlarges: Json, said: Json) -> None:
    graph = plain(_8=node("VAEDecode", samples=["12", 0]), _12=second("13"), **enlarges) | {"30": node("Computed", x=1)}
    assert read(graph)["hires"] == {"denoise": 0.4, "steps": 5, **said}
    assert read(graph)["denoise"] == 1.0


def test_enlarged_and_drawn_wholly_anew_is_a_hires_pass() -> None:
    scale = node("LatentUpscaleBy", samples=["3", 0], upscale_method="bislerp", scale_by=2.0)
    graph = plain(_8=node("VAEDecode", samples=["12", 0]), _12=second("13", denoise=1.0), _13=scale)
    assert read(graph)["hires"] == {"denoise": 1.0, "steps": 5, "upscale": 2.0, "upscaler": "bislerp"}


def test_upscaling_in_tiles() -> None:
    upscale = node("UltimateSDUpscale", image=["8", 0], upscale_model=["13", 0], upscale_by=2.0, seed=1, steps=10,
                   denoise=0.2, sampler_name="euler", positive=["6", 0], negative=["7", 0])  # fmt: skip
    graph = plain(
        _12=upscale,
        _13=node("UpscaleModelLoader", model_name="x4.pth"),
        _9=node("SaveImage", images=["12", 0]),
    )
    assert read(graph)["hires"] == {"denoise": 0.2, "steps": 10, "upscale": 2.0, "upscaler": "x4"}
    assert read(graph)["steps"] == 20


@pytest.mark.parametrize(("kind", "upscaler"), [("latent", "nearest"), ("pixel", "4x")])
def test_a_script_of_efficiency_nodes(kind: str, upscaler: str) -> None:
    script = node("HighRes-Fix Script", upscale_type=kind, latent_upscaler="nearest", pixel_upscaler="4x.pth",
                  upscale_by=1.25, hires_steps=12, denoise=0.56, script=["14", 0])  # fmt: skip
    graph = plain()
    graph["3"]["inputs"]["script"] = ["13", 0]
    graph |= {"13": node("Noise Control Script", script=["15", 0]), "15": script, "14": node("Other")}
    assert read(graph)["hires"] == {"denoise": 0.56, "steps": 12, "upscale": 1.25, "upscaler": upscaler}


def test_another_script_is_none() -> None:
    graph = plain(_13=node("Noise Control Script", seed=5))
    graph["3"]["inputs"]["script"] = ["13", 0]
    assert "hires" not in read(graph)
