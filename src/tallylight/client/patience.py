"""When to come back, and when to give up. Pure: randomness and time are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Answers that tell of trouble on the way or of a server that is not up yet: the next one may be right.
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a client copes with a server that is away. All times in seconds."""

    silence: float = 30.0  #: a connection that says nothing for so long is dead: a heartbeat comes every ten
    first_word: float = 5.0  #: a stream whose first message takes longer is held back by something on the way
    shortest: float = 0.5  #: before the first attempt to come back
    longest: float = 30.0  #: between any two attempts
    #: Without a word for so long, it is given up; None: never.
    absence: float | None = None

    def pause(self, failures: int, asked: float | None, chance: float) -> float:
        """How long to wait before the next attempt, after so many in a row that brought nothing.

        `asked` is what the server asked for, which counts where nothing failed, and is the least where something did.
        `chance` in [0, 1) spreads those who lost the same server.
        """
        if not failures:
            return self.shortest if asked is None else min(asked, self.longest)
        # No further than it takes to reach the longest: 2 to the power of a night's attempts is no float.
        grown = self.shortest * 2.0 ** min(failures - 1, 32)
        spread = min(grown, self.longest) * (0.5 + chance / 2)
        return max(spread, min(asked or 0.0, self.longest))

    def has_enough(self, silent_for: float) -> bool:
        """Whether nothing was heard for so long that it is time to give up."""
        return self.absence is not None and silent_for > self.absence


def passes(status: int) -> bool:
    """Whether an answer with this status may be another one next time."""
    return status in _PASSING
