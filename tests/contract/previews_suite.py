"""What every journal promises of previews, as tests. A journal passes by subclassing `PreviewsContract` with a fixture
`journal`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contract.journal_suite import append, begun, extracted, failed, raw_text

from tallylight.errors import NotFound
from tallylight.facts import Discovered, Processed
from tallylight.journal import Choice, Journal, Previews, Standing
from tallylight.journal.previews import Decided
from tallylight.model import FolderFound, Outcome, OutcomeKind, Reason

A, B = "aa" * 32, "bb" * 32


def filled(journal: Journal, *outcomes: Outcome) -> Previews:
    """A session with these outcomes, numbered from 1."""
    begun(journal)
    append(journal, "s-1", *(Processed(at=1.0, outcome=outcome) for outcome in outcomes))
    return journal.previews


def settle(previews: Previews, *decided: Decided, until: int | None = None) -> Standing:
    """Decide these, as whoever looks does."""
    since = previews.standing("s-1")
    until = max(one.seq for one in decided) if until is None else until
    assert previews.settle("s-1", decided, gone=(), since=since, until=until)
    return previews.standing("s-1")


def seqs(previews: Previews, choice: Choice | None = None, after: int = 0, limit: int = 100) -> list[int]:
    return [shown.item.seq for shown in previews.page("s-1", choice or Choice(), after=after, limit=limit)]


class PreviewsContract:
    """Give it a fixture `journal`: an empty one."""

    def test_a_session_begins_with_nothing_looked_at(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"))
        assert previews.standing("s-1") == Standing()
        assert previews.is_behind("s-1")
        assert seqs(previews) == []

    def test_an_unknown_session(self, journal: Journal) -> None:
        for ask in (journal.previews.standing, journal.previews.is_behind, journal.previews.forget_refusals):
            with pytest.raises(NotFound):
                ask("nobody")
        with pytest.raises(NotFound):
            journal.previews.page("nobody", Choice())
        with pytest.raises(NotFound):
            journal.previews.set_aside("nobody", Choice(), aside=True)

    def test_sketches_are_of_the_outcomes_that_count_in_order(self, journal: Journal) -> None:
        disputed = replace(extracted("b.png"), conflicts=({"field": "title", "values": []},))
        previews = filled(journal, extracted("a.png"), failed("f.png"), disputed)
        append(journal, "s-1", Processed(at=2.0, outcome=extracted("f.png"), retries=2))
        found = previews.sketches("s-1", after=0, limit=10)
        assert [(one.seq, one.file, one.has_conflicts, one.retries) for one in found] == [
            (1, "a.png", False, 0),
            (3, "b.png", True, 0),
            (4, "f.png", False, 2),
        ]
        one, whole = found[0], extracted("a.png")
        assert (one.root, one.kind, one.bytes, one.mtime_ns, one.sha256) == (
            "/pictures",
            OutcomeKind.EXTRACTED,
            whole.bytes,
            whole.mtime_ns,
            whole.sha256,
        )
        assert previews.sketches("s-1", after=1, limit=1) == found[1:2]

    def test_what_is_settled_adds_up_and_is_found_by_its_effect(self, journal: Journal) -> None:
        previews = filled(journal, *(extracted(f"{number}.png") for number in range(5)))
        effects = ("new", "changed", "new", "unchanged", "new")
        standing = settle(
            previews, *(Decided(seq, effect, has_conflicts=seq == 2) for seq, effect in enumerate(effects, 1))
        )
        assert (standing.until, standing.files, standing.conflicts) == (5, {"changed": 1, "new": 3, "unchanged": 1}, 1)
        assert not previews.is_behind("s-1")
        assert seqs(previews) == [1, 2, 3, 4, 5]
        assert seqs(previews, Choice(effects=("new",))) == [1, 3, 5]
        assert seqs(previews, Choice(effects=("new",)), after=1, limit=1) == [3]
        assert seqs(previews, Choice(effects=("changed", "unchanged"))) == [2, 4]
        assert seqs(previews, Choice(effects=("moved",))) == []
        assert seqs(previews, Choice(conflicts=True)) == [2]
        assert seqs(previews, limit=0) == []
        [shown] = previews.page("s-1", Choice(seqs=(4,)))
        assert (shown.effect, shown.has_conflicts, shown.is_set_aside, shown.refused) == (
            "unchanged",
            False,
            False,
            None,
        )
        assert shown.item.outcome == extracted("3.png")

    def test_any_part_of_a_choice_is_found_by_its_position(self, journal: Journal) -> None:
        previews = filled(journal, *(extracted(f"{number}.png") for number in range(6)), failed("f.png"))
        effects = ("new", "changed", "new", "new", "new", "changed", "failed")
        settle(previews, *(Decided(seq, effect) for seq, effect in enumerate(effects, 1)))

        def part(choice: Choice, offset: int, limit: int, after: int = 0) -> list[int]:
            found = previews.page("s-1", choice, after=after, offset=offset, limit=limit)
            return [one.item.seq for one in found]

        new, named = Choice(effects=("new",)), Choice(named=lambda name: name > "1")
        assert part(Choice(), 2, 3) == [3, 4, 5]
        assert part(new, 1, 2) == [3, 4]
        assert part(new, 3, 9) == [5]
        assert part(new, 4, 9) == part(new, 2**40, 9) == part(new, 0, 0) == []
        assert part(new, 1, 2, after=1) == [4, 5]
        assert part(named, 1, 2) == [3, 4]
        counted = [previews.count("s-1", choice) for choice in (Choice(), new, named, Choice(conflicts=True))]
        assert counted == [7, 4, 6, 0]
        with pytest.raises(NotFound):
            previews.count("nobody", Choice())

    def test_those_scored_so_high_are_found(self, journal: Journal) -> None:
        scored = [replace(extracted(f"{score}.png"), nsfw_score=score) for score in (0.2, 0.5, 0.9, None)]
        previews = filled(journal, *scored)
        settle(previews, *(Decided(seq, "new") for seq in range(1, 5)))
        assert seqs(previews, Choice(nsfw=0.5)) == [2, 3]
        assert seqs(previews, Choice(nsfw=0.0)) == [1, 2, 3]
        assert previews.count("s-1", Choice(nsfw=0.9)) == 1
        assert previews.set_aside("s-1", Choice(nsfw=0.5), aside=True) == 2

    def test_only_who_has_seen_the_newest_standing_settles(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"), extracted("b.png"))
        since = previews.standing("s-1")
        settle(previews, Decided(1, "new"))
        assert not previews.settle("s-1", [Decided(1, "changed")], gone=(), since=since, until=1)
        assert not previews.settle_moves("s-1", [Decided(1, "moved")], since=since, missing=9)
        assert previews.standing("s-1").files == {"new": 1}
        previews.restart("s-1", 7)
        assert not previews.settle("s-1", [Decided(1, "changed")], gone=(), since=since, until=1)

    def test_looking_again_changes_only_what_differs_and_keeps_what_is_set_aside(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"), extracted("b.png"), extracted("c.png"))
        before = settle(previews, Decided(1, "new"), Decided(2, "new"), Decided(3, "duplicate", True))
        assert previews.set_aside("s-1", Choice(seqs=(1, 3)), aside=True) == 2
        previews.restart("s-1", 5)
        again = previews.standing("s-1")
        assert (again.until, again.version, again.files) == (0, 5, before.files)
        now = settle(previews, Decided(1, "changed"), Decided(2, "new"), Decided(3, "duplicate", True))
        assert now.files == {"changed": 1, "duplicate": 1, "new": 1}
        assert (now.set_aside, now.conflicts) == ({"changed": 1, "duplicate": 1}, 1)
        assert seqs(previews, Choice(set_aside=True)) == [1, 3]

    def test_the_mark_tells_what_is_shown_however_it_came_about(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"), extracted("b.png"))
        first = settle(previews, Decided(1, "new"), Decided(2, "new")).mark
        previews.restart("s-1", 2)
        assert settle(previews, Decided(1, "changed"), Decided(2, "new")).mark != first
        previews.restart("s-1", 3)
        assert settle(previews, Decided(1, "new")).mark == first
        assert settle(previews, Decided(2, "new")).mark == first
        previews.restart("s-1", 4)
        assert settle(previews, Decided(1, "new"), Decided(2, "changed")).mark != first

    def test_an_outcome_in_whose_place_another_counts_is_gone(self, journal: Journal) -> None:
        previews = filled(journal, failed("a.png"), extracted("b.png"))
        settle(previews, Decided(1, "failed"), Decided(2, "new"))
        append(journal, "s-1", Processed(at=2.0, outcome=extracted("a.png"), retries=1))
        assert previews.is_behind("s-1")
        since = previews.standing("s-1")
        assert previews.settle("s-1", [Decided(3, "new")], gone=[1], since=since, until=3)
        assert previews.standing("s-1").files == {"new": 2}
        assert seqs(previews) == [2, 3]
        assert previews.settle("s-1", [], gone=[1], since=previews.standing("s-1"), until=3), "it was gone already"
        assert previews.standing("s-1").files == {"new": 2}

    def test_what_has_moved_is_told_last(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"), extracted("b.png"))
        since = settle(previews, Decided(1, "duplicate"), Decided(2, "duplicate"))
        assert not since.moves_known
        assert previews.settle_moves("s-1", [Decided(2, "moved", False, "/old/b.png")], since=since, missing=4)
        now = previews.standing("s-1")
        assert (now.moves_known, now.missing, now.files) == (True, 4, {"duplicate": 1, "moved": 1})
        assert [shown.moved_from for shown in previews.page("s-1", Choice())] == [None, "/old/b.png"]
        append(journal, "s-1", Processed(at=2.0, outcome=extracted("c.png")))
        assert not settle(previews, Decided(3, "new")).moves_known

    def test_files_are_set_aside_and_taken_back(self, journal: Journal) -> None:
        previews = filled(journal, *(extracted(f"{number}.png") for number in range(4)))
        settle(previews, *(Decided(seq, "new" if seq < 3 else "changed") for seq in range(1, 5)))
        assert previews.set_aside("s-1", Choice(effects=("new",)), aside=True) == 2
        assert previews.set_aside("s-1", Choice(effects=("new",)), aside=True) == 0, "they are already"
        standing = previews.standing("s-1")
        assert (standing.set_aside, standing.revision) == ({"new": 2}, 1)
        assert seqs(previews, Choice(set_aside=True)) == [1, 2]
        assert seqs(previews, Choice(effects=("new", "changed"), set_aside=False)) == [3, 4]
        assert previews.set_aside("s-1", Choice(seqs=(1, 4)), aside=False) == 1
        assert previews.standing("s-1").set_aside == {"new": 1}
        assert previews.set_aside("s-1", Choice(), aside=False) == 1
        assert (previews.standing("s-1").set_aside, previews.standing("s-1").revision) == ({}, 3)

    def test_choices_by_what_the_outcomes_say(self, journal: Journal) -> None:
        odd = r"day_1/caf\xe9.png"
        previews = filled(
            journal,
            replace(extracted("day_1/a.png"), warnings=()),
            replace(extracted(odd), warnings=()),
            replace(extracted("day_10/a.png"), warnings=()),
            failed("day_1/bad.png"),
            extracted("day_2/warned.png"),
        )
        settle(previews, *(Decided(seq, "failed" if seq == 4 else "new") for seq in range(1, 6)))
        assert seqs(previews, Choice(code=Reason.TRUNCATED)) == [4]
        assert seqs(previews, Choice(code=Reason.BAD_METADATA)) == [5]
        assert seqs(previews, Choice(code=Reason.TIMEOUT)) == []
        for folder in ("day_1", "day_1/", "/pictures/day_1"):
            assert seqs(previews, Choice(folder=folder)) == [1, 2, 4], folder
        assert seqs(previews, Choice(folder="/pictures")) == [1, 2, 3, 4, 5]
        assert seqs(previews, Choice(folder="day_%")) == []
        assert seqs(previews, Choice(named=lambda file: file.endswith("a.png"))) == [1, 3]
        assert seqs(previews, Choice(named=lambda file: file.endswith("a.png")), limit=1) == [1]
        assert seqs(previews, Choice(named=lambda _file: False)) == []
        assert seqs(previews, Choice(folder="day_1", effects=("new",), named=lambda file: file == odd)) == [2]
        assert previews.set_aside("s-1", Choice(folder="day_1", effects=("new",)), aside=True) == 2

    def test_the_first_of_each_content_is_remembered(self, journal: Journal) -> None:
        previews = filled(journal, *(extracted(f"{number}.png") for number in range(4)))
        assert previews.firsts("s-1", {1: A}) == {}
        assert previews.first_of("s-1", {1: A, 2: A, 3: B}) == {1: 1, 2: 1, 3: 3}
        assert previews.first_of("s-1", {4: B}) == {4: 3}
        assert previews.first_of("s-1", {1: A, 2: A, 3: B}) == {1: 1, 2: 1, 3: 3}, "looked at again"
        assert previews.firsts("s-1", {4: B, 9: "cc" * 32}) == {4: 3}

    def test_why_a_commit_did_not_take_files_is_kept_until_the_next(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"), extracted("b.png"))
        settle(previews, Decided(1, "new"), Decided(2, "new"))
        previews.refuse("s-1", {})
        previews.refuse("s-1", {2: "It was changed."})
        assert [(shown.item.seq, shown.refused) for shown in previews.page("s-1", Choice(refused=True))] == [
            (2, "It was changed.")
        ]
        previews.forget_refusals("s-1")
        assert seqs(previews, Choice(refused=True)) == []

    def test_texts_are_told_apart_by_their_names(self, journal: Journal) -> None:
        text, other = raw_text("a cat"), raw_text("{}", "workflow")
        previews = filled(journal, extracted("a.png", text, other), extracted("b.png"))
        found = previews.text_names("s-1", [1, 2, 3])
        assert {seq: [(one.key, one.sha256, one.zlib) for one in texts] for seq, texts in found.items()} == {
            1: [("parameters", text.sha256, b""), ("workflow", other.sha256, b"")]
        }

    def test_items_by_number(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"), extracted("b.png"), extracted("c.png"))
        assert [item.outcome.file for item in previews.items("s-1", [3, 1, 99])] == ["a.png", "c.png"]

    def test_folders_of_what_is_on_no_page(self, journal: Journal) -> None:
        previews = filled(journal, extracted("new/a.png"))
        told = (
            FolderFound(folder="/pictures/b", files=1, unchanged=3, known=5, lost=2, missing=("x.png", "y.png")),
            FolderFound(folder="/pictures/a", unchanged=1, excluded=2),
            FolderFound(folder="/pictures/c", missing=("z.png",), known=1, lost=1),
        )
        append(journal, "s-1", Discovered(at=2.0, unchanged=4, excluded=2, missing=3, folders=told))
        assert [one.folder for one in previews.folders("s-1", "unchanged")] == ["/pictures/a", "/pictures/b"]
        assert previews.folders("s-1", "unchanged", after="/pictures/a") == [told[0]]
        assert previews.folders("s-1", "unchanged", limit=1) == [told[1]]
        assert previews.folders("s-1", "excluded") == [told[1]]
        assert previews.folders("s-1", "missing") == [told[0], told[2]]
        since = settle(previews, Decided(1, "duplicate"))
        moved = [Decided(1, "moved", False, "/pictures/b/x.png")]
        assert previews.settle_moves("s-1", moved, since=since, missing=2)
        assert [one.missing for one in previews.folders("s-1", "missing")] == [("y.png",), ("z.png",)]
        with pytest.raises(NotFound):
            previews.folders("nobody", "missing")

    def test_a_deleted_session_takes_its_preview_along(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"))
        settle(previews, Decided(1, "new"))
        previews.first_of("s-1", {1: A})
        journal.delete("s-1", at=1.0)
        with pytest.raises(NotFound):
            previews.standing("s-1")
        begun(journal)
        assert previews.standing("s-1") == Standing()
        assert previews.firsts("s-1", {1: A}) == {}

    def test_sessions_do_not_mix(self, journal: Journal) -> None:
        previews = filled(journal, extracted("a.png"))
        settle(previews, Decided(1, "new"))
        begun(journal, "s-2", Processed(at=1.0, outcome=extracted("a.png")))
        assert previews.first_of("s-1", {1: A}) == {1: 1}
        assert previews.firsts("s-2", {1: A}) == {}
        assert previews.page("s-2", Choice()) == []
        assert previews.set_aside("s-2", Choice(), aside=True) == 0
        assert previews.standing("s-1").set_aside == {}

    def test_more_files_than_fit_in_one_statement(self, journal: Journal) -> None:
        count = 1203
        previews = filled(journal, *(extracted(f"{number}.png") for number in range(count)))
        settle(previews, *(Decided(seq, "new") for seq in range(1, count + 1)))
        shas = {seq: f"{seq % 700:064x}" for seq in range(1, count + 1)}
        assert previews.first_of("s-1", shas)[count] == count - 700
        assert seqs(previews, limit=5000) == list(range(1, count + 1))
        assert previews.set_aside("s-1", Choice(named=lambda file: file != "7.png"), aside=True) == count - 1
        assert seqs(previews, Choice(set_aside=False)) == [8]
