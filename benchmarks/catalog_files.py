"""Outcomes as real files have them, as many as are wanted: read from the demo archive, then told of other paths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from tallylight.catalog import CommitItem
from tallylight.ingest.discover import discover
from tallylight.ingest.extract import Options, extract
from tallylight.model import Candidate, Outcome, OutcomeKind, Tier
from tallylight.roots import Roots, absolute, escape
from tallylight.samples import build_archive

IN_A_FOLDER: Final = 1000
#: Pictures of the demo archive, beside those that are damaged on purpose.
_PICTURES: Final = 120


@cache
def templates(folder: Path) -> tuple[Outcome, ...]:
    """What the tier full reads of the demo archive, built in this folder: every file that can be read."""
    build_archive(folder, pictures=_PICTURES)
    roots = Roots.of(folder)
    options = Options(roots=roots, tier=Tier.FULL)
    found = [one for one in discover(roots, (escape(folder),)) if isinstance(one, Candidate)]
    outcomes = [extract(options, one) for one in sorted(found, key=lambda one: one.file)]
    return tuple(outcome for outcome in outcomes if outcome.kind is OutcomeKind.EXTRACTED)


def outcomes(of: Sequence[Outcome], count: int, root: str) -> Iterator[Outcome]:
    """So many outcomes in folders of a thousand, one template after the other, each file with bytes of its own."""
    for number in range(count):
        yield numbered(of[number % len(of)], number, root)


def numbered(template: Outcome, number: int, root: str) -> Outcome:
    """The same picture at a path of its own, with hashes of its own."""
    digest = hashlib.sha256(number.to_bytes(8)).hexdigest()
    return replace(
        template,
        root=root,
        file=f"day_{number // IN_A_FOLDER:04}/gen_{number:08}{Path(template.file).suffix}",
        sha256=digest,
        phash=template.phash and digest[:16],
    )


def items(outcomes: Sequence[Outcome]) -> list[CommitItem]:
    """These as a commit gives them to the catalog."""
    return [
        CommitItem(seq, absolute(outcome.root, outcome.file), outcome, outcome.texts)
        for seq, outcome in enumerate(outcomes, 1)
    ]
