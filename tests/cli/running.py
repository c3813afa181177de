"""The command line inside this process, with extraction in it: quick, and under the same watch as every test."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from tallylight import services
from tallylight.cli import main
from tallylight.clock import Clock
from tallylight.engine.inline import InlineEngine
from tallylight.settings import Settings


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


class Tallylight:
    """Call it with the arguments of `tallylight`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        opening = partial(services.open_services, open_engine=_inline)
        monkeypatch.setattr(services, "open_services", opening)
        # Words of help and tables are laid out for a terminal of this width.
        monkeypatch.setenv("COLUMNS", "100")

    def __call__(self, *arguments: object) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["tallylight", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = self._capsys.readouterr()
        status = ended.value.code
        return Ran(status if isinstance(status, int) else 0, told.out, told.err)


@asynccontextmanager
async def _inline(_settings: Settings, clock: Clock) -> AsyncIterator[InlineEngine]:
    async with InlineEngine(clock=clock) as engine:
        yield engine
