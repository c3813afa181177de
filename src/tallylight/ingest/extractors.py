"""Which extractors there are besides our own, found out without importing any into this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tallylight.engine import Died, Engine, Verdict
from tallylight.ingest.extract.plugins import Declared, Installed, examine
from tallylight.model import MEDIA_SUFFIXES


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An extractor that cannot be used, and why."""

    declared: Declared
    reason: str  #: a sentence

    def __str__(self) -> str:
        one = self.declared
        return f"The extractor {one.name!r} of {one.package} {one.version} is left out. {self.reason}"


@dataclass(frozen=True, slots=True)
class Extractors:
    """What this installation reads besides the kinds it knows itself."""

    installed: tuple[Installed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def suffixes(self) -> frozenset[str]:
        """Of every file that is taken, those of our own kinds included."""
        return MEDIA_SUFFIXES.union(*(one.suffixes for one in self.installed))


async def examined(engine: Engine, found: Sequence[Declared]) -> Extractors:
    """Import each in a worker, and keep those that keep the protocol. One that raises, hangs or crashes there is left
    out, as is one whose name another has.
    """
    if not found:
        return Extractors()
    verdicts = await engine.run(examine, list(found))
    installed: dict[str, Installed] = {}
    left_out: list[LeftOut] = []
    for one, verdict in zip(found, verdicts, strict=True):
        answer = _answer(verdict)
        if isinstance(answer, str):
            left_out.append(LeftOut(one, answer))
        elif answer.name in installed:
            first = installed[answer.name].declared.package
            left_out.append(LeftOut(one, f"An extractor of {first} is called {answer.name!r} too."))
        else:
            installed[answer.name] = answer
    return Extractors(tuple(installed.values()), tuple(left_out))


def _answer(verdict: Verdict[Installed | str]) -> Installed | str:
    if not isinstance(verdict, Died):
        return verdict.value
    match verdict.reason:
        case "timeout":
            return "Importing it took longer than the time limit for one file."
        case "memory":
            return "Importing it takes more memory than a worker may use."
        case _:
            return f"Importing it ended the worker ({verdict.detail})."
