"""What is read of EXIF agrees with what ExifRead, another project's reader, reads of the same files.

With `TALLYLIGHT_EXIF_SAMPLES` naming a folder of photographs (that project's own samples, say), those are compared too.
"""

from __future__ import annotations

import io
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import exifread
import pytest
from PIL.TiffImagePlugin import IFDRational
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract.dates import iso_date
from tallylight.model import OutcomeKind, Tier

CAMERA = {0x010F: "Reconyx", 0x0110: "HC500", 0x0112: 3, 0x0132: "2022:01:12 09:30:15"}
SHOT = {
    0x9003: "2022:01:12 09:30:14",
    0x9291: "25",
    0x829A: IFDRational(1, 125),
    0x829D: IFDRational(28, 10),
    0x8827: 400,
    0x9209: 0x19,
    0x920A: IFDRational(35, 1),
    0xA434: "A long lens",
}
PLACE = {
    1: "S", 2: (IFDRational(48), IFDRational(51), IFDRational(3012, 100)),
    3: "E", 4: (IFDRational(2), IFDRational(21), IFDRational(7)),
    5: b"\1", 6: IFDRational(355, 10),
}  # fmt: skip
BLOCKS = {
    "all of it": build.exif_block({**CAMERA, 0x8825: PLACE}, SHOT),
    "no place": build.exif_block(CAMERA, SHOT),
    "a slow shot": build.exif_block(CAMERA, {0x829A: IFDRational(25, 10), 0x8827: 100, 0x9209: 0x10}),
    "only the camera": build.exif_block(CAMERA),
}
FILES = {
    **{f"{name}.jpg": build.encoded(build.scene(), "JPEG", exif=block) for name, block in BLOCKS.items()},
    **{f"{name}.png": build.encoded(build.scene(), "PNG", exif=block) for name, block in BLOCKS.items()},
}


def samples() -> list[Path]:
    folder = os.environ.get("TALLYLIGHT_EXIF_SAMPLES")
    return sorted(Path(folder).rglob("*.jpg")) if folder else []


@pytest.mark.parametrize("tier", [Tier.METADATA, Tier.FULL])
@pytest.mark.parametrize("name", FILES)
def test_what_is_read_agrees(folder: Folder, name: str, tier: Tier) -> None:
    assert_agrees(folder, name, FILES[name], tier)


def test_photographs_of_others_agree(folder: Folder) -> None:
    for number, path in enumerate(samples()):
        assert_agrees(folder, f"{number}.jpg", path.read_bytes(), Tier.METADATA)


def assert_agrees(folder: Folder, name: str, data: bytes, tier: Tier) -> None:
    printed = exifread.process_file(io.BytesIO(data), details=False)
    outcome = folder.outcome(name, data, tier=tier)
    assert outcome.kind is OutcomeKind.EXTRACTED
    wanted = expected(printed)
    assert {key: outcome.media.get(key) for key in wanted} == wanted
    if "EXIF ExposureTime" in printed:
        shown = float(Fraction(outcome.media["exposure_time"]))
        assert shown == pytest.approx(numbers(printed, "EXIF ExposureTime")[0], rel=0.01)
    assert place(printed) == outcome.media.get("gps")


def expected(printed: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "camera_make": text(printed, "Image Make"),
        "camera_model": text(printed, "Image Model"),
        "lens": text(printed, "EXIF LensModel"),
        "iso": int(printed["EXIF ISOSpeedRatings"].values[0]) if "EXIF ISOSpeedRatings" in printed else None,
        "flash": bool(printed["EXIF Flash"].values[0] & 1) if "EXIF Flash" in printed else None,
    }
    for key, tag in (("f_number", "EXIF FNumber"), ("focal_length", "EXIF FocalLength")):
        facts[key] = round(numbers(printed, tag)[0], 2) if tag in printed else None
    if "EXIF DateTimeOriginal" in printed:
        fraction = text(printed, "EXIF SubSecTimeOriginal") or ""
        facts["created_at"] = iso_date(str(printed["EXIF DateTimeOriginal"]), "", fraction)
    return facts


def place(printed: dict[str, Any]) -> Any:
    if "GPS GPSLatitude" not in printed:
        return None
    return {
        "latitude": pytest.approx(angle(printed, "GPS GPSLatitude"), abs=1e-6),
        "longitude": pytest.approx(angle(printed, "GPS GPSLongitude"), abs=1e-6),
        "altitude": pytest.approx(
            numbers(printed, "GPS GPSAltitude")[0] * (-1 if printed["GPS GPSAltitudeRef"].values[0] else 1), abs=0.01
        ),
    }


def angle(printed: dict[str, Any], name: str) -> float:
    degrees: float = sum(part / 60**at for at, part in enumerate(numbers(printed, name)))
    return -degrees if str(printed[f"{name}Ref"]) in {"S", "W"} else degrees


def numbers(printed: dict[str, Any], name: str) -> list[float]:
    return [float(value) for value in printed[name].values]


def text(printed: dict[str, Any], name: str) -> str | None:
    return str(printed[name]).strip() or None if name in printed else None
