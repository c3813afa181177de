"""Videos of all formats."""

from __future__ import annotations

import io
import json

import av
import pytest
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract import video
from tallylight.ingest.extract.phash import distance
from tallylight.ingest.extract.trouble import Unreadable
from tallylight.model import OutcomeKind, Reason, Tier


@pytest.mark.parametrize(
    ("format_", "name", "codec", "shown"),
    [
        ("mp4", "a.mp4", "mpeg4", "mp4"),
        ("mp4", "a.m4v", "mpeg4", "mp4"),
        ("mov", "a.mov", "mpeg4", "mov"),
        ("matroska", "a.mkv", "mpeg4", "matroska"),
        ("webm", "a.webm", "libvpx-vp9", "webm"),
        ("avi", "a.avi", "mpeg4", "avi"),
    ],
)
def test_facts_of_each_format(folder: Folder, format_: str, name: str, codec: str, shown: str) -> None:
    outcome = folder.outcome(name, build.video(format_, codec))
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.warnings == ()
    expected = {"type": "video", "format": shown, "width": 96, "height": 64, "frame_rate": 10.0, "mode": "yuv420p"}
    assert expected.items() <= outcome.media.items()
    assert outcome.media["codec"] == ("vp9" if codec == "libvpx-vp9" else codec)
    assert outcome.media["duration"] == pytest.approx(2.0, abs=0.11)
    assert outcome.has_thumbnail
    assert outcome.sha256 is not None
    metadata = folder.outcome(name, tier=Tier.METADATA)
    assert metadata.media == outcome.media
    assert (metadata.sha256, metadata.phash) == (None, None)


def test_the_frame_looks_like_the_scene(folder: Folder) -> None:
    picture, film = folder.outcome("a.png", build.png()), folder.outcome("a.mp4", build.video())
    assert distance(picture.phash or "", film.phash or "") <= 8


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_is_applied(folder: Folder, rotation: int) -> None:
    outcome = folder.outcome("a.mp4", build.video(rotation=rotation))
    assert outcome.media["rotation"] == rotation
    turned = build.scene().rotate(rotation, expand=True)
    thumbnail = Image.open(io.BytesIO(folder.thumbnails.get(outcome.sha256 or "") or b""))
    assert thumbnail.size == turned.size
    like = folder.outcome("a.png", build.png(image=turned))
    assert distance(outcome.phash or "", like.phash or "") <= 10
    sizes = [keyword["text"] for keyword in outcome.keywords]
    assert f"{turned.width}x{turned.height}" in sizes


def test_tags_texts_and_date(folder: Folder) -> None:
    graph = {"1": {"class_type": "KSampler", "inputs": {"seed": 2**60, "steps": 4, "positive": ["2", 0]}},
             "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a cat"}}}  # fmt: skip
    comment = json.dumps({"prompt": json.dumps(graph), "workflow": {"nodes": []}})
    tags = {"title": "Loop", "comment": comment, "creation_time": "2023-05-06T07:08:09Z"}
    outcome = folder.outcome("a.mp4", build.video(tags=tags))
    assert outcome.media["tags"]["title"] == "Loop"
    assert "comment" not in outcome.media["tags"]
    assert outcome.media["created_at"] == "2023-05-06T07:08:09Z"
    assert outcome.generation["prompt"] == "a cat"
    assert outcome.generation["seed"] == str(2**60)
    assert [text.key for text in outcome.texts] == ["comment"]


def test_parameters_in_a_comment(folder: Folder) -> None:
    comment = "a cat\nNegative prompt: dog\nSteps: 5, Sampler: Euler, Seed: 1"
    outcome = folder.outcome("a.mkv", build.video("matroska", tags={"comment": comment}))
    assert outcome.generation["negative_prompt"] == "dog"


def test_the_index_may_stand_first(folder: Folder) -> None:
    data = build.video(options={"movflags": "faststart"})
    assert data.index(b"moov") < data.index(b"mdat")
    assert folder.outcome("a.mp4", data).kind is OutcomeKind.EXTRACTED
    cut = folder.outcome("b.mp4", data[:-50])
    assert cut.code is Reason.TRUNCATED
    assert "'mdat'" in cut.message
    metadata = folder.outcome("b.mp4", tier=Tier.METADATA)
    assert metadata.kind is OutcomeKind.EXTRACTED
    assert metadata.warnings[0].startswith("the file ends 50 bytes before")


def test_nonsense_in_the_index_is_damaged(folder: Folder) -> None:
    data = build.video()
    start = data.index(b"moov") + 4
    outcome = folder.outcome("a.mp4", data[:start] + bytes(len(data) - start))
    assert outcome.code in {Reason.DAMAGED, Reason.UNSUPPORTED}


def test_a_header_of_2_to_the_55_bytes_is_no_trouble_of_the_disk(folder: Folder) -> None:
    sound = build.video("matroska")
    for outcome in (
        folder.outcome("a.mkv", sound[:4] + b"\x01" + b"\xf0" * 7 + sound[5:]),
        folder.outcome("a.mkv", sound[:4] + b"\x01" + b"\xf0" * 7 + sound[5:], tier=Tier.METADATA),
    ):
        assert outcome.code in {Reason.TRUNCATED, Reason.DAMAGED}


def test_an_index_that_points_far_beyond_is_no_trouble_of_the_disk(folder: Folder) -> None:
    data = build.video()
    offsets = data.index(b"stco") + 12
    outcome = folder.outcome("a.mp4", data[:offsets] + b"\xff\xff\xff\xf0" + data[offsets + 4 :])
    assert outcome.code is Reason.DAMAGED


def test_scratched_packets_are_damaged(folder: Folder) -> None:
    data = build.video(codec="mpeg4")
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    outcome = folder.outcome("a.mp4", data[:start] + bytes(end - start) + data[end:])
    assert outcome.code is Reason.DAMAGED


def test_no_other_file_or_address_is_opened() -> None:
    with pytest.raises(Unreadable) as caught:
        video._refuse("http://127.0.0.1/", 0, {})
    assert caught.value.code is Reason.OUTSIDE


def test_playlists_behind_a_video_signature_are_not_followed(folder: Folder) -> None:
    secret = folder.put("secret.mp4", build.video())
    for text in (f"#EXTM3U\n#EXTINF:1,\n{secret}\n", f"ffconcat version 1.0\nfile '{secret}'\n"):
        outcome = folder.outcome("a.mkv", b"\x1aE\xdf\xa3" + text.encode() * 50)
        assert outcome.kind is OutcomeKind.FAILED


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2023-05-06T07:08:09.000000Z", "2023-05-06T07:08:09Z"),
        ("2023-05-06T07:08:09+0200", "2023-05-06T07:08:09+02:00"),
        ("2023-05-06T07:08:09-05:30", "2023-05-06T07:08:09-05:30"),
        ("2023-05-06 07:08:09", "2023-05-06T07:08:09"),
        ("2023", ""),
        ("", ""),
    ],
)
def test_dates_of_tags(text: str, date: str) -> None:
    assert video._date(text) == date


def test_ffmpeg_says_nothing_on_stderr(folder: Folder, capfd: pytest.CaptureFixture[str]) -> None:
    data = build.video()
    folder.outcome("a.mp4", data[:600] + bytes(100) + data[700:])
    assert capfd.readouterr().err == ""
    assert av.logging.get_level() is None
