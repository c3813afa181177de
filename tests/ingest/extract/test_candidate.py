"""The outcomes of whole files, sound and hostile."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract import Options, candidate, extract
from tallylight.model import Candidate, Outcome, OutcomeKind, Reason, Tier
from tallylight.roots import Roots

PARAMETERS = """a (cinematic:1.3) view,
long hair, 猫 <lora:film:0.7>
Negative prompt: blurry
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 12, Size: 96x64, Model: base"""


def both_tiers(folder: Folder, name: str, data: bytes) -> tuple[Outcome, Outcome]:
    return folder.outcome(name, data), folder.outcome(name, tier=Tier.METADATA)


def assert_clean(value: Any) -> None:
    """JSON can hold it, PostgreSQL too."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\0" not in text
    assert "\\u0000" not in text


def test_a_generated_picture_gives_everything(folder: Folder) -> None:
    data = build.png({"parameters": PARAMETERS})
    folder.put(".scores/a.png.json", b'{"score": 4, "favourite": true}')
    outcome = folder.outcome("a.png", data)

    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.warnings == ()
    assert outcome.media == {
        "type": "image", "format": "png", "width": 96, "height": 64, "mode": "RGB", "has_alpha": False,
    }  # fmt: skip
    assert outcome.generation["generator"] == "a1111"
    assert outcome.generation["prompt"] == "a (cinematic:1.3) view,\nlong hair, 猫 <lora:film:0.7>"
    assert outcome.generation["loras"] == [{"name": "film", "weight": 0.7}]
    assert [keyword["text"] for keyword in outcome.keywords] == [
        "a cinematic view", "long hair", "猫", "landscape", "96x64",
    ]  # fmt: skip
    assert (outcome.score, outcome.favourite) == (4, True)
    assert outcome.sha256 == hashlib.sha256(data).hexdigest()
    assert outcome.phash is not None
    assert len(outcome.phash) == 16
    [text] = outcome.texts
    assert text.key == "parameters"
    assert zlib.decompress(text.zlib).decode() == PARAMETERS
    assert text.sha256 == hashlib.sha256(PARAMETERS.encode()).hexdigest()
    assert outcome.ms > 0


def test_the_thumbnail_is_stored_under_the_hash(folder: Folder) -> None:
    outcome = folder.outcome("a.png", build.png(image=build.scene(1000, 500)))
    assert outcome.has_thumbnail
    assert outcome.sha256 is not None
    with Image.open(folder.thumbnails.path(outcome.sha256)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (256, 128))


def test_size_and_time_are_those_of_the_opened_file(folder: Folder) -> None:
    path = folder.put("a.png", build.png())
    os.utime(path, ns=(5, 1_700_000_000_000_000_123))
    outcome = folder.outcome("a.png")
    assert (outcome.bytes, outcome.mtime_ns) == (path.stat().st_size, 1_700_000_000_000_000_123)


def test_tier_metadata_decodes_and_hashes_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("decoded")

    folder.put("a.png", build.png({"parameters": PARAMETERS}))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", forbidden)
    outcome = folder.outcome("a.png", tier=Tier.METADATA)
    assert outcome.media["width"] == 96
    assert outcome.generation["seed"] == 12
    assert (outcome.sha256, outcome.phash, outcome.has_thumbnail) == (None, None, False)
    assert not folder.thumbnails.folder.exists()


@pytest.mark.parametrize(("name", "type_"), [("a.PNG", "image"), ("b.mkv", "video")])
def test_tier_index_opens_nothing(folder: Folder, name: str, type_: str) -> None:
    outcome = folder.outcome(name, tier=Tier.INDEX)  # there is no such file
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.media == {"type": type_}
    assert (outcome.bytes, outcome.mtime_ns) == (1, 2)


def test_flags_leave_things_out(folder: Folder) -> None:
    folder.put(".scores/a.png.json", b'{"score": 4}')
    folder.put("a.png", build.png({"parameters": PARAMETERS}))
    outcome = folder.outcome("a.png", extract_metadata=False)
    assert outcome.media == {"type": "image", "format": "png"}
    assert (outcome.generation, outcome.texts) == ({}, ())
    assert outcome.keywords
    assert folder.outcome("a.png", extract_keywords=False).keywords == ()
    assert folder.outcome("a.png", import_scores=False).score is None


def test_options_and_function_travel_to_a_worker(folder: Folder) -> None:
    function, options = pickle.loads(pickle.dumps((extract, folder.options())))
    assert function is extract
    assert options == folder.options()


# -- truncated -------------------------------------------------------------------------------------------------------

WHOLE = {
    "a.png": build.png(image=build.scene(200, 150)),
    "a.jpg": build.encoded(build.scene(200, 150), "JPEG"),
    "a.webp": build.encoded(build.scene(200, 150), "WEBP"),
    "a.gif": build.encoded(build.scene(200, 150), "GIF"),
    "a.bmp": build.encoded(build.scene(200, 150), "BMP"),
    "a.mp4": build.video(),
    "a.mkv": build.video("matroska"),
    "a.avi": build.video("avi"),
}


@pytest.mark.parametrize("tenth", range(1, 10))
@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_file_is_truncated(folder: Folder, name: str, tenth: int) -> None:
    data = WHOLE[name]
    outcome = folder.outcome(name, data[: len(data) * tenth // 10])
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, Reason.TRUNCATED)
    assert outcome.message
    assert outcome.sha256 is None


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_cut_picture_with_a_good_header_is_extracted_in_tier_metadata(folder: Folder, name: str) -> None:
    data = WHOLE[name]
    outcome = folder.outcome(name, data[: len(data) * 8 // 10], tier=Tier.METADATA)
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.media["width"] == 200


def test_a_png_that_ends_before_its_end_is_truncated(folder: Folder) -> None:
    full, metadata = both_tiers(folder, "a.png", build.png()[:-12])
    assert full.code is Reason.TRUNCATED
    assert metadata.kind is OutcomeKind.EXTRACTED
    assert "ends before" in metadata.warnings[0]


def test_a_video_without_its_index_is_truncated(folder: Folder) -> None:
    data = build.video()
    for outcome in both_tiers(folder, "a.mp4", data[: data.index(b"moov") - 4]):
        assert outcome.code is Reason.TRUNCATED
        assert "moov" in outcome.message


# -- not what they seem ----------------------------------------------------------------------------------------------


def test_an_empty_file(folder: Folder) -> None:
    for outcome in both_tiers(folder, "a.png", b""):
        assert (outcome.kind, outcome.code, outcome.bytes) == (OutcomeKind.FAILED, Reason.EMPTY, 0)


@pytest.mark.parametrize(
    ("name", "data", "warning"),
    [
        ("a.png", build.encoded(build.scene(), "JPEG"), "named .png but is a JPEG"),
        ("a.jpg", build.png(), "named .jpg but is a PNG"),
        ("a.png", build.encoded(build.scene(), "AVIF"), "named .png but is an AVIF"),
        ("a.avi", build.video(), "named .avi but is an MP4"),
        ("a.jpg", build.video(), "named .jpg but is an MP4"),
    ],
)
def test_a_mislabelled_file_is_read_as_what_it_is(folder: Folder, name: str, data: bytes, warning: str) -> None:
    for outcome in both_tiers(folder, name, data):
        assert outcome.kind is OutcomeKind.EXTRACTED
        assert outcome.warnings == (warning,)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.jpg", b"\n<!DOCTYPE html><title>404</title>", "an HTML page"),
        ("a.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", "a playlist"),
        ("a.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "a playlist"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an XML or SVG"),
        ("a.png", b"x", ""),
        ("a.mp4", b"just words, and enough of them to fill a header", ""),
        ("a.png", bytes(500), "nothing but zeros"),
    ],
)
def test_a_file_of_no_readable_kind_is_unsupported(folder: Folder, name: str, data: bytes, says: str) -> None:
    for outcome in both_tiers(folder, name, data):
        assert outcome.code is Reason.UNSUPPORTED
        assert says in outcome.message


def test_sound_alone_is_unsupported(folder: Folder) -> None:
    assert folder.outcome("a.mp4", build.sound()).code is Reason.UNSUPPORTED


# -- hostile ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", build.png_header(65_535, 65_535)),
        ("a.jpg", build.jpeg_header(65_535, 65_535)),
        (
            "a.gif",
            b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0\x3b",
        ),
    ],
)
def test_a_header_bomb_is_too_large(folder: Folder, name: str, data: bytes) -> None:
    outcome = folder.outcome(name, data)
    assert (outcome.code, outcome.kind) == (Reason.TOO_LARGE, OutcomeKind.FAILED)


def test_a_bad_checksum_is_a_warning(folder: Folder) -> None:
    data = build.with_chunks(build.png(), build.chunk(b"tEXt", b"parameters\0a cat", checksum=1))
    for outcome in both_tiers(folder, "a.png", data):
        assert outcome.kind is OutcomeKind.EXTRACTED
        assert outcome.warnings == ("the PNG chunk tEXt has a wrong checksum",)
        assert outcome.generation["prompt"] == "a cat"


def test_a_text_that_unfolds_too_far_is_skipped(folder: Folder) -> None:
    bomb = zlib.compress(bytes(16 << 20), 1)
    data = build.with_chunks(build.png({"parameters": "a cat"}), build.chunk(b"zTXt", b"workflow\0\0" + bomb))
    for outcome in both_tiers(folder, "a.png", data):
        assert outcome.kind is OutcomeKind.EXTRACTED
        assert "inflates to more than" in outcome.warnings[0]
        assert [text.key for text in outcome.texts] == ["parameters"]


def test_a_long_text_that_pillow_refuses_is_kept(folder: Folder) -> None:
    long = "word " * 400_000
    data = build.with_chunks(build.png(), build.chunk(b"zTXt", b"notes\0\0" + zlib.compress(long.encode())))
    outcome = folder.outcome("a.png", data)
    assert outcome.warnings == ()
    assert zlib.decompress(outcome.texts[0].zlib).decode() == long


@pytest.mark.parametrize(
    "workflow",
    [
        '{"nodes": [{"id": 1, "type": "KSampler", "widgets_values": [NaN, Infinity, -Infinity]}], "links": []}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"nodes": 5, "links": {"a": 1}}',
        '{"nodes": [{"id": null, "type": "K\\u0000S\\ud800ampler", "widgets_values": ["\\u0000"]}]}',
        "{",
        '{"nodes": [], "seed": ' + "9" * 5000 + "}",
    ],
)
def test_a_bad_workflow_spoils_nothing(folder: Folder, workflow: str) -> None:
    for key in ("workflow", "prompt"):
        outcome = folder.outcome("a.png", build.png({key: workflow}))
        assert outcome.kind is OutcomeKind.EXTRACTED
        assert outcome.has_thumbnail
        assert_clean([outcome.generation, outcome.keywords, outcome.media, outcome.warnings])


def test_nul_and_surrogates_are_cleaned(folder: Folder) -> None:
    graph = {"1": {"class_type": "KSampler", "inputs": {"steps": 5, "sampler_name": "eu\0ler", "positive": ["2", 0]}},
             "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a\0 cat \ud83d, dog"}}}  # fmt: skip
    outcome = folder.outcome("a.png", build.png({"prompt": json.dumps(graph)}))
    assert_clean([outcome.generation, list(outcome.keywords)])
    assert outcome.generation["prompt"] == "a cat \ufffd, dog"
    assert outcome.generation["sampler"] == "eu ler"


def test_a_fifo_is_refused_without_waiting(folder: Folder) -> None:
    os.mkfifo(folder.path / "a.png")
    assert folder.outcome("a.png").code is Reason.OUTSIDE


@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero"])
def test_a_link_out_of_the_roots_is_refused(folder: Folder, target: str) -> None:
    (folder.path / "a.png").symlink_to(target)
    assert folder.outcome("a.png").code is Reason.OUTSIDE


def test_a_vanished_file(folder: Folder) -> None:
    outcome = folder.outcome("gone.png")
    assert (outcome.code, outcome.bytes) == (Reason.VANISHED, 1)


def test_a_folder_named_like_a_picture(folder: Folder) -> None:
    (folder.path / "a.png").mkdir()
    assert folder.outcome("a.png").kind is OutcomeKind.FAILED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(13, "Permission denied"), Reason.PERMISSION),
        (OSError(5, "Input/output error"), Reason.IO_ERROR),
        (ValueError("nonsense"), Reason.DAMAGED),
    ],
)
def test_errors_have_reason_codes(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, error: Exception, code: Reason
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Roots, "open", refuse)
    assert folder.outcome("a.png").code is code


def test_only_want_of_memory_escapes(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    folder.put("a.png", build.png())
    monkeypatch.setattr("tallylight.ingest.extract.picture.read", exhausted)
    with pytest.raises(MemoryError):
        folder.outcome("a.png")


def test_trouble_with_the_parameters_is_a_warning(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def confused(*_: object) -> None:
        raise KeyError("steps")

    monkeypatch.setattr(candidate, "generation", confused)
    outcome = folder.outcome("a.png", build.png())
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.warnings == ("the generation parameters could not be read: 'steps'",)


def test_no_room_for_the_thumbnail_is_a_warning(folder: Folder) -> None:
    folder.thumbnails.folder.write_bytes(b"a file where the folder should be")
    outcome = folder.outcome("a.png", build.png())
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert not outcome.has_thumbnail
    assert outcome.phash is not None
    assert outcome.warnings[0].startswith("no thumbnail: ")


@pytest.mark.parametrize("name", ['it\'s "quoted"\n<script>.png', "-rf.png", "100%.png", "\u202egnp.png"])
def test_odd_names(folder: Folder, name: str) -> None:
    assert folder.outcome(name, build.png()).file == name


@pytest.mark.parametrize(("suffix", "data"), [(".png", WHOLE["a.png"]), (".mp4", WHOLE["a.mp4"])])
def test_a_name_that_is_not_utf8(folder: Folder, suffix: str, data: bytes) -> None:
    name = os.fsdecode(b"caf\xe9" + suffix.encode())
    outcome = folder.outcome(name, data)
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert outcome.file == f"caf\\xe9{suffix}"


def test_a_big_picture_is_hashed_by_pieces(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    data = build.png(image=build.scene(300, 300))
    monkeypatch.setattr("tallylight.ingest.extract.source.Source.slurp", lambda *_: None)
    outcome = folder.outcome("a.png", data)
    assert outcome.sha256 == hashlib.sha256(data).hexdigest()
    assert outcome.has_thumbnail


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(sorted(WHOLE)),
    edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=20),
)
def test_mutated_files_are_outcomes(folder: Folder, name: str, edits: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE[name])
    for at, byte in edits:
        data[at % len(data)] = byte
    for outcome in both_tiers(folder, name, bytes(data)):
        assert (outcome.kind is OutcomeKind.FAILED) == (outcome.code is not None)
        assert_clean([outcome.media, outcome.generation, outcome.message, outcome.warnings])


def test_nothing_is_written_beside_the_files(folder: Folder) -> None:
    folder.put("a.png", build.png())
    folder.outcome("a.png")
    assert [path.name for path in folder.path.iterdir()] == ["a.png"]


def test_a_candidate_below_a_linked_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("real/a.png", build.png())
    (folder.path / "link").symlink_to("real")
    options = Options(roots=Roots.of(folder.path), tier=Tier.FULL)
    outcome = extract(options, Candidate(str(folder.path / "link"), "a.png", 0, 0))
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert not outcome.has_thumbnail
