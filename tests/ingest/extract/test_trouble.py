"""Why a file could not be read."""

from __future__ import annotations

import errno
import os

import av
import pytest

from tallylight.errors import BadPath
from tallylight.ingest.extract.trouble import Unreadable, described, explain, wants_memory
from tallylight.model import Reason


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unreadable(Reason.EMPTY, "It is empty."), Reason.EMPTY),
        (BadPath("It leads out."), Reason.OUTSIDE),
        (FileNotFoundError(), Reason.VANISHED),
        (NotADirectoryError(), Reason.VANISHED),
        (PermissionError(), Reason.PERMISSION),
        (OSError(errno.EIO, os.strerror(errno.EIO)), Reason.IO_ERROR),
        (OSError("a decoder's"), Reason.IO_ERROR),
        (ValueError(), Reason.DAMAGED),
    ],
)
def test_each_error_has_a_code_and_a_sentence(error: Exception, code: Reason) -> None:
    trouble = explain(error)
    assert trouble.code is code
    assert str(trouble).endswith(".")


def test_an_error_without_a_text_is_named() -> None:
    assert described(ValueError()) == "ValueError"
    assert described(ValueError(" The end. ")) == "The end"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("Pixel allocation failed: Out of memory"),
    ],
)
def test_want_of_memory_is_seen_through_what_is_made_of_it(error: Exception) -> None:
    assert wants_memory(error)
    trouble = Unreadable(Reason.DAMAGED, "It could not be decoded.")
    trouble.__cause__ = error
    assert wants_memory(trouble)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EIO, "Input/output error"), ValueError("nonsense"), Unreadable(Reason.OUTSIDE, "out of memory.mp4")],
)
def test_other_trouble_is_not_for_want_of_memory(error: Exception) -> None:
    assert not wants_memory(error)
