"""Why a file could not be read, on its way to becoming a failed outcome."""

from __future__ import annotations

import errno

from tallylight.errors import BadPath
from tallylight.model import Reason


class Unreadable(Exception):
    """This file has no extracted outcome; `code` and the message say why."""

    def __init__(self, code: Reason, message: str) -> None:
        super().__init__(message)
        self.code = code


def explain(error: Exception) -> Unreadable:
    """The reason code and the sentence for an error that ended the reading of a file."""
    match error:
        case Unreadable():
            return error
        case BadPath():
            return Unreadable(Reason.OUTSIDE, str(error))
        case FileNotFoundError() | NotADirectoryError():
            return Unreadable(
                Reason.VANISHED,
                "The file was there when its folder was listed and is gone now; check the disk, then retry.",
            )
        case PermissionError():
            return Unreadable(Reason.PERMISSION, "The user this server runs as may not read the file.")
        case OSError():
            return Unreadable(Reason.IO_ERROR, f"The disk or network refused: {error.strerror or error}.")
        case _:
            return Unreadable(Reason.DAMAGED, f"The file could not be decoded: {described(error)}.")


def wants_memory(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, is for want of memory. Decoders say so in their own ways, and a picture
    that is too much for this worker is not damaged.
    """
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        # Ours may quote the file.
        if not isinstance(error, Unreadable) and "out of memory" in str(error).lower():
            return True
        error = error.__cause__
    return False


def described(error: Exception) -> str:
    """An error in a few words; decoders raise many that have no text of their own."""
    return str(error).strip().rstrip(".") or type(error).__name__
