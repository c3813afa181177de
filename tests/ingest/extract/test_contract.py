"""What every built-in extractor promises: the same outcome in this process and in a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread
from tests.engine.functions import peak_megabytes
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.clock import SystemClock
from tallylight.engine import Done, Engine
from tallylight.engine.inline import InlineEngine
from tallylight.engine.local import LocalEngine
from tallylight.ingest.extract import Options, extract
from tallylight.model import MEDIA_SUFFIXES, Candidate, Outcome, OutcomeKind, Tier
from tallylight.services import PRELOAD
from tallylight.settings import Settings

pytestmark = pytest.mark.anyio

PARAMETERS = "a (cinematic:1.3) view\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 12"
PHOTO = Path(__file__).parent / "photos" / "rocket.jpg"

FILES = {
    "a.heic": build.heic(),
    "a.heif": build.heic(build.scene(64, 48)),
    "a.hif": build.heic(build.scene(48, 64)),
    "a.png": build.png({"parameters": PARAMETERS}),
    "a.jpg": PHOTO.read_bytes(),
    "a.jpeg": build.encoded(build.scene(2000, 1500), "JPEG", exif=build.exif_block({0x010F: "Maker", 0x0112: 6})),
    "a.webp": build.encoded(build.scene(), "WEBP", lossless=True),
    "a.gif": build.encoded(build.scene(), "GIF", comment=b"hello"),
    "a.bmp": build.encoded(build.scene(), "BMP"),
    "a.tif": build.encoded(build.scene(), "TIFF", exif=build.exif_block({0x0112: 3})),
    "a.tiff": build.encoded(build.scene(mode="CMYK"), "TIFF"),
    "a.avif": build.encoded(build.scene(), "AVIF"),
    "a.mp4": build.video(rotation=90, tags={"comment": PARAMETERS}),
    "a.m4v": build.film_with_sound(),
    "a.mov": build.video("mov"),
    "a.webm": build.video("webm", "libvpx-vp9"),
    "a.mkv": build.video("matroska", keys=100, stream_tags={"prompt": "a cat"}),
    "a.avi": build.video("avi"),
    "empty.png": b"",
    "cut.jpg": PHOTO.read_bytes()[:5000],
    "cut.mp4": build.video()[:-500],
    "words.mp4": b"just words, and enough of them to fill a header",
}
EVERYTHING = {"pixel_hash": True, "detect_nsfw": True, "read_stealth": True}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def workers() -> AsyncIterator[LocalEngine]:
    """As the server has them."""
    settings = Settings()
    async with LocalEngine(
        1, time_limit=50, memory_limit=settings.memory_limit, preload=PRELOAD, clock=SystemClock()
    ) as engine:
        yield engine


def prepared(folder: Folder, tier: Tier, further: dict[str, bool]) -> tuple[Options, list[Candidate]]:
    folder.put(".scores/a.png.json", b'{"score": 4, "favourite": true}')
    for name, data in FILES.items():
        folder.put(name, data)
    return folder.options(tier, **further), [Candidate(str(folder.path), name, 1, 2) for name in FILES]


async def outcomes(engine: Engine, options: Options, files: list[Candidate]) -> dict[str, Outcome]:
    """Of each file; the time it took is nobody's promise."""
    verdicts = await engine.run(partial(extract, options), files)
    told: dict[str, Outcome] = {}
    for verdict in verdicts:
        assert isinstance(verdict, Done), verdict
        told[verdict.value.file] = replace(verdict.value, ms=0.0)
    return told


def test_there_is_a_file_of_every_format() -> None:
    assert {Path(name).suffix for name in FILES} == MEDIA_SUFFIXES


@pytest.mark.parametrize(
    ("tier", "further"),
    [(Tier.FULL, {}), (Tier.FULL, EVERYTHING), (Tier.METADATA, EVERYTHING), (Tier.INDEX, {})],
    ids=["full", "everything", "metadata", "index"],
)
async def test_the_same_inline_and_in_a_worker(
    folder: Folder, workers: LocalEngine, tier: Tier, further: dict[str, bool]
) -> None:
    options, files = await to_thread.run_sync(prepared, folder, tier, further)
    async with InlineEngine() as inline:
        here = await outcomes(inline, options, files)
    there = await outcomes(workers, options, files)
    for name in FILES:
        assert there[name] == here[name], name
    if tier is not Tier.INDEX:
        failed = {name for name, outcome in here.items() if outcome.kind is OutcomeKind.FAILED}
        assert failed == {"empty.png", "words.mp4"} | ({"cut.jpg", "cut.mp4"} if tier is Tier.FULL else {"cut.mp4"})
    if further and tier is Tier.FULL:
        whole = [outcome for outcome in here.values() if outcome.kind is OutcomeKind.EXTRACTED]
        assert all(outcome.nsfw_score is not None for outcome in whole)
        assert all((outcome.pixel_sha256 is None) == (outcome.media["type"] == "video") for outcome in whole)


async def test_a_worker_with_every_option_stays_small(folder: Folder, workers: LocalEngine) -> None:
    options, files = await to_thread.run_sync(prepared, folder, Tier.FULL, EVERYTHING)
    await outcomes(workers, options, files * 3)
    verdicts = await workers.run(peak_megabytes, [0])
    assert isinstance(verdicts[0], Done)
    assert verdicts[0].value < 400
