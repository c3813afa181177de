"""Which extractors there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tallylight.engine import Died, Verdict
from tallylight.engine.contract import Done, Item, Result
from tallylight.engine.inline import InlineEngine
from tallylight.ingest.extract.plugins import Declared, Installed
from tallylight.ingest.extractors import Extractors, LeftOut, examined
from tallylight.model import MEDIA_SUFFIXES

pytestmark = pytest.mark.anyio


def one(name: str, package: str = "package") -> Declared:
    return Declared(name, f"{name}:Extractor", package, "1.0")


def installed(declared: Declared, name: str) -> Installed:
    return Installed(declared, name, "image", frozenset({f".{name}"}))


class Scripted(InlineEngine):
    """Answers what it was given."""

    def __init__(self, *verdicts: Verdict[Installed | str]) -> None:
        super().__init__()
        self.verdicts = list(verdicts)

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        return self.verdicts  # type: ignore[return-value]


async def test_without_any_no_engine_is_asked() -> None:
    async with Scripted(Died("crashed")) as engine:
        found = await examined(engine, [])
    assert found == Extractors()
    assert found.suffixes == MEDIA_SUFFIXES


async def test_those_that_keep_the_protocol_add_their_suffixes() -> None:
    a, b = one("a"), one("b")
    async with Scripted(Done(installed(a, "raw")), Done("It names no suffix.")) as engine:
        found = await examined(engine, [a, b])
    assert found.installed == (installed(a, "raw"),)
    assert found.left_out == (LeftOut(b, "It names no suffix."),)
    assert found.suffixes == MEDIA_SUFFIXES | {".raw"}
    assert str(found.left_out[0]) == "The extractor 'b' of package 1.0 is left out. It names no suffix."


async def test_of_two_with_one_name_the_first_stays() -> None:
    a, b = one("a", "first"), one("b", "second")
    async with Scripted(Done(installed(a, "raw")), Done(installed(b, "raw"))) as engine:
        found = await examined(engine, [a, b])
    assert [extractor.declared.package for extractor in found.installed] == ["first"]
    assert found.left_out == (LeftOut(b, "An extractor of first is called 'raw' too."),)


@pytest.mark.parametrize(
    ("died", "reason"),
    [
        (Died("timeout"), "Importing it took longer than the time limit for one file."),
        (Died("memory"), "Importing it takes more memory than a worker may use."),
        (Died("crashed", "killed by SIGSEGV"), "Importing it ended the worker (killed by SIGSEGV)."),
    ],
)
async def test_one_that_takes_its_worker_along_is_left_out(died: Died, reason: str) -> None:
    a, b = one("a"), one("b")
    async with Scripted(died, Done(installed(b, "raw"))) as engine:
        found = await examined(engine, [a, b])
    assert found.left_out == (LeftOut(a, reason),)
    assert found.installed == (installed(b, "raw"),)
