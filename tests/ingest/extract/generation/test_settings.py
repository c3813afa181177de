"""The settings' line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.generation.settings import pairs, split_settings


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Steps: 5, Seed: 1", [("Steps", "5"), ("Seed", "1")]),
        ('a: "1, 2", b: 3', [("a", "1, 2"), ("b", "3")]),
        (r'a: "say \"hi\", you"', [("a", 'say "hi", you')]),
        ('a: {"b": "}, c: 1"}, d: 2', [("a", '{"b": "}, c: 1"}'), ("d", "2")]),
        ('a: [{"b": [1, 2]}], d: 2', [("a", '[{"b": [1, 2]}]'), ("d", "2")]),
        ('a: "open, b: 1', [("a", '"open'), ("b", "1")]),
        ("a: {open, b: 1", [("a", "{open"), ("b", "1")]),
        ("a:, b: 1", [("a", ""), ("b", "1")]),
        ("no key, b: 1", [("b", "1")]),
        ("", []),
    ],
)
def test_keys_and_values(line: str, expected: list[tuple[str, str]]) -> None:
    assert list(split_settings(line)) == expected


def test_pairs() -> None:
    assert pairs("film: 11, a:b: 22, : 3, none") == [("film", "11"), ("a:b", "22")]
    assert pairs("") == []


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('ab:, "\\{}[]\n12猫'), max_size=200))
def test_never_raises(line: str) -> None:
    for key, value in split_settings(line):
        assert key == key.strip()
        assert value == value.strip() or value.endswith("\\") or '"' in line


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(alphabet="abc XYZ", min_size=1).map(str.strip).filter(bool),
        st.text(alphabet="abc 123/+.", min_size=1).map(str.strip).filter(bool),
        max_size=8,
    )
)
def test_order_and_values_are_kept(settings: dict[str, str]) -> None:
    line = ", ".join(f"{key}: {value}" for key, value in settings.items())
    quoted = ", ".join(f'{key}: "{value}, {value}"' for key, value in settings.items())
    assert list(split_settings(line)) == list(settings.items())
    assert list(split_settings(quoted)) == [(key, f"{value}, {value}") for key, value in settings.items()]
