from __future__ import annotations

import json

import pytest

from tallylight.ingest.extract.sidecars import scores
from tallylight.ingest.extract.sidecars.told import Told
from tallylight.ingest.writeback.place import CannotWrite
from tallylight.ingest.writeback.scores_file import with_ratings


def test_what_else_it_holds_stays() -> None:
    raw = b'\xef\xbb\xbf{"score": 1, "notes": {"a": [1, "\xc3\xa4"]}, "updated": "2020-01-01T00:00:00"}'
    body = json.loads(with_ratings(raw, {"score": 5, "favourite": True}, 1_700_000_000.5))
    assert body == {
        "score": 5,
        "notes": {"a": [1, "ä"]},
        "updated": "2023-11-14T22:13:20.500000+00:00",
        "favourite": True,
    }


def test_it_reads_as_it_was_written() -> None:
    told = Told()
    scores.add(json.loads(with_ratings(None, {"score": -1, "favourite": False}, 1_700_000_000.123456)), told)
    assert [(claim.field, claim.value, claim.at) for claim in told.claims] == [
        ("score", -1, 1_700_000_000.123456),
        ("favourite", False, 1_700_000_000.123456),
    ]
    assert told.warnings == []


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [(b"", "holds no JSON"), (b"[1]", "no JSON object"), (b"\xff\xfe", "no JSON"), (b"[" * 100_000, "no JSON")],
)
def test_a_damaged_one_is_left_as_it_is(raw: bytes, sentence: str) -> None:
    with pytest.raises(CannotWrite, match=sentence):
        with_ratings(raw, {"score": 1}, 1.0)
