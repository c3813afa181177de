"""The one place from which other packages import."""

from __future__ import annotations

import pytest

from tallylight import extractors


@pytest.mark.parametrize("name", [name for name in extractors.__all__ if name != "LIMITS"])
def test_each_name_is_explained(name: str) -> None:
    assert getattr(extractors, name).__doc__


def test_the_names_are_those_that_were_promised() -> None:
    promised = {"LIMITS", "Claim", "Extractor", "Findings", "Limits", "Reason", "Source", "Unreadable"}
    assert set(extractors.__all__) == promised
