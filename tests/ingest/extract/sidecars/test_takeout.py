"""What Takeout's JSON says, and that nothing it holds raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.sidecars import Told, downloads, takeout, workflows
from tallylight.ingest.extract.sidecars.takeout import SOURCE, add, is_takeout

BODY = {"photoTakenTime": {"timestamp": "1258375918", "formatted": "16 Nov 2009, 12:51:58 UTC"}}


def told(**further: Any) -> Told:
    found = Told()
    add({**BODY, **further}, found)
    return found


def said(**further: Any) -> dict[str, Any]:
    return {claim.field: claim.value for claim in told(**further).claims}


def test_the_time_it_was_taken_is_told_in_utc() -> None:
    assert told().claims == [Claim("created_at", "2009-11-16T12:51:58Z", SOURCE)]


def test_when_it_was_last_changed_is_when_it_was_said() -> None:
    [claim] = told(photoLastModifiedTime={"timestamp": "1700000000"}).claims
    assert claim.at == 1_700_000_000.0


@pytest.mark.parametrize("timestamp", ["0", "-", "", None, 1e300, "9" * 40, -(10**30), [], True])
def test_a_time_that_is_none_is_left_out(timestamp: Any) -> None:
    assert said(photoTakenTime={"timestamp": timestamp}) == {}
    assert all(claim.at == 0 for claim in told(photoLastModifiedTime={"timestamp": timestamp}).claims)


def test_a_time_before_1970() -> None:
    assert said(photoTakenTime={"timestamp": "-86400"}) == {"created_at": "1969-12-31T00:00:00Z"}


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("IMG_3397.JPG", None),
        ("clip.MP4", None),
        ("a.heic", None),
        ("At the lake", "At the lake"),
        (" ", None),
        (5, None),
    ],
)
def test_a_title_that_is_a_file_name_is_none(title: Any, found: str | None) -> None:
    assert said(title=title).get("title") == found


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ({"geoData": {"latitude": 30.5, "longitude": 104.25, "altitude": 486.2}}, (30.5, 104.25, 486.2)),
        (
            {"geoData": {"latitude": 0.0, "longitude": 0.0}, "geoDataExif": {"latitude": 1.5, "longitude": 2.5}},
            (1.5, 2.5),
        ),
        ({"geoData": {"latitude": 0.0, "longitude": 0.0}}, None),
        ({"geoData": {"latitude": 91, "longitude": 0.0}}, None),
        ({"geoData": {"latitude": float("nan"), "longitude": 1}}, None),
        ({"geoData": {"latitude": "x"}}, None),
        ({"geoData": []}, None),
    ],
)
def test_places(places: dict[str, Any], found: tuple[float, ...] | None) -> None:
    place = said(**places).get("gps")
    assert (tuple(place.values()) if place else None) == found


def test_only_what_is_true_is_said_of_favourites_and_flags() -> None:
    assert "favourite" not in said(favorited=False)
    assert said(favorited=True)["favourite"] is True
    assert "favourite" not in said(favorited="yes")
    assert told(archived=True, trashed=False).media == {"archived": True}


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"title": "Holidays"}, {"photoTakenTime": "2009"}, {"nodes": []}, {"tags": ["sea"]}]
)
def test_what_is_no_takeout(body: Any) -> None:
    assert not is_takeout(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["timestamp", "latitude", "longitude", "altitude", "name", "nodes", "links", "class_type", "tags", "a"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)
KEYS = ["title", "description", "geoData", "geoDataExif", "people", "favorited", "archived", "photoLastModifiedTime"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON), JSON)
def test_nothing_raises_whatever_it_holds(body: dict[str, Any], taken: Any) -> None:
    found = Told()
    takeout.add({"photoTakenTime": taken, **body}, found)
    json.dumps([[claim.value, claim.at] for claim in found.claims], allow_nan=False)
    json.dumps(found.media, allow_nan=False)


@given(JSON)
def test_nothing_raises_in_the_readers_of_other_json(body: Any) -> None:
    found = Told()
    downloads.add(body, found)
    assert {source for _, source in found.keywords} <= {"caption"}
    "".join(tag for tag, _ in found.keywords)
    assert workflows.kind(body) in {"", "workflow", "prompt"}
    assert is_takeout(body) in {True, False}
