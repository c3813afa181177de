"""What is expected of a folder, and what became of it."""

from __future__ import annotations

import pytest

from tallylight.catalog import KnownFile
from tallylight.ingest.expected import Expected, Unmet, Wish, stamp, unmet
from tallylight.model import Tier


def everything(_name: str) -> bool:
    return True


def known(
    name: str = "a.png", *, version: int = 3, tier: str | None = "full", missing: float | None = None
) -> KnownFile:
    return (name, 5, 7, version, tier, missing)


def wish(**changes: object) -> Wish:
    asked = {"version": 3, "tier": Tier.METADATA, "skips_known": True, "takes": everything}
    return Wish(**{**asked, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("file", "asked", "is_skipped"),
    [
        (known(), {}, True),
        (known(version=2), {}, False),  # a better extractor reads it once more
        (known(version=4), {}, True),  # a newer program has read it: nothing is gained
        (known(tier="index"), {}, False),  # a deeper look was asked for
        (known(tier="metadata"), {}, True),
        (known(tier=None), {}, False),
        (known(), {"tier": Tier.FULL}, True),
        (known(tier="metadata"), {"tier": Tier.FULL}, False),
        (known(), {"skips_known": False}, False),
        (known(), {"takes": lambda name: name != "a.png"}, False),
    ],
)
def test_which_files_need_not_be_read_again(file: KnownFile, asked: dict[str, object], is_skipped: bool) -> None:
    expected = wish(**asked).expected([file])
    assert expected.stamps == {"a.png": stamp(5, 7) if is_skipped else None}


def test_files_in_the_queue_are_met_in_any_case() -> None:
    assert wish().expected([known(), known("b.png")], queued=["b.png", "c.png"]).stamps == {
        "a.png": stamp(5, 7),
        "b.png": None,
    }


def test_names_are_as_the_file_system_has_them() -> None:
    assert wish().expected([known(r"caf\xe9.png")]).stamps == {"caf\udce9.png": stamp(5, 7)}


def test_what_was_marked_before_is_not_known() -> None:
    expected = wish().expected([known(), known("b.png", missing=1.0)])
    assert (expected.known, expected.marked) == (1, ["b.png"])


@pytest.mark.parametrize(("one", "other"), [((0, 1), (1, 0)), ((5, 7), (5, 8)), ((5, -7), (5, 7)), ((1, -1), (0, 1))])
def test_a_stamp_tells_sizes_and_times_apart(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert stamp(*one) != stamp(*other)


def test_what_was_not_met_is_missing_and_what_was_marked_and_met_is_found() -> None:
    expected = Expected(
        {"gone.png": 1, "b\udce9.png": None, "marked.png": 1, "note.txt": 1}, ["marked.png", "back.png"]
    )
    assert unmet(expected, lambda name: name.endswith(".png")) == Unmet(
        missing=(r"b\xe9.png", "gone.png", "marked.png"), found=("back.png",), lost=2
    )
    assert unmet(Expected(), everything) == Unmet()
