"""What the engines run in tests: importable in a worker by name."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def double(number: int) -> int:
    return 2 * number


def process(_: object) -> int:
    return os.getpid()


def niceness(_: object) -> int:
    return os.nice(0)


def variable(name: str) -> str | None:
    return os.environ.get(name)


def loaded(module: str) -> bool:
    return module in sys.modules


def odd_raises(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number


def leave(code: int) -> None:
    sys.exit(code)


def want_too_much(_: object) -> None:
    raise MemoryError("no room")


def allocate(size: int) -> int:
    return len(bytearray(size))


def unpicklable(_: object) -> object:
    return threading.Lock()


class Unreadable:
    """Can be pickled, but not read back."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("not a number",)


def unreadable(_: object) -> Unreadable:
    return Unreadable()


class Counted:
    """A function that counts how often it was made in this process, and answers that."""

    made = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return Counted.make, ()

    @classmethod
    def make(cls) -> Counted:
        cls.made += 1
        return cls()

    def __call__(self, _: object) -> tuple[int, int]:
        return os.getpid(), self.made


class RudeError(Exception):
    """Neither picklable nor printable."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def __repr__(self) -> str:
        raise RuntimeError("not even this")


def rude(_: object) -> None:
    raise RudeError("one", "two")


@dataclass(frozen=True)
class Nameless:
    """An item whose str() raises."""

    def __str__(self) -> str:
        raise RuntimeError("no name")


def large(size: int) -> bytes:
    return bytes(size)


# These misbehave for numbers below zero, so that one chunk can hold the culprit and the innocent.


def segfault(number: int) -> int:
    if number >= 0:
        return number
    ctypes.string_at(0)
    raise AssertionError("reading address 0 worked")


def exit_at_once(code: int) -> None:
    os._exit(code)


def kill_self(number: int) -> None:
    os.kill(os.getpid(), number)
    signal.pause()


def hang_with_the_gil(number: int) -> int:
    if number >= 0:
        return number
    ctypes.PyDLL(None).pause()
    raise AssertionError("pause() returned")


def spin(number: int) -> int:
    while number < 0:
        pass
    return number


def hang_unreachably(number: int) -> int:
    if number >= 0:
        return number
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    return hang_with_the_gil(number)


def print_from_c(text: str) -> None:
    os.write(1, text.encode())


def read_stdin(_: object) -> bytes:
    return os.read(0, 100)


@dataclass(frozen=True)
class Gate:
    """A place where a worker waits until the test lets it on: two FIFOs, so both sides wait without polling."""

    folder: str
    name: str = "gate"

    @classmethod
    def at(cls, folder: Path, name: str = "gate") -> Gate:
        for fifo in ("arrived", "go"):
            os.mkfifo(folder / f"{name}.{fifo}")
        return cls(str(folder), name)

    def __str__(self) -> str:
        return self.name

    def path(self, fifo: str) -> Path:
        return Path(self.folder, f"{self.name}.{fifo}")

    def arrived(self) -> int:
        """Wait for the worker; its pid. For the test's side."""
        return int(self.path("arrived").read_text())

    def let_on(self) -> None:
        """Let the worker on. For the test's side."""
        self.path("go").write_text("go")


def wait_at(gate: Gate) -> str:
    gate.path("arrived").write_text(str(os.getpid()))
    gate.path("go").read_text()
    return gate.name


@dataclass(frozen=True)
class Line:
    """A line to add to a file."""

    file: str
    text: str


def note(line: Line) -> None:
    with Path(line.file).open("a") as file:
        file.write(line.text + "\n")


def crowd(folder: str) -> int:
    """How many of these run at once."""
    mine = Path(folder, f"{os.getpid()}-{threading.get_ident()}")
    mine.touch()
    found = len(list(Path(folder).iterdir()))
    mine.unlink()
    return found


@dataclass(frozen=True)
class LongName:
    """An item whose name is longer than a slot holds."""

    gate: Gate

    def __str__(self) -> str:
        return "z" + self.gate.name * 2


def wait_at_long_name(item: LongName) -> str:
    return wait_at(item.gate)


def announce_and_hang(fifo: str) -> None:
    Path(fifo).write_text(str(os.getpid()))
    hang_with_the_gil(-1)
