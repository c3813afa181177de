"""What every catalog promises, as tests. A catalog passes by subclassing `CatalogContract` with a fixture `catalog`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.contract.journal_suite import ODD_NAMES, extracted, failed, raw_text

from tallylight.catalog import Catalog, CommitItem, Known, Medium, Rated, Reread
from tallylight.errors import NotFound
from tallylight.model import Outcome, OutcomeKind, RawText


def item(path: str = "/pictures/a.png", seq: int = 1, *texts: RawText, outcome: Outcome | None = None) -> CommitItem:
    file = path.removeprefix("/pictures/")
    return CommitItem(seq, path, replace(outcome or extracted(), file=file), texts)


def media(catalog: Catalog) -> dict[str, Medium]:
    return {medium.path: medium for medium in catalog.media(limit=10_000)}


def paths(found: Iterable[Medium]) -> list[str]:
    return [medium.path for medium in found]


def reread(medium: Medium, **changes: object) -> Reread:
    """What is stored of a medium, as if read again, with changes."""
    outcome = replace(medium.outcome, **changes)  # type: ignore[arg-type]
    return Reread(
        media_id=medium.media_id,
        generation=outcome.generation,
        keywords=outcome.keywords,
        provenance=outcome.provenance,
    )


#: What a better parser might find.
BETTER = {
    "generation": {"model": "other", "steps": 9},
    "keywords": ({"text": "dog", "weight": 1.5, "source": "prompt"}, {"text": "8x6", "weight": 1.0, "source": "size"}),
    "provenance": {"generation": "parameters", "score": "scores:sidecar"},
}

BAD_OUTCOMES = [
    pytest.param(
        replace(extracted(), keywords=({"text": "a", "weight": float("nan")},)), "is NaN, infinite", id="NaN weight"
    ),
    pytest.param(
        replace(extracted(), keywords=({"text": "a", "weight": float("inf")},)), "is NaN, infinite", id="inf weight"
    ),
    pytest.param(replace(extracted(), keywords=({"weight": 1.0},)), "lacks its 'text'", id="keyword without text"),
    pytest.param(replace(extracted(), keywords=({"text": "\ud83d"},)), "not valid Unicode", id="lone surrogate"),
    pytest.param(replace(extracted(), generation={"p": "\udcff"}), "not valid Unicode", id="lone surrogate in JSON"),
    pytest.param(replace(extracted(), media={"ratio": float("-inf")}), "is NaN, infinite", id="-inf in JSON"),
    pytest.param(replace(extracted(), media={"raw": b"bytes"}), "not JSON serializable", id="bytes in JSON"),
    pytest.param(replace(extracted(), nsfw_score=float("nan")), "is NaN, infinite", id="NaN score"),
    pytest.param(failed(), "this one is failed", id="a failure"),
]


class CatalogContract:
    """Give it a fixture `catalog`: an empty one."""

    def test_a_new_catalog_is_empty(self, catalog: Catalog) -> None:
        assert catalog.count() == 0
        assert catalog.media() == []
        assert catalog.known(["/a"]) == {}
        assert catalog.hashes(["ab" * 32]) == {}
        assert catalog.count_in_folder("/pictures") == 0

    def test_what_was_committed_comes_back(self, catalog: Catalog) -> None:
        outcome = replace(extracted(), ms=0.0)
        assert catalog.commit("s-1", [item("/pictures/day/a.png", outcome=outcome)], 12.5) == []
        (medium,) = catalog.media()
        stored = replace(outcome, root="/pictures/day", file="a.png")
        assert medium == Medium(
            media_id=medium.media_id, path="/pictures/day/a.png", session_id="s-1", committed_at=12.5, outcome=stored
        )
        assert catalog.medium(medium.media_id) == medium
        assert catalog.count() == 1

    def test_what_is_unknown_of_a_file_comes_back_unknown(self, catalog: Catalog) -> None:
        bare = Outcome(root="/pictures", file="a.png", kind=OutcomeKind.EXTRACTED, bytes=5, mtime_ns=7)
        catalog.commit("s-1", [item(outcome=bare)], 1.0)
        assert catalog.media()[0].outcome == bare

    def test_keywords_come_back_in_order_with_all_their_fields(self, catalog: Catalog) -> None:
        keywords = ({"text": "zebra"}, {"text": "ant", "weight": 2, "source": "size"}, {"text": "zebra", "weight": 0.5})
        catalog.commit("s-1", [item(outcome=replace(extracted(), keywords=keywords))], 1.0)
        assert catalog.media()[0].outcome.keywords == (
            {"text": "zebra", "weight": 1.0, "source": "prompt"},
            {"text": "ant", "weight": 2.0, "source": "size"},
            {"text": "zebra", "weight": 0.5, "source": "prompt"},
        )

    def test_committing_twice_changes_nothing(self, catalog: Catalog) -> None:
        batch = [item(f"/pictures/{number}.png", number, raw_text("a prompt")) for number in range(1, 4)]
        catalog.commit("s-1", batch, 1.0)
        before = media(catalog)
        slower = [replace(one, seq=one.seq + 9, outcome=replace(one.outcome, ms=99.0)) for one in batch]
        assert catalog.commit("s-2", slower, 2.0) == []
        assert media(catalog) == before

    @pytest.mark.parametrize(
        "changed",
        [
            pytest.param(item(outcome=replace(extracted(), score=5)), id="score"),
            pytest.param(item(outcome=replace(extracted(), bytes=1, sha256="cd" * 32)), id="bytes"),
            pytest.param(item(outcome=replace(extracted(), mtime_ns=2)), id="mtime"),
            pytest.param(item(outcome=replace(extracted(), keywords=())), id="keywords"),
            pytest.param(item(outcome=replace(extracted(), warnings=())), id="warnings"),
            pytest.param(item("/pictures/a.png", 1, raw_text("another")), id="texts"),
        ],
    )
    def test_a_changed_file_is_replaced_in_its_place(self, catalog: Catalog, changed: CommitItem) -> None:
        catalog.commit("s-1", [item(), item("/pictures/b.png", 2)], 1.0)
        before = media(catalog)
        assert catalog.commit("s-2", [changed, item("/pictures/b.png", 2)], 2.0) == []
        after = media(catalog)
        stored = replace(changed.outcome, ms=0.0, texts=())
        assert after["/pictures/a.png"] == replace(
            before["/pictures/a.png"], session_id="s-2", committed_at=2.0, outcome=stored
        )
        assert after["/pictures/b.png"] == before["/pictures/b.png"]

    def test_of_one_path_twice_in_a_batch_the_last_counts(self, catalog: Catalog) -> None:
        batch = [item(seq=1, outcome=replace(extracted(), score=1)), item(seq=2, outcome=replace(extracted(), score=2))]
        for at in (1.0, 2.0):
            assert catalog.commit("s-1", batch, at) == []
        (medium,) = catalog.media()
        assert (medium.outcome.score, medium.committed_at) == (2, 1.0)

    @pytest.mark.parametrize(("bad", "why"), BAD_OUTCOMES)
    def test_one_bad_row_is_refused_and_its_neighbours_are_stored(
        self, catalog: Catalog, bad: Outcome, why: str
    ) -> None:
        batch = [item("/pictures/1.png", 1), item("/pictures/2.png", 2, outcome=bad), item("/pictures/3.png", 3)]
        (refused,) = catalog.commit("s-1", batch, 1.0)
        assert (refused.seq, refused.path) == (2, "/pictures/2.png")
        assert why in refused.message
        assert refused.message.endswith(".")
        assert "\n" not in refused.message
        assert paths(catalog.media()) == ["/pictures/1.png", "/pictures/3.png"]

    def test_a_bad_path_is_refused(self, catalog: Catalog) -> None:
        (refused,) = catalog.commit("s-1", [item("/pictures/\ud800.png"), item("/pictures/b.png", 2)], 1.0)
        assert "not valid Unicode" in refused.message
        assert catalog.count() == 1

    def test_a_refused_change_leaves_what_was_stored(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item()], 1.0)
        before = media(catalog)
        bad = replace(extracted(), keywords=({"text": "a", "weight": float("nan")},))
        assert len(catalog.commit("s-2", [item(outcome=bad)], 2.0)) == 1
        assert media(catalog) == before

    def test_refusals_come_in_order(self, catalog: Catalog) -> None:
        bad = replace(extracted(), media={"x": float("nan")})
        batch = [item(f"/pictures/{seq}.png", seq, outcome=bad) for seq in (3, 1, 2)]
        assert [refused.seq for refused in catalog.commit("s-1", batch, 1.0)] == [1, 2, 3]

    def test_nothing_to_commit(self, catalog: Catalog) -> None:
        assert catalog.commit("s-1", [], 1.0) == []
        assert catalog.count() == 0

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_any_name_comes_back(self, catalog: Catalog, name: str) -> None:
        path = f"/pictures/{name}"
        catalog.commit("s-1", [item(path)], 1.0)
        (medium,) = catalog.media()
        assert medium.path == path
        assert f"{medium.outcome.root}/{medium.outcome.file}" == path
        assert set(catalog.known([path])) == {path}

    def test_known_of_any_number_of_paths(self, catalog: Catalog) -> None:
        outcome = replace(extracted(), bytes=11, mtime_ns=22, sha256="ef" * 32)
        batch = [item(f"/pictures/{number}.png", number, outcome=outcome) for number in range(1100)]
        catalog.commit("s-1", batch, 1.0)
        asked = [one.path for one in batch] + ["/pictures/none.png", "/pictures"]
        assert catalog.known(asked) == {one.path: Known(11, 22, "ef" * 32) for one in batch}
        assert catalog.known([]) == {}

    def test_ratings_of_any_number_of_paths(self, catalog: Catalog) -> None:
        said = {"score": {"source": "xmp:sidecar", "at": 5.5}}
        rated = replace(extracted(), score=0, favourite=None, provenance=said)
        liked = replace(extracted(), score=None, favourite=False)
        bare = replace(extracted(), score=None, favourite=None)
        batch = [item(f"/pictures/{number}.png", number, outcome=rated) for number in range(1100)]
        batch += [item("/pictures/liked.png", 1100, outcome=liked), item("/pictures/bare.png", 1101, outcome=bare)]
        catalog.commit("s-1", batch, 1.0)
        found = catalog.ratings([*(one.path for one in batch), "/pictures/none.png"])
        assert len(found) == 1101
        assert found["/pictures/7.png"] == Rated(score=0, provenance=said)
        assert found["/pictures/liked.png"] == Rated(favourite=False, provenance=liked.provenance)
        assert catalog.ratings([]) == {}

    def test_hashes_name_one_path_each(self, catalog: Catalog) -> None:
        def hashed(name: str, seq: int, sha256: str | None) -> CommitItem:
            return item(f"/pictures/{name}", seq, outcome=replace(extracted(), sha256=sha256))

        catalog.commit(
            "s-1", [hashed("b", 1, "aa"), hashed("a", 2, "aa"), hashed("c", 3, "cc"), hashed("d", 4, None)], 1.0
        )
        assert catalog.hashes(["aa", "cc", "dd"]) == {"aa": "/pictures/a", "cc": "/pictures/c"}
        assert catalog.hashes([str(number) for number in range(1100)] + ["cc"]) == {"cc": "/pictures/c"}

    def test_files_directly_in_a_folder_are_counted(self, catalog: Catalog) -> None:
        names = ("/a.png", "/pictures/a.png", "/pictures/b.png", "/pictures/day/c.png", "/pictures%/d.png")
        catalog.commit("s-1", [item(name, seq) for seq, name in enumerate(names)], 1.0)
        folders = ("/pictures", "/pictures/", "/pictures/day", "/", "/pictures%", "/none")
        assert [catalog.count_in_folder(folder) for folder in folders] == [2, 2, 1, 1, 1, 0]

    def test_media_page_by_id(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item(f"/pictures/{number}.png", number) for number in range(5)], 1.0)
        first = catalog.media(limit=2)
        rest = catalog.media(after=first[-1].media_id)
        assert paths([*first, *rest]) == [f"/pictures/{number}.png" for number in range(5)]
        assert catalog.media(limit=0) == catalog.media(limit=-1) == []

    @pytest.mark.parametrize("media_id", [0, -1, 2, 10**15])
    def test_an_unknown_medium_is_not_found(self, catalog: Catalog, media_id: int) -> None:
        catalog.commit("s-1", [item()], 1.0)
        with pytest.raises(NotFound, match=str(media_id)):
            catalog.medium(media_id)

    # --- reading texts again -----------------------------------------------------------------------------------------

    def test_texts_come_back_in_order_of_those_that_have_any(self, catalog: Catalog) -> None:
        one, two, other = raw_text("one", "prompt"), raw_text("two", "workflow"), raw_text("one", "comment")
        batch = [item("/pictures/a.png", 1, one, two), item("/pictures/b.png", 2), item("/pictures/c.png", 3, other)]
        catalog.commit("s-1", batch, 1.0)
        ids = {path: medium.media_id for path, medium in media(catalog).items()}
        asked = [*ids.values(), 10**15, *range(2000, 3200)]
        assert catalog.texts(asked) == {ids["/pictures/a.png"]: (one, two), ids["/pictures/c.png"]: (other,)}
        assert catalog.texts([]) == {}

    def test_what_is_read_again_replaces_what_the_texts_said_and_nothing_else(self, catalog: Catalog) -> None:
        texts = (raw_text("one", "prompt"), raw_text("two", "workflow"))
        catalog.commit("s-1", [item("/pictures/a.png", 1, *texts), item("/pictures/b.png", 2)], 1.0)
        before = media(catalog)
        medium = before["/pictures/a.png"]
        assert catalog.reread([reread(medium, **BETTER)]) == []
        after = media(catalog)
        assert after["/pictures/a.png"] == replace(medium, outcome=replace(medium.outcome, **BETTER))  # type: ignore[arg-type]
        assert after["/pictures/b.png"] == before["/pictures/b.png"]
        assert catalog.texts([medium.media_id]) == {medium.media_id: texts}

    def test_reading_again_twice_changes_nothing_and_a_commit_of_the_same_neither(self, catalog: Catalog) -> None:
        text = raw_text("one")
        catalog.commit("s-1", [item("/pictures/a.png", 1, text)], 1.0)
        anew = reread(catalog.media()[0], **BETTER)
        assert catalog.reread([anew]) == []
        before = media(catalog)
        assert catalog.reread([anew]) == []
        assert media(catalog) == before
        same = replace(extracted(), **BETTER)  # type: ignore[arg-type]
        assert catalog.commit("s-2", [item("/pictures/a.png", 1, text, outcome=same)], 2.0) == []
        assert media(catalog) == before

    def test_a_file_that_left_the_catalog_is_passed_over(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item()], 1.0)
        (medium,) = catalog.media()
        gone = replace(reread(medium, **BETTER), media_id=medium.media_id + 1)
        assert catalog.reread([gone]) == catalog.reread([]) == []
        assert catalog.media() == [medium]

    def test_one_bad_reading_is_refused_and_its_neighbours_are_stored(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item(f"/pictures/{number}.png", number) for number in range(3)], 1.0)
        first, second, third = catalog.media()
        bad = reread(second, generation={"steps": float("nan")})
        (refused,) = catalog.reread([reread(first, **BETTER), bad, reread(third, **BETTER)])
        assert (refused.seq, refused.path) == (second.media_id, second.path)
        assert "is NaN, infinite" in refused.message
        steps = [medium.outcome.generation.get("steps") for medium in catalog.media()]
        assert steps == [9, None, 9]
