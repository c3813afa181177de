"""Checkpoints and LoRAs."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ingest.extract.generation.comfyui.build import Json, node, plain, read

#: What a graph has where only its first LoRA is another node.
GRAIN = {"name": "grain", "weight": 0.5}


@pytest.mark.parametrize(
    ("loader", "name"),
    [
        (node("CheckpointLoaderSimple", ckpt_name="a.safetensors"), "a"),
        (node("CheckpointLoader", config_name="v1.yaml", ckpt_name="a.ckpt"), "a"),
        (node("CheckpointLoaderNF4", ckpt_name="a.safetensors"), "a"),
        (node("UNETLoader", unet_name="dir/a.sft", weight_dtype="default"), "a"),
        (node("UnetLoaderGGUF", unet_name="a-Q4.gguf"), "a-Q4"),
        (node("DiffusionModelLoaderKJ", model_name="a.safetensors"), "a"),
        (node("NunchakuFluxDiTLoader", model_path="a.safetensors", cache_threshold=0), "a"),
        (node("WanVideoModelLoader", model="wan\\a.safetensors", base_precision="fp16"), "a"),
        (node("Checkpoint Loader (Simple)", ckpt_name=["30", 0]), "b"),
        (node("CheckpointLoaderSimple", ckpt_name=""), None),
        (node("CheckpointLoaderSimple", ckpt_name=5), None),
    ],
)
def test_loaders(loader: Json, name: str | None) -> None:
    found = read(plain(_4=loader, _30=node("easy ckptNames", ckpt_name="b.safetensors")))
    assert found.get("model") == name
    assert found.get("models") == ([name] if name else None)


@pytest.mark.parametrize(
    ("loader", "loras"),
    [
        (
            node(
                "Power Lora Loader (rgthree)",
                lora_1={"on": True, "lora": "a.safetensors", "strength": 0.7},
                lora_2={"on": False, "lora": "b.safetensors", "strength": 1},
                lora_10={"on": True, "lora": "c.safetensors", "strength": 2},
                model=["11", 0],
            ),
            [("a", 0.7), ("c", 2.0)],
        ),
        (
            node(
                "Lora Loader Stack (rgthree)",
                lora_01="a.safetensors",
                strength_01=0.6,
                lora_02="None",
                strength_02=1,
                model=["11", 0],
            ),
            [("a", 0.6)],
        ),
        (node("CR Apply LoRA Stack", model=["11", 0], lora_stack=["21", 0]), [("b", 0.9), ("a", 0.6)]),
        (node("CR Apply LoRA Stack", model=["11", 0], lora_stack=["22", 0]), [("a", 0.4)]),
        (node("CR Apply LoRA Stack", model=["11", 0], lora_stack=["23", 0]), [("a", 0.3), ("b", 0.2)]),
        (node("easy loraStackApply", model=["11", 0], lora_stack=["24", 0]), [("a", 0.1)]),
        (node("easy loraStackApply", model=["11", 0], lora_stack=["25", 0]), []),
        (node("CR Load LoRA", switch="Off", lora_name="a", strength_model=1, model=["11", 0]), []),
        (node("LoraLoader", lora_name="a.safetensors", model=["11", 0]), [("a", 1.0)]),
        (node("LoraLoader", lora_name=["26", 0], strength_model=["27", 0], model=["11", 0]), [("z", 0.25)]),
        (node("NunchakuFluxLoraLoader", lora_name="a", lora_strength=0.5, model=["11", 0]), [("a", 0.5)]),
        (
            node(
                "Lora Loader (LoraManager)",
                text="<lora:a:0.5>",
                model=["11", 0],
                loras=[{"name": "b", "active": False}],
            ),
            [("a", 0.5)],
        ),
        (
            node("ImpactWildcardEncode", populated_text="x <lora:a:0.5>", wildcard_text="y", model=["11", 0]),
            [("a", 0.5)],
        ),
        (node("SomebodysPatch", model=["11", 0], strength=3), []),
    ],
)
def test_loras(loader: Json, loras: list[tuple[str, float]]) -> None:
    stacks: Json = {
        "_21": node("CR LoRA Stack", switch_1="On", lora_name_1="a", model_weight_1=0.6, clip_weight_1=1,
                    switch_2="Off", lora_name_2="x", model_weight_2=1, lora_stack=["28", 0]),
        "_22": node("LoRA Stacker", input_mode="simple", lora_count=1, lora_name_1="a", lora_wt_1=0.4, model_str_1=9,
                    clip_str_1=9, lora_name_2="x", lora_wt_2=1),
        "_23": node("LoRA Stacker", input_mode="advanced", lora_count=2, lora_name_1="a", lora_wt_1=9,
                    model_str_1=0.3, clip_str_1=9, lora_name_2="b", lora_wt_2=9, model_str_2=0.2),
        "_24": node("easy loraStack", toggle=True, mode="simple", num_loras=1, lora_1_name="a", lora_1_strength=0.1,
                    lora_1_model_strength=9, lora_1_clip_strength=9, lora_2_name="x"),
        "_25": node("easy loraStack", toggle=False, mode="simple", num_loras=1, lora_1_name="a"),
        "_26": node("easy loraNames", lora_name="z.safetensors"),
        "_27": node("PrimitiveFloat", value=0.25),
        "_28": node("CR LoRA Stack", lora_name_1="b", model_weight_1=0.9),
    }  # fmt: skip
    found = read(plain(_10=loader, **stacks))
    assert found["loras"] == [GRAIN, *({"name": name, "weight": weight} for name, weight in loras)]
    assert found["model"] == "base_1.0"


def test_loras_of_video_models_come_by_a_way_of_their_own() -> None:
    graph = {
        "1": node("WanVideoSampler", steps=4, seed=1, scheduler="unipc", model=["2", 0], text_embeds=["5", 0]),
        "2": node("WanVideoModelLoader", model="wan.safetensors", lora=["3", 0]),
        "3": node("WanVideoLoraSelect", lora="b.safetensors", strength=0.5, prev_lora=["4", 0]),
        "4": node("WanVideoLoraSelect", lora="a.safetensors", strength=1.5),
        "5": node("WanVideoTextEncode", positive_prompt="yes", negative_prompt="no"),
    }
    found = read(graph)
    assert found["loras"] == [{"name": "a", "weight": 1.5}, {"name": "b", "weight": 0.5}]
    assert (found["model"], found["prompt"], found["negative_prompt"]) == ("wan", "yes", "no")


def test_the_weight_in_a_text_counts_where_the_text_is_what_loads() -> None:
    assert "loras" not in read(
        {"1": node("KSampler", steps=1, positive=["2", 0]), "2": node("CLIPTextEncode", text="<lora:a:1>")}
    )


def test_merged_models_are_all_named() -> None:
    merge: Json = {"_11": node("ModelMergeSimple", model1=["4", 0], model2=["30", 0], ratio=0.5)}
    found = read(plain(**merge, _30=node("CheckpointLoaderSimple", ckpt_name="other.safetensors")))
    assert (found["model"], found["models"]) == ("base_1.0", ["base_1.0", "other"])


@pytest.mark.parametrize(
    "loader",
    [
        node("Efficient Loader", ckpt_name="a.ckpt", lora_name="b", lora_model_strength=0.5, lora_clip_strength=9,
             positive="x", negative="y", clip_skip=-2, vae_name="Baked VAE"),
        node("Efficient Loader", ckpt_name="a.ckpt", lora_name="None", lora_stack=["20", 0], positive="x",
             clip_skip=-2),
    ],
)  # fmt: skip
def test_loaders_that_do_everything(loader: Json) -> None:
    graph: Any = {
        "1": node("KSampler (Efficient)", seed=1, steps=5, model=["2", 0], positive=["2", 1], negative=["2", 2]),
        "2": loader,
        "20": node("LoRA Stacker", input_mode="simple", lora_count=1, lora_name_1="b", lora_wt_1=0.5),
    }
    found = read(graph)
    assert (found["model"], found["loras"], found["prompt"]) == ("a", [{"name": "b", "weight": 0.5}], "x")
    assert found["clip_skip"] == 2
    assert "parameters" not in found
