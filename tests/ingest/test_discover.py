from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.discover import Found, UnreadFolder, Walked, discover, is_media, name_filter
from tallylight.ingest.expected import Expected
from tallylight.model import MEDIA_SUFFIXES, Candidate
from tallylight.roots import Roots, escape, unescape


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))


def found(*folders: Path, roots: Roots | None = None, skip: tuple[str, ...] = ()) -> list[Found]:
    roots = roots or Roots.of(*folders)
    return list(discover(roots, tuple(escape(folder) for folder in folders), skip))


def files(*folders: Path, roots: Roots | None = None, skip: tuple[str, ...] = ()) -> list[str]:
    """What was found; fails where a folder could not be read."""
    everything = found(*folders, roots=roots, skip=skip)
    assert not [one for one in everything if isinstance(one, UnreadFolder)]
    return sorted(one.file for one in everything if isinstance(one, Candidate))


# --- which files -------------------------------------------------------------------------------------------------


def test_media_are_told_by_their_suffix_in_any_case(tree: Path) -> None:
    make(tree, *(f"a{suffix}" for suffix in MEDIA_SUFFIXES), *(f"B{suffix.upper()}" for suffix in MEDIA_SUFFIXES))
    make(tree, "c.txt", "png", "d.png.json", "e.pngx", "f.", "mixed.JpEg")
    expected = [f"a{suffix}" for suffix in MEDIA_SUFFIXES] + [f"B{suffix.upper()}" for suffix in MEDIA_SUFFIXES]
    assert files(tree) == sorted([*expected, "mixed.JpEg"])


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.png", True),
        ("a.b.MP4", True),
        (".png", False),
        ("a.png ", False),
        ("a", False),
        ("", False),
        ("a.psd", False),
    ],
)
def test_is_media(name: str, is_one: bool) -> None:
    assert is_media(name) is is_one


def test_hidden_names_are_not_media(tree: Path) -> None:
    make(tree, "a.png", ".hidden.png", ".scores/a.png.json", ".thumbnails/a.png", "day/.git/b.png", "day/b.png")
    assert files(tree) == ["a.png", "day/b.png"]


def test_a_hidden_folder_can_be_asked_for(tree: Path) -> None:
    make(tree, ".archive/a.png")
    assert files(tree / ".archive") == ["a.png"]


def test_a_candidate_carries_what_the_listing_knows(tree: Path) -> None:
    make(tree, "day/a.png")
    os.utime(tree / "day" / "a.png", ns=(1, 1_795_436_400_123_456_789))
    (candidate,) = (one for one in found(tree) if isinstance(one, Candidate))
    assert candidate == Candidate(str(tree), "day/a.png", 9, 1_795_436_400_123_456_789)


@pytest.mark.parametrize("raw", [b"caf\xe9.png", rb"caf\xe9.png", b"two\nlines.png", b'"it\'s".png', b"<script>.png"])
def test_odd_names_name_their_file(tree: Path, raw: bytes) -> None:
    path = os.fsencode(tree) + b"/caf\xe9 folder/" + raw
    os.mkdir(os.path.dirname(path))  # noqa: PTH102, PTH120
    Path(os.fsdecode(path)).touch()
    (file,) = files(tree)
    assert os.fsencode(f"{tree}/{unescape(file)}") == path
    file.encode("utf-8")


def test_a_directory_whose_name_is_not_utf_8_can_be_asked_for(tree: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tree) + b"/caf\xe9"))
    make(folder, "a.png")
    assert files(folder, roots=Roots.of(tree)) == ["a.png"]


def test_a_directory_with_a_slash_at_its_end(tree: Path) -> None:
    make(tree, "day/a.png")
    assert [one.file for one in discover(Roots.of(tree), (f"{tree}/",)) if isinstance(one, Candidate)] == ["day/a.png"]


def test_what_is_no_file_is_no_candidate(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)  # a socket's address must be short
    os.mkfifo("pipe.png")
    make(tree, "folder.png/a.png")
    (tree / "link.png").symlink_to("folder.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        assert files(tree) == ["folder.png/a.png"]


def test_an_empty_folder(tree: Path) -> None:
    assert found(tree) == [Walked(str(tree), is_empty=True, unmet=Expected())]


# --- links and loops ---------------------------------------------------------------------------------------------


@pytest.mark.timeout(10)
@pytest.mark.parametrize("target", [".", "..", "../day", "loop"])
def test_loops_end(tree: Path, target: str) -> None:
    make(tree, "day/a.png")
    (tree / "day" / "loop").symlink_to(target)
    assert files(tree) == ["day/a.png"]


def test_a_link_to_itself_that_is_named_as_media_is_left_to_fail(tree: Path) -> None:
    (tree / "loop.png").symlink_to("loop.png")
    assert [one for one in found(tree) if isinstance(one, Candidate)] == [Candidate(str(tree), "loop.png", 0, 0)]


def test_a_link_to_nothing_is_left_to_fail(tree: Path) -> None:
    (tree / "gone.png").symlink_to("missing.png")
    assert [one for one in found(tree) if isinstance(one, Candidate)] == [Candidate(str(tree), "gone.png", 0, 0)]


def test_a_link_to_a_folder_outside_is_not_followed(tree: Path) -> None:
    make(tree.parent, "outside/secret.png")
    make(tree, "a.png")
    (tree / "out").symlink_to("../outside")
    assert files(tree) == ["a.png"]
    assert files(tree, roots=Roots.of(tree.parent)) == ["a.png", "out/secret.png"]


def test_a_link_to_a_file_outside_is_left_to_fail_and_tells_nothing_of_it(tree: Path) -> None:
    make(tree.parent, "secret.png")
    (tree / "out.png").symlink_to("../secret.png")
    assert [one for one in found(tree) if isinstance(one, Candidate)] == [Candidate(str(tree), "out.png", 0, 0)]


def test_a_link_inside_is_followed_and_its_folder_entered_once(tree: Path) -> None:
    make(tree, "z_day/a.png")
    (tree / "a_link").symlink_to("z_day")
    (tree / "b_link").symlink_to("z_day")
    assert files(tree) == ["a_link/a.png"]


def test_overlapping_directories_give_each_file_once(tree: Path) -> None:
    make(tree, "a.png", "day/b.png", "day/deep/c.png")
    assert files(tree, tree / "day", tree) == ["a.png", "day/b.png", "day/deep/c.png"]
    assert files(tree / "day" / "deep", tree / "day") == ["b.png", "c.png"]


def test_several_directories_each_name_their_own(tree: Path) -> None:
    make(tree, "one/a.png", "two/a.png")
    candidates = [one for one in found(tree / "one", tree / "two") if isinstance(one, Candidate)]
    assert [(one.root, one.file) for one in candidates] == [(f"{tree}/one", "a.png"), (f"{tree}/two", "a.png")]


@pytest.mark.parametrize("through_a_link", [False, True])
def test_the_data_folder_is_passed_over(tree: Path, through_a_link: bool) -> None:
    make(tree, "a.png", "data/thumbnails/t.webp", "database/b.png")
    if through_a_link:
        (tree / "a_link").symlink_to("data")
    assert files(tree, skip=(f"{tree}/data",)) == ["a.png", "database/b.png"]


def test_a_data_folder_that_is_asked_for_itself_holds_nothing(tree: Path) -> None:
    make(tree, "t.webp")
    assert found(tree, skip=(str(tree),)) == []


# --- folders that fail -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"), [(PermissionError(13, "Permission denied"), "permission"), (OSError(5, "I/O error"), "io_error")]
)
def test_a_folder_that_cannot_be_read_is_told_and_the_rest_goes_on(
    tree: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, code: str
) -> None:
    make(tree, "day_1/a.png", "day_2/b.png", "day_3/c.png")
    _fail_to_list(monkeypatch, str(tree / "day_2"), error)
    everything = found(tree)
    assert [one.file for one in everything if isinstance(one, Candidate)] == ["day_1/a.png", "day_3/c.png"]
    why = f"This folder could not be read ({error.strerror}), so nothing in it is counted"
    sentence = f"{why}; check the disk, then ingest again."
    unread = [one for one in everything if isinstance(one, UnreadFolder)]
    assert unread == [UnreadFolder("day_2", code, sentence, str(tree / "day_2"))]


def test_the_directory_itself_can_be_unreadable(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = Roots.of(tree)
    _fail_to_list(monkeypatch, str(tree), PermissionError(13, "Permission denied"))
    (unread,) = found(tree, roots=roots)
    assert isinstance(unread, UnreadFolder)
    assert (unread.file, unread.code) == (".", "permission")


def test_a_directory_that_vanished_before_the_walk_is_told(tree: Path) -> None:
    roots = Roots.of(tree)
    tree.rmdir()
    (unread,) = found(tree, roots=roots)
    assert isinstance(unread, UnreadFolder)
    assert (unread.file, unread.code) == (".", "io_error")


def test_a_folder_that_vanishes_under_the_walk_is_told(tree: Path) -> None:
    make(tree, "day_1/a.png", "day_2/b.png", "day_3/c.png")
    walk = discover(Roots.of(tree), (str(tree),))
    first = next(one for one in walk if isinstance(one, Candidate))
    shutil.rmtree(tree / "day_2")
    rest = list(walk)
    assert first.file == "day_1/a.png"
    assert [one.file for one in rest if isinstance(one, Candidate)] == ["day_3/c.png"]
    assert [one.file for one in rest if isinstance(one, UnreadFolder)] == ["day_2"]


def test_a_file_that_vanishes_under_the_walk_is_left_to_fail(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree, "a.png", "b.png")
    list_really = os.scandir

    def list_then_remove(folder: str) -> Any:
        return _Listing(list_really(folder), before_entries=lambda: (tree / "b.png").unlink(missing_ok=True))

    monkeypatch.setattr(os, "scandir", list_then_remove)
    sizes = {one.file: one.size for one in found(tree, roots=Roots((str(tree),))) if isinstance(one, Candidate)}
    assert sizes == {"a.png": 5, "b.png": 0}


def test_a_listing_that_breaks_off_keeps_what_it_gave(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree, "a.png", "b.png", "c.png")
    list_really = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: _Listing(list_really(folder), breaks_after=2))
    everything = found(tree, roots=Roots((str(tree),)))
    assert len([one for one in everything if isinstance(one, Candidate)]) == 2
    assert [one.code for one in everything if isinstance(one, UnreadFolder)] == ["io_error"]


# --- size and order ----------------------------------------------------------------------------------------------


def test_hundreds_of_levels(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    folder = "/".join("d" * 600)
    Path(folder).mkdir(parents=True)
    make(tree, f"{folder}/a.png")
    assert files(tree) == [f"{folder}/a.png"]


def test_a_path_too_long_for_the_system_is_told(tree: Path) -> None:
    descriptor = os.open(tree, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("n" * 200, dir_fd=descriptor)
        deeper = os.open("n" * 200, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.close(descriptor)
    unread = [one for one in found(tree) if isinstance(one, UnreadFolder)]
    assert len(unread) == 1
    assert "File name too long" in unread[0].message


def test_the_first_comes_before_the_walk_ends(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in range(20):
        (tree / f"{folder:02}").mkdir()
        for number in range(1000):
            os.close(os.open(f"{tree}/{folder:02}/{number}.png", os.O_CREAT | os.O_WRONLY))
    listed: list[str] = []
    list_really = os.scandir

    def list_and_note(folder: str) -> Any:
        listed.append(folder)
        return list_really(folder)

    roots = Roots.of(tree)
    monkeypatch.setattr(os, "scandir", list_and_note)
    walk = discover(roots, (str(tree),))
    next(one for one in walk if isinstance(one, Candidate))
    assert listed == [str(tree), f"{tree}/00"]
    assert sum(isinstance(one, Candidate) for one in walk) == 20_000 - 1
    assert len(listed) == 21


def test_folders_come_in_the_order_of_their_names(tree: Path) -> None:
    make(tree, "b/b.png", "a/z/c.png", "a/a.png", "c.png")
    assert [one.folder for one in found(tree) if isinstance(one, Walked)] == [
        str(tree), f"{tree}/a", f"{tree}/a/z", f"{tree}/b"
    ]  # fmt: skip


def test_a_walk_that_finds_nothing_still_gives_signs_of_life(tree: Path) -> None:
    for number in range(50):
        (tree / f"{number:02}").mkdir()
    assert len(found(tree)) == 51


# --- patterns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("", ["a.png", "b"], []),
        (" | ", ["a.png", "b"], []),
        ("*.png", ["a.png", "A.PNG", "day/a.png"], ["a.jpg", "png"]),
        ("*.PNG", ["a.png"], ["a.jpg"]),
        ("*.mp4|*.png", ["a.mp4", "a.png"], ["a.webm"]),
        (" *.mp4 | *.png |", ["a.mp4", "a.png"], ["a.webm"]),
        ("gen_*", ["gen_1.png", "day/gen_2.png"], ["img_gen_.png", "gen_/img.png"]),
        ("gen_??.png", ["gen_01.png"], ["gen_1.png", "gen_001.png"]),
        ("[ab]*.png", ["a1.png", "b.png"], ["c.png"]),
        ("[!a]*", ["b.png"], ["a.png"]),
        ("[", ["["], ["a.png"]),
        ("day/*.png", [], ["day/a.png"]),
        ("a+(b).png", ["a+(b).png"], ["aab.png"]),
    ],
)
def test_a_pattern_tests_the_name_alone(pattern: str, taken: list[str], left: list[str]) -> None:
    wanted = name_filter(pattern)
    assert [name for name in [*taken, *left] if wanted(name)] == taken


@given(st.text(), st.text(min_size=1))
def test_any_pattern_is_a_test(pattern: str, name: str) -> None:
    assert name_filter(pattern)(name) in {True, False}


class _Listing:
    """`os.scandir`'s answer, with a fault."""

    def __init__(
        self, entries: Any, before_entries: Callable[[], object] = lambda: None, breaks_after: int | None = None
    ) -> None:
        self._entries = entries
        self._before_entries = before_entries
        self._breaks_after = breaks_after

    def __enter__(self) -> Iterator[os.DirEntry[str]]:
        return self._faulty()

    def __exit__(self, *_: object) -> None:
        self._entries.close()

    def _faulty(self) -> Iterator[os.DirEntry[str]]:
        entries = list(self._entries)
        self._before_entries()
        for number, entry in enumerate(entries):
            if number == self._breaks_after:
                raise OSError(5, "Input/output error")
            yield entry


def _fail_to_list(monkeypatch: pytest.MonkeyPatch, folder: str, error: OSError) -> None:
    list_really = os.scandir

    def list_or_fail(wanted: str) -> Any:
        if wanted == folder:
            raise error
        return list_really(wanted)

    monkeypatch.setattr(os, "scandir", list_or_fail)
