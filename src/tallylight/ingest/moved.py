"""Files that have moved: the same bytes at another path, and nothing left where the catalog has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeVar

from tallylight.catalog import Catalog, Holder
from tallylight.ingest.missing import missing_paths
from tallylight.journal import Journal
from tallylight.roots import Roots, is_absent, is_bare, is_below

#: Files looked up in one go.
PAGE: Final = 500

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Moves:
    """What a session found of files that are gone from where the catalog has them. Paths are absolute and escaped."""

    before: dict[str, str] = field(default_factory=dict)  #: of each file that has moved, where it was
    missing: int = 0  #: files that are gone and have not moved


NO_MOVES: Final = Moves()


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Tells whether a file is still where the catalog has it. Looks nowhere but in a session's directories and in the
    roots.
    """

    directories: tuple[str, ...]
    roots: Roots

    def is_gone(self, holder: Holder) -> bool:
        """In the session's directories the walk has looked, and the guard has had its say. Elsewhere a file may be gone
        because a disk is: so its folder must be there, with something in it. What cannot be looked at is gone if an
        earlier session missed it.
        """
        path = holder.path
        if is_below(path, self.directories):
            return is_absent(path)
        if self.roots.covers(path):
            was_missed = holder.missing_since is not None
            return is_absent(path) and (was_missed or not is_bare(path.rpartition("/")[0]))
        return holder.missing_since is not None


def moves(journal: Journal, catalog: Catalog, session_id: str, roots: Roots) -> Moves:
    """Which files of a session have moved. Each file that is gone is the past of one at most: of several with its
    bytes, of the first with the same name, else of the first. Only whole reads hash, so only the tier `full` can tell.

    None of a session that did not look everywhere, or whose folders are doubted.
    """
    session = journal.session(session_id)
    if not session.state.knows_missing:
        return NO_MOVES
    whereabouts = Whereabouts(session.parameters.directories, roots)
    before: dict[str, str] = {}
    for candidates, lost in _groups(journal, catalog, session_id, whereabouts):
        before |= pair(candidates, lost)
    pasts = set(before.values())
    followed = sum(path in pasts for path in missing_paths(journal, session_id)) if pasts else 0
    return Moves(before, session.state.missing - followed)


def pair(candidates: Sequence[str], lost: Sequence[str]) -> dict[str, str]:
    """For each of these paths which of the lost ones it was, where there is one for it: those of the same name first,
    then in order. Pure.
    """
    pairs: dict[str, str] = {}
    left = list(lost)
    for is_alike in (_has_same_name, _is_any):
        for path in candidates:
            past = next((one for one in left if is_alike(path, one)), None) if path not in pairs else None
            if past is not None:
                pairs[path] = past
                left.remove(past)
    return pairs


def _groups(
    journal: Journal, catalog: Catalog, session_id: str, whereabouts: Whereabouts
) -> Iterable[tuple[list[str], list[str]]]:
    """For each content, the paths the catalog does not have it at yet, and those that it is gone from."""
    lost: dict[str, list[str]] = {}
    candidates: dict[str, list[str]] = {}
    for page in _pages(journal.hashed(session_id)):
        # Each content once: thousands of copies have thousands of holders.
        held = catalog.holders(list({sha256 for _, sha256 in page if sha256 not in lost}))
        lost |= {
            sha256: [holder.path for holder in holders if whereabouts.is_gone(holder)]
            for sha256, holders in held.items()
        }
        here = [(path, sha256) for path, sha256 in page if lost.get(sha256)]
        known = catalog.known([path for path, _ in here])
        for path, sha256 in here:
            if path not in known:
                candidates.setdefault(sha256, []).append(path)
    return [(paths, lost[sha256]) for sha256, paths in candidates.items()]


def _pages(found: Iterator[One]) -> Iterator[list[One]]:
    while page := list(islice(found, PAGE)):
        yield page


def _has_same_name(path: str, other: str) -> bool:
    return path.rpartition("/")[2] == other.rpartition("/")[2]


def _is_any(_path: str, _other: str) -> bool:
    return True
