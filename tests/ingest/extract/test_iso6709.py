"""Places as telephones write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.iso6709 import place


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+48.8577+002.2950+035.000/", {"latitude": 48.8577, "longitude": 2.295, "altitude": 35.0}),
        ("+37.4220-122.0840/", {"latitude": 37.422, "longitude": -122.084}),
        ("-33.8568+151.2153", {"latitude": -33.8568, "longitude": 151.2153}),
        ("+40-075/", {"latitude": 40.0, "longitude": -75.0}),
        ("+4851.4620+00217.7000-12CRSWGS_84/", {"latitude": 48.8577, "longitude": 2.295, "altitude": -12.0}),
        ("+485127.72+0021742.0/", {"latitude": 48.8577, "longitude": 2.295}),
        ("-00.5000-000.2500/", {"latitude": -0.5, "longitude": -0.25}),
        (" +48.8577+002.2950/ ", {"latitude": 48.8577, "longitude": 2.295}),
    ],
)
def test_each_form(text: str, found: dict[str, float]) -> None:
    assert place(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Paris",
        "+00.0000+000.0000/",
        "+91.0+000.0/",
        "+48.8+181.0/",
        "48.8577,2.2950",
        "+48.8577",
        "+4+2/",
        "+٤٨+٠٠٢/",
    ],
)
def test_what_is_no_place_gives_none(text: str) -> None:
    assert place(text) == {}


@pytest.mark.parametrize("altitude", ["-12001", "+9999999"])
def test_an_altitude_that_is_none_is_left_out_as_of_exif_and_xmp(altitude: str) -> None:
    assert place(f"+48.8577+002.2950{altitude}/") == {"latitude": 48.8577, "longitude": 2.295}


@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
def test_what_is_written_is_read(latitude: float, longitude: float) -> None:
    found = place(f"{latitude:+08.4f}{longitude:+09.4f}/")
    if (round(latitude, 4), round(longitude, 4)) != (0, 0):
        assert found["latitude"] == pytest.approx(latitude, abs=1e-4)
        assert found["longitude"] == pytest.approx(longitude, abs=1e-4)


@given(st.text(alphabet="+-.0123456789/CRSWG_:", max_size=60))
def test_any_text_is_a_place_or_none(text: str) -> None:
    assert set(place(text)) <= {"latitude", "longitude", "altitude"}
