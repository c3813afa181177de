from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.model import MEDIA_SUFFIXES
from tallylight.samples.piece import CANDIDATES, Kind, Piece
from tallylight.samples.plan import plan
from tallylight.samples.sidecars import sidecar_path


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**64), count=st.integers(0, 150))
def test_every_path_is_used_once_and_stays_inside(seed: int, count: int) -> None:
    paths = [piece.path for piece in plan(seed, count)]
    assert len(set(paths)) == len(paths)
    assert not any(path.startswith("/") or ".." in path.split("/") for path in paths)


def test_what_is_a_candidate_is_one_by_name_and_place() -> None:
    for piece in plan(1, 40):
        *folders, name = piece.path.split("/")
        is_media = f".{name.rpartition('.')[2].lower()}" in MEDIA_SUFFIXES
        is_hidden = any(folder.startswith(".") for folder in folders)
        assert (is_media and not is_hidden) == (piece.kind in CANDIDATES), piece.path


def test_a_third_of_the_pictures_is_scored() -> None:
    pieces = plan(1, 120)
    scored = [piece for piece in pieces if piece.score is not None]
    assert len(scored) == 40
    assert {piece.score for piece in scored} == set(range(-1, 6))
    assert 0 < sum(piece.favourite for piece in scored) < 20
    sidecars = {piece.path for piece in pieces if piece.kind is Kind.SIDECAR}
    assert {sidecar_path(piece.path) for piece in scored} < sidecars
    assert len(sidecars) == 41  # one is broken


def test_duplicates_have_the_bytes_of_another_file() -> None:
    pieces = plan(1, 8)
    digests = Counter(hashlib.sha256(piece.make()).digest() for piece in pieces if piece.kind in CANDIDATES)
    copies = [piece for piece in pieces if piece.kind is Kind.DUPLICATE]
    assert len(copies) == 4
    assert sorted(digests.values())[-4:] == [2, 2, 2, 2]
    assert max(digests.values()) == 2


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_an_archive_may_be_tiny(count: int) -> None:
    kinds = Counter(piece.kind for piece in plan(1, count))
    assert sum(kinds[kind] for kind in (Kind.A1111, Kind.COMFYUI, Kind.EXPORT, Kind.CAMERA)) == count
    assert kinds[Kind.DAMAGED] == 5


def test_damage_says_why() -> None:
    damaged = [piece for piece in plan(1, 0) if piece.kind is Kind.DAMAGED]
    assert all(piece.failure is not None for piece in damaged)
    assert not any(_is_failing(piece) for piece in plan(1, 20) if piece.kind is not Kind.DAMAGED)


def _is_failing(piece: Piece) -> bool:
    return piece.failure is not None
