"""Ends the streams as soon as a signal says to stop.

Servers (uvicorn above all) first wait for open responses and only then tell the application that they are stopping. A
stream never ends by itself, so they would wait for ever. The signal itself is the one early sign.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], object]


@contextmanager
def before_stopping(do: Callable[[], None]) -> Iterator[None]:
    """While the context is open, call `do` on SIGINT and SIGTERM, each time, and then the handler of before.

    Only where there is a handler to call and where one can be set, which is the main thread; elsewhere nothing changes.
    `do` runs inside a signal handler: it must not block or take locks. At the end the former handlers are back, unless
    somebody has set others meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    set_here = [(number, former, _chained(do, former)) for number in SIGNALS if callable(former := _handler(number))]
    for number, _, handler in set_here:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, former, handler in set_here:
            if signal.getsignal(number) is handler:
                signal.signal(number, former)


def _handler(number: signal.Signals) -> Handler | int | None:
    return signal.getsignal(number)


def _chained(do: Callable[[], None], former: Handler) -> Handler:
    def handle(number: int, frame: FrameType | None) -> None:
        do()
        former(number, frame)

    return handle
