from __future__ import annotations

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight import deflated
from tallylight.deflated import deflate, inflate
from tallylight.encoding import encoded
from tallylight.usual_words import DICTIONARIES, NEWEST

SAID = {
    "media": {"type": "image", "format": "png", "width": 512, "height": 512, "mode": "RGB", "has_alpha": False},
    "generation": {"steps": 31, "sampler": "Euler a", "cfg_scale": 7.0, "seed": 5, "prompt": "two owls at a river"},
    "keywords": [{"text": "two owls at a river", "weight": 1.0, "source": "prompt"}],
}

#: Of those that are out there. One that changes makes rows unreadable: give the new one a number of its own.
RELEASED = {1: "6f860ad827af3c92bbccd900f51945e711c8ef7e2a99bef336c0188f7183a733"}


@given(st.text())
def test_a_text_comes_back(text: str) -> None:
    assert inflate(deflate(text)) == text


def test_what_is_usual_takes_few_bytes() -> None:
    text = encoded(SAID)
    assert len(deflate(text)) < len(zlib.compress(text.encode(), 9)) / 2
    assert len(deflate(text)) < len(text) / 4


def test_no_dictionary_ever_changes() -> None:
    found = {number: hashlib.sha256(words).hexdigest() for number, words in DICTIONARIES.items()}
    assert found == RELEASED
    assert max(DICTIONARIES) == NEWEST <= 255


@pytest.mark.parametrize("number", DICTIONARIES)
def test_texts_of_every_dictionary_are_read(number: int) -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=DICTIONARIES[number])
    packed = deflater.compress(b"two owls at a river") + deflater.flush()
    assert inflate(bytes([number]) + packed) == "two owls at a river"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "no dictionary that is known", id="nothing"),
        pytest.param(b"\xff" + deflate("a")[1:], "no dictionary that is known", id="unknown dictionary"),
        pytest.param(b"\x01\xff\xff", "cannot be read, the row is damaged", id="no deflate"),
        pytest.param(deflate("a longer text")[:-3], "does not end where it should", id="cut off"),
        pytest.param(deflate("a") + b"more", "does not end where it should", id="more behind it"),
    ],
)
def test_damaged_bytes_are_a_value_error(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        inflate(data)


def test_neither_way_goes_beyond_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    longer = deflate("a" * 1001)
    monkeypatch.setattr(deflated, "LONGEST", 1000)
    assert inflate(deflate("a" * 1000)) == "a" * 1000
    with pytest.raises(ValueError, match="may have 1000 bytes, and this has 1001"):
        deflate("a" * 1001)
    with pytest.raises(ValueError, match="does not end where it should"):
        inflate(longer)


def test_a_lone_surrogate_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        deflate("\ud800")
