from __future__ import annotations

from io import StringIO

from tallylight.cli.draw import Plain
from tallylight.facts import State, Trouble
from tallylight.messages import view
from tallylight.model import Json, Status

TROUBLE = Trouble(0.0, "bad.png", "empty", "The file is empty: 0 bytes.")


def message(status: Status) -> Json:
    return view(State(session_id="s-1", seq=3, status=status, at=5.0), 5.0)


def test_a_session_is_named_before_anything_is_said_of_it() -> None:
    out = StringIO()
    drawer = Plain(out)
    drawer.message(message(Status.PROCESSING))
    drawer.failures([TROUBLE])
    drawer.finish(message(Status.CANCELLED))
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["session s-1", "failed: bad.png: empty: The file is empty: 0 bytes."]
    assert lines[2].startswith("cancelled")


def test_one_that_was_done_at_once_is_named_too() -> None:
    out = StringIO()
    drawer = Plain(out)
    drawer.failures([TROUBLE])
    drawer.finish(message(Status.CANCELLED))
    assert [line.split()[0].rstrip(":") for line in out.getvalue().splitlines()] == ["session", "failed", "cancelled"]
    drawer.message(message(Status.COMMITTING))
    drawer.finish(message(Status.COMMITTED))
    assert out.getvalue().count("session s-1") == 1
