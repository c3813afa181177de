"""Which frames of a video are looked at."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
import numpy as np
import pytest
from av.container import InputContainer
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, distance

from tallylight.ingest.extract import video_frames
from tallylight.ingest.extract.limits import Limits
from tallylight.model import OutcomeKind

FRAMES = 30
PIXELS = 96 * 64


def bar(number: int) -> Image.Image:
    """A grey that tells which frame it is."""
    return Image.new("RGB", (96, 64), (number * 8,) * 3)


def noise(number: int) -> Image.Image:
    rough = np.random.default_rng(number).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((96, 64), Image.Resampling.BICUBIC)


@contextmanager
def opened(data: bytes) -> Iterator[InputContainer]:
    with av.open(io.BytesIO(data)) as container:
        assert isinstance(container, InputContainer)
        yield container


def looked_at(data: bytes, limits: Limits | None = None) -> list[int]:
    """The numbers of the frames that were chosen."""
    with opened(data) as container:
        chosen = video_frames.frames(container, container.streams.video[0], limits or Limits())
        return [round(float(frame.to_ndarray(format="gray").mean()) / 8) for frame in chosen]


def film(**further: Any) -> bytes:
    return build.video(frames=FRAMES, pictures=bar, **further)


@pytest.mark.parametrize("format_", ["mp4", "matroska", "avi"])
def test_the_key_frames_before_a_sixth_a_half_and_five_sixths(format_: str) -> None:
    assert looked_at(film(format_=format_, keys=1)) == [5, 15, 25]
    assert looked_at(film(format_=format_, keys=4)) == [4, 12, 24]


def test_with_one_key_frame_the_others_are_decoded_on_to() -> None:
    assert looked_at(film(keys=100)) == [0, 15, 25]
    assert looked_at(film(keys=20)) == [0, 15, 20]


def test_decoding_on_ends_with_the_budget() -> None:
    data = film(keys=100)
    assert looked_at(data, Limits(video_pixels=2 * PIXELS * 4)) == [0, 4, 8]
    assert looked_at(data, Limits(video_pixels=1)) == [0, 1, 2]


@pytest.mark.parametrize(("frames", "chosen"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2])])
def test_a_clip_of_few_frames(frames: int, chosen: list[int]) -> None:
    assert looked_at(build.video(frames=frames, pictures=bar, keys=100)) == chosen


def test_a_recording_of_unknown_length_is_looked_at_from_its_beginning() -> None:
    live = film(format_="webm", codec="libvpx-vp9", keys=100, options={"live": "1"})
    with opened(live) as container:
        assert container.duration is None
    assert looked_at(live, Limits(video_pixels=2 * PIXELS * 3)) == [0, 3, 6]


def test_a_scratch_behind_the_first_key_frame_costs_the_frames_behind_it(folder: Folder) -> None:
    data = build.video(frames=FRAMES, pictures=noise, keys=1)
    with opened(data) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    whole = folder.outcome("a.mp4", data)
    at, size = places[15]
    assert at is not None
    scratched = folder.outcome("a.mp4", data[:at] + bytes(size) + data[at + size :])
    assert scratched.kind is OutcomeKind.EXTRACTED
    assert scratched.phash == whole.phash
    assert scratched.frame_phashes[:1] == whole.frame_phashes[:1]
    assert len(scratched.frame_phashes) < 3


def test_each_frame_has_its_hash_upright(folder: Folder) -> None:
    for rotation in (0, 90):
        hashes = folder.outcome("a.mp4", build.video(frames=FRAMES, pictures=noise, keys=1, rotation=rotation))
        assert len(hashes.frame_phashes) == 3
        for number, found in zip((5, 15, 25), hashes.frame_phashes, strict=True):
            still = folder.outcome("a.png", build.png(image=noise(number).rotate(rotation, expand=True)))
            assert distance(found, still.phash or "") <= 8


def test_clips_that_begin_with_the_same_picture_differ(folder: Folder) -> None:
    def clip(seed: int) -> bytes:
        return build.video(frames=FRAMES, keys=100, pictures=lambda number: noise(number and seed + number))

    one, other = (folder.outcome("a.mp4", clip(seed)).frame_phashes for seed in (100, 200))
    assert distance(one[0], other[0]) <= 2
    assert all(distance(*pair) >= 10 for pair in zip(one[1:], other[1:], strict=True))
