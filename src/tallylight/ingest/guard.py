"""Doubts whether a folder is as it should be: files by the hundred do not vanish, disks do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallylight.messages import fit
from tallylight.model import FolderFound

#: What may be missing of a directory before it is doubted, where nothing else says so: of a few known files, the loss
#: of one is a large share and no trouble.
LEAST: Final = 5
#: The code of a session that is held.
CODE: Final = "guard"
#: Bytes of a folder's name in the sentence, so that the message holds all of it.
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a session met one of its directories."""

    directory: str  #: absolute, escaped
    is_gone: bool = False
    seen: int = 0  #: files that are there, whatever becomes of them
    known: int = 0  #: files the catalog has there, but for those marked as missing before
    lost: int = 0  #: of `known`, those that are missing
    was_on: str = ""  #: the mount point it was on when it was committed last; empty where that is not known
    is_on: str = ""


def standings(
    directories: Sequence[str],
    folders: Iterable[FolderFound],
    gone: frozenset[str],
    was_on: Mapping[str, str],
    is_on: Mapping[str, str],
) -> list[Standing]:
    """How each directory was met. Where they overlap, a folder counts for each that it lies in."""
    sums = {directory: [0, 0, 0] for directory in directories}
    tops = [(directory, directory.rstrip("/") + "/") for directory in directories]
    for found in folders:
        for directory, top in tops:
            if found.folder == directory or found.folder.startswith(top):
                counts = sums[directory]
                counts[0] += found.files + found.unchanged + found.excluded
                counts[1] += found.known
                counts[2] += found.lost
    return [
        Standing(
            directory=directory,
            is_gone=directory in gone,
            seen=seen,
            known=known,
            lost=lost,
            was_on=was_on.get(directory, ""),
            is_on=is_on.get(directory, ""),
        )
        for directory, (seen, known, lost) in sums.items()
    ]


def doubt(standing: Standing, share: float) -> str:
    """What is strange about a directory, for people; empty where nothing is. `share` is how much of what is known may
    be missing.
    """
    if not standing.lost:
        return ""
    name = fit(standing.directory, _LONGEST_NAME)
    if standing.is_gone:
        return f"{name} is gone"
    if not standing.seen:
        return f"{name} is empty"
    if standing.was_on and standing.is_on != standing.was_on:
        return f"{name} is on another file system than before"
    if standing.lost >= LEAST and standing.lost > share * standing.known:
        return f"{name} has lost many files"
    return ""


def sentence(standings: Iterable[Standing], share: float) -> str:
    """Why a session is held, and what to do; empty where it need not be."""
    doubted = [(standing, strange) for standing in standings if (strange := doubt(standing, share))]
    if not doubted:
        return ""
    standing, strange = doubted[0]
    more = f" (and so with {len(doubted) - 1} more)" if len(doubted) > 1 else ""
    return (
        f"{strange}: {standing.lost:,} of {standing.known:,} files the catalog has there are missing{more}."
        " Check that the disk is connected. If it is right, resume: they are marked as missing, nothing is removed."
        " If not, cancel."
    )
