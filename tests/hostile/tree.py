"""What stands in a tree beside files: links, pipes, sockets, places too deep, files too long."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.hostile.case import Case, failing, sound, warned
from tests.ingest.extract import build

from tallylight.model import Outcome, Reason

#: Longer than any path may be, in folders of 200 characters.
_DEPTH = 24


def cases() -> list[Case]:
    return [*_links(), *_sidecars(), *_long_files()]


def plant_what_is_no_file(root: Path) -> None:
    """Names of pictures that discovery must pass over without opening them."""
    folder = root / "tree" / "no files"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.png")
    (folder / "folder.png").mkdir()
    (folder / "loop of folders").symlink_to(folder)
    (folder / "link to a folder.png").symlink_to(folder)
    (folder / ".hidden.png").write_bytes(build.png())
    (folder / "no media.txt").write_bytes(b"words")
    (folder / ".scores").mkdir()
    (folder / ".scores" / "gone.png.json").write_bytes(b'{"score": 3}')
    for other in (".thumbnails", ".workflows", "@eaDir.tmp"):
        (folder / other).mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.open(folder, os.O_RDONLY)
        listening.bind(f"/proc/self/fd/{here}/socket.png")
        os.close(here)


def plant_too_deep(root: Path) -> None:
    """A picture whose path is longer than the system takes: made and reached step by step only."""
    (root / "tree").mkdir(exist_ok=True)
    place = os.open(root / "tree", os.O_RDONLY)
    for number in range(_DEPTH):
        name = f"{number:02}" + "d" * 198
        os.mkdir(name, dir_fd=place)
        further = os.open(name, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = further
    picture = os.open("deep.png", os.O_WRONLY | os.O_CREAT, dir_fd=place)
    os.write(picture, build.png())
    os.close(picture)
    os.close(place)


def _links() -> Iterator[Case]:
    yield failing("tree/passwd.png", _link("/etc/passwd"), Reason.OUTSIDE)
    yield failing("tree/zero.png", _link("/dev/zero"), Reason.OUTSIDE)
    yield failing("tree/memory.mp4", _link("/proc/self/mem"), Reason.OUTSIDE)
    yield failing("tree/environment.jpg", _link("/proc/self/environ"), Reason.OUTSIDE)
    yield failing("tree/nowhere.png", _link("nothing there.png"), Reason.VANISHED)
    yield failing("tree/itself.png", _link("itself.png"), Reason.IO_ERROR)
    yield failing("tree/out and away.png", _link("../../../../../../../../etc/hostname"), Reason.OUTSIDE)
    yield sound("tree/original.png", build.png())
    yield sound("tree/link.png", _link("original.png"))
    yield sound("tree/second name.png", _second_name)
    yield failing("tree/to a pipe.png", _to_a_pipe, Reason.OUTSIDE)


def _link(target: str) -> partial[None]:
    return partial(_put_link, target)


def _put_link(target: str, path: Path) -> None:
    path.symlink_to(target)


def _second_name(path: Path) -> None:
    path.with_name("first name.dat").write_bytes(build.png())
    path.hardlink_to(path.with_name("first name.dat"))


def _to_a_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def _sidecars() -> Iterator[Case]:
    ignored, picture = "was ignored", build.png()
    yield warned("tree/scored by a pipe.png", picture, ignored, sidecar=os.mkfifo, finds=_is_unscored)
    yield warned("tree/scored by a folder.png", picture, ignored, sidecar=Path.mkdir, finds=_is_unscored)
    yield warned("tree/scored by zeros.png", picture, ignored, sidecar=_link("/dev/zero"), finds=_is_unscored)
    yield warned("tree/scored from outside.png", picture, ignored, sidecar=_link("/etc/passwd"), finds=_is_unscored)
    yield warned("tree/scored without end.png", picture, ignored, sidecar=_sparse, finds=_is_unscored)
    yield sound("tree/scored by nothing.png", picture, _is_unscored, sidecar=_link("nothing there"))


def _long_files() -> Iterator[Case]:
    """Files of a terabyte that take no room. What is in front decides, unless all of it has to be read."""
    yield failing("tree/1 TB of zeros.png", _sparse, Reason.UNSUPPORTED)
    yield failing("tree/1 TB of box.mp4", partial(_sparse_after, b"\0\0\0\x14ftypisom\0\0\0\0isom"), Reason.TRUNCATED)
    yield failing("tree/1 TB after a picture.png", partial(_sparse_after, build.png()), Reason.TIMEOUT, alone=True)


def _sparse(path: Path) -> None:
    _sparse_after(b"", path)


def _sparse_after(head: bytes, path: Path) -> None:
    path.write_bytes(head)
    os.truncate(path, 1 << 40)


def _is_unscored(outcome: Outcome) -> bool:
    return outcome.score is None
