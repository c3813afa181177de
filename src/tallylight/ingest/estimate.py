"""What a session would have to do, before it starts: how many files of how many bytes, and how long that takes at the
speed of earlier sessions.

The folders are walked as the session would walk them, but within a budget: where that is spent, there is at least so
much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from tallylight.catalog import Catalog
from tallylight.ingest.ahead import Ahead
from tallylight.ingest.browse import Budget
from tallylight.ingest.discover import Same, discover, is_media
from tallylight.ingest.expected import Expected
from tallylight.ingest.rate import SHORTEST
from tallylight.ingest.sorting import taken_by, wish_of
from tallylight.journal import Session
from tallylight.model import Candidate, Json, Parameters, Tier
from tallylight.roots import Roots

#: Sessions whose speed counts, and among how many of the newest they are looked for.
MOST_SESSIONS: Final = 5
LOOKED_AT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What there is to do."""

    files: int  #: to process
    bytes: int  #: of these
    unchanged: int  #: passed over, because the catalog has them as they are
    capped: bool  #: the time was up before everything was counted: all three are at least this
    expected_s: float | None  #: seconds; None where no earlier session tells
    sessions: int  #: earlier ones that it is judged by

    def as_json(self) -> Json:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast earlier sessions were, all together."""

    files_per_s: float
    bytes_per_s: float
    sessions: int

    def seconds(self, files: int, size: int, tier: Tier) -> float:
        """What so much would take."""
        by_files = files / self.files_per_s
        # Without files being opened, how large they are says nothing. Else the slower of the two ways to count is the
        # honest one: few large videos outlast many small pictures.
        if tier is Tier.INDEX or not self.bytes_per_s:
            return by_files
        return max(by_files, size / self.bytes_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is looked at. Nothing is opened or written."""

    roots: Roots
    catalog: Catalog
    skip: tuple[str, ...] = ()
    wanted: Callable[[str], bool] = is_media

    def estimate(self, parameters: Parameters, budget: Budget, speed: Speed | None) -> Estimate:
        """Count what a session with these parameters would find. Blocking: call it in a thread.

        Takes no longer than the budget has seconds, and what one look at the disk takes. Its limits of entries do not
        count here.
        """
        counts = _Counts(parameters.max_files)
        try:
            self._count(parameters, budget, counts)
        except _Spent:
            counts.capped = True
        expected = None if speed is None else speed.seconds(counts.files, counts.bytes, parameters.tier)
        return Estimate(
            files=counts.files,
            bytes=counts.bytes,
            unchanged=counts.unchanged,
            capped=counts.capped,
            expected_s=None if expected is None else round(expected, 1),
            sessions=0 if speed is None else speed.sessions,
        )

    def _count(self, parameters: Parameters, budget: Budget, counts: _Counts) -> None:
        takes = taken_by(parameters, self.wanted)

        def wanted(name: str) -> bool:
            # Asked of every name: so it ends in the middle of a folder of a million other files, too.
            if budget.spent:
                raise _Spent
            return takes(name)

        expected = _expecting(self.catalog, parameters)
        for found in discover(self.roots, parameters.directories, self.skip, wanted, expected=expected):
            match found:
                case Candidate():
                    counts.take(found)
                case Same():
                    counts.unchanged += found.count
            if budget.spent:
                raise _Spent


def speed_of(sessions: Iterable[Session], parameters: Parameters) -> Speed | None:
    """The speed of those of these sessions (newest first) that did the same kind of work: of the same tier, with or
    without NSFW detection, which takes many times as long as all else. None where there are none, or where they were
    over too soon to tell.
    """
    alike = [session for session in sessions if _is_alike(session, parameters)][:MOST_SESSIONS]
    seconds = sum(map(_seconds, alike))
    if seconds < SHORTEST:
        return None
    files = sum(session.state.processed for session in alike)
    return Speed(files / seconds, sum(session.state.bytes_done for session in alike) / seconds, len(alike))


def _is_alike(session: Session, parameters: Parameters) -> bool:
    then = session.parameters
    is_same_work = (then.tier, then.enable_nsfw_detection) == (parameters.tier, parameters.enable_nsfw_detection)
    return is_same_work and session.state.ended_at is not None and session.state.processed > 0


def _seconds(session: Session) -> float:
    state = session.state
    return max(0.0, (state.ended_at or state.started_at) - state.started_at - state.idle_s)


def _expecting(catalog: Catalog, parameters: Parameters) -> Callable[[str, Sequence[str]], Expected]:
    ahead = Ahead(catalog)
    wish = wish_of(parameters)
    if not parameters.skip_existing:
        return lambda _folder, _following: Expected()
    return lambda folder, following: wish.expected(ahead.files(folder, following))


class _Spent(Exception):
    """The time is up."""


class _Counts:
    def __init__(self, most: int | None) -> None:
        self.files = 0
        self.bytes = 0
        self.unchanged = 0
        self.capped = False
        self._most = most

    def take(self, candidate: Candidate) -> None:
        if self._most is None or self.files < self._most:
            self.files += 1
            self.bytes += candidate.size
