"""What every catalog promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tallylight.catalog.search import Order, Search
from tallylight.model import Json, Outcome, RawText, Tier

if TYPE_CHECKING:
    from tallylight.catalog.facets import Facets


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog knows of a path, for telling new, unchanged and changed files apart."""

    size: int
    mtime_ns: int
    sha256: str | None
    extractor_version: int = 0  #: as in Outcome
    tier: Tier | None = None


#: What the catalog knows of one file of a folder, enough to tell whether it has to be read again: its name (escaped),
#: size, mtime_ns, extractor_version, tier and missing_since. A plain tuple: a rescan looks at a million of them.
KnownFile = tuple[str, int, int, int, str | None, float | None]


class Holder(NamedTuple):
    """Where the catalog has a content."""

    path: str  #: absolute, escaped
    missing_since: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What the catalog holds of a person's verdict on one file."""

    score: int | None = None
    favourite: bool | None = None
    provenance: Json = field(default_factory=dict)  #: as `Outcome.provenance`


#: Who says so, where a person rated in the catalog itself.
USER: Final = "user"


@dataclass(frozen=True, slots=True)
class CommitItem:
    """One extracted file on its way into the catalog. `path` is absolute and escaped, and so is `moved_from`."""

    seq: int
    path: str
    outcome: Outcome
    texts: tuple[RawText, ...] = ()
    moved_from: str = ""  #: where the catalog has the file until now: its entry comes along, with its media_id


@dataclass(frozen=True, slots=True)
class Refused:
    """One item that could not be committed, and why, for people."""

    seq: int
    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A committed file."""

    media_id: int
    path: str  #: absolute, escaped
    session_id: str  #: which session wrote it last
    committed_at: float
    outcome: Outcome
    missing_since: float | None = None  #: wall time of the commit that marked it: there was no file at its path


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What the texts of a committed file say to the parsers of today."""

    media_id: int
    generation: Json
    keywords: tuple[Json, ...]  #: all of the file's, in order, whatever their source
    provenance: Json


class Catalog(Protocol):
    """The committed media, one entry a path. Plain synchronous calls; one writer at a time, readers on any thread.

    `commit` is idempotent: the same items again change nothing and add nothing.
    """

    def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
        """Add or update these, all of one batch in one transaction; returns those refused.

        One bad item never undoes others. What is already stored as it is (same bytes, same facts) is left untouched.
        A session that writes a path anew which another one wrote in between counts as the later of the two: an undo of
        it brings back what the other wrote, and an undo of both what stood before either.
        A file that is committed is missing no more. One that has moved keeps its media_id, unless its new path is taken
        or nothing is at the old one: then it is added as any other.
        A database that cannot be written at all raises its driver's error, and none of the batch is stored.
        """
        ...

    def reread(self, items: Sequence[Reread]) -> list[Refused]:
        """Replace what was read out of the texts of these committed files, all of one batch in one transaction; returns
        those refused, with their `media_id` as `seq`.

        All else stays, also which session committed a file and when. The same items again change nothing, a later
        commit of the same facts neither; a file that is no longer in the catalog is passed over. One bad item never
        undoes others.
        """
        ...

    def rate(self, media_ids: Sequence[int], said: Mapping[str, int | bool | None], at: float) -> int:
        """Let a person's word on `score`, `favourite` or both stand for these media, in one transaction; None takes it
        back. Returns how many of them there are.

        The provenance then names `USER` and the time; a conflict on that field is over. All else stays, also which
        session committed a file and when. An undo of that session leaves the word where the file stays.
        """
        ...

    def texts(self, media_ids: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
        """The embedded texts of these committed files, in the order they were found; files without any are absent. Any
        number of files.
        """
        ...

    def undoable(self, session_id: str) -> int:
        """Of how many paths this session's commit can be undone: all it really changed, but those out of reach."""
        ...

    def overwritten_by(self, session_id: str) -> dict[str, int]:
        """Which later sessions wrote paths of this one, and how many: its commit cannot be undone before theirs. Only
        those that can be undone themselves.
        """
        ...

    def out_of_reach(self, session_id: str) -> int:
        """How many of this session's paths were written last by another one that cannot be undone, because it is
        forgotten: an undo leaves them as they are.
        """
        ...

    def undo(self, session_id: str, limit: int) -> int:
        """Put back what stood at up to `limit` of this session's paths before its commit, in one transaction: what it
        added goes, what it replaced returns with its id. Returns of how many paths; 0 once nothing is left. What
        another session wrote since is left as it is, and not counted.
        """
        ...

    def forget(self, session_id: str) -> None:
        """Keep nothing more of what this session replaced. What it committed stays, and can no longer be undone."""
        ...

    def version(self) -> int:
        """A counter that every change of the catalog raises; what was worked out at another count may be outdated."""
        ...

    def digests(self, paths: Sequence[str]) -> dict[str, str]:
        """Of these absolute, escaped paths, `digest_of` what is stored; unknown ones are absent. Any number."""
        ...

    def known(self, paths: Sequence[str]) -> dict[str, Known]:
        """What is known of these absolute, escaped paths; unknown ones are absent. Any number of paths."""
        ...

    def in_folder(self, folder: str) -> Iterator[KnownFile]:
        """What it has directly in this absolute, escaped folder, in no order. Go through it at once."""
        ...

    def in_folders(self, folders: Sequence[str], most: int) -> dict[str, list[KnownFile]] | None:
        """The same of several at once; those without any are absent. None where these are more than `most` files."""
        ...

    def folders_below(self, directory: str) -> list[str]:
        """The folders at and below this absolute, escaped one that it has files in, sorted by code points."""
        ...

    def media_at(self, paths: Sequence[str]) -> dict[str, Medium]:
        """All of these absolute, escaped paths; unknown ones are absent. Any number."""
        ...

    def holders(self, sha256s: Sequence[str]) -> dict[str, list[Holder]]:
        """For each of these content hashes that it holds, every path that has it, sorted by code points. Any number."""
        ...

    def mark_missing(self, session_id: str, paths: Sequence[str], at: float) -> None:
        """Mark files at these paths as missing since `at`, all in one transaction; an earlier mark stays, and so does
        everything else. `undo` takes it back.
        """
        ...

    def mark_found(self, session_id: str, paths: Sequence[str]) -> None:
        """Take the marks of files at these paths away, all in one transaction. `undo` brings them back."""
        ...

    def mounts(self, directories: Sequence[str]) -> dict[str, str]:
        """The mount point that each of these directories was on when it was remembered last, where it was."""
        ...

    def remember_mounts(self, mounts: Mapping[str, str]) -> None:
        """Remember the mount point of each of these directories."""
        ...

    def ratings(self, paths: Sequence[str]) -> dict[str, Rated]:
        """The scores and favourites of these absolute, escaped paths; those without either are absent. Any number."""
        ...

    def hashes(self, sha256s: Sequence[str]) -> dict[str, str]:
        """For each of these content hashes that the catalog holds, one path that has it: how duplicates are told."""
        ...

    def contents(self) -> Iterator[str]:
        """The SHA-256 of all committed files' bytes, and of what an undo may bring back; some more than once."""
        ...

    def count_in_folder(self, folder: str) -> int:
        """How many committed files lie directly in this absolute, escaped folder."""
        ...

    def medium(self, media_id: int) -> Medium:
        """One committed file; NotFound where there is none."""
        ...

    def media(self, *, after: int = 0, limit: int = 100) -> list[Medium]:
        """Committed files by rising media_id."""
        ...

    def find(
        self,
        search: Search,
        order: Order | None = None,
        *,
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[int]:
        """The media_ids of what a search asks for, sorted; those without what they are sorted by come last. All of
        them, or at most `limit` from `offset` on.

        Without an order: by likeness where the search has `like`, else by media_id. NotFound where `like` names no
        medium, BadInput where that one has no perceptual hash.
        """
        ...

    def count_found(self, search: Search) -> int:
        """How many a search finds; raises as `find` does."""
        ...

    def facets(self, search: Search, most: int = ...) -> Facets:
        """What files have in common that a search finds, counted: of all, or of the `most` with the highest media_id.
        Raises as `find` does.
        """
        ...

    def media_of(self, media_ids: Sequence[int]) -> list[Medium]:
        """These media, in this order; those that are not there are left out."""
        ...

    def count(self) -> int:
        """How many files are committed."""
        ...
