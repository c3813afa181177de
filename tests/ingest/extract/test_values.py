"""Numbers and names out of anything."""

from __future__ import annotations

from typing import Any

import pytest

from tallylight.ingest.extract.values import (
    as_integer,
    as_label,
    as_model,
    as_name,
    as_number,
    as_prompt,
    as_seed,
    as_size,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), (5.0, 5), ("5", 5), (" -5 ", -5), (5.5, None), (True, None), ("5.0", None), (None, None), ([], None),
     (float("inf"), None), ("9" * 50, None)],
)  # fmt: skip
def test_integers(value: Any, number: int | None) -> None:
    assert as_integer(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5.0), ("7.5", 7.5), ("nan", None), ("1e999", None), (True, None), (10**400, None), ("x", None), ({}, None)],
)
def test_numbers(value: Any, number: float | None) -> None:
    assert as_number(value) == number


def test_seeds_beyond_what_javascript_counts_are_text() -> None:
    assert as_seed(2**53) == 2**53
    assert as_seed(str(2**64 - 1)) == str(2**64 - 1)
    assert as_seed("random") is None


def test_sizes_are_positive() -> None:
    assert [as_size(value) for value in (512, "512", 0, -1, 10**7)] == [512, 512, None, None, None]


def test_names() -> None:
    assert as_name(" a\nb ") == "a b"
    assert as_name("") is None
    assert as_name(5) is None
    assert as_model("sdxl\\sub/model.v1.SafeTensors") == "model.v1"
    assert as_model("plain 1.5") == "plain 1.5"
    assert as_model(".ckpt") is None


def test_labels_may_be_numbers() -> None:
    assert [as_label(value) for value in ("v1.2", 2, 1.5, True, None, "")] == ["v1.2", "2", "1.5", None, None, None]


def test_prompts_keep_their_lines() -> None:
    assert as_prompt(" a\n b\0 ") == "a\n b"
    assert [as_prompt(value) for value in ("  ", 5, None)] == [None, None, None]
