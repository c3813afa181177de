"""Facts of sound streams, and of odd ones."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract import video_facts
from tallylight.model import Json, Tier


class Streams(list[Any]):
    """All streams; none of sound."""

    audio: tuple[Any, ...] = ()


def facts(
    *, container: dict[str, Any] | None = None, stream: dict[str, Any] | None = None, context: Json | None = None
) -> Json:
    """Of a plain video but for what is odd about it."""
    coded = {"width": 96, "height": 64, "name": "h264", "pix_fmt": "yuv420p", "color_trc": 2}
    pictures = {"duration": None, "time_base": Fraction(1, 10), "average_rate": Fraction(25), "base_rate": Fraction(25),
                "guessed_rate": Fraction(25), "profile": None, "type": "video"}  # fmt: skip
    whole = {"duration": 2_000_000, "bit_rate": 0}
    film: Any = SimpleNamespace(
        **{**pictures, **(stream or {})}, codec_context=SimpleNamespace(**{**coded, **(context or {})})
    )
    file: Any = SimpleNamespace(**{**whole, **(container or {})}, streams=Streams([film]))
    return video_facts.facts(file, film)


@pytest.mark.parametrize(
    ("average", "real", "guess", "shown"),
    [
        (Fraction(30000, 1001), Fraction(30), Fraction(30), 29.97),
        (Fraction(24), Fraction(90000), Fraction(90000), 24.0),  # variable: the mean
        (None, Fraction(25), Fraction(25), 25.0),
        (Fraction(0), Fraction(25), None, 25.0),
        (Fraction(90000), Fraction(90000), Fraction(15), 15.0),
        (Fraction(90000), None, None, None),
        (Fraction(-5), None, None, None),
        (None, None, None, None),
    ],
)
def test_rates(average: Fraction | None, real: Fraction | None, guess: Fraction | None, shown: float | None) -> None:
    rates = {"average_rate": average, "base_rate": real, "guessed_rate": guess}
    assert facts(stream=rates).get("frame_rate") == shown


@pytest.mark.parametrize(
    ("container", "stream", "shown"),
    [
        (2_000_000, 10, 2.0),
        (None, 15, 1.5),
        (-5, 15, 1.5),
        (2**62, 15, 1.5),
        (360_000_000_000, None, 360_000.0),  # a hundred hours
        (-5, -5, None),
        (0, None, None),
    ],
)
def test_lengths(container: int | None, stream: int | None, shown: float | None) -> None:
    assert facts(container={"duration": container}, stream={"duration": stream}).get("duration") == shown


@pytest.mark.parametrize(("transfer", "shown"), [(16, "pq"), (18, "hlg"), (1, None), (2, None)])
def test_high_dynamic_range(transfer: int, shown: str | None) -> None:
    assert facts(context={"color_trc": transfer}).get("hdr") == shown


def test_what_is_not_known_is_left_out() -> None:
    assert set(facts(context={"pix_fmt": None})) == {
        "width", "height", "duration", "frame_rate", "codec", "streams",
    }  # fmt: skip


def test_sound_and_streams(folder: Folder) -> None:
    for tier in (Tier.FULL, Tier.METADATA):
        media = folder.outcome("a.mp4", build.film_with_sound(), tier=tier).media
        assert (media["audio_codec"], media["audio_channels"], media["audio_sample_rate"]) == ("aac", 2, 48_000)
        assert media["streams"] == {"video": 1, "audio": 1}
        assert media["codec_profile"] == "Simple Profile"
        assert 1_000 < media["bit_rate"] < 10_000_000
