"""When a session is held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.facts import State
from tallylight.ingest.guard import LEAST, Standing, doubt, sentence, standings
from tallylight.messages import view
from tallylight.model import FolderFound, Status


def standing(**changes: object) -> Standing:
    return Standing(**{"directory": "/m", "seen": 80, "known": 100, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("met", "doubted"),
    [
        ({}, ""),
        ({"lost": 20}, ""),
        ({"lost": 21}, "/m has lost many files"),
        ({"known": 3, "lost": 1}, ""),
        ({"known": LEAST, "lost": LEAST - 1}, ""),
        ({"known": LEAST, "lost": LEAST}, "/m has lost many files"),
        ({"seen": 0, "known": 1, "lost": 1}, "/m is empty"),
        ({"seen": 0, "known": 0}, ""),  # nothing was there before
        ({"seen": 0, "known": 1, "lost": 1, "is_gone": True}, "/m is gone"),
        ({"lost": 1, "was_on": "/m", "is_on": "/"}, "/m is on another file system than before"),
        ({"lost": 1, "was_on": "/m", "is_on": "/m"}, ""),
        ({"lost": 1, "was_on": "", "is_on": "/"}, ""),  # committed before that was remembered
        ({"lost": 0, "was_on": "/m", "is_on": "/"}, ""),  # a library on a new disk, whole
    ],
)
def test_what_is_strange_about_a_folder(met: dict[str, object], doubted: str) -> None:
    assert doubt(standing(**met), 0.2) == doubted


@pytest.mark.parametrize(("share", "is_doubted"), [(0, True), (0.5, True), (0.6, False), (1, False)])
def test_the_share_is_a_setting(share: float, is_doubted: bool) -> None:
    assert bool(doubt(standing(lost=60), share)) is is_doubted


def test_the_sentence_says_which_folder_how_many_and_what_to_do() -> None:
    told = sentence([standing(), standing(directory="/n", seen=0, known=1234, lost=1234), standing(lost=50)], 0.2)
    assert told == (
        "/n is empty: 1,234 of 1,234 files the catalog has there are missing (and so with 1 more)."
        " Check that the disk is connected. If it is right, resume: they are marked as missing, nothing is removed."
        " If not, cancel."
    )
    assert sentence([standing()], 0.2) == ""


@given(st.text(min_size=1, max_size=300))
def test_a_message_holds_all_of_it(name: str) -> None:
    told = sentence([standing(directory=f"/{name}", known=10**9, lost=10**9)], 0.2)
    assert view(State(session_id="s", status=Status.HELD, code="guard", message=told), 1.0)["held"]["message"] == told


def test_a_folder_counts_for_each_directory_that_it_lies_in() -> None:
    folders = [
        FolderFound(folder="/m", files=1, unchanged=2, excluded=3, known=9, lost=4),
        FolderFound(folder="/m/day", files=1, known=2, lost=1),
        FolderFound(folder="/mm", files=7, known=7),
    ]
    met = standings(("/m", "/m/day", "/"), folders, frozenset({"/m/day"}), {"/m": "/m"}, {"/m": "/"})
    assert met == [
        Standing(directory="/m", seen=7, known=11, lost=5, was_on="/m", is_on="/"),
        Standing(directory="/m/day", is_gone=True, seen=1, known=2, lost=1),
        Standing(directory="/", seen=14, known=18, lost=5),
    ]
