"""The limits on one file: how they are set, and what the reference says of them."""

from __future__ import annotations

import re
from dataclasses import fields
from inspect import getsource

import pytest
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder, chunk, with_chunks

from tallylight.errors import BadParameters
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import OutcomeKind, Reason


def test_some_are_set_otherwise_and_the_others_stay() -> None:
    assert Limits.of({}) == LIMITS
    assert Limits.of({"pixels": 5, "text": 7}) == Limits(pixels=5, text=7)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"pixles": 3}, "There is no limit pixles; did you mean pixels?"),
        ({"colour": 3}, "There is no limit colour; there are slurp, pixels, "),
        ({"pixels": 0}, "The limit pixels cannot be 0; give a number of at least 1."),
        ({"pixels": -5000}, "cannot be -5,000"),
        ({"json_depth": 201}, "at least 1 and at most 200"),
        ({"thumbnail": 10**6}, "at most 2,048"),
    ],
)
def test_a_wrong_name_or_value_is_refused_with_what_helps(asked: dict[str, int], says: str) -> None:
    with pytest.raises(BadParameters) as refused:
        Limits.of(asked)
    assert says in str(refused.value)


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_each_limit_has_a_row_for_the_reference(name: str) -> None:
    """A comment that begins with the unit; beyond it what is too much is left out, unless the comment says what is."""
    comment = re.search(rf"^    {name}: int = .*#: ([a-z]+) (.+)$", getsource(Limits), re.MULTILINE)
    assert comment, f"write `#: UNIT of what; beyond: what happens` beside {name}"


def test_json_at_the_greatest_depth_is_read(folder: Folder) -> None:
    graph = "[" * 5000 + "]" * 5000
    outcome = folder.outcome(
        "a.png", build.png({"prompt": '{"1": ' + graph + "}"}), limits=Limits.of({"json_depth": 200})
    )
    assert outcome.kind is OutcomeKind.EXTRACTED


@pytest.mark.parametrize(
    ("limit", "data", "code"),
    [("pixels", build.png(), Reason.TOO_LARGE), ("pixels", build.video(), Reason.TOO_LARGE)],
)
def test_beyond_some_the_file_fails(folder: Folder, limit: str, data: bytes, code: Reason) -> None:
    assert folder.outcome("a", data, limits=Limits.of({limit: 96 * 64 - 1})).code is code
    assert folder.outcome("a", data, limits=Limits.of({limit: 96 * 64})).code is None


GIF = build.encoded(build.scene(), "GIF", save_all=True, append_images=[build.scene(mode="L")] * 3, comment=b"words")
APNG = build.encoded(build.scene(), "PNG", save_all=True, append_images=[build.scene(mode="L").convert("RGB")] * 3)
WEBP = build.encoded(build.scene(), "WEBP", save_all=True, append_images=[build.scene(mode="L")] * 3)
WORDY = build.png({"parameters": "a cat\nSteps: 1, Seed: 2", "further": "words"})


@pytest.mark.parametrize(
    ("asked", "data", "says"),
    [
        ({"frames": 2}, GIF, "frames were counted only up to 2"),
        ({"frames": 2}, APNG, "only the first 2 frames were walked over"),
        ({"frames": 2}, WEBP, "frames were counted only up to 2"),
        ({"chunks": 4}, WORDY, "more than 4 PNG chunks"),
        ({"chunk": 8}, with_chunks(build.png(), chunk(b"tEXt", b"k\0" + b"v" * 50)), "of 52 bytes was skipped"),
        ({"text": 9}, WORDY, "'parameters' is too long to keep"),
        ({"texts": 1}, WORDY, "only the first 1 texts were kept"),
        ({"texts_total": 25}, WORDY, "'further' is too long to keep"),
        ({"json_size": 9}, build.png({"prompt": '{"a": "1234"}'}), "the embedded prompt"),
    ],
)
def test_beyond_others_something_is_left_out_with_a_warning(
    folder: Folder, asked: dict[str, int], data: bytes, says: str
) -> None:
    outcome = folder.outcome("a", data, limits=Limits.of(asked))
    assert outcome.kind is OutcomeKind.EXTRACTED
    assert any(says in warning for warning in outcome.warnings), outcome.warnings


def test_a_sidecar_beyond_its_limit_is_ignored_with_a_warning(folder: Folder) -> None:
    folder.put(".scores/a.png.json", b'{"score": 3}')
    assert folder.outcome("a.png", build.png()).score == 3
    outcome = folder.outcome("a.png", limits=Limits.of({"sidecar": 11}))
    assert (outcome.score, len(outcome.warnings)) == (None, 1)


def test_keywords_and_their_length_are_limited(folder: Folder) -> None:
    prompt = build.png({"parameters": "a cat, a very long word, dog, emu\nSteps: 1"})
    outcome = folder.outcome("a.png", prompt, limits=Limits.of({"keywords": 2, "keyword": 6}))
    assert [keyword["text"] for keyword in outcome.keywords] == ["a cat", "dog"]
    outcome = folder.outcome("a.png", limits=Limits.of({"prompt": 5}))
    assert [keyword["text"] for keyword in outcome.keywords if keyword["source"] == "prompt"] == ["a cat"]


def test_no_more_warnings_than_asked_for(folder: Folder) -> None:
    bad = with_chunks(build.png(), *(chunk(kind, b"", checksum=1) for kind in (b"tIME", b"gAMA", b"bKGD")))
    assert len(folder.outcome("a.png", bad).warnings) == 3
    assert len(folder.outcome("a.png", bad, limits=Limits.of({"warnings": 2})).warnings) == 2
