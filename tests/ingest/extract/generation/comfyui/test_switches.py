"""Reroutes and switches."""

from __future__ import annotations

import pytest
from tests.ingest.extract.generation.comfyui.build import Json, node, plain, read

ONE, TWO = ["20", 0], ["21", 0]


@pytest.mark.parametrize(
    ("switch", "prompt"),
    [
        (node("ImpactSwitch", select=2, input1=ONE, input2=TWO, sel_mode=False), "two"),
        (node("ImpactSwitch", select=1, input1=ONE, input2=TWO, sel_mode=False), "one"),
        (node("ImpactSwitch", select=["22", 0], input1=ONE, input2=TWO), "two"),
        (node("ImpactSwitch", select=["23", 0], input1=ONE, input2=TWO), "one"),
        (node("ImpactSwitch", select=7, input1=ONE, input2=TWO), "one"),
        (node("ImpactConditionalBranch", cond=False, tt_value=ONE, ff_value=TWO), "two"),
        (node("ImpactConditionalBranch", cond=True, tt_value=ONE, ff_value=TWO), "one"),
        (node("ImpactConditionalBranch", cond=["25", 0], tt_value=ONE, ff_value=TWO), "two"),
        (node("ComfySwitchNode", switch=True, on_false=ONE, on_true=TWO), "two"),
        (node("LazySwitchKJ", switch=False, on_false=ONE, on_true=TWO), "one"),
        (node("easy ifElse", boolean="false", on_true=ONE, on_false=TWO), "two"),
        (node("If ANY return A else B", ANY=True, IF_TRUE=TWO, IF_FALSE=ONE), "two"),
        (node("Conditioning Input Switch", boolean=True, conditioning_a=ONE, conditioning_b=TWO), "one"),
        (node("Conditioning Input Switch", boolean=["25", 0], conditioning_a=ONE, conditioning_b=TWO), "two"),
        (node("CR Conditioning Input Switch", Input=2, conditioning1=ONE, conditioning2=TWO), "two"),
        (node("CR Img2Img Process Switch", Input=2, txt2img=ONE, img2img=TWO), "two"),
        (node("easy conditioningIndexSwitch", index=1, cond0=ONE, cond1=TWO), "two"),
        (node("easy anythingIndexSwitch", index=0, value0=ONE, value1=TWO), "one"),
        (node("Any Switch (rgthree)", any_02=TWO, any_03=ONE), "two"),
        (node("Reroute", **{"": TWO}), "two"),
        (node("ReroutePrimitive|pysssss", value=TWO), "two"),
        (node("Mine", **{"*": TWO}), "two"),
    ],
)
def test_the_chosen_side_is_followed(switch: Json, prompt: str) -> None:
    texts: Json = {
        "20": node("CLIPTextEncode", text="one"),
        "21": node("CLIPTextEncode", text="two"),
        "22": node("PrimitiveInt", value=2),
        "23": node("CR Something Computed", a=5),
        "24": node("Logic Boolean", boolean=0),
        "25": node("PrimitiveBoolean", value=False),
    }
    assert read(plain(_6=switch) | texts)["prompt"] == prompt


def test_switches_of_models_choose_too() -> None:
    graph = plain(_11=node("Model Input Switch", boolean=False, model_a=["4", 0], model_b=["30", 0]))
    assert read(graph | {"30": node("UNETLoader", unet_name="other.sft")})["model"] == "other"


def test_a_switch_that_is_switched_by_itself_ends() -> None:
    graph = plain(_6=node("ImpactSwitch", select=["6", 0], input1=["20", 0], input2=["6", 0]))
    assert read(graph | {"20": node("CLIPTextEncode", text="one")})["prompt"] == "one"
