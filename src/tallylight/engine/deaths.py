"""Who is to blame when a worker dies: pure."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from tallylight.engine.contract import Died

#: Sent from outside (a shutdown of the machine, a closed terminal), never by what an item does.
_FROM_OUTSIDE = frozenset({-signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT})


@dataclass(frozen=True, slots=True)
class Death:
    """How a worker ended instead of answering."""

    exit_code: int | None  #: as `Process.exitcode` (negative: a signal); None where nobody saw it, as for `_exit(0)`
    words: str = ""  #: what is known beside the code
    item: int | None = None  #: the item its slot showed, counted within the group
    overdue: bool = False  #: the watch killed it, past a limit that SIGALRM had not enforced


@dataclass(frozen=True, slots=True)
class Group:
    """Items of one chunk that run together."""

    places: tuple[int, ...]  #: their places in the chunk
    again: bool = False  #: has died before for a cause that does not prove it guilty


def inquest(group: Group, death: Death, time_limit: float) -> tuple[dict[int, Died], list[Group]]:
    """The verdicts that this death settles, by place in the chunk, and the groups to run again. Each call settles an
    item, splits a group or uses up a second chance, so running again comes to an end.

    A time limit names its culprit, which is not run again: nobody waits for a limit twice. After any other death each
    suspect runs alone, since what crashed may have been broken by an item before it.
    """
    if death.overdue or death.exit_code == -signal.SIGALRM:
        culprit = _culprit(group, death)
        if culprit is not None:
            others = tuple(place for place in group.places if place != culprit)
            return {culprit: Died("timeout", f"took longer than {time_limit:g} s")}, [Group(others)] if others else []
    if len(group.places) > 1:
        return {}, [Group((place,)) for place in group.places]
    if not group.again and (death.exit_code is None or death.exit_code in _FROM_OUTSIDE):
        return {}, [Group(group.places, again=True)]
    return {group.places[0]: Died("crashed", _detail(death))}, []


def _culprit(group: Group, death: Death) -> int | None:
    if death.item is not None and 0 <= death.item < len(group.places):
        return group.places[death.item]
    return group.places[0] if len(group.places) == 1 else None


def _detail(death: Death) -> str:
    if death.words:
        return death.words
    if death.exit_code is None:
        return "its worker ended without saying why"
    if death.exit_code >= 0:
        return f"its worker ended with exit code {death.exit_code}"
    # Linux's out-of-memory killer leaves no other trace in the process it chose.
    hint = ", most likely for want of memory" if death.exit_code == -signal.SIGKILL else ""
    return f"killed by {_signal_name(-death.exit_code)}{hint}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals between SIGRTMIN and SIGRTMAX have no names
        return f"signal {number}"
