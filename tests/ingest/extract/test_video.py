"""Videos of all formats."""

from __future__ import annotations

import io
import json
from typing import Any

import av
import pytest
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, distance

from tallylight.ingest.extract import video
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.sniff import MOV, MP4
from tallylight.ingest.extract.source import opened
from tallylight.ingest.extract.trouble import Unreadable
from tallylight.model import OutcomeKind, Reason, Tier
from tallylight.roots import Roots


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
    assert len(outcome.frame_phashes) == 3
    assert outcome.frame_phashes[0] == outcome.phash
    metadata = folder.outcome(name, tier=Tier.METADATA)
    assert metadata.media == outcome.media
    assert (metadata.sha256, metadata.phash, metadata.frame_phashes) == (None, None, ())


def test_the_frame_looks_like_the_scene(folder: Folder) -> None:
    picture, film = folder.outcome("a.png", build.png()), folder.outcome("a.mp4", build.video())
    assert distance(picture.phash or "", film.phash or "") <= 8


@pytest.mark.parametrize("format_", ["mp4", "mov", "matroska"])
@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_is_applied(folder: Folder, format_: str, rotation: int) -> None:
    outcome = folder.outcome("a.mp4", build.video(format_, rotation=rotation))
    assert outcome.media["rotation"] == rotation
    assert folder.outcome("a.mp4", tier=Tier.METADATA).media == outcome.media
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


@pytest.mark.parametrize("where", ["tags", "stream_tags"])
@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("key", ["comment", "prompt"])
def test_a_graph_wherever_programs_put_it(folder: Folder, where: str, twice: bool, key: str) -> None:
    graph: Any = {"1": {"class_type": "KSampler", "inputs": {"seed": 7, "steps": 4, "positive": ["2", 0]}},
                  "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a cat"}}}  # fmt: skip
    text = json.dumps({"prompt": graph} if key == "comment" else graph)
    text = json.dumps(text) if twice else text
    for tier in (Tier.FULL, Tier.METADATA):
        outcome = folder.outcome("a.mkv", build.video("matroska", **{where: {key: text}}), tier=tier)  # type: ignore[arg-type]
        assert outcome.generation["prompt"] == "a cat"
        assert [text.key for text in outcome.texts] == [key]


def test_plain_words_in_a_comment_are_a_text_and_a_tag(folder: Folder) -> None:
    outcome = folder.outcome("a.mp4", build.video(tags={"comment": "a cat on a mat"}))
    assert [text.key for text in outcome.texts] == ["comment"]
    assert outcome.media["tags"]["comment"] == "a cat on a mat"


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


def test_the_metadata_tier_decodes_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("tallylight.ingest.extract.video_frames.frames", forbidden)
    assert folder.outcome("a.mp4", build.video(), tier=Tier.METADATA).media["duration"] == 2.0


def test_xmp_is_handed_on(folder: Folder) -> None:
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    path = folder.put("a.mp4", build.in_moov(build.video(), build.box(b"udta", build.box(b"XMP_", packet))))
    with opened(Roots.of(folder.path), str(path)) as source:
        found = video.read(source, MP4, full=True)
    assert found.xmp == [packet]
    assert len(found.frames) == 3


def test_what_a_telephone_says_of_itself(folder: Folder) -> None:
    tags = {"com.apple.quicktime.location.ISO6709": "+48.8577+002.2950+035.000/",
            "com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 15",
            "com.apple.quicktime.creationdate": "2023-05-06T09:08:09+0200",
            "creation_time": "2023-05-06T07:08:10Z"}  # fmt: skip
    path = folder.put("a.mov", build.video("mov", tags=tags, options={"movflags": "use_metadata_tags"}))
    with opened(Roots.of(folder.path), str(path)) as source:
        found = video.read(source, MOV, full=False)
    assert found.media["gps"] == {"latitude": 48.8577, "longitude": 2.295, "altitude": 35.0}
    assert (found.media["camera_make"], found.media["camera_model"]) == ("Apple", "iPhone 15")
    assert found.media["created_at"] == "2023-05-06T09:08:09+02:00"
    assert found.claims == [
        Claim("created_at", "2023-05-06T09:08:09+02:00", "video:com.apple.quicktime.creationdate"),
        Claim("created_at", "2023-05-06T07:08:10Z", "video:creation_time"),
        Claim("gps", found.media["gps"], "video:com.apple.quicktime.location.iso6709"),
    ]


def test_a_codec_that_nobody_knows(folder: Folder) -> None:
    data = build.video("avi").replace(b"FMP4", b"ZZZZ")
    for tier in (Tier.FULL, Tier.METADATA):
        outcome = folder.outcome("a.avi", data, tier=tier)
        assert (outcome.code, "FFmpeg does not know" in outcome.message) == (Reason.UNSUPPORTED, True)


def test_ffmpeg_says_nothing_on_stderr(folder: Folder, capfd: pytest.CaptureFixture[str]) -> None:
    data = build.video()
    folder.outcome("a.mp4", data[:600] + bytes(100) + data[700:])
    assert capfd.readouterr().err == ""
    assert av.logging.get_level() is None
