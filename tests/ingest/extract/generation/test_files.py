"""Generation parameters in files of every kind that carries them."""

from __future__ import annotations

import json
import zlib

import pytest
from tests.ingest.extract.build import Folder, chunk, encoded, exif_block, png, scene, video, with_chunks
from tests.ingest.extract.generation.test_fooocus import FOOOCUS
from tests.ingest.extract.generation.test_swarmui import WHOLE as SWARM

from tallylight.model import Tier

WRITTEN = "a cat, 猫\nNegative prompt: a dog\nSteps: 9, Sampler: Euler a, Seed: 5"
JSON = json.dumps(SWARM)
USER_COMMENT = 0x9286


def jpeg(comment: bytes) -> bytes:
    return encoded(scene(), "JPEG", exif=exif_block({}, {USER_COMMENT: comment}))


def latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


FILES = {
    "tEXt in UTF-8.png": (with_chunks(png(), chunk(b"tEXt", b"parameters\0" + WRITTEN.encode())), "parameters"),
    "zTXt.png": (with_chunks(png(), chunk(b"zTXt", b"parameters\0\0" + zlib.compress(WRITTEN.encode()))), "parameters"),
    "iTXt.png": (
        with_chunks(png(), chunk(b"iTXt", b"parameters\0\1\0en\0\0" + zlib.compress(WRITTEN.encode()))),
        "parameters",
    ),
    "after the pixels.png": (
        with_chunks(png(), chunk(b"iTXt", b"parameters\0\0\0\0\0" + WRITTEN.encode()), at_end=True),
        "parameters",
    ),
    "exif.png": (
        encoded(scene(), "PNG", exif=exif_block({}, {USER_COMMENT: b"UNICODE\0" + WRITTEN.encode("utf-16-be")})),
        "exif:UserComment",
    ),
    "UTF-16 big end first.jpg": (jpeg(b"UNICODE\0" + WRITTEN.encode("utf-16-be")), "exif:UserComment"),
    "UTF-16 little end first.jpg": (jpeg(b"UNICODE\0" + WRITTEN.encode("utf-16-le")), "exif:UserComment"),
    "UTF-8.jpg": (jpeg(b"UNICODE\0" + WRITTEN.encode()), "exif:UserComment"),
    "ASCII that is UTF-8.jpg": (jpeg(b"ASCII\0\0\0" + WRITTEN.encode()), "exif:UserComment"),
    "no code.jpg": (jpeg(bytes(8) + WRITTEN.encode()), "exif:UserComment"),
    "comment.jpg": (encoded(scene(), "JPEG", comment=WRITTEN.encode()), "comment"),
    "description.jpg": (encoded(scene(), "JPEG", exif=exif_block({0x010E: WRITTEN.encode()})), "exif:ImageDescription"),
    "exif.webp": (
        encoded(scene(), "WEBP", exif=exif_block({}, {USER_COMMENT: b"UNICODE\0" + WRITTEN.encode("utf-16-be")})),
        "exif:UserComment",
    ),
    "exif.avif": (
        encoded(scene(), "AVIF", exif=exif_block({}, {USER_COMMENT: b"UNICODE\0" + WRITTEN.encode("utf-16-be")})),
        "exif:UserComment",
    ),
    "comment.gif": (encoded(scene(), "GIF", comment=WRITTEN.encode()), "comment"),
    "tag.mp4": (video(tags={"comment": WRITTEN}), "comment"),
}


@pytest.mark.parametrize("tier", [Tier.METADATA, Tier.FULL])
@pytest.mark.parametrize("name", FILES)
def test_words(folder: Folder, name: str, tier: Tier) -> None:
    data, source = FILES[name]
    outcome = folder.outcome(name, data, tier)
    assert (outcome.generation["prompt"], outcome.generation["seed"]) == ("a cat, 猫", 5)
    assert outcome.generation["negative_terms"] == [{"text": "a dog", "weight": 1.0}]
    assert (outcome.provenance["generation"], outcome.warnings) == ({"source": source}, ())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", png({"parameters": JSON})),
        ("twice.png", png({"parameters": json.dumps(JSON)})),
        ("big end.jpg", jpeg(b"UNICODE\0" + JSON.encode("utf-16-be"))),
        ("little end.jpg", jpeg(b"UNICODE\0" + JSON.encode("utf-16-le"))),
        ("ascii.jpg", jpeg(b"ASCII\0\0\0" + latin(JSON))),
        ("comment.jpg", encoded(scene(), "JPEG", comment=JSON.encode())),
        ("a.webp", encoded(scene(), "WEBP", exif=exif_block({}, {USER_COMMENT: b"ASCII\0\0\0" + latin(JSON)}))),
        ("tag.mp4", video(tags={"comment": JSON})),
    ],
)
def test_json(folder: Folder, name: str, data: bytes) -> None:
    outcome = folder.outcome(name, data, Tier.METADATA)
    assert (outcome.generation["generator"], outcome.generation["seed"]) == ("swarmui", 1)
    assert outcome.warnings == ()


def test_fooocus_writes_its_comment_into_the_first_directory(folder: Folder) -> None:
    block = exif_block({USER_COMMENT: json.dumps(FOOOCUS), 0x0131: "Fooocus v2.5.5", 0x927C: "fooocus"})
    outcome = folder.outcome("a.webp", encoded(scene(), "WEBP", exif=block), Tier.METADATA)
    assert (outcome.generation["generator"], outcome.generation["prompt"]) == ("fooocus", "a cat")


def test_texts_end_in_nuls(folder: Folder) -> None:
    data = with_chunks(png(), chunk(b"tEXt", b"parameters\0" + JSON.encode() + bytes(3)))
    assert folder.outcome("a.png", data, Tier.METADATA).generation["generator"] == "swarmui"


def test_a_photo_has_no_generation(folder: Folder) -> None:
    outcome = folder.outcome("a.jpg", jpeg(b"ASCII\0\0\0holiday"), Tier.METADATA)
    assert outcome.generation == {}
    assert "generation" not in outcome.provenance
