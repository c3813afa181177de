"""Tags that people gave, as keywords."""

from __future__ import annotations

from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.subjects import with_subjects

WORDS = ({"text": "cat", "weight": 1.3, "source": "prompt"},)


def test_subjects_come_behind_the_keywords_each_once() -> None:
    subjects = [(" Sea  side ", "xmp"), ("CAT", "xmp"), ("sea side", "iptc"), ("E\u0301te", "exif"), ("  ", "exif")]
    assert with_subjects(WORDS, subjects) == (
        *WORDS,
        {"text": "sea side", "weight": 1.0, "source": "xmp"},
        {"text": "éte", "weight": 1.0, "source": "exif"},
    )


def test_without_subjects_nothing_changes() -> None:
    assert with_subjects(WORDS, []) is WORDS


def test_limits_are_kept() -> None:
    subjects = [(f"word {number}", "xmp") for number in range(20)]
    assert len(with_subjects(WORDS, subjects, Limits(keywords=5))) == 5
    assert [len(word["text"]) for word in with_subjects((), [("x" * 1000, "xmp")])] == [200]
