"""Small files to ingest."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo


def picture(path: Path, prompt: str, *, score: int | None = None) -> None:
    """A small PNG with the metadata of an image generator, and a score beside it if one is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = PngInfo()
    text.add_text("parameters", f"{prompt}\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64")
    # Each of another colour: equal files would be told as duplicates.
    Image.new("RGB", (64, 64), _colour(path.name)).save(path, pnginfo=text)
    if score is not None:
        sidecar = path.parent / ".scores" / f"{path.name}.json"
        sidecar.parent.mkdir(exist_ok=True)
        sidecar.write_text(json.dumps({"score": score}))


def damaged(path: Path) -> None:
    """A PNG that ends in the middle of its pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:600])


def _colour(name: str) -> tuple[int, int, int]:
    red, green, blue = sha256(name.encode()).digest()[:3]
    return red, green, blue
