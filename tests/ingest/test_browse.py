"""Looking around inside the roots, on real folders."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.catalog import CommitItem
from tallylight.catalog.memory import MemoryCatalog
from tallylight.errors import BadFolder
from tallylight.ingest.browse import Budget, Directory, Listing, directories, file_types, natural
from tallylight.model import MEDIA_SUFFIXES, Outcome, OutcomeKind
from tallylight.roots import Roots, escape


def still() -> float:
    """A clock that stands."""
    return 0.0


def fill(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    media = tmp_path.resolve() / "media"
    fill(media, "top.png")
    fill(media / "day_10", "a.png", "b.JPG", "notes.txt", ".hidden.png")
    fill(media / "day_2" / "deep", "c.mp4")
    fill(media / ".thumbnails", "t.png")
    fill(tmp_path / "outside", "secret.png")
    return media


def listed(media: Path, path: Path | None, *, budget: Budget | None = None, skip: tuple[str, ...] = ()) -> Listing:
    roots = Roots.of(media)
    text = None if path is None else escape(path)
    return directories(roots, text, MemoryCatalog(), budget or Budget(still), skip)


def by_name(listing: Listing) -> dict[str, Directory]:
    return {directory.name: directory for directory in listing.directories}


def test_without_a_path_the_roots_are_listed(media: Path) -> None:
    listing = listed(media, None)
    assert (listing.path, listing.parent, listing.capped) == (None, None, False)
    (root,) = listing.directories
    assert (root.name, root.path, root.has_children, root.total_files) == (str(media), str(media), True, 1)


def test_a_folder_lists_its_folders_in_natural_order_with_counts_of_what_lies_directly_in_them(media: Path) -> None:
    listing = listed(media, media)
    assert (listing.path, listing.parent) == (str(media), None)
    assert [(each.name, each.has_children, each.total_files) for each in listing.directories] == [
        ("day_2", True, 0),
        ("day_10", False, 2),
    ]
    assert listing.directories[1].path == str(media / "day_10")
    assert [each.types for each in listing.directories] == [{}, {"jpg": 1, "png": 1}]
    assert list(listing.as_json()["directories"][1]["types"]) == ["jpg", "png"]


def test_below_a_root_there_is_a_way_up(media: Path) -> None:
    assert listed(media, media / "day_2").parent == str(media)


def test_a_root_inside_a_root_has_a_way_up_too(media: Path) -> None:
    roots = Roots.of(media, media / "day_2")
    assert directories(roots, str(media / "day_2"), MemoryCatalog(), Budget(still)).parent == str(media)


def test_the_top_of_the_file_system_has_none() -> None:
    budget = Budget(still, entries=1)
    assert directories(Roots.of("/"), "/", MemoryCatalog(), budget).parent is None


@pytest.mark.parametrize("path", ["outside", "media/../outside", "media/missing", "media/top.png", "media/out"])
def test_what_is_outside_missing_or_a_file_is_refused(media: Path, path: str) -> None:
    (media / "out").symlink_to("../outside")
    with pytest.raises(BadFolder):
        listed(media, media.parent / path)


def test_links_lead_nowhere_outside_and_inside_to_the_real_folder(media: Path) -> None:
    (media / "out").symlink_to("../outside")
    (media / "loop").symlink_to("loop")
    (media / "dangling").symlink_to("nowhere")
    (media / "again").symlink_to("day_10")
    (media / "day_10" / "link.png").symlink_to("a.png")
    (media / "day_10" / "secret.png").symlink_to("../../outside/secret.png")
    (media / "day_10" / "folder.png").symlink_to("../day_2")
    found = by_name(listed(media, media))
    assert found.keys() == {"day_2", "day_10", "again"}
    assert found["again"].path == str(media / "day_10")
    assert found["day_10"].total_files == 3


def test_pipes_and_folders_with_the_name_of_a_picture_are_no_files(media: Path) -> None:
    os.mkfifo(media / "day_10" / "pipe.png")
    (media / "day_10" / "folder.png").mkdir()
    assert by_name(listed(media, media))["day_10"].total_files == 2


def test_the_catalogs_files_are_counted(media: Path) -> None:
    catalog = MemoryCatalog()
    outcome = Outcome(root=str(media), file="day_10/a.png", kind=OutcomeKind.EXTRACTED)
    assert catalog.commit("s", [CommitItem(1, str(media / "day_10/a.png"), outcome)], 1.0) == []
    listing = directories(Roots.of(media), str(media), catalog, Budget(still))
    assert [each.ingested_files for each in listing.directories] == [0, 1]


def test_the_data_folder_is_left_out(media: Path) -> None:
    assert by_name(listed(media, media, skip=(str(media / "day_2"),))).keys() == {"day_10"}


def test_odd_names_are_escaped_and_can_be_asked_for(media: Path) -> None:
    odd = media / "caf\udce9 <script>\n"
    fill(odd / "in", "x.png")
    name, directory = next(pair for pair in by_name(listed(media, media)).items() if pair[0].startswith("caf"))
    assert name == "caf\\xe9 <script>\n"
    json.dumps(listed(media, media).as_json()).encode()
    inside = directories(Roots.of(media), directory.path, MemoryCatalog(), Budget(still))
    assert by_name(inside)["in"].total_files == 1


def test_a_folder_that_cannot_be_read_is_listed_as_such(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(path: str) -> object:
        if path == str(media / "day_10"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    # Not by chmod: root reads everything.
    monkeypatch.setattr(os, "scandir", refusing)
    closed = by_name(listed(media, media))["day_10"]
    assert (closed.readable, closed.total_files, closed.has_children) == (False, None, False)
    assert file_types(Roots.of(media), [str(media)], Budget(still)).file_types == ("mp4", "png")


def test_a_root_that_is_gone_is_listed_as_not_readable(media: Path, tmp_path: Path) -> None:
    gone = tmp_path.resolve() / "gone"
    gone.mkdir()
    roots = Roots.of(media, gone)
    gone.rmdir()
    listing = directories(roots, None, MemoryCatalog(), Budget(still))
    assert [(each.readable, each.total_files) for each in listing.directories] == [(True, 1), (False, None)]


def test_a_huge_folder_is_counted_up_to_the_limit(media: Path) -> None:
    fill(media / "huge", *(f"{number}.png" for number in range(30)))
    fill(media / "full", *(f"{number}.png" for number in range(20)))
    found = by_name(listed(media, media, budget=Budget(still, entries=20)))
    huge, full = found["huge"], found["full"]
    assert (huge.total_files, huge.types, huge.capped, huge.has_children) == (20, {"png": 20}, True, True)
    assert (full.total_files, full.capped, full.has_children) == (20, False, False)
    assert listed(media, media / "huge", budget=Budget(still, entries=20)).capped


def test_when_the_time_is_up_folders_are_named_but_not_looked_into(media: Path) -> None:
    readings = iter([0.0, *[1.0] * 5])

    def clock() -> float:
        return next(readings, 9.0)

    # The start, then one reading an entry of `media` (4), then one before each folder in it.
    found = listed(media, media, budget=Budget(clock, seconds=2.0))
    assert [(each.name, each.total_files, each.has_children, each.capped) for each in found.directories] == [
        ("day_2", 0, True, False),
        ("day_10", None, True, True),
    ]


def test_the_types_below_folders(media: Path) -> None:
    found = file_types(Roots.of(media), [str(media)], Budget(still))
    assert found.as_json() == {
        "file_types": ["jpg", "mp4", "png"],
        "counts": {"jpg": 1, "mp4": 1, "png": 2},
        "capped": False,
    }
    assert file_types(Roots.of(media), [str(media / "day_2")], Budget(still)).file_types == ("mp4",)
    assert file_types(Roots.of(media), [], Budget(still)).file_types == ()


def test_types_stay_inside_the_roots_and_loops_end(media: Path) -> None:
    fill(media.parent / "outside", "x.avi")
    (media / "day_2" / "deep" / "up").symlink_to("../..")
    (media / "out").symlink_to("../outside")
    assert file_types(Roots.of(media), [str(media)], Budget(still)).file_types == ("jpg", "mp4", "png")
    with pytest.raises(BadFolder):
        file_types(Roots.of(media), [str(media), str(media.parent / "outside")], Budget(still))


def test_types_of_the_data_folder_are_not_told(media: Path) -> None:
    assert file_types(Roots.of(media), [str(media)], Budget(still), (str(media / "day_2"),)).file_types == (
        "jpg",
        "png",
    )


def test_a_search_for_types_that_reaches_a_limit_says_so(media: Path) -> None:
    first = file_types(Roots.of(media), [str(media)], Budget(still, entries_below=1))
    assert first.file_types == ("png",)
    assert first.capped
    assert file_types(Roots.of(media), [str(media)], Budget(still, entries=1)).capped
    assert file_types(Roots.of(media), [str(media)], Budget(still, seconds=0.0)).capped


def test_a_search_that_is_cut_says_so_though_it_has_seen_every_type(media: Path) -> None:
    fill(media, *(f"x{suffix}" for suffix in MEDIA_SUFFIXES))
    found = file_types(Roots.of(media), [str(media)], Budget(still, entries_below=1))
    assert (len(found.file_types), found.capped) == (len(MEDIA_SUFFIXES), True), "there may be more files of each"


def test_files_in_folders_that_overlap_are_counted_once(media: Path) -> None:
    found = file_types(Roots.of(media), [str(media), str(media / "day_10")], Budget(still))
    assert found.counts == {"jpg": 1, "mp4": 1, "png": 2}


@given(st.lists(st.text(), unique=True))
def test_natural_order_is_total(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(backwards, key=natural) == sorted(names, key=natural)


def test_natural_order() -> None:
    names: Iterator[str] = iter(["b", "day_10", "A", "day_2", "Day_1", "2", "10", "a", "day"])
    assert sorted(names, key=natural) == ["2", "10", "A", "a", "b", "day", "Day_1", "day_2", "day_10"]
