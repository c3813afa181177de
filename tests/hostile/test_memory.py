"""Pictures within the limit on pixels and beyond the memory of a worker: each costs itself and nothing else."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import pytest
from anyio import to_thread
from av.video.stream import VideoStream
from PIL import Image
from tests.hostile import unruly
from tests.hostile.png import header, png, zeros
from tests.hostile.stills import gif
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, chunk
from tests.ingest.extract.conftest import folder

from tallylight import services
from tallylight.clock import SystemClock
from tallylight.engine import Died, Done
from tallylight.engine.local import LocalEngine
from tallylight.ingest.extract import extract
from tallylight.model import Candidate, Outcome

__all__ = ["folder"]

pytestmark = pytest.mark.anyio

#: A worker takes 300 MB by itself.
MEMORY_LIMIT = 400 << 20


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalEngine]:
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    preload = services.PRELOAD
    async with LocalEngine(1, memory_limit=MEMORY_LIMIT, preload=preload, clock=SystemClock()) as engine:
        yield engine


def beyond() -> Iterator[tuple[str, bytes]]:
    """Tens of megapixels in each format that can say so in little."""
    grey = Image.new("L", (6_000, 6_000), 90)
    yield "a.png", png(header(9_000, 9_000, 8, 6), chunk(b"IDAT", zeros(310)))
    yield "a.gif", b"GIF89a" + struct.pack("<HH", 14_000, 14_000) + gif(1)[10:]
    yield "a.tif", build.encoded(grey.convert("RGBA"), "TIFF", compression="tiff_deflate")
    yield "a.webp", unruly.vast_webp()
    yield "a.avif", build.encoded(grey, "AVIF", speed=10)
    yield "a.avi", video("avi", "ffv1", 7_000)


def video(format_: str, codec: str, side: int) -> bytes:
    """A black frame."""
    out = io.BytesIO()
    with av.open(out, "w", format=format_) as container:
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = side, side, "yuv444p"
        frame = av.VideoFrame(side, side, "yuv444p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.pts, frame.time_base = 0, Fraction(1, 10)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


async def test_each_format_is_out_of_memory_and_not_damaged(engine: LocalEngine, folder: Folder) -> None:
    names = [path.name for path in await to_thread.run_sync(_put_all, folder)]
    verdicts = await engine.run(*await to_thread.run_sync(_work, folder, names))
    assert {
        name: verdict.reason if isinstance(verdict, Died) else verdict.value.code
        for name, verdict in zip(names, verdicts, strict=True)
    } == dict.fromkeys(names, "memory")


async def test_the_files_around_it_are_read_by_the_same_worker(engine: LocalEngine, folder: Folder) -> None:
    await to_thread.run_sync(folder.put, "vast.png", unruly.vast_png())
    await to_thread.run_sync(folder.put, "small.png", build.png())
    names = ["small.png", "vast.png", "small.png", "vast.png", "small.png"]
    (before,) = await engine.run(Path.readlink, [Path("/proc/self")])
    verdicts = await engine.run(*await to_thread.run_sync(_work, folder, names))
    (after,) = await engine.run(Path.readlink, [Path("/proc/self")])
    assert [isinstance(verdict, Done) for verdict in verdicts] == [True, False, True, False, True]
    assert before == after


def _put_all(folder: Folder) -> list[Path]:
    return [folder.put(name, data) for name, data in beyond()]


def _work(folder: Folder, names: list[str]) -> tuple[Callable[[Candidate], Outcome], list[Candidate]]:
    return partial(extract, folder.options()), [Candidate(str(folder.path), name, 1, 2) for name in names]
