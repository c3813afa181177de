"""A client that comes and goes, and remembers what it was told."""

from __future__ import annotations

from anyio.abc import TaskGroup
from tests.live.connection import Connection
from tests.live.scene import Sessions

from tallylight.live import Wish
from tallylight.model import Json


class Client:
    """Comes and goes with one wish, and remembers across its connections what it was told."""

    def __init__(self, sessions: Sessions, wish: Wish, tasks: TaskGroup) -> None:
        self.sessions = sessions
        self.wish = wish
        self.connection: Connection | None = None
        self.states: dict[str, Json] = {}
        self.ids = [""]
        self.is_done = False  #: told by 204 not to come back
        self._may_have_missed = False
        self._tasks = tasks

    def come(self, last: str, *, pauses_at: str = "", is_stalled: bool = False) -> None:
        """Connect with the id `last`, unless it is connected."""
        if self.connection is None:
            # Who comes without an id is not told again of sessions that have come to rest.
            self._may_have_missed |= bool(self.states) and not last
            self.connection = Connection(self, last, pauses_at)
            if is_stalled:
                self.connection.stall()
            self._tasks.start_soon(self.connection.run)

    def finish_opening(self) -> None:
        """Let a request that pauses go on."""
        if self.connection is not None:
            self.connection.unpause()

    @property
    def concerned(self) -> set[str]:
        """Sessions of which it must know the newest state once it has caught up."""
        assert self.connection is not None
        return self.connection.concerned | (set() if self._may_have_missed else self.states.keys())

    def leave(self, most: int | None = None) -> None:
        """Go away without a word, having looked at what came, or cut off after so many more events."""
        if self.connection is not None:
            self.connection.look(most)
        if most is None:
            self.look()
        if self.connection is not None:
            self.connection.leave()
            self.connection = None

    def look(self) -> None:
        """Take in what came; an end by the server's doing must have been announced."""
        if self.connection is not None:
            self.connection.look()
            if self.connection.is_over:
                self.is_done = self.connection.probe.status == 204
                self.connection = None

    def remember(self, state: Json) -> None:
        """A state may never be older than one before, on whichever connection."""
        key = state["session_id"]
        known = self.states.get(key)
        if known is not None:
            assert state["seq"] >= known["seq"]
            assert state["number"] >= known["number"], "an older message of the same fact"
            assert state["stats"]["done"] >= known["stats"]["done"]
        assert state == self.sessions.published[key][state["number"]].state, "not what was published"
        self.states[key] = state
