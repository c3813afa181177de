"""Hostile files one by one, in this process."""

from __future__ import annotations

import pytest
from tests.hostile.families import FAMILIES
from tests.ingest.extract.build import Folder
from tests.ingest.extract.conftest import folder

from tallylight.model import OutcomeKind, Tier

__all__ = ["folder"]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_file_ends_in_its_right_outcome(folder: Folder, family: str) -> None:
    wrong = []
    for case in FAMILIES[family]():
        if not case.alone:
            case.plant(folder.path)
            wrong.append(case.judge(folder.outcome(case.name)))
    assert [text for text in wrong if text] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_reading_only_metadata_fails_for_no_other_reason(folder: Folder, family: str) -> None:
    """What is extracted in full is extracted in part; a failure may be seen only by those who decode."""
    for case in FAMILIES[family]():
        if not case.alone:
            case.plant(folder.path)
            outcome = folder.outcome(case.name, tier=Tier.METADATA)
            assert outcome.kind is OutcomeKind.EXTRACTED or case.code is not None, (case, outcome)
            assert (outcome.sha256, outcome.has_thumbnail) == (None, False)
