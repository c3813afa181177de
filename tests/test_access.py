from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from tallylight.access import LOOK, Access
from tallylight.testing import ManualClock
from tallylight.token_file import TokenFile

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "token.json")


async def test_the_first_opening_makes_a_token_and_later_ones_do_not(file: TokenFile) -> None:
    access = Access(file, ManualClock(), needed=True)
    token = await access.open()
    assert token
    assert await access.open() == ""
    again = Access(file, ManualClock(), needed=True)
    assert await again.open() == "", "after a restart it is known"
    assert await again.admit(token)
    assert access.cookie == again.cookie != ""
    assert access.secret != again.secret


async def test_where_none_is_needed_none_is_made(file: TokenFile) -> None:
    access = Access(file, ManualClock(), needed=False)
    assert (await access.open(), access.secret, access.cookie) == ("", "", "")
    assert not await anyio.Path(file.path).exists()
    assert await access.admit("") is None


async def test_who_shows_something_else_stays_outside(file: TokenFile) -> None:
    access = Access(file, ManualClock(), needed=True)
    token = await access.open()
    for shown in ("", token[:-1], token + "x", "\udcff", access.secret[:-1]):
        assert await access.admit(shown) is None


async def test_a_new_token_counts_at_once_and_the_old_one_no_more(file: TokenFile) -> None:
    access = Access(file, ManualClock(), needed=True)
    old = await access.open()
    _, new = await anyio.to_thread.run_sync(file.rotate, 1.0)
    assert await access.admit(old) is None
    assert await access.admit(new)


async def test_what_is_held_by_the_old_token_ends_and_nothing_else(file: TokenFile) -> None:
    clock = ManualClock()
    access = Access(file, clock, needed=True)
    token = await access.open()
    ended: list[str] = []

    async def hold(name: str, shown: str) -> None:
        by = await access.admit(shown)
        assert by
        with access.held(by) as held:
            await anyio.sleep_forever()
        assert held.cancelled_caught
        ended.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(access.watch)
        tasks.start_soon(hold, "by token", token)
        tasks.start_soon(hold, "by the own user", access.secret)
        await anyio.wait_all_tasks_blocked()
        await clock.advance(LOOK)
        assert ended == [], "nothing has changed"
        await anyio.to_thread.run_sync(file.rotate, 1.0)
        with anyio.fail_after(10):
            while not ended:
                await clock.advance(LOOK)
        assert ended == ["by token"]
        tasks.cancel_scope.cancel()


async def test_who_was_let_in_just_before_the_change_is_not_held(file: TokenFile) -> None:
    access = Access(file, ManualClock(), needed=True)
    by = await access.admit(await access.open())
    assert by
    _, new = await anyio.to_thread.run_sync(file.rotate, 1.0)
    assert await access.admit(new)
    with access.held(by) as held:
        await anyio.sleep_forever()
    assert held.cancelled_caught


@pytest.mark.parametrize("damage", ["removed", "garbled"])
async def test_without_its_file_nobody_is_let_in_but_the_own_user(file: TokenFile, damage: str) -> None:
    access = Access(file, ManualClock(), needed=True)
    token = await access.open()
    if damage == "removed":
        await anyio.Path(file.path).unlink()
    else:
        await anyio.Path(file.path).write_text("{")
    assert await access.admit(token) is None
    assert await access.admit(access.secret)
    _, new = await anyio.to_thread.run_sync(file.rotate, 1.0)
    assert await access.admit(new)
