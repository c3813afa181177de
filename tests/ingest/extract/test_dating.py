"""Which of several dates is believed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.dating import Certainty, Dated, date_of

NOW = 1_800_000_000.0  # January 2027
MTIME = 1_700_000_000 * 10**9
ORIGINAL, DIGITISED, CHANGED = "exif:DateTimeOriginal", "exif:DateTimeDigitized", "exif:DateTime"
SATELLITES, TAKEOUT = "exif:GPSDateStamp", "takeout:sidecar"


def said(*pairs: tuple[str, str]) -> list[Claim]:
    return [Claim("created_at", value, source) for source, value in pairs]


def dated(*pairs: tuple[str, str], name: str = "a.jpg", sidecars_first: bool = False) -> Dated:
    return date_of(said(*pairs), name, MTIME, NOW, sidecars_first=sidecars_first)


IN_ORDER = [
    (ORIGINAL, "2001-01-01T00:00:00", Certainty.LOCAL),
    (DIGITISED, "2002-01-01T00:00:00", Certainty.LOCAL),
    ("xmp:sidecar", "2003-01-01T00:00:00", Certainty.LOCAL),
    ("xmp", "2004-01-01T00:00:00+01:00", Certainty.EXACT),
    ("iptc", "2005-01-01", Certainty.DAY),
    ("video:creation_time", "2006-01-01T00:00:00Z", Certainty.EXACT),
    (CHANGED, "2008-01-01T00:00:00", Certainty.GUESS),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_order(first: int) -> None:
    source, value, certainty = IN_ORDER[first]
    for order in itertools.islice(itertools.permutations(IN_ORDER[first:]), 50):
        found = dated(*((name, text) for name, text, _ in order))
        assert found == Dated(value, source, certainty)


def test_the_order_of_those_who_come_last() -> None:
    named = "IMG_20070101_000000.jpg"
    assert (
        dated((CHANGED, "2008-01-01T00:00:00"), (SATELLITES, "2006-01-01T00:00:00Z"), name=named).source == SATELLITES
    )
    assert dated((CHANGED, "2008-01-01T00:00:00"), name=named) == Dated("2007-01-01T00:00:00", "name", Certainty.GUESS)
    assert dated(name=named).source == "name"
    assert dated() == Dated("2023-11-14T22:13:20Z", "file", Certainty.GUESS)
    assert date_of([], "a.jpg", 0, NOW) == Dated()
    assert dated(("a source of tomorrow", "2007-01-01"), (CHANGED, "2008-01-01T00:00:00")).created_at == "2007-01-01"


def test_other_fields_do_not_matter() -> None:
    claims = [Claim("title", "2001-01-01", ORIGINAL), Claim("created_at", 5, ORIGINAL)]
    assert date_of(claims, "a.jpg", MTIME, NOW).source == "file"


def test_sidecars_first() -> None:
    pairs = ((ORIGINAL, "2001-01-01T00:00:00Z"), ("xmp:sidecar", "2003-01-01T00:00:00"), ("xmp", "2004-01-01"))
    assert dated(*pairs).source == ORIGINAL
    assert dated(*pairs, sidecars_first=True).source == "xmp:sidecar"


def test_a_witness_in_utc_tells_the_offset_of_a_cameras_clock() -> None:
    for witness in (TAKEOUT, SATELLITES):
        found = dated((ORIGINAL, "2016-10-09T08:48:04.25"), (witness, "2016-10-09T06:48:04Z"))
        assert found == Dated("2016-10-09T08:48:04.25+02:00", ORIGINAL, Certainty.EXACT, witness)
    found = dated((ORIGINAL, "2016-10-09T08:48:04"), (SATELLITES, "2016-10-09T12:18:44Z"))
    assert found.created_at == "2016-10-09T08:48:04-03:30"
    found = dated((ORIGINAL, "2016-10-09T08:48:04"), (SATELLITES, "2016-10-09T08:48:00Z"))
    assert found.created_at == "2016-10-09T08:48:04+00:00"


def test_a_witness_that_cannot_be_of_the_same_moment_tells_nothing() -> None:
    for told in ("2016-10-09T06:41:04Z", "2016-10-07T06:48:04Z"):
        assert dated((ORIGINAL, "2016-10-09T08:48:04"), (SATELLITES, told)).certainty is Certainty.LOCAL


def test_takeout_takes_clocks_for_utc_where_it_knows_no_better() -> None:
    found = dated((ORIGINAL, "2016-10-09T08:48:04"), (TAKEOUT, "2016-10-09T08:48:04Z"))
    assert found == Dated("2016-10-09T08:48:04", ORIGINAL, Certainty.LOCAL)


def test_takeout_wins_where_somebody_set_another_date() -> None:
    found = dated((ORIGINAL, "2000-01-01T00:00:12"), (TAKEOUT, "2016-10-09T06:48:04Z"))
    assert found == Dated("2016-10-09T06:48:04Z", TAKEOUT, Certainty.EXACT)
    kept = dated((ORIGINAL, "2000-01-01T00:00:12+01:00"), (TAKEOUT, "2016-10-09T06:48:04Z"))
    assert kept.source == ORIGINAL


def test_xmp_tells_no_offset() -> None:
    found = dated((ORIGINAL, "2016-10-09T08:48:04"), ("xmp", "2016-10-09T08:48:04+02:00"))
    assert (found.created_at, found.certainty) == ("2016-10-09T08:48:04", Certainty.LOCAL)


@pytest.mark.parametrize(
    ("value", "trouble"),
    [
        ("2020:13:45 00:00:00", "does not exist"),
        ("9999-12-31T23:59:59", "lies in the future"),
        ("9999-12-31T23:59:59-12:00", "lies in the future"),
        ("2027-01-17T08:00:00", "lies in the future"),
        ("1825-12-31", "is older than photography"),
        ("0001-01-01T00:00:00+14:00", "is older than photography"),
    ],
)
def test_a_date_that_cannot_be_is_passed_over_with_a_warning(value: str, trouble: str) -> None:
    found = dated((ORIGINAL, value), (CHANGED, "2008-01-01T00:00:00"))
    assert found.source == CHANGED
    assert found.warnings == (f"the date {value} ({ORIGINAL}) {trouble}",)


def test_a_camera_half_a_day_ahead_is_no_trouble() -> None:
    assert dated((ORIGINAL, "2027-01-16T07:00:00")).warnings == ()
    assert dated((ORIGINAL, "1826-01-01T00:00:00")).source == ORIGINAL


@pytest.mark.parametrize("value", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00", "1980-01-01T00:00:00"])
def test_a_clock_that_was_never_set_is_passed_over_without_one(value: str) -> None:
    assert dated(("video:creation_time", value)) == dated()


def test_names_and_times_of_files_are_never_warned_of() -> None:
    assert dated(name="IMG_20991231_000000.jpg") == dated()
    assert date_of([], "a.jpg", 2**62, NOW) == Dated()
    assert date_of([], "a.jpg", -(2**62), NOW) == Dated()


SOURCES = st.sampled_from(
    [ORIGINAL, DIGITISED, "xmp", "xmp:sidecar", "iptc", "video:date", TAKEOUT, SATELLITES, CHANGED]
)
DATES = st.one_of(
    st.text(max_size=30),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}-11:00"),
    st.dates().map(lambda day: day.isoformat()),
)


@given(st.lists(st.tuples(SOURCES, DATES), max_size=6), st.text(max_size=30), st.integers(-(2**63), 2**63))
def test_anything_may_be_said(pairs: list[tuple[str, str]], name: str, mtime_ns: int) -> None:
    found = date_of(said(*pairs), name, mtime_ns, NOW)
    assert bool(found.created_at) == bool(found.source) == (found.certainty is not None)
