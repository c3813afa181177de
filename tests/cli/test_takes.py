"""What a watch does with what has arrived, and what it does about trouble."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.test_near import Notes
from tests.serving import ALARM

from tallylight.cli.draw import Drawer
from tallylight.cli.takes import PAUSE, Takes
from tallylight.errors import NotFound, ServerUnreachable, StorageFailed, TallylightError, WrongMove
from tallylight.model import Json, Parameters
from tallylight.roots import Roots
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio

NEWS = {"processed_files": 1, "errors": 0, "missing": 0, "found_again": 0}


class Somewhere:
    """A place that fails where it is told to, once each; `asked` is what it was asked for."""

    def __init__(self, **failing: TallylightError) -> None:
        self.failing = failing
        self.asked: list[str] = []
        self.status = "completed"

    async def start(self, parameters: Parameters) -> str:
        self._ask("start")
        return "s-1"

    async def follow(self, session_id: str, drawer: Drawer) -> Json:
        self._ask("follow")
        return {"status": self.status, "stats": NEWS}

    async def command(self, command: str, session_id: str) -> str:
        self.status = "committed"
        self._ask(command)
        return self.status

    async def look(self) -> bool:
        self.asked.append("look")
        return True

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if error := self.failing.pop(what, None):
            raise error


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots.of(tmp_path)


def takes(place: Somewhere, roots: Roots, clock: ManualClock) -> Takes:
    return Takes(place=place, roots=roots, draw=Notes, clock=clock)


async def taken(place: Somewhere, roots: Roots) -> None:
    """A take, in which time passes for as long as it is waited for."""
    clock = ManualClock()
    with anyio.fail_after(ALARM):
        async with anyio.create_task_group() as tasks:

            async def turn() -> None:
                while True:
                    await clock.advance(PAUSE)

            tasks.start_soon(turn)
            await takes(place, roots, clock).take(list(roots.folders))
            tasks.cancel_scope.cancel()


async def test_it_is_a_session_and_its_commit(roots: Roots) -> None:
    place = Somewhere()
    await taken(place, roots)
    assert place.asked == ["start", "follow", "commit", "follow"]


@pytest.mark.parametrize(
    "error",
    [NotFound("It was deleted."), StorageFailed("The disk is full."), WrongMove("It is being undone.")],
    ids=lambda error: error.code,
)
@pytest.mark.parametrize("at", ["start", "follow", "commit"])
async def test_trouble_is_said_and_ends_this_one_alone(
    roots: Roots, capsys: pytest.CaptureFixture[str], at: str, error: TallylightError
) -> None:
    place = Somewhere(**{at: error})
    await taken(place, roots)
    assert capsys.readouterr().err == f"tallylight: {error}\n"
    place.status, place.asked = "completed", []
    await taken(place, roots)
    assert place.asked == ["start", "follow", "commit", "follow"]


async def test_a_folder_that_went_away_is_said(roots: Roots, capsys: pytest.CaptureFixture[str]) -> None:
    place = Somewhere()
    await takes(place, roots, ManualClock()).take([f"{roots.folders[0]}/gone"])
    assert place.asked == []
    assert f"{roots.folders[0]}/gone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("start", ["start", "look", "start", "follow", "commit", "follow"]),
        ("follow", ["start", "follow", "look", "follow", "commit", "follow"]),
        # It may have been heard: what is committed by then is not committed once more.
        ("commit", ["start", "follow", "commit", "look", "follow"]),
    ],
)
async def test_a_server_that_does_not_answer_is_waited_for_where_it_is_then(
    roots: Roots, capsys: pytest.CaptureFixture[str], at: str, then: list[str]
) -> None:
    place = Somewhere(**{at: ServerUnreachable()})
    await taken(place, roots)
    assert place.asked == then
    assert capsys.readouterr().err.endswith("It is waited for; Ctrl-C ends the watch.\n")
