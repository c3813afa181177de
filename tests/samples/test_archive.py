from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallylight.errors import BadFolder, BadParameters
from tallylight.samples import build_archive
from tallylight.samples.piece import Kind

MARKER = ".tallylight-samples/archive.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "samples"


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    build_archive(tmp_path / "one", seed=3, pictures=5)
    build_archive(tmp_path / "two", seed=3, pictures=5)
    build_archive(tmp_path / "three", seed=4, pictures=5)
    one, two, three = (_contents(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one.keys() != three.keys()


def test_the_summary_counts_what_is_there(folder: Path) -> None:
    summary = build_archive(folder, pictures=20)
    contents = _contents(folder)
    assert sum(summary.files.values()) == len(contents) - 1  # the marker
    assert summary.candidates == sum(summary.files.values()) - summary.files[Kind.SIDECAR] - summary.files[Kind.IGNORED]
    assert set(summary.failures) | set(summary.scores) | set(summary.favourites) < set(contents)
    for file, score in summary.scores.items():
        path = Path(file)
        sidecar = json.loads(contents[str(path.parent / ".scores" / f"{path.name}.json")])
        assert (sidecar["score"], sidecar["favourite"]) == (score, file in summary.favourites)


def test_a_complete_archive_is_kept(folder: Path) -> None:
    summary = build_archive(folder, pictures=1)
    file = next(iter(summary.scores))
    (folder / file).write_bytes(b"changed by hand")
    assert build_archive(folder, pictures=1) == summary
    assert (folder / file).read_bytes() == b"changed by hand"


def test_an_interrupted_build_is_finished(folder: Path) -> None:
    build_archive(folder, pictures=1)
    whole = _contents(folder)
    marker = json.loads(whole[MARKER])
    (folder / MARKER).write_text(json.dumps({**marker, "complete": False}))
    (folder / marker["files"][0]).unlink()
    build_archive(folder, pictures=1)
    assert _contents(folder) == whole


def test_other_arguments_renew_it_and_leave_other_files_alone(tmp_path: Path, folder: Path) -> None:
    build_archive(folder, pictures=4)
    (folder / "mine.txt").write_text("mine")
    build_archive(folder, seed=2, pictures=1)
    build_archive(tmp_path / "fresh", seed=2, pictures=1)
    assert _contents(folder) == {**_contents(tmp_path / "fresh"), "mine.txt": b"mine"}


def test_a_marker_cannot_point_outside(tmp_path: Path, folder: Path) -> None:
    victims = [tmp_path / "above.txt", tmp_path / "absolute.txt"]
    for victim in victims:
        victim.write_text("keep")
    (folder / MARKER).parent.mkdir(parents=True)
    (folder / MARKER).write_text(json.dumps({"files": ["../above.txt", str(victims[1])]}))
    build_archive(folder, pictures=0)
    assert all(victim.exists() for victim in victims)


def test_a_folder_with_something_else_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(BadFolder, match="not empty"):
        build_archive(folder)
    assert _contents(folder) == {"holiday.jpg": b"precious"}


def test_an_empty_folder_will_do(folder: Path) -> None:
    folder.mkdir()
    assert build_archive(folder, pictures=0).candidates == 10


def test_a_file_is_no_folder(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(BadFolder, match="choose"):
        build_archive(folder)


@pytest.mark.parametrize("marker", ["{", "[]", '{"files": 3}'])
def test_a_damaged_marker_is_refused(folder: Path, marker: str) -> None:
    (folder / MARKER).parent.mkdir(parents=True)
    (folder / MARKER).write_text(marker)
    with pytest.raises(BadFolder):
        build_archive(folder)


@pytest.mark.parametrize("arguments", [{"seed": -1}, {"pictures": -1}])
def test_negative_numbers_are_refused(folder: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(BadParameters):
        build_archive(folder, **arguments)
    assert not folder.exists()
