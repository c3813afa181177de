"""Folders asked for ahead of the walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tallylight.catalog import CommitItem, KnownFile
from tallylight.catalog.memory import MemoryCatalog
from tallylight.ingest.ahead import MOST_FILES, MOST_FOLDERS, Ahead
from tallylight.model import Outcome, OutcomeKind


class Counting(MemoryCatalog):
    """Counts how often it is asked, and for how many folders at once."""

    def __init__(self, folders: int, files: int) -> None:
        super().__init__()
        bare = Outcome(root="/", file="", kind=OutcomeKind.EXTRACTED, bytes=1)
        names = [f"/m/{folder:03}/{file}.png" for folder in range(folders) for file in range(files)]
        self.commit("s", [CommitItem(seq, name, replace(bare)) for seq, name in enumerate(names)], 1.0)
        self.asked: list[int] = []

    def in_folder(self, folder: str) -> Iterator[KnownFile]:
        self.asked.append(1)
        return super().in_folder(folder)

    def in_folders(self, folders: Sequence[str], most: int) -> dict[str, list[KnownFile]] | None:
        found = super().in_folders(folders, most)
        self.asked = [*self.asked[: len(self.asked) - len(folders)], len(folders)]
        return found


@pytest.mark.parametrize(("folders", "files"), [(1, 3), (300, 1), (12, 400), (3, MOST_FILES + 1), (5, MOST_FILES)])
def test_every_folder_gets_its_own_files(folders: int, files: int) -> None:
    catalog = Counting(folders, files)
    ahead, waiting = Ahead(catalog), [f"/m/{folder:03}" for folder in reversed(range(folders))]
    while waiting:
        folder = waiting.pop()
        assert len(list(ahead.files(folder, waiting))) == files
    assert list(ahead.files("/m/none", [])) == []
    assert max(catalog.asked) <= MOST_FOLDERS + 1


def test_small_folders_are_asked_for_together() -> None:
    catalog = Counting(300, 1)
    ahead, waiting = Ahead(catalog), [f"/m/{folder:03}" for folder in reversed(range(300))]
    while waiting:
        ahead.files(waiting.pop(), waiting)
    assert len(catalog.asked) < 15


def test_names_that_are_not_utf_8() -> None:
    catalog = MemoryCatalog()
    bare = Outcome(root="/", file="", kind=OutcomeKind.EXTRACTED, bytes=1)
    catalog.commit("s", [CommitItem(1, r"/m/caf\xe9/a.png", bare)], 1.0)
    ahead = Ahead(catalog)
    assert list(ahead.files("/m", ["/m/caf\udce9"])) == []
    assert [name for name, *_ in ahead.files("/m/caf\udce9", [])] == ["a.png"]
