"""The size a picture was begun with."""

from __future__ import annotations

import pytest
from tests.ingest.extract.generation.comfyui.build import Json, node, plain, read


@pytest.mark.parametrize(
    ("latent", "size"),
    [
        (node("EmptyLatentImage", width=512, height=768), (512, 768)),
        (node("EmptySD3LatentImage", width=1024, height="1024"), (1024, 1024)),
        (node("EmptyHunyuanLatentVideo", width=848, height=480, length=73), (848, 480)),
        (node("WanImageToVideo", width=832, height=480, length=81, positive=["6", 0], negative=["7", 0]), (832, 480)),
        (node("RepeatLatentBatch", samples=["20", 0], amount=4), (640, 384)),
        (node("VAEEncode", pixels=["21", 0], vae=["4", 2]), (320, 200)),
        (node("VAEEncode", pixels=["22", 0], vae=["4", 2]), None),
        (node("EmptyLatentImage", width=["23", 0], height=["23", 1]), (1216, 832)),
        (node("EmptyLatentImage", width=["24", 0], height=["24", 1]), (640, 384)),
        (node("EmptyLatentImage", width=["25", 0], height=["25", 1]), None),
        (node("EmptyLatentImage", width=0, height=768), None),
        (node("EmptyLatentImage", width="wide", height=768), None),
        (node("EmptyLatentImage", width=512), None),
        (node("EmptyLatentImagePresets", dimensions="832 x 1216 (0.684)", invert=False), (832, 1216)),
        (node("EmptyLatentImagePresets", dimensions="832 x 1216 (0.684)", invert=True), (1216, 832)),
        (node("SDXL Empty Latent Image (rgthree)", dimensions=" 896 x 1152  (portrait)"), (896, 1152)),
        (node("CR SDXL Aspect Ratio", width=9, height=9, aspect_ratio="custom", swap_dimensions="Off"), (9, 9)),
        (node("LatentFromNowhere"), None),
    ],
)
def test_where_it_is_written(latent: Json, size: tuple[int, int] | None) -> None:
    more: Json = {
        "20": node("EmptyLatentImage", width=640, height=384),
        "21": node("ImageScale", image=["22", 0], width=320, height=200),
        "22": node("LoadImage", image="x.png"),
        "23": node(
            "CR SDXL Aspect Ratio", width=9, height=9, aspect_ratio="3:4 portrait 832x1216", swap_dimensions="On"
        ),
        "24": node("easy imageSizeBySide", width=640, height=384),
        "25": node("GetImageSize", image=["22", 0]),
    }
    found = read(plain(_5=latent) | more)
    assert (found.get("width"), found.get("height")) == (size or (None, None))


def test_a_second_pass_has_a_size_of_its_own() -> None:
    graph = plain(_8=node("VAEDecode", samples=["12", 0]), _5=node("VAEEncode", pixels=["22", 0]))
    scale = node("LatentUpscale", samples=["3", 0], width=2048, height=2048)
    graph |= {"12": node("KSampler", steps=1, denoise=0.5, positive=["6", 0], latent_image=["13", 0]), "13": scale}
    assert "width" not in read(graph)


def test_the_pictures_of_a_video_are_counted() -> None:
    graph = plain(_5=node("EmptyHunyuanLatentVideo", width=848, height=480, length=["20", 0]))
    assert read(graph | {"20": node("PrimitiveInt", value=73)})["parameters"] == {"frames": 73}
