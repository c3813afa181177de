"""`python -m tests.faults.tripwire PORT PATTERN COUNT POINT ARG…` is `tallylight ARG…`, but for one moment at which it
tells whoever listens on PORT, and waits there until it is told to go on.

The moment is one of its own database's: the transaction in which the COUNTth row was written by statements that
PATTERN matches. No clock has a part in it, so the same moment comes on every machine.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Seconds after which a moment that did not come is a failure.
ALARM = 40.0
#: Names a file that says by how many seconds the clock of the process is off.
CLOCK = "FAULTS_CLOCK"
#: Says for how many seconds it waits for a database that is locked.
PATIENCE = "FAULTS_PATIENCE"


class Point(StrEnum):
    """Where in that transaction."""

    STATEMENT = "statement"  #: before the statement itself
    COMMIT = "commit"  #: when all is written and nothing is committed
    AFTER = "after"  #: before the next transaction begins: durable, and perhaps not yet told


_WORDS: Final = {
    Point.STATEMENT: "in the transaction of",
    Point.COMMIT: "at the COMMIT of",
    Point.AFTER: "just after",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to stop."""

    pattern: str
    count: int
    point: Point
    what: str = "row"  #: that is written, for people

    def __str__(self) -> str:
        return f"{_WORDS[self.point]} {self.what} {self.count:,}"


class Watcher:
    """Whoever waits for the moment, in another process."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(ALARM)
        self._held: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on()
        self._listening.close()

    @property
    def command(self) -> list[str]:
        """What stands in the place of `tallylight`."""
        port = self._listening.getsockname()[1]
        moment = self.moment
        wire = (str(port), moment.pattern, str(moment.count), moment.point.value)
        return [sys.executable, "-m", "tests.faults.tripwire", *wire]

    def reached(self) -> None:
        """Return once the process stands at its moment."""
        self._held, _ = self._listening.accept()
        self._held.settimeout(ALARM)
        assert self._held.recv(1) == b"!"

    def go_on(self) -> None:
        """Let it go on, if it stands there."""
        if self._held is not None:
            self._held.close()
            self._held = None

    @contextmanager
    def holding(self) -> Iterator[None]:
        """While it stands at its moment."""
        self.reached()
        try:
            yield
        finally:
            self.go_on()


class _Wire:
    """Listens to every statement of this process."""

    def __init__(self, port: int, moment: Moment) -> None:
        self._port = port
        self._moment = moment
        self._pattern = re.compile(moment.pattern)
        self._left = moment.count
        self._thread = 0  #: which one the moment has come to
        self._lock = threading.Lock()

    def lay(self) -> None:
        from sqlalchemy import Engine, event  # noqa: PLC0415 (worker processes import this module too)

        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        event.listen(Engine, "begin", self._begin)
        self._lay_at_copies()

    def _lay_at_copies(self) -> None:
        """No event tells of a COPY: to the moment, it is the INSERT of as many rows."""
        from tallylight.db import postgres  # noqa: PLC0415

        really = postgres.copy

        def copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
            made = list(rows)
            self._came(statement.replace("COPY", "INSERT INTO", 1), len(made))
            really(connection, statement, made)

        postgres.copy = copy

    def _statement(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        is_many = rest[-1]
        if "FROM unnest(" in statement:
            # An array for each column.
            self._came(statement, len(parameters[0]))
        else:
            self._came(statement, len(parameters) if is_many else 1)

    def _came(self, statement: str, rows: int) -> None:
        """So many rows are about to be written."""
        if self._left <= 0 or not self._pattern.search(statement):
            return
        self._left -= rows
        if self._left <= 0:
            self._thread = threading.get_ident()
            if self._moment.point is Point.STATEMENT:
                self._stop()

    def _commit(self, _connection: Any) -> None:
        if self._moment.point is Point.COMMIT:
            self._stop()

    def _begin(self, _connection: Any) -> None:
        if self._moment.point is Point.AFTER:
            self._stop()

    def _stop(self) -> None:
        with self._lock:
            if self._thread != threading.get_ident():
                return
            self._thread = 0
        with socket.create_connection(("127.0.0.1", self._port)) as line:
            line.sendall(b"!")
            line.recv(1)


def _lay_clock(told: Path) -> None:
    """Let wall time be as far off as a file says at each moment."""
    from tallylight.clock import SystemClock  # noqa: PLC0415

    really = SystemClock.now

    def now(clock: SystemClock) -> float:
        return really(clock) + float(told.read_text(encoding="ascii"))

    SystemClock.now = now  # type: ignore[method-assign, assignment]


def main() -> None:
    """Lay the wire, then be `tallylight`."""
    from tallylight.cli import main as tallylight  # noqa: PLC0415
    from tallylight.db import sqlite  # noqa: PLC0415

    if clock := os.environ.get(CLOCK):
        _lay_clock(Path(clock))
    if patience := os.environ.get(PATIENCE):
        sqlite.BUSY_S = float(patience)  # type: ignore[misc]
    port, pattern, count, point = sys.argv[1:5]
    sys.argv[:5] = ["tallylight"]
    _Wire(int(port), Moment(pattern=pattern, count=int(count), point=Point(point))).lay()
    tallylight()


if __name__ == "__main__":
    main()
