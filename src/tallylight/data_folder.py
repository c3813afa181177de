"""The data folder, and the lock that keeps two processes from writing in it at once."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from tallylight.asking import Reach
from tallylight.errors import DataFolderBusy, DataFolderUnusable

#: The lock's note may hold a secret.
_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where one Tallylight keeps everything it made itself. `path` is absolute with links resolved."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> DataFolder:
        """The folder at `path`, made if need be. Raises DataFolderUnusable where it cannot be made or written."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            real = path.resolve(strict=True)
        except OSError as error:
            raise DataFolderUnusable(
                f"The data folder {path} cannot be made ({error.strerror}); choose another with --data."
            ) from error
        if not os.access(real, os.W_OK | os.X_OK):
            raise DataFolderUnusable(
                f"The data folder {path} cannot be written by this user; choose another with --data."
            )
        return cls(real)

    @property
    def database(self) -> Path:
        return self.path / "tallylight.db"

    @property
    def token(self) -> Path:
        return self.path / "token.json"

    @property
    def thumbnails(self) -> Path:
        return self.path / "thumbnails"

    @contextmanager
    def locked(self, doing: str) -> Iterator[Lock]:
        """Own the folder while the context is open. Raises DataFolderBusy, which says who has it and how to reach them.

        The kernel drops the lock when the process dies, however it dies; the file itself stays and means nothing.
        """
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                note = _read(self.path / "lock")
                raise DataFolderBusy(_who_has(self.path, note), **_reached(note)) from None
            except OSError as error:
                raise DataFolderUnusable(
                    f"The data folder {self.path} cannot be locked ({error.strerror}), as on some network disks; "
                    "choose one on a local disk with --data."
                ) from error
            lock = Lock(self.path / "lock", doing)
            lock.tell()
            yield lock

    def _lock_file(self) -> TextIO:
        try:
            return os.fdopen(_for_me_alone(self.path / "lock"), "a+", encoding="utf-8")
        except OSError as error:
            raise DataFolderUnusable(
                f"The lock of the data folder {self.path} cannot be opened ({error.strerror}); was it made by another "
                "user? Choose another with --data."
            ) from error


@dataclass(frozen=True, slots=True)
class Lock:
    """A held lock, and the note in it for whoever comes second."""

    path: Path
    doing: str

    def tell(self, url: str = "", database: str = "", secret: str = "", public_url: str = "") -> None:
        """Write who holds the folder and, for a server, where it is reached, which database it works on, with which
        secret this user comes in where it wants a token, and where a proxy shows it. Nobody else can read it. Raises
        DataFolderUnusable, as on a full disk.
        """
        note = {"pid": os.getpid(), "host": socket.gethostname(), "doing": self.doing, "url": url, "database": database}
        note |= {name: told for name, told in (("secret", secret), ("public_url", public_url)) if told}
        try:
            self.path.write_text(json.dumps(note), encoding="utf-8")
        except OSError as error:
            raise DataFolderUnusable(
                f"The lock {self.path} cannot be written ({error.strerror}); free some space on its disk, or choose"
                " another data folder with --data."
            ) from error


def reach_of_holder(folder: Path) -> Reach:
    """Where the server is reached that holds this data folder, or held it last; without a URL where it was none, or
    another user's.
    """
    try:
        found = _reached(_read(folder / "lock"))
    except OSError:
        return Reach()
    return Reach(found["url"], found["secret"])


def page_of_holder(folder: Path) -> str:
    """Where a browser finds the page of the server that holds this data folder, or held it last; ends with a slash, or
    is empty where it was none.
    """
    try:
        note = _read(folder / "lock")
    except OSError:
        return ""
    url = str(note.get("url") or "")
    return str(note.get("public_url") or (url and f"{url}/"))


def _reached(note: dict[str, object]) -> dict[str, str]:
    return {name: str(note.get(name) or "") for name in ("url", "database", "secret")}


def _for_me_alone(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _MODE)
    with suppress(OSError):  # one that an earlier version made, for everybody to read
        os.fchmod(descriptor, _MODE)
    return descriptor


def _read(path: Path) -> dict[str, object]:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        # Read in the instant between truncating and writing: the lock itself says enough.
        return {}
    return note if isinstance(note, dict) else {}


def _who_has(folder: Path, note: dict[str, object]) -> str:
    who = f"process {note['pid']}" if note.get("pid") else "another process"
    if url := note.get("url"):
        return f"A Tallylight server ({who}) holds the data folder {folder}; reach it at {url}, or stop it first."
    doing = note.get("doing") or "Tallylight"
    return (
        f"Another {doing} ({who}) holds the data folder {folder}; wait until it is done, or choose another with --data."
    )
