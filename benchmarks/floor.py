"""The least an ingest can do with the same files on the same cores: what no program of this kind can beat.

`handle`: read, SHA-256, decode (JPEG by draft, one frame of a video), one resize to 256 px and one encode. `header`: open,
and have the library read the header. Nothing is kept.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

import av
from PIL import Image

from tallylight.engine.worker import NICENESS

_SIDE = 256

#: What is done with one file; the answer shows that nothing was left out.
Least = Callable[[Path], int]


def measure(least: Least, files: Sequence[Path], jobs: int, chunk: int) -> float:
    """Files per second, in `jobs` processes that are warm and as humble as Tallylight's own workers and take `chunk`
    files at a time.
    """
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=os.nice, initargs=(NICENESS,)) as pool:
        list(pool.map(least, files[: jobs * 4]))
        started = time.perf_counter()
        done = sum(1 for _ in pool.map(least, files, chunksize=chunk))
        return done / (time.perf_counter() - started)


def handle(path: Path) -> int:
    """Do the least with one file; answers the thumbnail's bytes, so that nothing can be left out."""
    content = path.read_bytes()
    hashlib.sha256(content).hexdigest()
    image = _first_frame(content) if path.suffix == ".mp4" else Image.open(BytesIO(content))
    image.draft("RGB", (_SIDE, _SIDE))
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BICUBIC, reducing_gap=1.5)
    thumbnail = BytesIO()
    image.save(thumbnail, "JPEG", quality=82)
    return len(thumbnail.getvalue())


def header(path: Path) -> int:
    """Open one file and have its header read; answers its pixels."""
    if path.suffix == ".mp4":
        with av.open(str(path), "r") as container:
            context = container.streams.video[0].codec_context
            return context.width * context.height
    with Image.open(path) as image:
        return image.width * image.height


def _first_frame(content: bytes) -> Image.Image:
    with av.open(BytesIO(content), "r") as container:
        return Image.fromarray(next(container.decode(video=0)).to_ndarray(format="rgb24"))
