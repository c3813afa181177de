"""Every fault that is shown, by its name in the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tests.databases import KINDS, POSTGRES
from tests.faults.killed import killed, killed_in_preview
from tests.faults.trial import Shown, Trial, trial

SQLITE: Final = ("sqlite",)


@dataclass(frozen=True, slots=True)
class Fault:
    """What strikes, and on which databases."""

    name: str
    strike: Callable[[Trial], Shown]
    kinds: tuple[str, ...] = KINDS

    def run(self, seed: int, folder: Path) -> Shown:
        """Let it strike under a seed, in an empty folder. AssertionError where something was lost or doubled."""
        kind = Random(f"{self.name} {seed} database").choice(
            [kind for kind in self.kinds if kind == "sqlite" or POSTGRES]
        )
        with trial(self.name, seed, folder, kind) as struck:
            return self.strike(struck)


FAULTS: Final = (
    *(
        Fault(f"kill -9 in {stage}", partial(killed, stage=stage))
        for stage in ("discover", "process", "commit", "undo")
    ),
    Fault("kill -9 in preview", killed_in_preview),
)
BY_NAME: Final = {fault.name: fault for fault in FAULTS}
