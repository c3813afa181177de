"""Three frames of a video, spread over its length, for little more than the price of one.

A frame between two key frames costs all that lie before it, so the key frames before a sixth, a half and five sixths
are taken. Where two of these are the same one (clips of generators often have a single one), the second frame is
decoded on to, within a budget of pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import groupby
from typing import Final

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tallylight.ingest.extract.limits import LIMITS, Limits

_PLACES: Final = (Fraction(1, 6), Fraction(1, 2), Fraction(5, 6))
#: Packets tried until one gives a picture; a damaged stream may hold none.
_PACKETS: Final = 300


def frames(container: InputContainer, stream: VideoStream, limits: Limits = LIMITS) -> list[VideoFrame]:
    """Up to three frames, in order: fewer where the video has fewer or is damaged, none where nothing can be decoded.

    Leaves the container somewhere in its middle. Raises FFmpegError only where not even the beginning can be read.
    """
    # Threads would decode frames ahead that nobody asks for.
    stream.codec_context.thread_count = 1
    if container.duration and container.duration > 0:
        # Frames that no other needs are passed over, where the codec has such: nearly half of H.264's.
        stream.codec_context.skip_frame = "NONREF"
        # A broken index: the beginning may still be good.
        with suppress(av.FFmpegError):
            if found := list(_before_trouble(_spread(container, stream, limits))):
                return found
    stream.codec_context.skip_frame = "DEFAULT"
    container.seek(0)
    return list(_before_trouble(_onward(container, stream, [None] * len(_PLACES), limits)))


def _before_trouble(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Those that come before the first FFmpegError, which is raised where none does."""
    first = next(frames, None)
    if first is not None:
        yield first
        with suppress(av.FFmpegError):
            yield from frames


def _spread(container: InputContainer, stream: VideoStream, limits: Limits) -> Iterator[VideoFrame]:
    begin, length = container.start_time or 0, container.duration or 0
    places = [begin + int(length * place) for place in _PLACES]
    keys = [(_key(container, stream, place), place) for place in places]
    for _, group in groupby(keys, key=lambda pair: pair[0] and (pair[0].pts, pair[0].dts)):
        yield from _of_one_key(container, stream, list(group), limits)


def _key(container: InputContainer, stream: VideoStream, place: int) -> Packet[VideoStream] | None:
    """The key frame at or before a place, not decoded."""
    container.seek(place)
    for number, packet in enumerate(container.demux(stream)):
        if packet.is_keyframe and packet.size:
            return packet
        if number >= _PACKETS:
            break
    return None


def _of_one_key(
    container: InputContainer,
    stream: VideoStream,
    group: Sequence[tuple[Packet[VideoStream] | None, int]],
    limits: Limits,
) -> Iterator[VideoFrame]:
    (key, place), *others = group
    if key is None:
        return
    if not others:
        stream.codec_context.flush_buffers()
        # A decoder that reorders frames holds the first back until more come, or until it is told that none will.
        yield from (key.decode() or stream.codec_context.decode(None))[:1]
        return
    container.seek(place)
    yield from _onward(container, stream, [None, *(_ticks(stream, place) for _, place in others)], limits)


def _ticks(stream: VideoStream, place: int) -> int | None:
    return int(Fraction(place, av.time_base) / stream.time_base) if stream.time_base else None


def _onward(
    container: InputContainer, stream: VideoStream, wanted: list[int | None], limits: Limits
) -> Iterator[VideoFrame]:
    """The first frame, and for each further one that is wanted the one shown at that time, or the last that the budget
    allows (None: whenever that is, as far as it goes).
    """
    each, taken = _budget(stream, limits), 0
    _, *times = wanted
    decoded = _decoded(container, stream)
    if (first := next(decoded, None)) is None:
        return
    yield first
    for frame in decoded:
        taken += 1
        if taken >= each or _shown_at(frame, times[0]):
            yield frame
            taken = 0
            times.pop(0)
        if not times:
            return


def _shown_at(frame: VideoFrame, time: int | None) -> bool:
    return time is not None and frame.pts is not None and frame.pts + (frame.duration or 0) > time


def _budget(stream: VideoStream, limits: Limits) -> int:
    """Frames that may be decoded for each of the two after the first."""
    pixels = stream.codec_context.width * stream.codec_context.height
    return max(1, limits.video_pixels // max(1, 2 * pixels))


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    barren = 0
    for packet in container.demux(stream):
        frames = packet.decode()
        yield from frames
        barren = 0 if frames else barren + 1
        if barren > _PACKETS:
            return
