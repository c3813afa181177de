"""HEIC, with the extra and without it."""

from __future__ import annotations

import sys

import pytest
from PIL.TiffImagePlugin import IFDRational
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract import picture
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.sniff import HEIC as HEIC_KIND
from tallylight.ingest.extract.source import opened
from tallylight.ingest.extract.trouble import Unreadable
from tallylight.model import OutcomeKind, Reason, Tier
from tallylight.roots import Roots

EXIF = build.exif_block(
    {0x010F: "Maker", 0x0110: "Phone", 0x0112: 6},
    {0x9003: "2022:01:12 09:30:14", 0x9011: "+02:00", 0x829A: IFDRational(1, 125), 0x8827: 100},
)
HEIC = build.heic(build.scene(160, 120), EXIF)


def test_it_is_decoded_upright(folder: Folder) -> None:
    outcome = folder.outcome("a.heic", HEIC)
    assert (outcome.kind, outcome.warnings) == (OutcomeKind.EXTRACTED, ())
    assert (outcome.media["format"], outcome.media["width"], outcome.media["height"]) == ("heic", 120, 160)
    assert outcome.has_thumbnail
    assert outcome.phash is not None
    assert {"text": "120x160", "weight": 1.0, "source": "size"} in outcome.keywords


def test_tier_metadata_decodes_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("pi_heif.HeifImageFile.load", forbidden)
    media = folder.outcome("a.heif", HEIC, tier=Tier.METADATA).media
    assert (media["width"], media["iso"], media["exposure_time"]) == (120, 100, "1/125")
    assert media["created_at"] == "2022-01-12T09:30:14+02:00"


@pytest.mark.parametrize("tier", [Tier.FULL, Tier.METADATA])
def test_without_the_extra_it_says_how_to_install_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, tier: Tier
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    outcome = folder.outcome("a.heic", HEIC, tier=tier)
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, Reason.UNSUPPORTED)
    assert "pip install 'tallylight[heif]'" in outcome.message


@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_cut_file_is_truncated(folder: Folder, tenth: int) -> None:
    outcome = folder.outcome("a.heic", HEIC[: len(HEIC) * tenth // 10])
    assert outcome.code is Reason.TRUNCATED


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "a.hif"])
def test_its_names(folder: Folder, name: str) -> None:
    assert folder.outcome(name, HEIC, tier=Tier.METADATA).warnings == ()


@pytest.mark.parametrize("at", range(0, 700, 23))
def test_a_scratched_header_is_an_outcome(folder: Folder, at: int) -> None:
    data = bytearray(HEIC)
    data[at : at + 4] = b"\xff\xfe\xfd\xfc"
    outcome = folder.outcome("a.heic", bytes(data), tier=Tier.METADATA)
    assert (outcome.kind is OutcomeKind.FAILED) == (outcome.code is not None)


def test_a_picture_over_the_limit_is_too_large(folder: Folder) -> None:
    path = folder.put("a.heic", HEIC)
    with opened(Roots.of(folder.path), str(path)) as source:
        source.slurp()
        with pytest.raises(Unreadable) as trouble:
            picture.read(source, HEIC_KIND, full=True, limits=Limits(pixels=120 * 160 - 1))
    assert trouble.value.code is Reason.TOO_LARGE
