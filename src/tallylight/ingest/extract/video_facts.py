"""The technical facts of a video, with nothing decoded."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from tallylight.ingest.extract.clean import clean_line
from tallylight.model import Json

#: Longer than any recording: a hundred days.
_LONGEST_S: Final = 8_640_000.0
#: Above what high-speed cameras write; more is the clock of a stream (90000) that has no rate.
_FASTEST: Final = 1000
#: Transfer functions of more than standard range, by their number in ITU-T H.273.
_HDR: Final = {16: "pq", 18: "hlg"}


def facts(container: InputContainer, stream: VideoStream) -> Json:
    """What the headers say, as docs/reference/video-facts.md has it; only what is known."""
    context = stream.codec_context
    found = {
        "width": context.width,
        "height": context.height,
        "duration": _duration(container, stream),
        "frame_rate": _frame_rate(stream),
        "bit_rate": container.bit_rate if container.bit_rate > 0 else None,
        "codec": context.name,
        "codec_profile": clean_line(stream.profile or "", 80),
        "mode": context.pix_fmt,
        "hdr": _HDR.get(int(context.color_trc)),
        **_sound(container),
        "streams": dict(Counter(each.type for each in container.streams)),
    }
    return {key: value for key, value in found.items() if value}


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    """The whole's, which counts a longer sound track; the pictures' where the whole has none that can be true."""
    whole = Fraction(container.duration, av.time_base) if container.duration is not None else None
    own = stream.duration * stream.time_base if stream.duration is not None and stream.time_base else None
    for seconds in (whole, own):
        if seconds is not None and 0 < seconds < _LONGEST_S:
            return round(float(seconds), 3)
    return None


def _frame_rate(stream: VideoStream) -> float | None:
    """Frames by length, which for a variable rate is the mean; else the rate that the stream claims, or FFmpeg's
    guess.
    """
    for rate in (stream.average_rate, stream.base_rate, stream.guessed_rate):
        if rate is not None and rate.denominator and 0 < rate <= _FASTEST:
            return round(float(rate), 3)
    return None


def _sound(container: InputContainer) -> Json:
    for stream in container.streams.audio:
        if (context := stream.codec_context) is not None:
            return {
                "audio_codec": context.name,
                "audio_channels": context.channels,
                "audio_sample_rate": context.sample_rate,
            }
    return {}
