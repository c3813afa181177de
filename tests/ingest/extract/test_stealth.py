"""Parameters hidden in pixels."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.ingest.extract.build import Folder, encoded, png, scene

from tallylight.ingest.extract import stealth
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.limits import Limits
from tallylight.model import Tier

TEXT = "a cat 猫\nNegative prompt: a dog\nSteps: 5, Seed: 1"


def hidden(word: bytes, payload: bytes, image: Image.Image | None = None, *, length: int | None = None) -> Image.Image:
    """A picture with data in it, the bits running down the columns."""
    image = image or scene(mode="RGBA" if b"png" in word else "RGB")
    bits = len(payload) * 8 if length is None else length
    data = np.unpackbits(np.frombuffer(word + bits.to_bytes(4, "big") + payload, np.uint8))
    pixels = np.asarray(image).copy()
    channels = pixels[..., 3:] if b"png" in word else pixels[..., :3]
    columns = np.ascontiguousarray(channels.swapaxes(0, 1))
    flat = columns.reshape(-1)
    flat[: len(data)] = flat[: len(data)] & 0xFE | data
    channels[...] = columns.swapaxes(0, 1)
    return Image.fromarray(pixels)


def packed(text: str = TEXT) -> bytes:
    return gzip.compress(text.encode())


def read(image: Image.Image, limits: Limits | None = None) -> Embedded:
    embedded = Embedded(limits or Limits())
    stealth.read(image, embedded)
    return embedded


@pytest.mark.parametrize(
    ("word", "payload"),
    [
        (b"stealth_pnginfo", TEXT.encode()),
        (b"stealth_pngcomp", packed()),
        (b"stealth_rgbinfo", TEXT.encode()),
        (b"stealth_rgbcomp", packed()),
    ],
)
def test_all_four_ways(word: bytes, payload: bytes) -> None:
    found = read(hidden(word, payload))
    assert (found.texts, found.warnings) == ([("stealth", TEXT)], [])


def test_colours_of_a_picture_with_alpha() -> None:
    assert read(hidden(b"stealth_rgbcomp", packed(), scene(mode="RGBA"))).texts == [("stealth", TEXT)]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.text(alphabet="a猫", max_size=60), st.booleans())
def test_whatever_the_size_of_the_picture(width: int, height: int, text: str, in_alpha: bool) -> None:
    word = b"stealth_pnginfo" if in_alpha else b"stealth_rgbinfo"
    payload = text.encode()
    room = width * height * (1 if in_alpha else 3)
    if room >= (19 + len(payload)) * 8:
        image = hidden(word, payload, scene(width, height, "RGBA" if in_alpha else "RGB"))
        assert read(image).texts == [("stealth", text)]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK"])
@pytest.mark.parametrize("size", [(96, 64), (1, 1), (1, 200), (200, 1)])
def test_a_picture_without_any(mode: str, size: tuple[int, int]) -> None:
    found = read(Image.new(mode, size))
    assert (found.texts, found.warnings) == ([], [])


@pytest.mark.parametrize(
    ("word", "payload", "length", "warning"),
    [
        (b"stealth_pngcomp", b"no gzip", None, "damaged zlib data"),
        (b"stealth_pnginfo", b"short", 8 * 9000, "end before they should"),
        (b"stealth_pnginfo", b"short", 2**32 - 1, "536,870,911 bytes were skipped"),
        (b"stealth_pngcomp", gzip.compress(bytes(5_000_000)), None, "inflates to more than"),
    ],
)
def test_damaged_data_are_a_warning(word: bytes, payload: bytes, length: int | None, warning: str) -> None:
    found = read(hidden(word, payload, scene(256, 256, "RGBA"), length=length))
    [told] = found.warnings
    assert (warning in told, found.texts) == (True, [])


def test_data_are_limited() -> None:
    image = hidden(b"stealth_pnginfo", TEXT.encode())
    assert read(image, Limits(stealth=10)).warnings == [f"hidden data of {len(TEXT.encode())} bytes were skipped"]
    assert read(image, Limits(text=10)).warnings == ["the text 'stealth' is too long to keep"]


FILES: dict[str, bytes] = {
    "a.png": encoded(hidden(b"stealth_pngcomp", packed()), "PNG"),
    "a.webp": encoded(hidden(b"stealth_pngcomp", packed()), "WEBP", lossless=True, exact=True),
    "lossy.webp": encoded(hidden(b"stealth_pngcomp", packed()), "WEBP", quality=50),
    "rgb.png": encoded(hidden(b"stealth_rgbinfo", TEXT.encode()), "PNG"),
    "large.png": encoded(hidden(b"stealth_pngcomp", packed(), scene(900, 700, "RGBA")), "PNG"),
}


@pytest.mark.parametrize("name", FILES)
def test_files(folder: Folder, name: str) -> None:
    outcome = folder.outcome(name, FILES[name], read_stealth=True)
    assert (outcome.generation["prompt"], outcome.generation["seed"]) == ("a cat 猫", 1)
    assert outcome.provenance["generation"] == {"source": "stealth"}
    assert [text.key for text in outcome.texts] == ["stealth"]
    assert outcome.keywords[0]["text"] == "a cat 猫"
    assert outcome.has_thumbnail


@pytest.mark.parametrize("further", [{}, {"tier": Tier.METADATA, "read_stealth": True}])
def test_it_is_looked_for_only_when_asked_and_decoded(folder: Folder, further: dict[str, Any]) -> None:
    outcome = folder.outcome("a.png", FILES["a.png"], **further)
    assert (outcome.generation, outcome.texts) == ({}, ())


def test_a_text_of_the_file_comes_before_what_is_hidden(folder: Folder) -> None:
    data = png({"parameters": "open words\nSteps: 2"}, hidden(b"stealth_pngcomp", packed()))
    assert folder.outcome("a.png", data, read_stealth=True).generation["prompt"] == "open words"
