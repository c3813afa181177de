"""Signals end the streams before the server waits for them; tests/faults/test_stop.py shows it with real servers."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from tallylight.live.stopping import SIGNALS, before_stopping


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
