"""Signals end the streams before the server waits for them, under whichever server runs the application."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread
from tests.crowd import PROMISED, Stopwatch, all_over, crowd
from tests.in_process import paint
from tests.serving import ALARM

from tallylight.web.stopping import SIGNALS, before_stopping


@pytest.fixture
def called() -> Iterator[list[str]]:
    """What has been called; the handlers are as before when the test is over."""
    called: list[str] = []
    former = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, lambda number, _frame: called.append(f"server {number}"))
    yield called
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_streams_end_first_and_the_server_is_told_every_time(called: list[str], number: int) -> None:
    with before_stopping(partial(called.append, "streams")):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert called == ["streams", f"server {number}"] * 2


@pytest.mark.parametrize("number", SIGNALS)
def test_afterwards_the_former_handler_is_back(called: list[str], number: int) -> None:
    former = signal.getsignal(number)
    with pytest.raises(KeyError), before_stopping(partial(called.append, "streams")):
        raise KeyError
    assert signal.getsignal(number) is former


def test_a_handler_that_somebody_set_meanwhile_stays(called: list[str]) -> None:
    def another(_number: int, _frame: object) -> None:
        called.append("another")

    with before_stopping(partial(called.append, "streams")):
        signal.signal(signal.SIGTERM, another)
    assert signal.getsignal(signal.SIGTERM) is another


def test_two_applications_in_one_process_both_end_their_streams(called: list[str]) -> None:
    with before_stopping(partial(called.append, "one")), before_stopping(partial(called.append, "two")):
        signal.raise_signal(signal.SIGTERM)
    assert called == ["two", "one", f"server {signal.SIGTERM}"]


@pytest.mark.parametrize("none", [signal.SIG_DFL, signal.SIG_IGN])
def test_where_no_handler_is_none_is_set(called: list[str], none: signal.Handlers) -> None:
    signal.signal(signal.SIGTERM, none)
    with before_stopping(partial(called.append, "streams")):
        assert signal.getsignal(signal.SIGTERM) is none


def test_outside_the_main_thread_nothing_changes(called: list[str]) -> None:
    seen: list[object] = []

    def elsewhere() -> None:
        with before_stopping(partial(called.append, "streams")):
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [before]


class Uvicorn:
    """`uvicorn` itself, as anybody may run the application."""

    def __init__(self, folder: Path) -> None:
        paint(folder / "root", 1)
        command = [sys.executable, "-m", "uvicorn", "--factory", "tallylight.web.app:create_app", "--port", "0"]
        environment = {
            "TALLYLIGHT_ROOTS": json.dumps([str(folder / "root")]),
            "TALLYLIGHT_DATA": str(folder / "data"),
            "TALLYLIGHT_JOBS": "1",
        }
        self._process = subprocess.Popen(
            command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def __enter__(self) -> Uvicorn:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def port(self) -> int:
        """Where it listens; waits until it does."""
        assert self._process.stdout is not None
        output: list[str] = []
        for line in self._process.stdout:
            output.append(line)
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        raise AssertionError(f"uvicorn did not start: {output}")

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> str:
        """Wait until it has gone; returns what it wrote meanwhile."""
        return self._process.communicate(timeout=ALARM)[0]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Uvicorn]]:
    """One for each test, started side by side: nearly all of a start is importing."""
    with ExitStack() as stack:
        yield [stack.enter_context(Uvicorn(tmp_path_factory.mktemp("uvicorn"))) for _ in range(3)]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("number", "readers"),
    [(signal.SIGTERM, 0), (signal.SIGINT, 1), (signal.SIGTERM, 100)],
    ids=["term-0", "int-1", "term-100"],
)
async def test_under_the_uvicorn_command_a_signal_ends_the_streams(
    servers: list[Uvicorn], number: signal.Signals, readers: int
) -> None:
    server = servers.pop()
    async with crowd(server.port(), readers) as watchers:
        stopwatch = Stopwatch()
        server.signal(number)
        await all_over(watchers)
        told = await to_thread.run_sync(server.wait)
        took = stopwatch.read()
        assert [watcher.events[-1].name for watcher in watchers] == ["bye"] * readers
        comebacks = {watcher.parser.retry_ms for watcher in watchers}
    assert took < PROMISED
    assert "Finished server process" in told
    assert "Traceback" not in told
    assert len(comebacks) >= readers * 0.9, "readers come back at spread times"
