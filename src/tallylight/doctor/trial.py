"""What one connection showed. Times are seconds since its request was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final

#: Events that come so close together came in one piece.
_TOGETHER: Final = 0.04


class Ending(StrEnum):
    """How a connection ended."""

    COMPLETE = "complete"  #: everything that was asked for came
    CUT = "cut"  #: it ended before
    SILENT = "silent"  #: nothing came any more, and we hung up
    REFUSED = "refused"  #: it was answered, and not with a stream
    UNREACHABLE = "unreachable"  #: there was no answer


@dataclass(frozen=True, slots=True)
class Beat:
    """One event of a test."""

    sent: float  #: by the server's clock, since the first
    came: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One connection of a test."""

    takes_gzip: bool = False
    silence: float = 0.0  #: asked for after the beats
    showed_token: bool = False
    ending: Ending = Ending.COMPLETE
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)  #: of the answer, names in lower case
    answered: float = 0.0  #: when its head came
    beats: tuple[Beat, ...] = ()
    ended: float = 0.0
    words: str = ""  #: the error's, or those of the answer that is no stream
    code: str = ""  #: of such an answer, where it is one of Tallylight's own

    @property
    def held(self) -> float:
        """How much longer the slowest was on its way than the fastest."""
        if len(self.beats) < 2:
            return 0.0
        delays = [beat.came - beat.sent for beat in self.beats]
        return max(delays) - min(delays)

    @property
    def pieces(self) -> int:
        """In how many pieces the beats came."""
        times = sorted(beat.came for beat in self.beats)
        apart = (later - earlier > _TOGETHER for earlier, later in pairwise(times))
        return bool(times) + sum(apart)

    @property
    def survived(self) -> float:
        """Seconds of silence that the connection lived through, or after which it was cut."""
        last = self.beats[-1].came if self.beats else self.answered
        is_through = self.ending is Ending.COMPLETE and len(self.beats) > 1
        return self.silence if is_through else max(0.0, self.ended - last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """All that was measured of one address."""

    url: str
    plain: Trial  #: takes no compression
    packed: Trial | None = None  #: takes gzip, as browsers do
    quiet: Trial | None = None  #: is silent for a while
    alpn: str = ""  #: the HTTP version that browsers agree on with TLS: `h2`, `http/1.1`; empty without TLS
    first_message: float | None = None  #: until the real stream's first message was here
