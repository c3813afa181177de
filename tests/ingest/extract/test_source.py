"""One file, read once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.source import opened
from tallylight.roots import Roots

DATA = bytes(range(256)) * 20_000


@pytest.mark.parametrize("limit", [100, 10**9])
def test_hash_and_stream_in_memory_and_by_pieces(tmp_path: Path, limit: int) -> None:
    (tmp_path / "a").write_bytes(DATA)
    with opened(Roots.of(tmp_path), str(tmp_path / "a")) as source:
        assert source.head == DATA[:4096]
        source.slurp(Limits(slurp=limit))
        assert (source.data is None) == (limit == 100)
        assert source.sha256() == hashlib.sha256(DATA).hexdigest()
        assert source.stream().read() == DATA
        assert source.stream().read(3) == DATA[:3]
        assert source.size == len(DATA)


@pytest.mark.parametrize("limit", [100, 10**9])
def test_a_file_that_shrinks_under_the_reading_has_the_size_that_was_read(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(DATA)
    with opened(Roots.of(tmp_path), str(path)) as source:
        path.write_bytes(DATA[:50_000])
        source.slurp(Limits(slurp=limit))
        assert source.sha256() == hashlib.sha256(DATA[:50_000]).hexdigest()
        assert source.size == 50_000


@pytest.mark.parametrize("limit", [100, 10**9])
def test_a_file_that_grows_is_taken_as_it_was(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(DATA)
    with opened(Roots.of(tmp_path), str(path)) as source:
        with path.open("ab") as more:
            more.write(b"more")
        source.slurp(Limits(slurp=limit))
        assert source.sha256() == hashlib.sha256(DATA).hexdigest()


def test_a_bare_stream_reads_no_more_than_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    with opened(Roots.of(tmp_path), str(tmp_path / "a")) as source:
        stream = source.bare()
        stream.seek(5)
        assert stream.read(8) == DATA[5:13]
        assert source.raw.tell() == 13
        assert source.stream().read() == DATA, "a stream afterwards begins at the beginning"
        with pytest.raises(RuntimeError, match="first"):
            source.bare()


def test_a_bare_stream_of_what_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    with opened(Roots.of(tmp_path), str(tmp_path / "a")) as source:
        source.slurp()
        assert source.bare().read() == DATA
