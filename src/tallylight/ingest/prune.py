"""Housekeeping: which old sessions and which thumbnails nobody needs any more. Committed data is never touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tallylight.catalog import Catalog
from tallylight.journal import Journal, Session
from tallylight.thumbnails import Thumbnails

DAY_S: Final = 86_400.0
_PAGE: Final = 500
#: Hex digits of a hash that are remembered of each: a million of them take 60 MB, and two that agree by chance in all
#: of these merely keep a thumbnail.
_DIGITS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a housekeeping would remove."""

    sessions: tuple[Session, ...]
    thumbnails: tuple[str, ...]  #: by the hash of their contents
    thumbnail_bytes: int

    @property
    def outcomes(self) -> int:
        """How many outcomes go with the sessions."""
        return sum(session.state.processed for session in self.sessions)


def plan(journal: Journal, catalog: Catalog, thumbnails: Thumbnails, now: float, keep_days: float) -> Plan:
    """Find sessions at rest for longer than `keep_days`, and thumbnails that neither the catalog nor a session that
    stays has any use for. Reads much; call it off the event loop.
    """
    old = tuple(session for session in _sessions(journal) if _is_old(session, now - keep_days * DAY_S))
    needed = _needed(journal, catalog, {session.session_id for session in old})
    orphans = [(sha256, size) for sha256, size in thumbnails.stored() if _short(sha256) not in needed]
    return Plan(
        sessions=old,
        thumbnails=tuple(sha256 for sha256, _ in orphans),
        thumbnail_bytes=sum(size for _, size in orphans),
    )


def _is_old(session: Session, before: float) -> bool:
    return session.state.at_rest and max(session.state.at, session.created_at) < before


def _sessions(journal: Journal) -> Iterator[Session]:
    before: float | None = None
    while page := journal.sessions(limit=_PAGE, before=before):
        yield from page
        before = page[-1].created_at


def _needed(journal: Journal, catalog: Catalog, leaving: set[str]) -> set[int]:
    needed = _all_short(catalog.contents())
    for session in _sessions(journal):
        if session.session_id not in leaving:
            needed |= _all_short(journal.contents(session.session_id))
    return needed


def _all_short(hashes: Iterable[str]) -> set[int]:
    return {_short(sha256) for sha256 in hashes}


def _short(sha256: str) -> int:
    return int(sha256[:_DIGITS], 16)
