"""An estimate as a sentence, as those read it who run no scripts."""

from __future__ import annotations

import pytest

from tallylight.ingest.estimate import Estimate
from tallylight.web.estimating import told
from tallylight.web.texts import texts


def estimate(**further: object) -> Estimate:
    known = {"files": 1200, "bytes": 1_234_567, "unchanged": 0, "capped": False, "expected_s": 61.0, "sessions": 1}
    return Estimate(**(known | further))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("further", "sentence"),
    [
        ({}, "1,200 files, 1.2 MB; time: about 1:01"),
        ({"expected_s": None}, "1,200 files, 1.2 MB; time: unknown"),
        ({"unchanged": 1}, "1,200 files, 1.2 MB; time: about 1:01. 1 file already in the catalog."),
        ({"capped": True}, "at least 1,200 files, 1.2 MB; time: at least about 1:01"),
        ({"capped": True, "expected_s": None}, "at least 1,200 files, 1.2 MB; time: unknown"),
    ],
)
def test_it_says_what_is_known(further: dict[str, object], sentence: str) -> None:
    assert told(estimate(**further), texts("en")) == sentence


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert told(estimate(), texts("de")).startswith("1.200 Dateien, 1,2 MB")
