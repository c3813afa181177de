"""Following a session of this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, site, spoil

from tallylight.cli.near import follow
from tallylight.facts import Trouble
from tallylight.model import Json

pytestmark = pytest.mark.anyio


class Notes:
    """A drawer that keeps what it was told, and may fail."""

    def __init__(self, failing: str = "") -> None:
        self.told: list[str] = []
        self.messages: list[Json] = []
        self.failed: list[str] = []
        self._failing = failing

    def message(self, message: Json) -> None:
        self.messages.append(message)
        self._note("message")

    def failures(self, failures: Sequence[Trouble]) -> None:
        self.failed += [trouble.file for trouble in failures]
        self._note("failures")

    def finish(self, message: Json) -> None:
        self.messages.append(message)
        self._note("finish")

    def close(self) -> None:
        self._note("close")

    def _note(self, what: str) -> None:
        self.told.append(what)
        if what == self._failing:
            raise RuntimeError(what)


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(_fill, tmp_path / "root")
    async with site(tmp_path) as it:
        yield it


def _fill(root: Path) -> None:
    paint(root, 3)
    for number in range(8):
        spoil(root / f"empty_{number}.png")


async def test_every_failure_is_drawn_once_though_a_message_tells_only_five(it: Site) -> None:
    notes = Notes()
    last = await follow(it.services, await it.start(), notes)
    assert last["status"] == "completed"
    assert sorted(notes.failed) == [f"empty_{number}.png" for number in range(8)]
    assert notes.messages[-1] == last
    assert (notes.told[0], notes.told[-2:]) == ("message", ["finish", "close"])
    assert it.services.hub.readers == 0


async def test_a_session_at_rest_is_finished_at_once(it: Site) -> None:
    session_id = await it.run()
    notes = Notes()
    await follow(it.services, session_id, notes)
    assert notes.told == ["failures", "finish", "close"]
    assert len(notes.failed) == 8


@pytest.mark.parametrize("failing", ["message", "failures", "finish"])
async def test_a_drawer_is_closed_whatever_happens(it: Site, failing: str) -> None:
    notes = Notes(failing)
    with pytest.raises(RuntimeError):
        await follow(it.services, await it.start(), notes)
    assert notes.told[-1] == "close"
    assert it.services.hub.readers == 0
