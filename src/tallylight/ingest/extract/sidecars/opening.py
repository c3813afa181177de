"""Reads the bytes of sidecars. What cannot be read is a warning that names the file, never an error."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from tallylight.errors import BadPath
from tallylight.ingest.extract.clean import TooMuch, clean_line, load_json
from tallylight.ingest.extract.containers.embedded import decode_text
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.roots import Roots, escape


class Opening:
    """Opens sidecars through the roots, creates nothing, and keeps what went wrong."""

    def __init__(self, roots: Roots, limits: Limits = LIMITS) -> None:
        self.roots = roots
        self.limits = limits
        self.warnings: list[str] = []
        self.missed = False  #: something that was asked for was not there
        self._known: dict[str, Any] = {}

    def ignore(self, path: str, why: str) -> None:
        """Warn that a sidecar is not used."""
        self.warnings.append(f"the sidecar {clean_line(escape(PurePath(path).name), 200)!r} was ignored: {why}")

    def read(self, path: str) -> bytes | None:
        """All bytes of a sidecar; None where there is none, or none that can be used."""
        raw, trouble = self._attempt(path)
        if trouble:
            self.ignore(path, trouble)
        return raw

    def text(self, path: str) -> str:
        """The text of a sidecar, line ends as one; empty where there is none."""
        raw = self.read(path) or b""
        if raw[:2] in {b"\xfe\xff", b"\xff\xfe"}:  # Windows' editors call it Unicode
            text = raw.decode("utf-16", "replace")
        elif b"\0" in raw:
            self.ignore(path, "it holds no text")
            return ""
        else:
            text = decode_text(raw.removeprefix(b"\xef\xbb\xbf"))
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def json(self, path: str) -> Any:
        """What the JSON of a sidecar holds; None where there is none. Read once, however often it is asked for."""
        if path not in self._known:
            self._known[path] = self._parsed(path)
        return self._known[path]

    def _attempt(self, path: str) -> tuple[bytes | None, str]:
        longest = self.limits.sidecar
        try:
            with self.roots.open(path) as file:
                raw = file.read(longest + 1)
        except (FileNotFoundError, NotADirectoryError):
            self.missed = True
            return None, ""
        except BadPath:
            return None, "it leads out of the roots or is no file"
        except OSError as error:
            return None, error.strerror or "it cannot be read"
        return (raw, "") if len(raw) <= longest else (None, f"it is longer than {longest:,} bytes")

    def _parsed(self, path: str) -> Any:
        raw = self.read(path)
        try:
            return None if raw is None else load_json(raw.decode("utf-8-sig"), self.limits)
        except TooMuch as error:
            self.ignore(path, str(error))
        except ValueError:
            self.ignore(path, "it holds no JSON")
        return None
