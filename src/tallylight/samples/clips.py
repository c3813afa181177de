"""Short videos of moving shapes, in codecs anyone may ship: MPEG-4 part 2, VP8 and VP9."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from io import BytesIO
from math import cos, sin, tau
from typing import Final, cast

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from tallylight.samples.fields import palette, shade
from tallylight.samples.painting import Style, paint

_SPEED: Final[Mapping[str, Mapping[str, str]]] = {
    # Negative: with a positive one libvpx chooses its speed by the time it took, and a busy machine gives other bytes.
    "libvpx": {"deadline": "realtime", "cpu-used": "-8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "0"},
}


def clip_bytes(
    seconds: float,
    codec: str = "mpeg4",
    container: str = "mp4",
    tags: Mapping[str, str] | None = None,
    *,
    width: int = 480,
    height: int = 270,
    frame_rate: int = 15,
    rng: np.random.Generator | None = None,
) -> bytes:
    """A video without sound. `codec` and `container` are FFmpeg's names (`mpeg4`, `libvpx`, `libvpx-vp9`; `mp4`,
    `webm`, `matroska`, `mov`, `avi`); `tags` are the container's own. Deterministic for a generator's state.
    """
    buffer = BytesIO()
    # bitexact: else a random id and the library's version would make each file another.
    with av.open(buffer, "w", format=container, options={"fflags": "+bitexact"}) as output:
        output.metadata.update(tags or {})
        stream = cast("VideoStream", output.add_stream(codec, rate=Fraction(frame_rate)))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = 600_000
        stream.codec_context.options = dict(_SPEED.get(codec, {}))
        stream.codec_context.flags |= int(av.codec.context.Flags.bitexact)
        # One thread: with more, the split of the work shows in the bytes.
        stream.codec_context.thread_count = 1
        for picture in moving_shapes(width, height, round(seconds * frame_rate), rng or np.random.default_rng(1)):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def moving_shapes(width: int, height: int, frames: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """RGB pictures of discs that circle before a painted background, one round in all frames."""
    background = paint(width, height, rng, Style.PLASMA)
    colours = palette(rng)
    discs = rng.random((5, 4)).tolist()
    for frame in range(frames):
        picture = background.copy()
        pen = ImageDraw.Draw(picture)
        for reach, start, size, brightness in discs:
            angle = tau * (start + frame / frames)
            x, y = width * (0.5 + 0.45 * reach * cos(angle)), height * (0.5 + 0.45 * reach * sin(angle))
            radius = height * (0.05 + 0.1 * size)
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade(colours, 0.3 + 0.7 * brightness))
        yield picture
