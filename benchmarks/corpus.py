"""Thousands of realistic files, built in seconds: few distinct pictures, each copy with bytes of its own."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from tallylight.samples.a1111 import a1111_parameters
from tallylight.samples.camera import Shot, camera_exif
from tallylight.samples.clips import clip_bytes
from tallylight.samples.comfy import comfy_graph
from tallylight.samples.encode import jpeg_bytes
from tallylight.samples.painting import SCENES, Style, paint
from tallylight.samples.recipes import recipe

_EDITION: Final = 1
_FOLDERS: Final = 20
_PNG_HEADER: Final = 33  #: signature and IHDR


@dataclass(frozen=True, slots=True)
class Corpus:
    """The files of a benchmark. `pngs` have 1 megapixel and generation parameters, `jpegs` 12 and a camera's EXIF,
    `videos` last three seconds.
    """

    pngs: int
    jpegs: int
    videos: int
    bytes: int

    @property
    def files(self) -> int:
        return self.pngs + self.jpegs + self.videos


def build(folder: Path, files: int) -> Corpus:
    """Build the corpus in `folder`, or keep the one that is there: 70 % PNG, 25 % JPEG, 5 % video."""
    marker = folder / ".corpus.json"
    wanted = {"edition": _EDITION, "asked": files}
    if marker.exists():
        found = json.loads(marker.read_text())
        if {key: found.pop(key) for key in wanted} == wanted:
            return Corpus(**found)
        raise SystemExit(f"{folder} holds another corpus; delete it or choose another with --corpus.")
    videos, jpegs = files // 20, files // 4
    pngs = files - videos - jpegs
    written = sum(_write(folder, pngs, "gen_{:06}.png", _pngs()))
    written += sum(_write(folder, jpegs, "IMG_{:06}.JPG", _jpegs()))
    written += sum(_write(folder, videos, "clip_{:06}.mp4", _videos()))
    corpus = Corpus(pngs=pngs, jpegs=jpegs, videos=videos, bytes=written)
    marker.write_text(json.dumps(wanted | asdict(corpus)))
    return corpus


def paths(folder: Path) -> list[Path]:
    """Every file of the corpus, in the order of names."""
    return sorted(path for path in folder.glob("part_*/*") if path.is_file())


def _write(folder: Path, count: int, name: str, variants: list[Callable[[int], bytes]]) -> Iterator[int]:
    for number in range(count):
        path = folder / f"part_{number % _FOLDERS:02}" / name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path.write_bytes(variants[number % len(variants)](number))


def _pngs() -> list[Callable[[int], bytes]]:
    return [_png(style, np.random.default_rng([1, place])) for place, style in enumerate(Style)]


def _png(style: Style, rng: np.random.Generator) -> Callable[[int], bytes]:
    pixels = _encoded(_with_grain(paint(1024, 1024, rng, style), rng, 3.0))

    def copy(number: int) -> bytes:
        made = recipe(style, 1024, 1024, np.random.default_rng([2, number]))
        if number % 2:
            texts = {"parameters": a1111_parameters(made)}
        else:
            graph = comfy_graph(made)
            texts = {"prompt": json.dumps(graph.prompt), "workflow": json.dumps(graph.workflow)}
        chunks = b"".join(_text_chunk(key, text) for key, text in texts.items())
        return pixels[:_PNG_HEADER] + chunks + pixels[_PNG_HEADER:]

    return copy


def _encoded(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=4)  # what ComfyUI saves with
    return buffer.getvalue()


def _text_chunk(key: str, text: str) -> bytes:
    body = b"iTXt" + key.encode() + b"\0\0\0\0\0" + text.encode()
    return (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def _jpegs() -> list[Callable[[int], bytes]]:
    return [_jpeg(style, np.random.default_rng([3, place])) for place, style in enumerate(SCENES * 2)]


def _jpeg(style: Style, rng: np.random.Generator) -> Callable[[int], bytes]:
    shot = Shot(make="Canon", model="Canon EOS R8", taken=datetime(2024, 6, 11, 9, 30), orientation=1)  # noqa: DTZ001
    image = paint(1000, 750, rng, style).resize((4000, 3000), Image.Resampling.BILINEAR)
    content = jpeg_bytes(_with_grain(image, rng, 5.0), camera_exif(shot), quality=90)

    def copy(number: int) -> bytes:
        note = f"copy {number}".encode()
        # Before EOI: cameras put EXIF first, and readers rely on it.
        return content[:-2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2) + note + content[-2:]

    return copy


def _videos() -> list[Callable[[int], bytes]]:
    return [_video(np.random.default_rng([4, place])) for place in range(4)]


def _video(rng: np.random.Generator) -> Callable[[int], bytes]:
    content = clip_bytes(3, tags={"title": "Clip"}, width=640, height=360, frame_rate=24, rng=rng)

    def copy(number: int) -> bytes:
        return content + (16).to_bytes(4) + b"free" + number.to_bytes(8)

    return copy


def _with_grain(image: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """As much noise as real pictures have: without it they would decode unrealistically fast."""
    pixels = np.asarray(image, dtype=np.float32)
    grain = rng.standard_normal(pixels.shape[:2], dtype=np.float32)[..., None] * np.float32(strength)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
