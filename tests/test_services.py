from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from tallylight import disk
from tallylight.clock import Clock
from tallylight.disk import open_journal
from tallylight.engine import Engine
from tallylight.engine.inline import InlineEngine
from tallylight.errors import BadFolder, DataFolderBusy, DataFolderUnusable, NotFound, WrongMove
from tallylight.facts import State
from tallylight.live import Wish
from tallylight.model import Parameters, Status, Tier
from tallylight.recorder import Recorder
from tallylight.services import Services, open_services
from tallylight.settings import Settings
from tallylight.testing import PacedEngine

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def inline(_settings: Settings, clock: Clock) -> AsyncIterator[Engine]:
    async with InlineEngine(clock=clock) as engine:
        yield engine


@asynccontextmanager
async def paced(_settings: Settings, clock: Clock) -> AsyncIterator[Engine]:
    async with InlineEngine(clock=clock) as engine:
        yield PacedEngine(engine)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number:02}.png").write_bytes(b"not really a picture")
    return folder


@pytest.fixture
def settings(tmp_path: Path, root: Path) -> Settings:
    return Settings(roots=(root,), data=tmp_path / "data", jobs=1)


def asked(folder: Path, **fields: Any) -> Parameters:
    return Parameters(**{"directories": (str(folder),), "tier": Tier.INDEX, **fields})


async def complete(services: Services, parameters: Parameters) -> State:
    session = await services.supervisor.start(parameters)
    with anyio.fail_after(20):
        await services.supervisor.finished(session.session_id)
    return await services.state(session.session_id)


async def interrupt(settings: Settings, root: Path) -> str:
    """Start a session and end the services in the middle of it."""
    async with open_services(settings, open_engine=paced) as services:
        session = await services.supervisor.start(asked(root))
        assert isinstance(services.engine, PacedEngine)
        with anyio.fail_after(10):
            await services.engine.holds()
    return session.session_id


async def test_what_was_recorded_is_there_after_reopening(settings: Settings, root: Path) -> None:
    async with open_services(settings, open_engine=inline) as services:
        state = await complete(services, asked(root))
        assert (state.status, state.files, state.processed) == (Status.COMPLETED, 20, 20)
        epoch = services.journal.epoch
    async with open_services(settings, open_engine=inline) as services:
        assert await services.state(state.session_id) == state
        assert services.journal.epoch == epoch
        assert services.hub.tally == await anyio.to_thread.run_sync(services.journal.tally) > 0
        await services.supervisor.commit(state.session_id)
        await services.supervisor.finished(state.session_id)
        assert await anyio.to_thread.run_sync(services.catalog.count) == 20
        again = await complete(services, asked(root))
        assert (again.files, again.unchanged) == (0, 20)


async def test_files_that_are_no_pictures_are_failures(settings: Settings, root: Path) -> None:
    async with open_services(settings, open_engine=inline) as services:
        state = await complete(services, asked(root, tier=Tier.FULL))
    assert (state.status, state.processed, state.errors) == (Status.COMPLETED, 20, 20)


async def test_a_data_folder_that_is_held_says_by_whom(settings: Settings) -> None:
    async with open_services(settings, doing="ingest", open_engine=inline):
        with pytest.raises(DataFolderBusy, match=rf"Another ingest \(process {os.getpid()}\) holds"):
            async with open_services(settings, open_engine=inline):
                pass
    async with open_services(settings, open_engine=inline) as services:
        await anyio.to_thread.run_sync(services.lock.tell, "http://127.0.0.1:8710/")
        with pytest.raises(DataFolderBusy, match="reach it at http://127"):
            async with open_services(settings, open_engine=inline):
                pass


async def test_a_held_data_folder_can_be_looked_into(settings: Settings, root: Path) -> None:
    async with open_services(settings, open_engine=inline) as services:
        state = await complete(services, asked(root))
        async with open_journal(settings) as journal:
            (session,) = await anyio.to_thread.run_sync(journal.sessions)
            assert session.state == state


async def test_a_data_folder_inside_a_root_is_not_scanned(settings: Settings, root: Path) -> None:
    inside = settings.model_copy(update={"data": root / "data"})
    for _ in range(2):
        async with open_services(inside, open_engine=inline) as services:
            (root / "data" / "t.png").write_bytes(b"a thumbnail")
            assert services.skipped == (str(root / "data"),)
            assert (await complete(services, asked(root))).files == 20


@pytest.mark.parametrize("kind", ["missing", "a file"])
async def test_an_unusable_root_is_refused_and_nothing_stays_locked(
    settings: Settings, tmp_path: Path, kind: str
) -> None:
    bad = tmp_path / "bad"
    if kind == "a file":
        bad.touch()
    with pytest.raises(BadFolder, match=str(bad)):
        async with open_services(settings.model_copy(update={"roots": (bad,)}), open_engine=inline):
            pass
    async with open_services(settings, open_engine=inline):
        pass


async def test_an_unusable_data_folder_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnusable, match="choose another with --data"):
        async with open_services(settings.model_copy(update={"data": tmp_path / "file"}), open_engine=inline):
            pass


async def test_an_engine_that_does_not_open_leaves_nothing_locked(settings: Settings) -> None:
    def broken(_settings: Settings, _clock: Clock) -> AbstractAsyncContextManager[Engine]:
        raise RuntimeError("no workers")

    with pytest.raises(RuntimeError, match="no workers"):
        async with open_services(settings, open_engine=broken):
            pass
    async with open_services(settings, open_engine=inline):
        pass


@pytest.mark.parametrize("error", [WrongMove("Not now."), BadFolder("Not there.")])
async def test_a_foreseen_error_of_the_block_comes_out_as_it_is(settings: Settings, error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        async with open_services(settings, open_engine=inline):
            raise error


async def test_a_session_that_was_interrupted_goes_on_at_the_next_start(settings: Settings, root: Path) -> None:
    session_id = await interrupt(settings, root)
    async with open_services(settings, open_engine=inline) as services:
        left = await services.state(session_id)
        assert left.status is Status.PROCESSING, "who only looks starts no work"
        assert services.supervisor.record_of(session_id) is None
    async with open_services(settings, open_engine=inline, goes_on=True) as services:
        with anyio.fail_after(20):
            await services.supervisor.finished(session_id)
        state = await services.state(session_id)
        assert (state.status, state.code) == (Status.COMPLETED, "")
        assert state.files == state.processed >= left.files
        assert await anyio.to_thread.run_sync(services.journal.sessions_in_motion) == []
        assert (await services.update(session_id)).final


async def test_a_restart_of_the_machine_makes_ids_foreign(
    settings: Settings, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    monkeypatch.setattr(disk, "BOOT_ID", boot)
    boot.write_text("first\n")
    async with open_services(settings, open_engine=inline) as services:
        rested = (await complete(services, asked(root))).session_id
        rested_epoch, epoch = (await services.session(rested)).epoch, services.journal.epoch
    moving = await interrupt(settings, root)
    async with open_journal(settings) as journal:
        moving_epoch = (await anyio.to_thread.run_sync(journal.session, moving)).epoch
        assert journal.epoch == epoch, "the same boot changes nothing"
    boot.write_text("second\n")
    async with open_services(settings, open_engine=inline) as services:
        assert services.journal.epoch != epoch
        assert (await services.session(moving)).epoch != moving_epoch
        assert (await services.session(rested)).epoch == rested_epoch


async def test_where_boots_cannot_be_told_apart_ids_stay(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "BOOT_ID", tmp_path / "missing")
    epochs = []
    for _ in range(2):
        async with open_services(settings, open_engine=inline) as services:
            epochs.append(services.journal.epoch)
    assert epochs[0] == epochs[1]


# --- what readers begin with -------------------------------------------------------------------------------------


async def test_the_state_of_a_moving_session_is_its_records(settings: Settings, root: Path) -> None:
    async with open_services(settings, open_engine=paced) as services:
        session_id = (await services.supervisor.start(asked(root))).session_id
        record = services.supervisor.record_of(session_id)
        assert isinstance(record, Recorder)
        assert (await services.state(session_id)).seq == record.state.seq
        update = await services.update(session_id)
        assert (update.key, update.final) == (session_id, False)


@pytest.mark.parametrize("question", ["session", "state", "update"])
async def test_an_unknown_session_is_not_found(settings: Settings, question: str) -> None:
    async with open_services(settings, open_engine=inline) as services:
        with pytest.raises(NotFound):
            await getattr(services, question)("no such session")


async def test_what_a_shared_stream_begins_with(settings: Settings, root: Path) -> None:
    async with open_services(settings, open_engine=inline) as services:
        first = (await complete(services, asked(root))).session_id
        tally = services.hub.tally
        second = (await complete(services, asked(root))).session_id

        async def keys(after: int | None = None, named: tuple[str, ...] = (), since: float | None = None) -> list[str]:
            return [update.key for update in await services.updates(after, named, since)]

        assert await keys() == [], "both are at rest"
        assert await keys(named=(first,)) == [first]
        assert await keys(named=(first, "no such session", "")) == [first]
        assert await keys(after=tally) == [second]
        assert await keys(after=0) == [first, second]
        assert await keys(after=tally, named=(second,)) == [second], "each once"
        assert await keys(since=0.0) == [first, second]
        assert await keys(since=services.clock.now() + 60) == []


async def test_the_end_of_a_deleted_session_is_told(settings: Settings, root: Path) -> None:
    async with open_services(settings, open_engine=inline) as services:
        state = await complete(services, asked(root))
        reader = services.hub.join(Wish())
        await services.supervisor.delete(state.session_id)
        services.hub.flush()
        told = reader.take().decode()
        assert '"status":"deleted"' in told
        assert re.search(r"event: end\ndata: .*\"status\":\"deleted\"", told)
        services.hub.leave(reader)
        with pytest.raises(NotFound):
            await services.session(state.session_id)


async def test_who_was_away_when_a_session_was_deleted_is_told_and_others_find_no_session(
    settings: Settings, root: Path
) -> None:
    async with open_services(settings, open_engine=inline) as services:
        before = services.hub.tally
        state = await complete(services, asked(root))
        session = await services.session(state.session_id)
        resting = services.hub.tally
        await services.supervisor.delete(state.session_id)
        assert services.hub.tally == await anyio.to_thread.run_sync(services.journal.tally) == resting + 1
        told = await services.update_for(state.session_id, f"{session.epoch}-1")
        assert (told.final, told.state["status"], told.seq) == (True, "deleted", state.seq + 1)
        for stranger in ("", "?", "aaaaaa-1", f"{session.epoch}-{state.seq + 2}"):
            with pytest.raises(NotFound):
                await services.update_for(state.session_id, stranger)

        async def keys(after: int | None = None, since: float | None = None) -> list[str]:
            return [update.key for update in await services.updates(after, (state.session_id,), since)]

        assert await keys() == [], "a fresh reader has nothing to lose"
        assert await keys(after=before) == await keys(after=resting) == [state.session_id]
        assert await keys(after=resting + 1) == []
        assert await keys(since=services.clock.now() - 60) == [state.session_id]
        assert await keys(since=services.clock.now() + 60) == []


async def test_the_outcomes_that_went_with_a_deleted_session_are_announced_as_lost(
    settings: Settings, root: Path
) -> None:
    async with open_services(settings, open_engine=inline) as services:
        state = await complete(services, asked(root))
        alive = await services.update(state.session_id)
        await services.supervisor.delete(state.session_id)
        gone = await services.update_for(state.session_id, alive.position)
        behind = f"{alive.epoch}-{alive.seq - 1}"
        assert (await services.missed(behind, gone)).pruned
        assert (await services.missed(behind, alive)).pruned, "also where it went between two looks"
        assert not (await services.missed(alive.position, gone)).pruned


async def test_what_workers_left_half_written_is_gone_before_and_after(settings: Settings) -> None:
    unfinished = settings.data / "thumbnails" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "of-before").write_bytes(b"ha")
    async with open_services(settings, open_engine=inline):
        assert list(unfinished.iterdir()) == []
        (unfinished / "of-a-worker-that-was-killed").write_bytes(b"ha")
    assert list(unfinished.iterdir()) == []
