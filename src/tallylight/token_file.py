"""The token that lets people and scripts in, as a data folder keeps it: by its SHA-256 alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tallylight.errors import DataFolderUnusable

#: So that whoever finds one in a log, and every program that looks for secrets, sees what it is.
MARK: Final = "tally_"


#: Whoever is turned away is told where a token comes from, and why one may count no more.
PRINTED: Final = "It was printed when the server first started; `tallylight token --rotate` makes another."
MADE_SINCE: Final = (
    "Was another one made since? `tallylight token` tells when, and `tallylight token --rotate` makes a new one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is known of a token once it was given out. The token itself cannot be had back."""

    instance: str  #: tells this data folder's cookie from those of other servers under the same name
    sha256: str
    made_at: float  #: wall time

    def fits(self, token: str) -> bool:
        """Whether this is the token. Takes as long for a wrong one, however much of it is right."""
        return hmac.compare_digest(digest(token), self.sha256)

    @property
    def cookie(self) -> str:
        """The name of the cookie that a log-in sets."""
        return f"tallylight-{self.instance}"


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Blocks: call it from a thread."""

    path: Path

    def read(self) -> Grant | None:
        """What there is; None where no token was ever made. Raises DataFolderUnusable where it cannot be read."""
        try:
            return _grant(json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise DataFolderUnusable(
                f"The token of this data folder cannot be read from {self.path} ({error}); "
                "`tallylight token --rotate` makes a new one."
            ) from error

    def mark(self) -> tuple[int, ...]:
        """Another one for another token; cheap."""
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def rotate(self, now: float) -> tuple[Grant, str]:
        """Make a new token, which is returned this once; the one before counts no more. Raises DataFolderUnusable."""
        token = MARK + secrets.token_urlsafe(32)
        instance = self._instance() or secrets.token_hex(4)
        grant = Grant(instance=instance, sha256=digest(token), made_at=round(now, 3))
        self._write(json.dumps(asdict(grant)))
        return grant, token

    def _instance(self) -> str:
        try:
            grant = self.read()
        except DataFolderUnusable:
            return ""
        return grant.instance if grant is not None else ""

    def _write(self, text: str) -> None:
        # Beside it and then moved: whoever reads it meanwhile finds the one or the other, whole.
        beside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise DataFolderUnusable(
                f"The token cannot be written to {self.path} ({error.strerror}); see who owns the data folder, "
                "or choose another with --data."
            ) from error


def link(base: str, token: str) -> str:
    """What to open in a browser to log in. `base` ends with a slash."""
    return f"{base}?token={token}"


def digest(token: str) -> str:
    """SHA-256: a token has 256 random bits, which nobody guesses from its hash however fast that is made."""
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).hexdigest()


def _grant(found: Any) -> Grant:
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    instance, sha256, made_at = found.get("instance"), found.get("sha256"), found.get("made_at")
    if not isinstance(instance, str) or not instance.isalnum() or not isinstance(sha256, str) or len(sha256) != 64:
        raise ValueError("it has no instance or no hash")
    return Grant(instance=instance, sha256=sha256, made_at=float(made_at) if isinstance(made_at, int | float) else 0.0)
