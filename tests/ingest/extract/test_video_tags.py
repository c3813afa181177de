"""What the tags of a video become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract import video_tags
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.video_tags import Tags


def read(
    container: dict[str, str], stream: dict[str, str] | None = None, **limits: int
) -> tuple[Tags, list[tuple[str, str]]]:
    embedded = Embedded(Limits(**limits))
    return video_tags.read(container, stream or {}, embedded), embedded.texts


def test_short_ones_are_kept_and_long_ones_are_texts() -> None:
    tags, texts = read({"Title": " Loop ", "artist": "x" * 3000, "lyrics": "a\nb", "data": "[1]", "empty": " "})
    assert tags.media == {"tags": {"title": "Loop"}}
    assert texts == [("artist", "x" * 3000), ("lyrics", "a\nb"), ("data", "[1]")]


def test_a_language_behind_the_key_is_left_out() -> None:
    tags, _ = read({"location": "+48.8577+002.2950/", "location-eng": "+40.0-075.0/", "title-eng": "Loop"})
    assert tags.media["gps"] == {"latitude": 48.8577, "longitude": 2.295}
    assert tags.media["tags"]["title"] == "Loop"
    assert tags.claims == [Claim("gps", {"latitude": 48.8577, "longitude": 2.295}, "video:location")]


def test_of_a_stream_only_texts_dates_and_places_count() -> None:
    stream = {"handler_name": "VideoHandler", "PROMPT": "a cat", "creation_time": "2023-05-06T07:08:09Z"}
    tags, texts = read({}, stream)
    assert tags.media == {"created_at": "2023-05-06T07:08:09Z"}
    assert texts == [("prompt", "a cat")]


def test_the_container_is_believed_before_its_stream() -> None:
    both = [{"creation_time": "2023-05-06T07:08:09Z"}, {"creation_time": "2024-05-06T07:08:09Z"}]
    assert [claim.value for claim in read(*both)[0].claims] == ["2023-05-06T07:08:09Z"]


def test_the_same_text_twice_is_one_text() -> None:
    assert read({"comment": "{}"}, {"COMMENT": "{}"})[1] == [("comment", "{}")]
    assert read({"comment": "{}"}, {"COMMENT": "[]"})[1] == [("comment", "{}"), ("comment#2", "[]")]


@pytest.mark.parametrize(
    ("tags", "make", "model"),
    [
        ({"com.android.manufacturer": "Google", "com.android.model": "Pixel 8"}, "Google", "Pixel 8"),
        ({"make": "Canon", "model": "EOS R5"}, "Canon", "EOS R5"),
        ({"com.apple.quicktime.make": " ", "make": "Apple", "model": "x" * 999}, "Apple", "x" * 199 + "…"),
    ],
)
def test_cameras(tags: dict[str, str], make: str, model: str) -> None:
    media = read(tags)[0].media
    assert (media["camera_make"], media["camera_model"]) == (make, model)


def test_too_many_tags_and_texts() -> None:
    tags, texts = read({f"key{number}": "x" for number in range(300)}, tags=100)
    assert len(tags.media["tags"]) == 100
    _, texts = read({f"key{number}": "{}" for number in range(300)}, texts=20)
    assert len(texts) == 20


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2023-05-06T07:08:09.000000Z", "2023-05-06T07:08:09Z"),
        ("2023-05-06T07:08:09+0200", "2023-05-06T07:08:09+02:00"),
        ("2023-05-06T07:08:09-05:30", "2023-05-06T07:08:09-05:30"),
        ("2023-05-06 07:08:09", "2023-05-06T07:08:09"),
        ("2023", ""),
        ("", ""),
    ],
)
def test_dates_of_tags(text: str, date: str) -> None:
    assert read({"date": text})[0].media.get("created_at", "") == date


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=100), max_size=10), st.booleans())
def test_any_tags_are_read(tags: dict[str, str], of_stream: bool) -> None:
    found, texts = read({} if of_stream else tags, tags if of_stream else {})
    assert set(found.media) <= {"tags", "created_at", "gps", "camera_make", "camera_model"}
    assert len(texts) <= len(tags)
