from __future__ import annotations

import pytest

from tallylight.cli.place import parsed
from tallylight.errors import BadParameters


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:8710", ("http://127.0.0.1:8710", "")),
        ("http://127.0.0.1:8710/", ("http://127.0.0.1:8710", "")),
        ("http://h:1/api/ingest/stream", ("http://h:1", "")),
        ("http://h:1/sessions/ab-1", ("http://h:1", "ab-1")),
        ("https://h/tally/sessions/ab-1/", ("https://h/tally", "ab-1")),
        ("https://h/tally/", ("https://h/tally", "")),
        ("https://h/api/ingest/stream/ab%2F1?patch=1", ("https://h", "ab/1")),
        ("https://h/tally/api/ingest/status/ab", ("https://h/tally", "ab")),
        ("https://h/api/ingest/report/ab#top", ("https://h", "ab")),
    ],
)
def test_what_people_paste(url: str, place: tuple[str, str]) -> None:
    assert parsed(url) == place


@pytest.mark.parametrize("url", ["ftp://h/x", "http://", "://", "https:///sessions/a"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(BadParameters, match="begins with http"):
        parsed(url)
