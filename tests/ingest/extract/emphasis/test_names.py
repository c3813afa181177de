"""The names in a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.emphasis import Network, embeddings, networks, terms


def test_networks() -> None:
    prompt = "a <lora:one:0.8> <LORA:two> <lyco:three:0.5:0.7> <lora:one:0.8> <hypernet:four:x> <not closed:1"
    assert networks(prompt) == [
        Network("lora", "one", 0.8),
        Network("lora", "two", 1.0),
        Network("lyco", "three", 0.5),
        Network("hypernet", "four", 1.0),
    ]


def test_networks_that_are_called() -> None:
    prompt = "a cat withLora(film,0.7), withLora(grain)"
    assert networks(prompt) == [Network("lora", "film", 0.7), Network("lora", "grain", 1.0)]
    assert [term.text for term in terms(prompt)] == ["a cat"]


def test_embeddings() -> None:
    prompt = "embedding:easy.pt, (embedding:bad-hands:1.2) Embedding:Sub/One, <embed:two>, <lora:no:1>, embedding: word"
    assert embeddings(prompt) == ["two", "easy.pt", "bad-hands", "Sub/One"]


@pytest.mark.parametrize("prompt", ["my_embedding:x", "an embedding of x", "re:embedding:x", ""])
def test_what_names_no_embedding(prompt: str) -> None:
    assert embeddings(prompt) == []


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("<>:()lora embdingwthL,.0-"), max_size=200))
def test_names_never_raise_and_are_no_terms(prompt: str) -> None:
    named = {network.name for network in networks(prompt)}
    assert "" not in named
    assert not any(f"<lora:{name}" in term.text for name in named for term in terms(prompt))
    embeddings(prompt)


@pytest.mark.parametrize("unit", ["<a:", "withLora(", "embedding:", "<lora:x", "withLora(a,"])
def test_no_prompt_takes_long(unit: str) -> None:
    networks(unit * 6_000)
    embeddings(unit * 6_000)
    terms(unit * 6_000)
