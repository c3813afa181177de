"""FFmpeg opens nothing but the file it was given, whatever that file asks for."""

from __future__ import annotations

import threading
import urllib.request
from pathlib import Path

import av
import pytest
from tests.hostile import video
from tests.hostile.watching import watched
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder
from tests.ingest.extract.conftest import folder

from tallylight.model import Tier

__all__ = ["folder"]


@pytest.fixture
def secret(folder: Folder) -> Path:
    """A video beside the hostile files, as readable as they are."""
    return folder.put("secret.mp4", build.video())


@pytest.mark.parametrize("tier", [Tier.METADATA, Tier.FULL])
def test_no_other_file_and_no_address_is_opened(folder: Folder, secret: Path, tier: Tier) -> None:
    with watched(secret) as watch:
        files = video.foreign_files(secret, watch.url)
        for name, data in files.items():
            wrong = video.case(name, data).judge(folder.outcome(name, data)) if tier is Tier.FULL else ""
            assert wrong == ""
            folder.outcome(name, tier=tier)
    assert len(files) > 30
    assert watch.events == []


def test_a_name_in_the_same_folder_is_not_opened_either(folder: Folder, secret: Path) -> None:
    with watched(secret) as watch:
        for name, data in video.foreign_files(Path(secret.name), watch.url).items():
            folder.outcome(name, data)
    assert watch.events == []


def test_ffmpeg_left_to_itself_would_open_both(folder: Folder, secret: Path) -> None:
    """So the watch above sees what it is there to see."""
    files = video.foreign_files(secret, "http://unused")
    with watched(secret) as watch:
        path = folder.put("list.mkv", files["concat.mkv"])
        with av.open(str(path), format="concat", options={"safe": "0"}) as container:
            next(container.demux())
    assert watch.events == ["opened"]
    with watched(secret) as watch:
        path = folder.put("alias.mov", files["dref alias.mov"])
        with av.open(str(path), options={"enable_drefs": "1", "use_absolute_path": "1"}) as container:
            next(container.demux())
    assert watch.events == ["opened"]


def test_a_visit_to_the_address_would_be_seen(secret: Path) -> None:
    with watched(secret) as watch:
        visitor = threading.Thread(target=_visit, args=(watch.url,))
        visitor.start()
        visitor.join(1)
    visitor.join()
    assert watch.events == ["connected"]


def _visit(url: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        urllib.request.urlopen(url, timeout=0.2)
