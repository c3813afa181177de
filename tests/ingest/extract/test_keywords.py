"""Keywords of prompts and sizes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.keywords import keywords, negative_terms
from tallylight.ingest.extract.limits import Limits


def texts(prompt: str, size: tuple[int, int] | None = None) -> list[str]:
    return [keyword["text"] for keyword in keywords({"prompt": prompt}, size)]


def test_prompt_then_size() -> None:
    assert keywords({"prompt": "(Cinematic Light:1.3), cat"}, (512, 768)) == (
        {"text": "cinematic light", "weight": 1.3, "source": "prompt"},
        {"text": "cat", "weight": 1.0, "source": "prompt"},
        {"text": "portrait", "weight": 1.0, "source": "size"},
        {"text": "512x768", "weight": 1.0, "source": "size"},
    )


def test_each_once_with_the_highest_weight_at_its_first_place() -> None:
    found = keywords({"prompt": "cat, dog, (CAT:1.5), [cat]"}, None)
    assert [(keyword["text"], keyword["weight"]) for keyword in found] == [("cat", 1.5), ("dog", 1.0)]


def test_what_the_prompt_says_is_not_repeated_by_the_size() -> None:
    found = keywords({"prompt": "[portrait]"}, (1, 2))
    assert [(keyword["text"], keyword["source"]) for keyword in found] == [("portrait", "prompt"), ("1x2", "size")]


@pytest.mark.parametrize(("size", "shape"), [((5, 5), "square"), ((6, 5), "landscape"), ((5, 6), "portrait")])
def test_shapes(size: tuple[int, int], shape: str) -> None:
    assert texts("", size) == [shape, f"{size[0]}x{size[1]}"]


def test_any_script_and_composed_forms() -> None:
    assert texts("猫, кот, cafe\u0301, café, 🌅, …, ---") == ["猫", "кот", "café", "🌅"]


def test_prose_is_split_at_sentences_only_where_it_is_long() -> None:
    sentence = "A quiet harbour in the morning, seen from above"
    assert texts("One thing. Another") == ["one thing. another"]
    prose = "The harbour lies still. " * 15 + "x" * 300
    assert texts(prose) == ["the harbour lies still"]
    assert texts(sentence) == ["a quiet harbour in the morning", "seen from above"]


def test_limits() -> None:
    many = ", ".join(f"k{number}" for number in range(100))
    assert len(keywords({"prompt": many}, (1, 1), Limits(keywords=10))) == 10
    assert [keyword["text"] for keyword in keywords({"prompt": "abc, def"}, None, Limits(prompt=5))] == ["abc"]


def test_weights_follow_the_rules_of_the_program() -> None:
    def weight(generator: str, prompt: str) -> list[tuple[str, float]]:
        found = keywords({"generator": generator, "prompt": prompt}, None)
        return [(keyword["text"], keyword["weight"]) for keyword in found]

    assert weight("novelai", "{x}, (y), 1.3::z::") == [("x", 1.05), ("(y)", 1.0), ("z", 1.3)]
    assert weight("invokeai", "x++, (y z)1.3, [w]") == [("x", 1.21), ("y z", 1.3), ("[w]", 1.0)]
    assert weight("forge", "(x), [y], z BREAK w") == [("x", 1.1), ("y", 0.9091), ("z", 1.0), ("w", 1.0)]


def test_networks_and_embeddings_are_no_keywords() -> None:
    generation = {
        "prompt": "cat, <lora:film:1>, embedding:charm, (Easy:1.2), very easy",
        "embeddings": ["charm", "easy"],
    }
    assert [keyword["text"] for keyword in keywords(generation, None)] == ["cat", "very easy"]


def test_negative_terms_are_no_keywords_but_terms_of_their_own() -> None:
    generation = {"prompt": "cat", "negative_prompt": "Blurry, (blurry:1.3), bad hands, easy", "embeddings": ["Easy"]}
    assert texts("cat") == ["cat"]
    assert negative_terms(generation) == [{"text": "blurry", "weight": 1.3}, {"text": "bad hands", "weight": 1.0}]
    assert negative_terms(generation, Limits(keywords=1)) == [{"text": "blurry", "weight": 1.3}]
    assert negative_terms({}) == []


@settings(deadline=None)
@given(st.text(max_size=300))
def test_never_raises(prompt: str) -> None:
    found = texts(prompt)
    assert len(found) == len(set(found))
