"""Two servers on one database, as real processes."""

from __future__ import annotations

from pathlib import Path

from tests.serving import Server


class SharingServer(Server):
    """`tallylight serve` with a data folder of its own, on a database that others use too."""

    def __init__(self, root: Path, data: Path, database: str, *, jobs: int = 1) -> None:
        super().__init__(root, data, jobs=jobs)
        self.database = database

    def environment(self) -> dict[str, str]:
        return {"TALLYLIGHT_DATABASE": self.database}
