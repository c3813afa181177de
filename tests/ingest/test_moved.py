"""Which files have moved, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.catalog import Holder
from tallylight.ingest.moved import Whereabouts, pair
from tallylight.roots import Roots

paths = st.lists(st.sampled_from(["/a/1", "/a/2", "/b/1", "/b/3", "/c/2", "/c/4"]), unique=True)


@pytest.mark.parametrize(
    ("candidates", "lost", "pairs"),
    [
        ([], ["/a/1"], {}),
        (["/b/1"], [], {}),
        (["/b/9"], ["/a/1"], {"/b/9": "/a/1"}),
        (["/b/9", "/b/1"], ["/a/1"], {"/b/1": "/a/1"}),  # the same name before the first
        (["/b/9", "/b/8"], ["/a/1"], {"/b/9": "/a/1"}),
        (["/b/9", "/b/1"], ["/a/1", "/a/2"], {"/b/1": "/a/1", "/b/9": "/a/2"}),
        (["/b/1", "/c/1"], ["/a/1", "/d/1"], {"/b/1": "/a/1", "/c/1": "/d/1"}),
    ],
)
def test_pairs(candidates: list[str], lost: list[str], pairs: dict[str, str]) -> None:
    assert pair(candidates, lost) == pairs


@given(paths, paths)
def test_each_is_paired_once_and_as_many_as_there_can_be(candidates: list[str], lost: list[str]) -> None:
    pairs = pair(candidates, lost)
    assert set(pairs) <= set(candidates)
    assert set(pairs.values()) <= set(lost)
    assert len(set(pairs.values())) == len(pairs) == min(len(candidates), len(lost))


def test_where_a_file_is_gone_from(tmp_path: Path) -> None:
    session, other = tmp_path / "session", tmp_path / "root" / "day"
    bare, foreign = tmp_path / "root" / "disk", tmp_path / "foreign"
    for folder in (session, other, bare, foreign):
        folder.mkdir(parents=True)
    (session / "here.png").touch()
    (other / "here.png").touch()
    whereabouts = Whereabouts((str(session),), Roots.of(session, tmp_path / "root"))

    def is_gone(path: Path, since: float | None = None) -> bool:
        return whereabouts.is_gone(Holder(str(path), since))

    assert is_gone(session / "gone.png")
    assert is_gone(session / "no folder" / "gone.png")
    assert not is_gone(session / "here.png")
    assert not is_gone(session / "here.png", 5.0), "it is back"
    assert is_gone(other / "gone.png")
    assert not is_gone(other / "here.png", 5.0)
    assert not is_gone(bare / "gone.png"), "where a disk was, nothing has moved"
    assert not is_gone(tmp_path / "root" / "no folder" / "gone.png")
    assert not is_gone(foreign / "gone.png"), "it is not ours to look there"
    assert is_gone(foreign / "gone.png", 5.0), "an earlier session missed it"
