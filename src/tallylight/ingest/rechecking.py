"""Looks at files once more before they are committed: what was changed since it was read is not what was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tallylight.errors import BadPath
from tallylight.journal import Item
from tallylight.model import Outcome
from tallylight.roots import Roots, absolute, unescape

#: For each of these items that is not as it was read, why, by its number. Blocking.
Recheck = Callable[[Sequence[Item]], dict[int, str]]


def changed_since(roots: Roots, items: Sequence[Item]) -> dict[int, str]:
    """A `Recheck` that asks the disk, inside these roots."""
    found = ((item.seq, _trouble(roots, item.outcome)) for item in items)
    return {seq: trouble for seq, trouble in found if trouble}


def _trouble(roots: Roots, read: Outcome) -> str:
    """Why a file is not as it was read; empty where it is."""
    try:
        status = roots.status(unescape(absolute(read.root, read.file)))
    except (FileNotFoundError, NotADirectoryError):
        return "It is not there any more, so it was not committed; scan its folder again."
    except BadPath:
        return "It is no file inside the folders this server may read any more, so it was not committed."
    except OSError as error:
        return f"It cannot be looked at any more ({error.strerror}), so it was not committed; check the disk."
    if (status.st_size, status.st_mtime_ns) != (read.bytes, read.mtime_ns):
        return "It was changed after it was read, so it was not committed; scan its folder again."
    return ""
