"""Scores beside files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.sidecars.scores import Score, parse, read, sidecar_path
from tallylight.roots import Roots


@pytest.mark.parametrize(
    ("raw", "score", "favourite"),
    [
        (b'{"score": 5, "favourite": true}', 5, True),
        (b'{"score": -1, "favourite": false}', -1, False),
        (b'{"score": 0}', 0, None),
        (b'{"score": "5"}', 5, None),
        (b'{"score": " -1 "}', -1, None),
        (b'{"score": 3.0}', 3, None),
        (b'{"score": null, "favourite": null}', None, None),
        (b'\xef\xbb\xbf{"score": 2}', 2, None),
        (b"{}", None, None),
    ],
)
def test_scores(raw: bytes, score: int | None, favourite: bool | None) -> None:
    assert parse(raw) == Score(score, favourite)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"score": 6}',
        b'{"score": -2}',
        b'{"score": 3.7}',
        b'{"score": true}',
        b'{"score": "abc"}',
        b'{"score": "3.5"}',
        b'{"score": 1e308}',
        b'{"score": NaN}',
        b'{"score": Infinity}',
        b'{"score": [5]}',
        b'{"score": {"a": 1}}',
        b'{"score": ' + b"9" * 5000 + b"}",
        b'{"score": "' + b"9" * 5000 + b'"}',
        b"{",
        b"[]",
        b"5",
        b"",
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_what_is_no_score_is_a_warning(raw: bytes) -> None:
    found = parse(raw)
    assert found.score is None
    assert len(found.warnings) == 1


def test_a_bad_favourite_leaves_the_score() -> None:
    found = parse(b'{"score": 4, "favourite": "yes"}')
    assert (found.score, found.favourite) == (4, None)
    assert found.warnings == ("the score sidecar's favourite is neither true nor false",)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_parse_never_raises(raw: bytes) -> None:
    parse(raw)
    parse(b'{"score": ' + raw + b"}")


def test_it_lies_in_a_folder_beside_the_file(tmp_path: Path) -> None:
    assert sidecar_path("/a/b.png") == "/a/.scores/b.png.json"
    (tmp_path / ".scores").mkdir()
    (tmp_path / ".scores" / "b.png.json").write_bytes(b'{"score": 3}')
    assert read(Roots.of(tmp_path), str(tmp_path / "b.png")).score == 3


def test_no_sidecar_is_no_score_and_nothing_is_created(tmp_path: Path) -> None:
    assert read(Roots.of(tmp_path), str(tmp_path / "b.png")) == Score()
    (tmp_path / ".scores").write_bytes(b"a file")
    assert read(Roots.of(tmp_path), str(tmp_path / "b.png")) == Score()
    assert [path.name for path in tmp_path.iterdir()] == [".scores"]


def test_trouble_with_the_file_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    sidecar = root / ".scores" / "b.png.json"
    sidecar.parent.mkdir(parents=True)
    roots = Roots.of(root)

    def warned() -> str:
        found = read(roots, str(root / "b.png"))
        assert found.score is None
        [warning] = found.warnings
        return warning

    sidecar.write_bytes(b'{"score": 3}' + b" " * 65_536)
    assert "longer than 65,536 bytes" in warned()
    sidecar.unlink()
    (tmp_path / "outside.json").write_bytes(b'{"score": 3}')
    sidecar.symlink_to(tmp_path / "outside.json")
    assert "leads out of the roots" in warned()
    sidecar.unlink()
    os.mkfifo(sidecar)
    assert "is no file" in warned()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Roots, "open", refuse)
    assert "Permission denied" in warned()
