"""What found files have in common, counted: by what one may narrow a search down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tallylight.catalog.contract import Medium
from tallylight.catalog.search import ascii_lower

#: Files that are counted at most, those committed last: more of them take longer than somebody waits who types.
MOST_COUNTED: Final = 10_000
#: Values of one facet, the most frequent.
MOST_VALUES: Final = 24

#: A search compares these without the case of A to Z.
_ONE_WHATEVER_THE_CASE: Final = frozenset({"model", "generator"})

Value = str | int | bool


class Traits(NamedTuple):
    """What is counted of one file. Unknown is None, and counts nowhere."""

    type: str | None
    model: str | None
    generator: str | None
    score: int | None
    favourite: bool | None
    year: str | None
    folder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """How many of the counted files have each value, the most frequent first; keywords are one facet of them."""

    counted: int
    complete: bool  #: whether these are all that was found
    values: Mapping[str, list[tuple[Value, int]]] = field(default_factory=dict)


def traits_of(medium: Medium) -> Traits:
    outcome = medium.outcome
    created_at = outcome.media.get("created_at")
    return Traits(
        type=outcome.media.get("type"),
        model=outcome.generation.get("model"),
        generator=outcome.generation.get("generator"),
        score=outcome.score,
        favourite=outcome.favourite,
        year=created_at and created_at[:4],
        folder=outcome.root,
    )


def tallied(counted: Iterable[Traits], keywords: Iterable[tuple[str, int]], most: int) -> Facets:
    """Facets of at most `most` of these; that there are more makes them incomplete. Keywords come counted."""
    rows = list(counted)
    columns = zip(*rows[:most], strict=True) if rows else [()] * len(Traits._fields)
    values = {name: _frequent(_tally(name, column)) for name, column in zip(Traits._fields, columns, strict=True)}
    # What is not a favourite is no choice that anybody made.
    values["favourite"] = [(value, count) for value, count in values["favourite"] if value]
    return Facets(
        counted=min(len(rows), most), complete=len(rows) <= most, values={**values, "keyword": list(keywords)}
    )


def _tally(name: str, column: Iterable[Value | None]) -> Counter[Value | None]:
    """How often each value is there; of those that a search takes for the same, under the most frequent spelling."""
    counts = Counter(column)
    if name not in _ONE_WHATEVER_THE_CASE:
        return counts
    together: Counter[Value | None] = Counter()
    spellings: dict[str, Value] = {}
    for value, count in _sorted(counts):
        together[spellings.setdefault(ascii_lower(str(value)), value)] += count
    return together


def frequent_keywords(media: Iterable[Medium]) -> list[tuple[str, int]]:
    counts = Counter(text for medium in media for text in {keyword["text"] for keyword in medium.outcome.keywords})
    return [(str(text), count) for text, count in _frequent(counts)]


def _frequent(counts: Counter[Value | None]) -> list[tuple[Value, int]]:
    return _sorted(counts)[:MOST_VALUES]


def _sorted(counts: Counter[Value | None]) -> list[tuple[Value, int]]:
    known = [(value, count) for value, count in counts.items() if value is not None]
    return sorted(known, key=lambda entry: (-entry[1], entry[0]))
