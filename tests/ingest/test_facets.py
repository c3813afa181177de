"""What extracted files are like, counted a page at a time."""

from __future__ import annotations

import pytest
from tests.contract.journal_suite import append, begun, extracted, failed

from tallylight.errors import NotFound
from tallylight.facts import Processed
from tallylight.ingest import facets as room
from tallylight.ingest.facets import OTHER, SIZES, FacetsOfSessions, SessionFacets
from tallylight.journal.memory import MemoryJournal
from tallylight.model import Outcome, OutcomeKind


def journal_of(*outcomes: Outcome) -> MemoryJournal:
    journal = MemoryJournal()
    begun(journal)
    append(journal, "s-1", *(Processed(at=1.0, outcome=outcome) for outcome in outcomes))
    return journal


def outcome(**fields: object) -> Outcome:
    known: dict[str, object] = {"root": "/m", "file": "a.PNG", "kind": OutcomeKind.EXTRACTED, "bytes": 5, **fields}
    return Outcome(**known)  # type: ignore[arg-type]


def counted(journal: MemoryJournal) -> dict[str, object]:
    return SessionFacets().go_on(journal, "s-1", lambda: False)


def test_each_facet_counts_each_extracted_file_once() -> None:
    told = counted(
        journal_of(
            outcome(
                media={"created_at": "2024-03-05T10:00:00"}, generation={"model": "sdxl"}, score=4, nsfw_score=0.98
            ),
            outcome(file="b.jpg", bytes=SIZES[0], media={"created_at": "2024-03-30"}, nsfw_score=1.0),
            outcome(file="none", media={"created_at": 7}, generation={"model": ["x"]}, score=-1, nsfw_score=0.29),
            failed("bad.gif"),
        )
    )
    assert told["files"] == 3
    assert told["type"] == {"png": 1, "jpg": 1, "": 1}
    assert told["model"] == {"sdxl": 1, "": 2}
    assert told["score"] == {"4": 1, "": 1, "-1": 1}
    assert told["month"] == {"": 1, "2024-03": 2}
    size, nsfw = told["size"], told["nsfw"]
    assert isinstance(size, dict)
    assert isinstance(nsfw, list)
    assert size["files"] == [2, 1, *[0] * (len(SIZES) - 1)]
    assert (nsfw[29], nsfw[98], nsfw[99], sum(nsfw)) == (1, 1, 1, 3)


def test_counting_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_PAGE", 2)
    journal = journal_of(*(extracted(f"{number}.png") for number in range(5)))
    facets = SessionFacets()
    seen = [facets.go_on(journal, "s-1", lambda: True) for _ in range(4)]
    assert [(told["files"], told["complete"]) for told in seen] == [(2, False), (4, False), (5, True), (5, True)]
    append(journal, "s-1", Processed(at=2.0, outcome=extracted("later.png")))
    assert facets.go_on(journal, "s-1", lambda: False)["files"] == 6


def test_many_different_values_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_VALUES", 4)
    monkeypatch.setattr(room, "MOST_TOLD", 2)
    told = counted(journal_of(*(outcome(generation={"model": f"m{number}"}) for number in range(9))))
    models = told["model"]
    assert isinstance(models, dict)
    assert sum(models.values()) == 9
    assert len(models) <= 3
    assert models[OTHER] >= 5


def test_an_unknown_session() -> None:
    with pytest.raises(NotFound):
        SessionFacets().go_on(MemoryJournal(), "nobody", lambda: False)


def test_the_last_sessions_are_kept_and_a_new_epoch_begins_anew() -> None:
    kept = FacetsOfSessions()
    first = kept.of("s", "a")
    assert kept.of("s", "a") is first
    assert kept.of("s", "b") is not first
    for number in range(20):
        kept.of(f"t-{number}", "a")
    assert kept.of("s", "a") is not first
