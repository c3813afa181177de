"""The ways a text takes to the sampler."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ingest.extract.generation.comfyui.build import Drawing, Json, node, plain, read, read_workflow

from tallylight.ingest.extract.generation.comfyui import from_prompt, parse
from tallylight.ingest.extract.limits import Limits

ONE, TWO = node("CLIPTextEncode", text="one", clip=["4", 1]), node("CLIPTextEncode", text="two", clip=["4", 1])


def text(*path: Json, **named: Json) -> Json:
    """A graph whose positive text comes through these nodes: the first is 6, further ones 20, 21 …"""
    numbers = ["_6", *(f"_{number}" for number in range(20, 20 + len(path)))]
    return plain(**dict(zip(numbers, path, strict=False)), **named)


@pytest.mark.parametrize(
    ("graph", "prompt"),
    [
        (text(node("ConditioningCombine", conditioning_1=["20", 0], conditioning_2=["21", 0]), ONE, TWO), "one, two"),
        (
            text(node("ConditioningConcat", conditioning_to=["21", 0], conditioning_from=["20", 0]), ONE, TWO),
            "two, one",
        ),
        (text(node("ConditioningConcat", conditioning_to=["20", 0], conditioning_from=["20", 0]), ONE), "one"),
        (
            text(
                node("ConditioningAverage", conditioning_to=["20", 0], conditioning_from=["21", 0], strength=0.5),
                ONE,
                TWO,
            ),
            "one, two",
        ),
        (text(node("ConditioningSetArea", width=64, height=64, conditioning=["20", 0]), ONE), "one"),
        (text(node("ConditioningSetTimestepRange", start=0.0, end=0.5, conditioning=["20", 0]), ONE), "one"),
        (text(node("ConditioningSetMask", conditioning=["20", 0], mask=["21", 0]), ONE, TWO), "one"),
        (
            text(node("ControlNetApply", conditioning=["20", 0], control_net=["21", 0], image=["21", 0]), ONE, TWO),
            "one",
        ),
        (text(node("unCLIPConditioning", conditioning=["20", 0], clip_vision_output=["21", 0]), ONE, TWO), "one"),
        (text(node("FluxGuidance", guidance=3.5, conditioning=["20", 0]), ONE), "one"),
        (text(node("ReferenceLatent", conditioning=["20", 0], latent=["21", 0]), ONE, TWO), "one"),
        (text(node("Reroute", **{"": ["20", 0]}), ONE), "one"),
        (text(node("Reroute", **{"": ["6", 0]})), None),
        (text(node("ConditioningZeroOut", conditioning=["20", 0]), ONE), None),
        (text(node("SomebodysOwn", strength=1, cond_in=["20", 0]), ONE), "one"),
        (text(node("CLIPTextEncodeSDXL", text_g="global", text_l="local"), ONE), "global, local"),
        (text(node("CLIPTextEncodeSDXL", text_g="same", text_l="same "), ONE), "same"),
        (text(node("CLIPTextEncodeFlux", clip_l="short", t5xxl="long", guidance=3), ONE), "short, long"),
        (text(node("CLIPTextEncodeLumina2", system_prompt="superior", user_prompt="words")), "words"),
        (text(node("TextEncodeQwenImageEdit", prompt="make it red", image=["20", 0]), ONE), "make it red"),
        (text(node("CLIPTextEncode", text=5)), None),
        (text(node("CLIPTextEncode", text=" \n")), None),
        (text(node("GLIGENTextboxApply", text="box", conditioning_to=["20", 0], clip=["4", 1]), ONE), "box, one"),
    ],
)
def test_along_conditioning(graph: Json, prompt: str | None) -> None:
    assert read(graph).get("prompt") == prompt
    assert read(graph)["negative_prompt"] == "a dog"


@pytest.mark.parametrize(
    "apply",
    [
        node("ControlNetApplyAdvanced", positive=["20", 0], negative=["21", 0], image=["22", 0]),
        node("InpaintModelConditioning", positive=["20", 0], negative=["21", 0], pixels=["22", 0]),
        node("PerpNegGuider", positive=["20", 0], negative=["21", 0], empty_conditioning=["22", 0]),
        node("CondPassThrough", positive=["20", 0], negative=["21", 0]),
        node("Context (rgthree)", positive=["20", 0], negative=["21", 0], base_ctx=["22", 0]),
        node("FromBasicPipe", basic_pipe=["22", 0]),
        node("easy pipeOut", pipe=["23", 0]),
        node("Efficient Loader", positive="one", negative="two", positive_token_normalization="none"),
        node("SDXLPromptStyler", text_positive="one", text_negative="two", style="base"),
        node("easy fullLoader", positive=["24", 0], negative=["25", 0]),
        node("WanVideoTextEmbedBridge", positive=["20", 0], negative=["21", 0]),
    ],
    ids=lambda apply: apply["class_type"],
)
def test_nodes_for_both_sides_pass_on_the_side_that_is_followed(apply: Json) -> None:
    both: Json = {
        "_20": ONE,
        "_21": TWO,
        "_22": node("ToBasicPipe", positive=["20", 0], negative=["21", 0], model=["4", 0]),
        "_23": node("easy pipeIn", pos=["20", 0], neg=["21", 0], pipe=["22", 0]),
        "_24": node("easy positive", positive="one"),
        "_25": node("easy negative", negative="two"),
    }
    found = read(plain(_6=apply, _7=apply, **both))
    assert (found["prompt"], found["negative_prompt"]) == ("one", "two")


def test_what_is_set_on_a_pipe_takes_the_place_of_what_it_brings() -> None:
    pipe = node("ToBasicPipe", positive=["21", 0], negative=["21", 0])
    edit = node("EditBasicPipe", basic_pipe=["23", 0], positive=["22", 0])
    graph = plain(_6=node("FromBasicPipe", basic_pipe=["24", 0]), _7=node("FromBasicPipe", basic_pipe=["24", 0]))
    found = read(graph | {"21": TWO, "22": ONE, "23": pipe, "24": edit})
    assert (found["prompt"], found["negative_prompt"]) == ("one", "two")


def test_a_pipe_without_a_negative_side_brings_none() -> None:
    graph = plain(_7=node("FromBasicPipe", basic_pipe=["20", 0]), _20=node("MyPipe", conditioning=["21", 0]), _21=ONE)
    assert "negative_prompt" not in read(graph)


def said(value: str) -> Json:
    return node("PrimitiveString", value=value)


@pytest.mark.parametrize(
    ("made", "prompt"),
    [
        (said("a"), "a"),
        (node("PrimitiveStringMultiline", value="a\nb"), "a\nb"),
        (node("Text Multiline", text="a"), "a"),
        (node("ShowText|pysssss", text=["21", 0], text_0="from the run before"), "a"),
        (node("ShowText|pysssss", text_0="from a model"), "from a model"),
        (node("StringConcatenate", string_a=["21", 0], string_b=["22", 0], delimiter=" & "), "a & b"),
        (node("StringConcatenate", string_b=["21", 0], string_a=["22", 0], delimiter=""), "ba"),
        (node("StringConcatenate", string_a="", string_b="b", delimiter="-"), "-b"),
        (node("Text Concatenate", delimiter=", ", text_b=["22", 0], text_a=["21", 0]), "a, b"),
        (node("Text Concatenate", delimiter="\\n", text_a=["21", 0], text_b="", text_c=["22", 0]), "a\nb"),
        (node("JoinStrings", string1=["21", 0], string2=["22", 0], delimiter="_"), "a_b"),
        (node("JoinStringMulti", inputcount=3, string_1="x", string_2="y", string_10="z", delimiter=" "), "x y z"),
        (node("CR Text Concatenate", text1=["21", 0], text2=["22", 0], separator="; "), "a; b"),
        (node("CR Combine Prompt", part1="x", part2="y", part3=["21", 0], part4="z", separator=","), "x,y,a,z"),
        (node("easy promptConcat", prompt1="x", prompt2=["21", 0], separator=" "), "x a"),
        (node("StringFunction|pysssss", action="append", tidy_tags="yes", text_a="x", text_b=["21", 0]), "x, a"),
        (node("StringFunction|pysssss", action="append", tidy_tags="no", text_a="x", text_b=["21", 0]), "xa"),
        (node("Mine Concat", text_a="x", text_b=["21", 0], separator=["22", 0]), "xba"),
        (node("Mine", prefix="x", text=["21", 0], suffix="z"), "x, a, z"),
        (node("Text List to Text", delimiter="+", text_list=["23", 0]), "a+b"),
        (node("StringReplace", string="a fat cat", find="fat", replace="thin"), "a thin cat"),
        (node("CR Text Replace", text=["21", 0], find1="a", replace1="x", find2="", replace2="y"), "x"),
        (node("RegexReplace", string="aaa", regex_pattern="a+", replace="b"), "aaa"),
        (node("ImpactWildcardProcessor", wildcard_text="{a|b}", populated_text="b", mode="populate"), "b"),
        (node("ImpactWildcardProcessor", wildcard_text="plain", populated_text="", mode="fixed"), "plain"),
        (node("Mine", anything=["21", 0]), "a"),
        (node("Mine", temperature=0.5, llm=["21", 0]), "a"),
        (node("Mine", temperature=0.5), None),
        (node("Mine", scene_text="x", mode="fixed"), "x"),
        (node("Mine", scene_prompt_2="y", scene_prompt_1="x", mode="fixed", seed=5), "x, y"),
        (node("Mine", scene_text="x", llm=["21", 0]), "a"),
        (node("Mine", scene_text="x", text="b"), "b"),
        (node("Mine", system_prompt="You are helpful", negative_text="x", text_file="x", has_text=True), None),
        (node("Mine Concat", text_a=["20", 0], text_b="x"), "x"),
        (node("CR Text Input Switch", Input=2, text1=["21", 0], text2=["22", 0]), "b"),
        (node("easy textSwitch", input=1, text1="typed in", text2=["22", 0]), "typed in"),
    ],
)
def test_along_texts(made: Json, prompt: str | None) -> None:
    graph = text(
        node("CLIPTextEncode", text=["20", 0], clip=["4", 1]),
        made,
        said("a"),
        said("b"),
        node("Text List", text_a=["21", 0], text_b=["22", 0]),
    )
    assert read(graph).get("prompt") == prompt


@pytest.mark.parametrize(
    "encode",
    [
        node("ImpactWildcardEncode", model=["4", 0], clip=["4", 1], wildcard_text="{a|b}", populated_text="b"),
        node("Power Prompt (rgthree)", prompt="b", opt_model=["4", 0], opt_clip=["4", 1], insert_lora="CHOOSE"),
        node("smZ CLIPTextEncode", text="b", parser="A1111", text_g="", clip=["4", 1]),
        node("BNK_CLIPTextEncodeAdvanced", text="b", token_normalization="none", clip=["4", 1]),
    ],
    ids=lambda encode: encode["class_type"],
)
def test_encoders_of_other_makes(encode: Json) -> None:
    assert read(text(encode))["prompt"] == "b"


def test_texts_that_are_joined_again_and_again_end() -> None:
    twice = {
        str(n): node("StringConcatenate", string_a=[str(n + 1), 0], string_b=[str(n + 1), 0]) for n in range(100, 160)
    }
    graph = text(node("CLIPTextEncode", text=["100", 0])) | twice | {"160": said("ha")}
    assert len(read(graph).get("prompt", "")) <= Limits().text


def test_a_long_chain_of_texts_ends() -> None:
    chain = {str(n): node("StringTrim", string=[str(n + 1), 0]) for n in range(100, 3000)}
    graph = text(node("CLIPTextEncode", text=["100", 0])) | chain
    assert "prompt" not in read(graph)


def test_prompts_are_clipped() -> None:
    graph = text(node("CLIPTextEncode", text="x" * 50))
    assert len(parse(from_prompt(graph), Limits(text=20))["prompt"]) == 20


@pytest.mark.parametrize(
    ("positive", "names"),
    [
        (
            "a cat, embedding:easynegative, (embedding:bad/hands.pt:1.2), embedding:easynegative",
            ["easynegative", "hands"],
        ),
        ("embedding: nothing", None),
    ],
)
def test_embeddings_are_listed_once(positive: str, names: Any) -> None:
    assert read(text(node("CLIPTextEncode", text=positive))).get("embeddings") == names


def test_embeddings_of_the_negative_side_are_listed_too() -> None:
    assert read(plain(_7=node("CLIPTextEncode", text="embedding:bad")))["embeddings"] == ["bad"]


def test_a_workflow_joins_alike() -> None:
    joined = node("StringConcatenate", string_a=["21", 0], string_b="b", delimiter="-")
    graph = text(node("CLIPTextEncode", text=["20", 0], clip=["4", 1]), joined, said("a"))
    for lists_fields in (True, False):
        assert read_workflow(Drawing(graph, lists_fields=lists_fields).body())["prompt"] == "a-b"
