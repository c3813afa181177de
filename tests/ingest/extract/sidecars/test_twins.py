"""Pictures that video nodes save beside their videos."""

from __future__ import annotations

import json
import os

import pytest
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract.sidecars import twins
from tallylight.model import Outcome, OutcomeKind, Tier

GRAPH = json.dumps(
    {
        "1": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20, "positive": ["2", 0]}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse"}},
    }
)
OTHER = GRAPH.replace("a lighthouse", "a harbour")


def read(folder: Folder, name: str = "a.mp4", tags: dict[str, str] | None = None) -> Outcome:
    outcome = folder.outcome(name, build.video(tags=tags), tier=Tier.METADATA)
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.warnings == ()
    return outcome


@pytest.mark.parametrize("name", ["a.mp4", "a.MOV", "a-audio.mp4"])
def test_a_video_has_the_graph_of_the_picture_beside_it(folder: Folder, name: str) -> None:
    folder.put("a.png", build.png({"prompt": GRAPH, "parameters": "others' words\nSteps: 1, Seed: 2"}))
    video = build.video("mov" if name.endswith("MOV") else "mp4")
    outcome = folder.outcome(name, video, tier=Tier.METADATA)
    assert (outcome.generation["prompt"], outcome.generation["seed"]) == ("a lighthouse", 5)
    assert outcome.provenance["generation"] == {"source": "picture:sidecar"}
    assert [text.key for text in outcome.texts][-1:] == ["prompt"]
    assert "a lighthouse" in [keyword["text"] for keyword in outcome.keywords]


def test_what_a_video_says_itself_counts(folder: Folder) -> None:
    folder.put("a.png", build.png({"prompt": GRAPH}))
    outcome = read(folder, tags={"comment": json.dumps({"prompt": OTHER})})
    assert outcome.generation["prompt"] == "a harbour"
    assert outcome.provenance["generation"] == {"source": "comment"}


def test_a_graph_that_somebody_saved_beside_it_counts_before_the_picture(folder: Folder) -> None:
    folder.put("a.png", build.png({"prompt": GRAPH}))
    folder.put("a.json", OTHER.encode())
    assert read(folder).generation["prompt"] == "a harbour"


def test_pictures_have_no_pictures_beside_them(folder: Folder) -> None:
    folder.put("a.png", build.png({"prompt": GRAPH}))
    assert folder.outcome("a.jpg", build.encoded(build.scene(), "JPEG"), Tier.METADATA).generation == {}


@pytest.mark.parametrize("data", [b"", b"no picture", build.png(), build.png({"prompt": "words"}), build.png()[:50]])
def test_a_picture_without_a_graph_tells_nothing(folder: Folder, data: bytes) -> None:
    folder.put("a.png", data)
    assert read(folder).generation == {}


def test_a_picture_that_leads_out_of_the_roots_tells_nothing(folder: Folder) -> None:
    outside = folder.path.parent / "secret.png"
    outside.write_bytes(build.png({"prompt": GRAPH}))
    (folder.path / "a.png").symlink_to(outside)
    (folder.path / "b.png").mkdir()
    os.mkfifo(folder.path / "c.png")
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        assert read(folder, name).generation == {}


@pytest.mark.parametrize(
    ("video", "picture"),
    [("a.mp4", "a.png"), ("a.b.WEBM", "a.b.png"), ("a-audio.mp4", "a.png"), ("a.png", ""), ("a", "")],
)
def test_names(video: str, picture: str) -> None:
    assert twins.name_of(video) == picture


def test_a_pair_among_names() -> None:
    assert twins.among(["a.mp4", "b.PNG"])
    assert not twins.among(["a.mp4", "b.mp4"])
    assert not twins.among(["a.png"])
