"""Reads a video by PyAV: facts and tags, and three frames for thumbnail and perceptual hashes.

FFmpeg gets the opened file and the one demuxer its bytes name, so nothing in the file can make it open another file or
an address (playlists, references).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, NoReturn

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from tallylight.ingest.extract import video_facts, video_frames, video_tags
from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.containers import matroska, movie, structure
from tallylight.ingest.extract.containers.embedded import Embedded, length_of
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.small import VIEW, quarter_turned
from tallylight.ingest.extract.sniff import Kind
from tallylight.ingest.extract.source import Source
from tallylight.ingest.extract.trouble import Unreadable, described
from tallylight.model import Reason

_DEMUXERS: Final = {"mp4": "mov", "mov": "mov", "webm": "matroska", "matroska": "matroska", "avi": "avi"}
#: While it opens a file FFmpeg decodes the first frames of some codecs, to tell of them what nobody asks: that takes 25
#: ms for H.264 in HD, everything else 0.3. And it reads on through megabytes where that leaves it in doubt.
_OPENING: Final = {"skip_frame": "all", "probesize": "100000"}


def read(source: Source, kind: Kind, *, full: bool, limits: Limits = LIMITS, nsfw: bool = False) -> Findings:
    """Read a video; with `full`, three frames too, and with `nsfw` views of them. Raises Unreadable, or OSError where
    the disk refuses.

    Without `full` nothing is decoded, so the pixel format (`mode`) of H.264 is not known.
    """
    embedded = Embedded(limits)
    _judge_structure(source, kind, embedded, full=full)
    found = Findings(media={"type": "video", "format": kind.format}, texts=embedded.texts, warnings=embedded.warnings)
    rotations = _rotations(source, kind, limits, found)
    with _container(source.stream(), kind) as container:
        stream = _picture_stream(container)
        tags = video_tags.read(container.metadata, stream.metadata, embedded)
        found.claims = tags.claims
        found.media |= video_facts.facts(container, stream) | tags.media
        # Tracks of MP4 are known by their ids, those of Matroska by their order.
        if rotation := rotations.get(stream.id if kind.format in {"mp4", "mov"} else _place(container, stream), 0):
            found.media["rotation"] = rotation
        if full:
            _judge_size(stream, limits)
            _look(container, stream, limits, found, nsfw=nsfw)
    return found


def _judge_structure(source: Source, kind: Kind, embedded: Embedded, *, full: bool) -> None:
    if kind.format in {"mp4", "mov"} and not structure.has_box(source.stream(), b"moov", embedded.limits):
        raise Unreadable(
            Reason.TRUNCATED,
            "It has no 'moov' box, the index that is written last: the recording or the copy was cut off.",
        )
    short = structure.shortfall(source.stream(), kind.format, embedded.limits)
    if short and full:
        raise Unreadable(Reason.TRUNCATED, f"The file ends {short}; copy it again.")
    if short:
        embedded.warn(f"the file ends {short}")


def _rotations(source: Source, kind: Kind, limits: Limits, found: Findings) -> dict[int, int]:
    """From the header: FFmpeg tells them with a decoded frame only, and leaves XMP alone."""
    match kind.format:
        case "mp4" | "mov":
            index = movie.walk(source.stream(), limits)
            found.xmp = index.xmp
            return index.rotations
        case "webm" | "matroska":
            return dict(enumerate(matroska.rotations(source.stream(), limits)))
        case _:
            return {}


class _Tape:
    """Only what FFmpeg needs of a file. PyAV would want a name of it, and names may not be UTF-8."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._length = length_of(stream)
        self.read = stream.read
        self.tell = stream.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # A damaged index points anywhere, and a file refuses places beyond what its file system could hold.
        if whence == os.SEEK_SET:
            offset = min(max(0, offset), self._length)
        return self._stream.seek(offset, whence)


@contextmanager
def _container(stream: BinaryIO, kind: Kind) -> Iterator[InputContainer]:
    try:
        with av.open(
            _Tape(stream),
            format=_DEMUXERS[kind.format],
            metadata_errors="replace",
            io_open=_refuse,
            options=dict(_OPENING),
        ) as container:
            assert isinstance(container, InputContainer)
            yield container
    except av.FFmpegError as error:
        code = Reason.TRUNCATED if isinstance(error, av.error.EOFError) else Reason.DAMAGED
        raise Unreadable(code, f"The video could not be read: {error.strerror or described(error)}.") from error


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise Unreadable(Reason.OUTSIDE, f"The video refers to another file or address: {clean_line(url, 200)}.")


def _picture_stream(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        # A cover picture of a sound file is a video stream too.
        if Disposition.attached_pic not in stream.disposition:
            if stream.codec_context is None:
                raise Unreadable(Reason.UNSUPPORTED, "Its pictures are coded in a way that FFmpeg does not know.")
            return stream
    raise Unreadable(Reason.UNSUPPORTED, "It holds no moving picture, only sound or data.")


def _place(container: InputContainer, stream: VideoStream) -> int:
    return [each.index for each in container.streams.video].index(stream.index)


def _judge_size(stream: VideoStream, limits: Limits) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > limits.pixels:
        raise Unreadable(Reason.TOO_LARGE, f"Frames of {width:,}×{height:,} pixels are more than are decoded.")


def _look(container: InputContainer, stream: VideoStream, limits: Limits, found: Findings, *, nsfw: bool) -> None:
    """Decode, and keep of each frame what is small."""
    # Each frame would make a scaler of its own, which costs more than the scaling.
    shrinking, squeezing = VideoReformatter(), VideoReformatter()
    for frame in video_frames.frames(container, stream, limits):
        if frame.rotation:
            found.media["rotation"] = frame.rotation % 360
        found.media["mode"] = frame.format.name
        found.frames.append(_picture(shrinking, frame, *_fitting(frame, limits.thumbnail)))
        if nsfw:
            found.views.append(_picture(squeezing, frame, VIEW, VIEW))
    if not found.frames:
        raise Unreadable(Reason.DAMAGED, "No picture of the video could be decoded.")
    found.small = found.frames[0]


def _fitting(frame: VideoFrame, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(frame.width, frame.height))
    return max(1, round(frame.width * scale)), max(1, round(frame.height * scale))


def _picture(scaler: VideoReformatter, frame: VideoFrame, width: int, height: int) -> Image.Image:
    """The frame in this size, upright."""
    small = scaler.reformat(frame, width, height, "rgb24")
    return quarter_turned(Image.fromarray(small.to_ndarray()), frame.rotation)
