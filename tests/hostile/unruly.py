"""Files whose reading goes wrong in ways that no file here can bring about: what a fault in a decoder would do.

`extract` is the real one for every file but those in the folder `unruly`, where the name says what happens. Workers
import it by name.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, Final, NoReturn

from tests.hostile.case import Case, failing, sound
from tests.hostile.png import header, png, zeros
from tests.hostile.stills import riff
from tests.ingest.extract import build
from tests.ingest.extract.build import chunk

from tallylight.ingest.extract import Options
from tallylight.ingest.extract import extract as read
from tallylight.model import Candidate, Outcome, RawText, Reason

FOLDER: Final = "unruly"


@dataclass(frozen=True, slots=True)
class Deed:
    """What happens at the reading of a file, and how that must end."""

    code: Reason | None
    act: Callable[[Path], object]


def extract(options: Options, candidate: Candidate) -> Outcome:
    """As the real one, after the deed that the name asks for."""
    path = PurePath(candidate.file)
    if path.parent.name != FOLDER or path.stem not in DEEDS:
        return read(options, candidate)
    done = DEEDS[path.stem].act(Path(candidate.root, candidate.file))
    if callable(done):
        return done(read(options, candidate))  # type: ignore[no-any-return]
    return read(options, candidate)


def cases() -> list[Case]:
    deeds = [
        Case(name=f"{FOLDER}/{name}.png", made=build.png(), code=deed.code, alone=True) for name, deed in DEEDS.items()
    ]
    return [*deeds, *_beyond_memory()]


def _beyond_memory() -> list[Case]:
    """Within the limit on pixels, beyond what a worker of 1 GB has room for. Small files, for they hold one colour."""
    return [
        failing("memory/16k x 15k.png", vast_png(), Reason.MEMORY, alone=True),
        failing(
            "memory/16k x 15.9k.webp",
            vast_webp(),
            Reason.MEMORY,
            alone=True,
        ),
        sound("memory/after.png", build.png()),
    ]


def vast_png() -> bytes:
    """240 million pixels in RGBA: 960 MB."""
    return png(header(16_000, 15_000, 8, 6), chunk(b"IDAT", zeros(920)))


def vast_webp() -> bytes:
    """A picture somewhere on a canvas of 254 million pixels."""
    canvas = b"VP8X\n\0\0\0\x10\0\0\0" + (15_999).to_bytes(3, "little") + (15_899).to_bytes(3, "little")
    return riff(canvas + build.encoded(build.scene(), "WEBP")[12:])


def _segfault(_: Path) -> None:
    ctypes.string_at(0)


def _abort(_: Path) -> None:
    os.abort()


def _bus_error(_: Path) -> None:
    os.kill(os.getpid(), signal.SIGBUS)


def _killed_for_memory(_: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _exit(_: Path) -> None:
    os._exit(3)


def _exit_well(_: Path) -> None:
    os._exit(0)


def _leave(_: Path) -> NoReturn:
    sys.exit("enough")


def _hang_in_c(_: Path) -> None:
    ctypes.PyDLL(None).pause()  # holds the GIL


def _hang_unreachably(path: Path) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    _hang_in_c(path)


def _spin(_: Path) -> None:
    while True:
        pass


def _balloon(_: Path) -> None:
    held: list[bytearray] = []
    while True:
        held.append(bytearray(1 << 24))


def _recurse(path: Path) -> None:
    _recurse(path)


class _RudeError(Exception):
    """Neither picklable nor printable."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def __repr__(self) -> str:
        raise RuntimeError("not even this")


def _raise(_: Path) -> NoReturn:
    raise _RudeError


def _interrupt(_: Path) -> NoReturn:
    raise KeyboardInterrupt


def _unpicklable(_: Path) -> Callable[[Outcome], Any]:
    return lambda _outcome: threading.Lock()


def _vast_result(_: Path) -> Callable[[Outcome], Outcome]:
    packed = zlib.compress(os.urandom(110_000_000), 0)
    return lambda outcome: replace(outcome, texts=(RawText("workflow", "f" * 64, packed),))


def _print(_: Path) -> None:
    os.write(1, b'{"status": "completed"}\n' * 1000)
    sys.stdout.write("words in the middle of the JSON lines\n")


def _delete(path: Path) -> None:
    # Done again where a neighbour in its chunk took the worker along.
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)


def _replace_by_folder(path: Path) -> None:
    _delete(path)
    path.mkdir()


def _replace_by_pipe(path: Path) -> None:
    _delete(path)
    os.mkfifo(path)


def _replace_by_link(path: Path) -> None:
    _delete(path)
    path.symlink_to("/etc/passwd")


def _empty(path: Path) -> None:
    os.truncate(path, 0)


DEEDS: Final = {
    "crashes": Deed(Reason.CRASHED, _segfault),
    "aborts": Deed(Reason.CRASHED, _abort),
    "reads beyond its file": Deed(Reason.CRASHED, _bus_error),
    "is killed for memory": Deed(Reason.CRASHED, _killed_for_memory),
    "exits": Deed(Reason.CRASHED, _exit),
    "exits well": Deed(Reason.CRASHED, _exit_well),
    "leaves": Deed(Reason.CRASHED, _leave),
    "recurses": Deed(Reason.CRASHED, _recurse),
    "raises": Deed(Reason.CRASHED, _raise),
    "interrupts": Deed(Reason.CRASHED, _interrupt),
    "cannot be pickled": Deed(Reason.CRASHED, _unpicklable),
    "hangs in C": Deed(Reason.TIMEOUT, _hang_in_c),
    "hangs unreachably": Deed(Reason.TIMEOUT, _hang_unreachably),
    "spins": Deed(Reason.TIMEOUT, _spin),
    "takes all memory": Deed(Reason.MEMORY, _balloon),
    "brings 110 MB": Deed(None, _vast_result),
    "prints": Deed(None, _print),
    "vanishes": Deed(Reason.VANISHED, _delete),
    "becomes a folder": Deed(Reason.OUTSIDE, _replace_by_folder),
    "becomes a pipe": Deed(Reason.OUTSIDE, _replace_by_pipe),
    "becomes a link": Deed(Reason.OUTSIDE, _replace_by_link),
    "becomes empty": Deed(Reason.EMPTY, _empty),
}
