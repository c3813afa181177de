from __future__ import annotations

from io import BytesIO

import av
import av.codec.codec
import numpy as np
import pytest

from tallylight.samples.clips import clip_bytes, moving_shapes


@pytest.mark.parametrize(
    ("codec", "container", "name"),
    [
        ("mpeg4", "mp4", "mpeg4"),
        ("mpeg4", "avi", "mpeg4"),
        ("mpeg4", "matroska", "mpeg4"),
        ("libvpx", "webm", "vp8"),
        ("libvpx-vp9", "webm", "vp9"),
    ],
)
def test_a_clip_plays_and_says_what_it_is(codec: str, container: str, name: str) -> None:
    content = clip_bytes(1.2, codec, container, {"title": "Loop", "comment": "a prompt"}, width=160, height=90)
    with av.open(BytesIO(content), "r") as read:
        stream = read.streams.video[0]
        assert (stream.width, stream.height) == (160, 90)
        assert stream.codec_context.codec.canonical_name == name
        assert stream.average_rate == 15
        assert read.duration is not None
        assert read.duration / av.time_base == pytest.approx(1.2, abs=0.1)
        assert {key.lower(): text for key, text in read.metadata.items()}["comment"] == "a prompt"
        assert len(list(read.decode(stream))) == 18


@pytest.mark.parametrize(("codec", "container"), [("mpeg4", "mp4"), ("libvpx", "webm"), ("libvpx-vp9", "webm")])
def test_the_same_generator_gives_the_same_bytes(codec: str, container: str) -> None:
    first, second, other = (
        clip_bytes(0.4, codec, container, width=64, height=48, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first == second != other


def test_something_moves() -> None:
    pictures = {picture.tobytes() for picture in moving_shapes(64, 48, 5, np.random.default_rng(1))}
    assert len(pictures) == 5


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(av.codec.codec.UnknownCodecError):
        clip_bytes(0.2, "no-such-codec")
