from __future__ import annotations

import json

import pytest

from tallylight.samples.sidecars import BROKEN_SIDECAR, sidecar_bytes, sidecar_path


def test_a_sidecar_sits_in_a_hidden_folder_beside_the_file() -> None:
    assert sidecar_path("day_1/a b.png") == "day_1/.scores/a b.png.json"
    assert sidecar_path("top.jpg") == ".scores/top.jpg.json"


def test_a_sidecar_names_the_file_and_its_score() -> None:
    assert json.loads(sidecar_bytes("day_1/夜.png", -1, favourite=True)) == {
        "file": "夜.png",
        "score": -1,
        "favourite": True,
        "updated": "2024-06-18T20:15:00Z",
    }


def test_the_broken_one_is_broken() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(BROKEN_SIDECAR)
