"""Reads a video by PyAV: facts and tags, and one frame for the thumbnail and the perceptual hash.

FFmpeg gets the opened file and the one demuxer its bytes name, so nothing in the file can make it open another file or
an address (playlists, references).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, NoReturn

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.containers import structure
from tallylight.ingest.extract.containers.embedded import Embedded, length_of
from tallylight.ingest.extract.dates import iso_date
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sniff import Kind
from tallylight.ingest.extract.source import Source
from tallylight.ingest.extract.trouble import Unreadable, described
from tallylight.model import Json, Reason

_DEMUXERS: Final = {"mp4": "mov", "mov": "mov", "webm": "matroska", "matroska": "matroska", "avi": "avi"}
_TEXT_TAGS: Final = frozenset({"prompt", "workflow", "parameters"})
_DATE_TAGS: Final = ("com.apple.quicktime.creationdate", "creation_time", "date")
#: Packets tried until one gives a picture; a damaged stream may hold none.
_PACKETS = 300
#: Longer than any recording: a hundred days.
_LONGEST_S = 8_640_000.0


def read(source: Source, kind: Kind, *, full: bool, limits: Limits = LIMITS) -> Findings:
    """Read a video; with `full`, one frame too. Raises Unreadable, or OSError where the disk refuses."""
    embedded = Embedded(limits)
    _judge_structure(source, kind, embedded, full=full)
    with _container(source.stream(), kind) as container:
        stream = _picture_stream(container)
        tags = _tags(container, embedded)
        found = Findings(media=_media(kind, container, stream, tags), texts=embedded.texts, warnings=embedded.warnings)
        if full:
            _judge_size(stream, limits)
            frame = _frame(container, stream)
            if frame.rotation:
                found.media["rotation"] = frame.rotation % 360
            found.small = _small(frame, limits.thumbnail)
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
            _Tape(stream), format=_DEMUXERS[kind.format], metadata_errors="replace", io_open=_refuse
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
            return stream
    raise Unreadable(Reason.UNSUPPORTED, "It holds no moving picture, only sound or data.")


def _media(kind: Kind, container: InputContainer, stream: VideoStream, tags: Json) -> Json:
    context = stream.codec_context
    found = {
        "width": context.width or None,
        "height": context.height or None,
        "duration": _duration(container, stream),
        "frame_rate": _frame_rate(stream),
        "codec": context.name,
        "mode": context.pix_fmt,
        "audio_codec": next((sound.codec_context.name for sound in container.streams.audio), None),
        "created_at": _created_at(container, stream),
        "tags": tags,
    }
    return {"type": "video", "format": kind.format, **{key: value for key, value in found.items() if value}}


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    seconds = None
    if container.duration is not None:
        seconds = container.duration / av.time_base
    elif stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    return round(seconds, 3) if seconds is not None and 0 < seconds < _LONGEST_S else None


def _frame_rate(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return round(float(rate), 3) if rate and rate.denominator else None


def _tags(container: InputContainer, embedded: Embedded) -> Json:
    """The container's tags; long ones, JSON and those of several lines become embedded texts."""
    limits = embedded.limits
    tags: Json = {}
    for key, value in ((key.lower(), value) for key, value in container.metadata.items()):
        if key in _TEXT_TAGS or _is_text(value, limits):
            embedded.add_text(key, value)
        elif len(tags) < limits.tags and value.strip():
            tags[clean_line(key, 80)] = clean_line(value, limits.value)
    return tags


def _is_text(value: str, limits: Limits) -> bool:
    return len(value) > limits.value or "\n" in value.strip() or value.lstrip()[:1] in {"{", "["}


def _created_at(container: InputContainer, stream: VideoStream) -> str:
    known: dict[str, Any] = {key.lower(): value for key, value in {**stream.metadata, **container.metadata}.items()}
    return next((date for key in _DATE_TAGS if (date := _date(known.get(key, "")))), "")


def _date(text: str) -> str:
    """`2023-05-06T07:08:09.000000Z`, `2023-05-06T07:08:09+0200`."""
    zone = "Z" if text.endswith("Z") else ""
    if text[-5:-4] in {"+", "-"} and text[-4:].isdigit():
        zone = f"{text[-5:-2]}:{text[-2:]}"
    elif text[-6:-5] in {"+", "-"} and text[-3:-2] == ":":
        zone = text[-6:]
    return iso_date(text, zone)


def _judge_size(stream: VideoStream, limits: Limits) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > limits.pixels:
        raise Unreadable(Reason.TOO_LARGE, f"Frames of {width:,}×{height:,} pixels are more than are decoded.")


def _frame(container: InputContainer, stream: VideoStream) -> VideoFrame:
    """A frame a tenth into the video, since many begin black; else the first that can be decoded."""
    # Threads would decode frames ahead that nobody asks for.
    stream.codec_context.thread_count = 1
    if container.duration and container.duration > av.time_base:
        try:
            container.seek(container.duration // 10)
            if frame := _next_frame(container, stream):
                return frame
        except av.FFmpegError:  # a broken index: the beginning may still be good
            pass
        container.seek(0)
    if frame := _next_frame(container, stream):
        return frame
    raise Unreadable(Reason.DAMAGED, "No picture of the video could be decoded.")


def _next_frame(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    for number, packet in enumerate(container.demux(stream)):
        for frame in packet.decode():
            return frame
        if number >= _PACKETS:
            break
    return None


def _small(frame: VideoFrame, side: int) -> Image.Image:
    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    picture = Image.fromarray(frame.reformat(width=width, height=height, format="rgb24").to_ndarray())
    match frame.rotation % 360:
        case 90:
            return picture.transpose(Image.Transpose.ROTATE_90)
        case 180:
            return picture.transpose(Image.Transpose.ROTATE_180)
        case 270:
            return picture.transpose(Image.Transpose.ROTATE_270)
        case _:
            return picture
