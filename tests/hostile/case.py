"""One hostile file and how it must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tallylight.model import Outcome, OutcomeKind, Reason

#: What puts a file into place that is more than its bytes; it is given the path.
Plant = Callable[[Path], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file, and its right outcome in tier full. `name` is its path below the root, in the file system's own words."""

    name: str
    made: bytes | Plant
    code: Reason | None = None  #: of a failure; None where the file must be extracted
    warns: str | None = ""  #: what one of the warnings says; empty where there must be none; None where nobody minds
    finds: Callable[[Outcome], object] | None = None  #: what else must hold of the outcome
    alone: bool = False  #: not for this process: it may end it, or take its memory or its time
    sidecar: bytes | Plant | None = None  #: its score sidecar

    def __str__(self) -> str:
        return ascii(self.name)[1:-1]

    def plant(self, root: Path) -> None:
        """Put the file, and its sidecar, into place."""
        path = root / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        _put(self.made, path)
        if self.sidecar is not None:
            (path.parent / ".scores").mkdir(exist_ok=True)
            _put(self.sidecar, path.parent / ".scores" / f"{path.name}.json")

    def judge(self, outcome: Outcome) -> str:
        """What is wrong with an outcome; empty where it is right."""
        if outcome.code is not self.code:
            return f"{self}: {outcome.code or 'extracted'}, not {self.code or 'extracted'}: {outcome.message}"
        if outcome.kind is not (OutcomeKind.EXTRACTED if self.code is None else OutcomeKind.FAILED):
            return f"{self}: {outcome.kind}"
        if self.code is not None:
            return "" if outcome.message.strip() else f"{self}: fails without a sentence"
        if self.warns == "" and outcome.warnings:
            return f"{self}: warns {outcome.warnings}"
        if self.warns and not any(self.warns in warning for warning in outcome.warnings):
            return f"{self}: warns {outcome.warnings}, not {self.warns!r}"
        if self.finds is not None and not self.finds(outcome):
            return f"{self}: found {outcome}"
        return ""


def failing(name: str, made: bytes | Plant, code: Reason, **further: Any) -> Case:
    """A file that must fail."""
    return Case(name=name, made=made, code=code, **further)


def warned(name: str, made: bytes | Plant, warns: str, **further: Any) -> Case:
    """A file that must be extracted, with a warning that says this."""
    return Case(name=name, made=made, warns=warns, **further)


def sound(name: str, made: bytes | Plant, finds: Callable[[Outcome], object] | None = None, **further: Any) -> Case:
    """A file that must be extracted without a warning."""
    return Case(name=name, made=made, finds=finds, **further)


def cuts(name: str, whole: bytes, code: Reason = Reason.TRUNCATED) -> list[Case]:
    """The file cut off at every tenth of its length."""
    stem, _, suffix = name.rpartition(".")
    return [
        failing(f"{stem} {tenth}0%.{suffix}", whole[: len(whole) * tenth // 10], code if tenth else Reason.EMPTY)
        for tenth in range(10)
    ]


def _put(made: bytes | Plant, path: Path) -> None:
    if isinstance(made, bytes):
        path.write_bytes(made)
    else:
        made(path)
