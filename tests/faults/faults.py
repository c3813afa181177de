"""Every fault that is shown, by its name in the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tests.databases import KINDS, POSTGRES
from tests.faults.clock import jumped, wrong_at_start
from tests.faults.cluster import cluster
from tests.faults.disk_full import full, full_at_start, full_for_thumbnails
from tests.faults.killed import killed, killed_in_preview
from tests.faults.locked import locked_for_a_moment, locked_for_long
from tests.faults.read_only import read_only
from tests.faults.restarted import away, restarted
from tests.faults.trial import Shown, trial
from tests.faults.vanished import vanished

SQLITE: Final = ("sqlite",)
OWN: Final = ("own",)  #: a PostgreSQL that is started for this trial alone


@dataclass(frozen=True, slots=True)
class Fault:
    """What strikes, and on which databases. `str` of it is its name, for a test's id."""

    name: str
    strike: Callable[..., Shown]  #: takes the trial, and the database's cluster where that is its own
    kinds: tuple[str, ...] = KINDS

    def __str__(self) -> str:
        return self.name

    def run(self, seed: int, folder: Path) -> Shown:
        """Let it strike under a seed, in an empty folder. AssertionError where something was lost or doubled."""
        if self.kinds == OWN:
            with cluster() as own, trial(self.name, seed, folder, "postgresql", database=own.url) as struck:
                return self.strike(struck, own)
        kind = Random(f"{self.name} {seed} database").choice(
            [kind for kind in self.kinds if kind == "sqlite" or POSTGRES]
        )
        with trial(self.name, seed, folder, kind) as struck:
            return self.strike(struck)


KILLS: Final = (
    *(
        Fault(f"kill -9 in {stage}", partial(killed, stage=stage))
        for stage in ("discover", "process", "commit", "undo")
    ),
    Fault("kill -9 in preview", killed_in_preview),
)
STORAGE: Final = (
    Fault("disk full at the journal, discover", partial(full, stage="discover"), SQLITE),
    Fault("disk full at the journal, process", partial(full, stage="process"), SQLITE),
    Fault("disk full at the catalog, commit", partial(full, stage="commit"), SQLITE),
    Fault("disk full at the catalog, undo", partial(full, stage="undo"), SQLITE),
    Fault("disk full at the thumbnails", full_for_thumbnails),
    Fault("disk full at the start of a server", full_at_start, SQLITE),
    Fault("SQLite locked for a moment", locked_for_a_moment, SQLITE),
    Fault("SQLite locked for long", locked_for_long, SQLITE),
    Fault("PostgreSQL restarted in process", partial(restarted, stage="process"), OWN),
    Fault("PostgreSQL restarted in commit", partial(restarted, stage="commit"), OWN),
    Fault("PostgreSQL restarted in undo", partial(restarted, stage="undo"), OWN),
    Fault("PostgreSQL away in commit", partial(away, stage="commit"), OWN),
)
SURROUNDINGS: Final = (
    Fault("clock jumps forward", partial(jumped, direction="forward")),
    Fault("clock jumps back", partial(jumped, direction="back")),
    Fault("clock ahead at a start", partial(wrong_at_start, direction="forward")),
    Fault("clock behind at a start", partial(wrong_at_start, direction="back")),
    Fault("data folder read-only", read_only, SQLITE),
    Fault("root vanishes in discover", partial(vanished, stage="discover")),
    Fault("root vanishes in process", partial(vanished, stage="process")),
)
FAULTS: Final = (*KILLS, *STORAGE, *SURROUNDINGS)
