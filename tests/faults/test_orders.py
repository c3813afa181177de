"""Every order of commands: Hypothesis drives sessions, files and ends of the process against a simple reference."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests import databases
from tests.faults.process import Process, living
from tests.faults.reference import MOVING, Reference, Refused

from tallylight.catalog import Catalog
from tallylight.catalog.memory import MemoryCatalog
from tallylight.catalog.sql import SqlCatalog
from tallylight.db import open_database
from tallylight.errors import StorageFailed, WrongMove
from tallylight.facts import State, initial, reduce_all
from tallylight.ingest import commit, undo
from tallylight.journal import Journal
from tallylight.journal.memory import MemoryJournal
from tallylight.journal.sql import SqlJournal
from tallylight.model import OutcomeKind

#: Rows in one batch of a commit or undo: small, so that a process may die between two.
BATCH = 2
ALARM = 20.0
NAMES = [f"{folder}{letter}.png" for folder in ("", "one/", "two/") for letter in "abc"]

Store = tuple[Journal, Catalog]


class Orders(RuleBasedStateMachine):
    """Commands in any order. Each is given to the program and to the reference, which must agree on whether it may be,
    and on all that is there afterwards.
    """

    kind: ClassVar[str]
    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.root = self.folder / "root"
        self.root.mkdir()
        self.reference = Reference()
        self.versions = 0
        self.shown: dict[str, State] = {}
        self.portal: BlockingPortal = self.stack.enter_context(start_blocking_portal())
        self.journal, self.catalog = self.stack.enter_context(_store(self.kind, self.folder))
        self.life: AbstractContextManager[Process]
        self.begin()

    def teardown(self) -> None:
        self.end(killed=True)
        self.stack.close()

    # --- the program ------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.life = self.portal.wrap_async_context_manager(living(self.journal, self.catalog, self.root))
        self.process = self.life.__enter__()

    def end(self, *, killed: bool) -> None:
        if killed:
            self.process.fuse = 0
        self.life.__exit__(None, None, None)

    def call(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        async def soon() -> Any:
            with anyio.fail_after(ALARM):
                return await function(*args)

        return self.portal.call(soon)

    def command(self, name: str, session_id: str) -> bool:
        """Give a command to both. Returns whether it was allowed."""
        is_allowed = self.allows(getattr(self.process.supervisor, name), session_id)
        self.agree(name, session_id, is_allowed=is_allowed)
        return is_allowed

    def agree(self, name: str, session_id: str, *, is_allowed: bool) -> None:
        """The reference must say the same of a command."""
        session = self.reference.sessions[session_id]
        before = session.status
        if self._refuses(name, session_id) is not is_allowed:
            return
        real = self.state(session_id).status
        assert before == "processing", f"{name} of a session that is {before}, in fact {real}: allowed: {is_allowed}"
        # It came to its end while nobody looked, before the command did.
        session.status = before
        self.reference.finish(session_id, self.outcomes(session_id))
        assert self._refuses(name, session_id) is not is_allowed, f"{name} of a session that is {session.status}"

    def allows(self, function: Callable[..., Awaitable[Any]], *args: Any) -> bool:
        try:
            self.call(function, *args)
        except WrongMove:
            return False
        return True

    def _refuses(self, name: str, session_id: str) -> bool:
        try:
            getattr(self.reference, name)(session_id)
        except Refused:
            return True
        return False

    def state(self, session_id: str) -> State:
        return self.journal.session(session_id).state

    def outcomes(self, session_id: str) -> dict[str, str]:
        items = self.journal.items(session_id, limit=1000)
        found = {item.outcome.file: item.outcome for item in items}
        assert len(found) == len(items), "a file counts twice"
        return {
            name: outcome.media["title"] if outcome.kind is OutcomeKind.EXTRACTED else str(outcome.code)
            for name, outcome in found.items()
        }

    # --- what happens -----------------------------------------------------------------------------------------------

    @initialize(names=st.lists(st.sampled_from(NAMES), min_size=3, unique=True))
    def settle(self, names: list[str]) -> None:
        self.write(names, is_bad=False)

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True), is_bad=st.booleans())
    def write(self, names: list[str], is_bad: bool) -> None:
        for name in names:
            self.write_one(name, is_bad=is_bad)

    def write_one(self, name: str, *, is_bad: bool) -> None:
        self.versions += 1
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        content = f"{'bad' if is_bad else 'good'} {self.versions}"
        path.write_text(content, encoding="utf-8")
        os.utime(path, ns=(self.versions, self.versions))
        self.reference.put(name, content)

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)
        self.reference.put(name, None)

    @rule(target=sessions)
    def start_one(self) -> str:
        return self.start()

    def start(self) -> str:
        started = self.call(self.process.supervisor.start, self.process.parameters())
        session_id: str = started.session_id
        self.call(self.process.found, session_id)
        self.reference.start(session_id)
        return session_id

    @rule(target=sessions, names=st.lists(st.sampled_from(NAMES), max_size=4, unique=True), commits=st.booleans())
    def run(self, names: list[str], commits: bool) -> str:
        """What a person does most: change files, take them in, commit."""
        self.write(names, is_bad=False)
        session_id: str = self.start()
        self.finish(session_id)
        if commits:
            self.commit(session_id)
        return session_id

    @rule(session_id=sessions)
    def pause(self, session_id: str) -> None:
        self.command("pause", session_id)

    @rule(session_id=sessions)
    def resume(self, session_id: str) -> None:
        self.command("resume", session_id)

    @rule(session_id=sessions)
    def cancel(self, session_id: str) -> None:
        self.command("cancel", session_id)

    @rule(session_id=sessions)
    def retry(self, session_id: str) -> None:
        self.command("retry", session_id)

    @rule(session_id=sessions)
    def let(self, session_id: str) -> None:
        if self.reference.sessions[session_id].status == "processing":
            self.call(self.process.let, session_id)

    @rule(session_id=sessions)
    def finish(self, session_id: str) -> None:
        if self.reference.sessions[session_id].status == "processing":
            self.call(self.process.finish, session_id)

    @rule(session_id=sessions)
    def commit(self, session_id: str) -> None:
        if self.command("commit", session_id):
            self.call(self.process.supervisor.finished, session_id)

    @rule(session_id=sessions)
    def undo(self, session_id: str) -> None:
        if self.command("undo", session_id):
            self.call(self.process.supervisor.finished, session_id)

    @rule(session_id=sessions, name=st.sampled_from(["commit", "undo"]), writes=st.integers(0, 8))
    def die_in(self, session_id: str, name: str, writes: int) -> None:
        """The process dies after so many writes of a commit or an undo, or after all of them."""
        before = self.state(session_id).status
        self.process.fuse = writes
        try:
            is_allowed = self.allows(getattr(self.process.supervisor, name), session_id)
        except StorageFailed:
            is_allowed = True
        if is_allowed:
            self.call(self.process.supervisor.finished, session_id)
        self.restart(killed=True)
        if is_allowed:
            self.call(self.process.supervisor.finished, session_id)
            if self.state(session_id).status == before:
                # It had nothing to do, or died before anything was durable.
                return
        self.agree(name, session_id, is_allowed=is_allowed)

    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        self.end(killed=killed)
        if killed:
            self.reference.end_of_process()
        self.begin()

    @rule(session_id=consumes(sessions))
    def delete(self, session_id: str) -> None:
        self.call(self.process.supervisor.delete, session_id)
        self.reference.delete(session_id)
        self.shown.pop(session_id, None)

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def sync(self) -> None:
        """Sessions and catalog are those of the reference."""
        assert {session.session_id for session in self.journal.sessions()} == set(self.reference.sessions)
        for session_id in self.reference.sessions:
            self.check(session_id)
        assert self.stored() == self.reference.catalog

    def check(self, session_id: str) -> None:
        session = self.reference.sessions[session_id]
        if session.status == "processing":
            self.call(self.process.quiet, session_id)
        state = self.state(session_id)
        outcomes = self.outcomes(session_id)
        if session.status == "processing" and state.at_rest:
            self.reference.finish(session_id, outcomes)
        elif session.status in MOVING or session.is_settling:
            self.reference.adopt(session_id, outcomes)
            if session.is_settling:
                session.is_settling, session.retrying = False, set()
        assert state.status == session.status
        assert outcomes == session.outcomes
        self.counted(session_id, state, outcomes)

    def counted(self, session_id: str, state: State, outcomes: dict[str, str]) -> None:
        session, before = self.reference.sessions[session_id], self.shown.get(session_id)
        facts = [fact for _, fact in self.journal.facts(session_id)]
        assert state == reduce_all(initial(session_id, self.process.parameters()), facts)
        assert (state.files, state.unchanged) == (len(session.seen), session.unchanged)
        assert (state.processed, state.errors) == (len(outcomes), len(session.failed))
        if before is not None:
            assert (state.seq, state.processed) >= (before.seq, before.processed), "a count shrank"
        self.shown[session_id] = state

    def stored(self) -> dict[str, str]:
        prefix = f"{self.root}/"
        return {medium.path.removeprefix(prefix): medium.outcome.media["title"] for medium in self.catalog.media()}


@contextmanager
def _store(kind: str, folder: Path) -> Iterator[Store]:
    if kind == "memory":
        yield MemoryJournal(), MemoryCatalog()
        return
    with databases.address(kind, folder) as address:
        if kind == "sqlite":
            shutil.copy(_empty(), address)
        with closing(open_database(address)) as database:
            yield SqlJournal(database), SqlCatalog(database)


@cache
def _empty() -> Path:
    """A database with its tables: migrating one takes longer than most examples."""
    path = Path(tempfile.mkdtemp()) / "empty.sqlite"
    atexit.register(shutil.rmtree, path.parent)
    open_database(path).close()
    return path


class OnMemory(Orders):
    kind = "memory"


class OnSqlite(Orders):
    kind = "sqlite"


class OnPostgres(Orders):
    kind = "postgresql"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("machine", "examples"), [(OnMemory, 80), (OnSqlite, 15), (OnPostgres, 3)])
def test_every_order_of_commands(
    machine: type[Orders], examples: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # each death is logged as what it is
    for module in (commit, undo):
        monkeypatch.setattr(module, "BATCH", BATCH)
    thorough = settings.default is not None and settings.default.max_examples > 1000
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples * (50 if thorough else 1),
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
