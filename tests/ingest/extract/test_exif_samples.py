"""Photographs of others: what is read of them agrees with what another EXIF reader prints of them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract.dates import iso_date
from tallylight.model import Outcome, OutcomeKind, Tier

SAMPLES = Path(__file__).parent.parent.parent / "data" / "exif_samples"
DUMP: dict[str, dict[str, str]] = json.loads((SAMPLES / "dump.json").read_text())
#: What the offset is by which this camera's clock and its satellite receiver differ.
OFFSETS = {"iphone_hdr_YES_grey.jpg": "+02:00"}


def numbers(text: str) -> list[float]:
    return [float(Fraction(part)) for part in text.strip("[]").split(", ")]


def angle(printed: dict[str, str], name: str) -> float:
    degrees: float = sum(part / 60**place for place, part in enumerate(numbers(printed[name])))
    return -degrees if printed[f"{name}Ref"] in {"S", "W"} else degrees


def expected(name: str, printed: dict[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "camera_make": printed.get("Image Make"),
        "camera_model": printed.get("Image Model"),
        "lens": printed.get("EXIF LensModel"),
        "iso": int(printed["EXIF ISOSpeedRatings"]) if "EXIF ISOSpeedRatings" in printed else None,
        "flash": not printed["EXIF Flash"].startswith("Flash did not fire") if "EXIF Flash" in printed else None,
    }
    for key, tag in (("f_number", "EXIF FNumber"), ("focal_length", "EXIF FocalLength")):
        facts[key] = round(numbers(printed[tag])[0], 2) if tag in printed else None
    if "EXIF DateTimeOriginal" in printed:
        fraction = printed.get("EXIF SubSecTimeOriginal", "")
        facts["created_at"] = iso_date(printed["EXIF DateTimeOriginal"], OFFSETS.get(name, ""), fraction)
    return facts


@pytest.mark.parametrize("tier", [Tier.METADATA, Tier.FULL])
@pytest.mark.parametrize("name", DUMP)
def test_what_is_read_agrees(folder: Folder, name: str, tier: Tier) -> None:
    outcome = folder.outcome(name, (SAMPLES / name).read_bytes(), tier=tier)
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.warnings == ()
    wanted = expected(name, DUMP[name])
    assert {key: outcome.media.get(key) for key in wanted} == wanted
    assert_exposure(outcome, DUMP[name])
    assert_place(outcome, DUMP[name])


def assert_exposure(outcome: Outcome, printed: dict[str, str]) -> None:
    if "EXIF ExposureTime" in printed:
        shown = float(Fraction(outcome.media["exposure_time"]))
        assert shown == pytest.approx(numbers(printed["EXIF ExposureTime"])[0], rel=0.01)


def assert_place(outcome: Outcome, printed: dict[str, str]) -> None:
    if "GPS GPSLatitude" not in printed:
        assert "gps" not in outcome.media
        return
    assert outcome.media["gps"] == {
        "latitude": pytest.approx(angle(printed, "GPS GPSLatitude"), abs=1e-6),
        "longitude": pytest.approx(angle(printed, "GPS GPSLongitude"), abs=1e-6),
        "altitude": pytest.approx(numbers(printed["GPS GPSAltitude"])[0], abs=0.01),
    }


def test_the_samples_are_those_that_the_readme_names() -> None:
    readme = (SAMPLES / "README.md").read_text()
    assert {path.name for path in SAMPLES.iterdir()} == {*DUMP, "dump.json", "README.md"}
    assert all(f"`{name}`" in readme for name in DUMP)
