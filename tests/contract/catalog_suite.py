"""What every catalog promises, as tests. A catalog passes by subclassing `CatalogContract` with a fixture `catalog`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from tests.contract.journal_suite import ODD_NAMES, extracted, failed, raw_text

from tallylight.catalog import USER, Catalog, CommitItem, Holder, Known, Medium, Order, Rated, Reread, digest_of
from tallylight.catalog.search import parse
from tallylight.errors import BadInput, NotFound
from tallylight.model import Outcome, OutcomeKind, RawText, Tier


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


def found_of(name: str, *keywords: str, score: int | None = None, phash: str | None = None, **facts: Any) -> CommitItem:
    """A file on its way into the catalog that a search can tell from others."""
    generation: dict[str, Any] = {key: facts.pop(key) for key in ("model", "generator") if key in facts}
    outcome = Outcome(
        root="/pictures",
        file=name,
        kind=OutcomeKind.EXTRACTED,
        bytes=facts.pop("size", 1000),
        mtime_ns=1,
        media={"type": "image", "format": "png", **facts},
        generation=generation,
        keywords=tuple({"text": keyword, "weight": 1.0, "source": "prompt"} for keyword in keywords),
        score=score,
        favourite=True if "b" in name else None,
        nsfw_score=0.25 if "c" in name else None,
        sha256="ee" * 32 if name[0] in "ad" else (name[0] * 64),
        phash=phash,
    )
    return item(f"/pictures/{name}", outcome=outcome)


SHELF = (
    found_of(
        "a.png", "lighthouse", "oil painting", score=4, phash="ff00ff00ff00ff00", created_at="2026-01-31T23:59:59"
    ),
    found_of(
        "B/b.png",
        "light",
        "fog",
        score=5,
        size=20_000_000,
        model="SDXL_v1",
        generator="comfyui",
        created_at="2026-02-01T00:00:00",
    ),
    found_of("c%_.mp4", "lighthouse", "fog", type="video", format="mp4", duration=3.5, width=640, height=480),
    found_of("d.png", "100% real", score=-1, phash="ff00ff00ff00ff0f", created_at="2025-12-31T10:00:00+02:00"),
    found_of("É.png", "日本語", score=0, phash="00ff00ff00ff00ff", width=1024, height=1024),
)


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

    @pytest.fixture
    def shelf(self, catalog: Catalog) -> Catalog:
        """The catalog with five files, whose names begin with a to e."""
        assert catalog.commit("81d3f4ad-1", SHELF[:4], 1.0) == []
        assert catalog.commit("99999999-2", SHELF[4:], 1.0) == []
        return catalog

    @pytest.mark.parametrize(
        ("search", "names"),
        [
            ("", "abcde"),
            ("lighthouse", "ac"),
            ("LightHouse fog", "c"),
            ('"oil painting"', "a"),
            ("oil", ""),
            ("light*", "abc"),
            ("model:=sdxl_V1", "b"),
            ("model:=sdxl", ""),
            ("generator:ComfyUI", "b"),
            ("generator:Comfy", ""),
            ("folder:/pictures", "acde"),
            ("folder:/pictures/B", "b"),
            ("content:EEEEEE", "ad"),
            ("content:%", ""),
            ("*house", "ac"),
            ("*ght* -fog", "a"),
            ("-lighthouse", "bde"),
            ("100%*", "d"),
            ('"100% real"', "d"),
            ("日本*", "e"),
            ("model:xl_V", "b"),
            ("path:b/", "b"),
            ("path:c%_", "c"),
            ("path:É", "e"),
            ("type:video", "c"),
            ("type:image format:PNG", "abde"),
            ("score:>=4", "ab"),
            ("score:>4", "b"),
            ("score:-1", "d"),
            ("score:0..4", "ae"),
            ("score:..0", "de"),
            ("size:>10MB", "b"),
            ("size:1kB", "acde"),
            ("width:>=640 height:<500", "c"),
            ("duration:3..4", "c"),
            ("nsfw:<0.5", "c"),
            ("date:2026", "ab"),
            ("date:2026-01", "a"),
            ("date:2026-01-31", "a"),
            ("date:2025..2026-01", "ad"),
            ("date:2026-02..", "b"),
            ("date:..2025", "d"),
            ("is:favourite", "b"),
            ("is:duplicate", "ad"),
            ("is:rated", "ab"),
            ("is:unrated", "ce"),
            ("is:rejected", "d"),
            ("session:9999", "e"),
            ("session:%", ""),
        ],
    )
    def test_a_search_finds_what_has_all_it_asks_for(self, shelf: Catalog, search: str, names: str) -> None:
        by_id = {medium.media_id: "abcde"[number] for number, medium in enumerate(shelf.media())}
        assert "".join(by_id[media_id] for media_id in shelf.find(parse(search))) == names
        assert shelf.count_found(parse(search)) == len(names)

    @pytest.mark.parametrize(
        ("order", "rising", "falling"),
        [
            (Order.ADDED, "abcde", "edcba"),
            (Order.PATH, "bacde", "edcab"),
            (Order.SIZE, "acdeb", "bacde"),
            (Order.SCORE, "deabc", "baedc"),
            (Order.DATE, "dabce", "badce"),
            (Order.CONTENT, "bcade", "eadcb"),
        ],
    )
    def test_results_are_sorted_and_what_is_unknown_comes_last(
        self, shelf: Catalog, order: Order, rising: str, falling: str
    ) -> None:
        names = {medium.media_id: "abcde"[number] for number, medium in enumerate(shelf.media())}
        assert "".join(names[media_id] for media_id in shelf.find(parse(""), order)) == rising
        assert "".join(names[media_id] for media_id in shelf.find(parse(""), order, descending=True)) == falling

    def test_pictures_that_look_alike_are_found_the_nearest_first(self, shelf: Catalog) -> None:
        first, _, third, fourth, fifth = (medium.media_id for medium in shelf.media())
        assert shelf.find(parse(f"like:{first}")) == [first, fourth]
        assert shelf.find(parse(f"like:{fourth}")) == [fourth, first]
        assert shelf.find(parse(f"like:{fourth}"), Order.ADDED) == [first, fourth]
        assert shelf.find(parse(f"like:{first}~3")) == [first]
        assert shelf.find(parse(f"like:{first}~64 -lighthouse")) == [fourth, fifth]
        with pytest.raises(BadInput, match="has no perceptual hash"):
            shelf.find(parse(f"like:{third}"))
        with pytest.raises(NotFound):
            shelf.find(parse("like:999999"))

    @pytest.mark.parametrize("search", ["", "like:FIRST~64"])
    def test_results_come_page_by_page(self, shelf: Catalog, search: str) -> None:
        wanted = parse(search.replace("FIRST", str(shelf.media()[0].media_id)))
        everything = shelf.find(wanted, Order.PATH)
        pages = [shelf.find(wanted, Order.PATH, offset=start, limit=2) for start in range(0, 8, 2)]
        assert [media_id for one in pages for media_id in one] == everything
        assert len(everything) == shelf.count_found(wanted) > 2
        assert shelf.find(wanted, limit=0) == []
        assert shelf.find(wanted, Order.PATH, offset=1) == everything[1:]

    def test_what_found_files_have_in_common_is_counted(self, shelf: Catalog) -> None:
        found = shelf.facets(parse(""))
        assert (found.counted, found.complete) == (5, True)
        assert found.values == {
            "type": [("image", 4), ("video", 1)],
            "model": [("SDXL_v1", 1)],
            "generator": [("comfyui", 1)],
            "score": [(-1, 1), (0, 1), (4, 1), (5, 1)],
            "favourite": [(True, 1)],
            "year": [("2026", 2), ("2025", 1)],
            "folder": [("/pictures", 4), ("/pictures/B", 1)],
            "keyword": [
                ("fog", 2),
                ("lighthouse", 2),
                ("100% real", 1),
                ("light", 1),
                ("oil painting", 1),
                ("日本語", 1),
            ],
        }

    def test_facets_are_those_of_the_search(self, shelf: Catalog) -> None:
        first = shelf.media()[0].media_id
        assert shelf.facets(parse("lighthouse type:video")).values["keyword"] == [("fog", 1), ("lighthouse", 1)]
        assert shelf.facets(parse(f"like:{first}")).values["score"] == [(-1, 1), (4, 1)]
        nothing = shelf.facets(parse("nothing-like-it"))
        assert (nothing.counted, nothing.complete, {*map(tuple, nothing.values.values())}) == (0, True, {()})
        with pytest.raises(NotFound):
            shelf.facets(parse("like:999999"))

    def test_facets_of_many_are_those_of_what_came_last(self, shelf: Catalog) -> None:
        found = shelf.facets(parse(""), 2)
        assert (found.counted, found.complete) == (2, False)
        assert found.values["score"] == [(-1, 1), (0, 1)]
        assert found.values["keyword"] == [("100% real", 1), ("日本語", 1)]
        assert shelf.facets(parse(""), 5).complete

    def test_a_facet_holds_its_most_frequent_values(self, catalog: Catalog) -> None:
        items = [
            found_of(f"{n:03}.png", *(f"k{k}" for k in range(n)), created_at=f"{1990 + n}-01-01") for n in range(40)
        ]
        assert catalog.commit("s", items, 1.0) == []
        found = catalog.facets(parse(""))
        assert [value for value, _ in found.values["keyword"]] == [f"k{k}" for k in range(24)]
        assert [value for value, _ in found.values["year"]] == [str(1990 + n) for n in range(24)]

    def test_what_a_search_takes_for_the_same_is_counted_together(self, catalog: Catalog) -> None:
        named = [("xl", "MyTool"), ("XL", "MyTool"), ("XL", "mytool"), ("É", "É"), ("é", "é")]
        items = [found_of(f"{n}.png", model=model, generator=made_by) for n, (model, made_by) in enumerate(named)]
        assert catalog.commit("s", items, 1.0) == []
        found = catalog.facets(parse(""))
        assert found.values["model"] == [("XL", 3), ("É", 1), ("é", 1)]
        assert found.values["generator"] == [("MyTool", 3), ("É", 1), ("é", 1)]
        for name, sign in (("model", "="), ("generator", "")):
            for value, count in found.values[name]:
                assert catalog.count_found(parse(f"{name}:{sign}{value}")) == count

    def test_media_come_in_the_order_asked_for(self, shelf: Catalog) -> None:
        ids = [medium.media_id for medium in shelf.media()]
        wanted = [ids[3], 999_999, ids[0], ids[3]]
        assert [medium.media_id for medium in shelf.media_of(wanted)] == [ids[3], ids[0], ids[3]]
        assert shelf.media_of([]) == []

    def test_a_persons_word_stands_and_says_whose_it_is(self, catalog: Catalog) -> None:
        disputed = replace(
            extracted(),
            score=2,
            favourite=None,
            provenance={"score": {"source": "xmp"}, "title": {"source": "xmp"}},
            conflicts=({"field": "score", "values": []}, {"field": "title", "values": []}),
        )
        catalog.commit(
            "s-1", [item("/pictures/a.png", 1, raw_text("x"), outcome=disputed), item("/pictures/b.png", 2)], 1.0
        )
        before = media(catalog)
        number = before["/pictures/a.png"].media_id
        assert catalog.rate([number, 10_000], {"score": 5, "favourite": True}, 7.5) == 1
        after = media(catalog)
        word = {"source": USER, "at": 7.5}
        assert after["/pictures/b.png"] == before["/pictures/b.png"]
        expected = replace(
            before["/pictures/a.png"].outcome,
            score=5,
            favourite=True,
            provenance={"score": word, "favourite": word, "title": {"source": "xmp"}},
            conflicts=({"field": "title", "values": []},),
        )
        assert after["/pictures/a.png"] == replace(before["/pictures/a.png"], outcome=expected)
        assert catalog.find(parse("score:5 is:favourite")) == [number]
        assert catalog.ratings(["/pictures/a.png"])["/pictures/a.png"].provenance["score"] == word
        assert catalog.rate([number], {"score": None}, 8.0) == 1
        cleared = catalog.medium(number).outcome
        assert (cleared.score, cleared.favourite, "score" in cleared.provenance) == (None, True, False)
        assert catalog.rate([], {"score": 1}, 9.0) == 0

    def test_what_is_rated_is_not_what_was_committed(self, catalog: Catalog) -> None:
        batch = [item(outcome=replace(extracted(), score=2))]
        catalog.commit("s-1", batch, 1.0)
        catalog.rate([catalog.media()[0].media_id], {"score": 5}, 2.0)
        catalog.commit("s-2", batch, 3.0)
        assert (catalog.media()[0].outcome.score, catalog.undoable("s-2")) == (2, 1)
        catalog.undo("s-2", 10)
        assert catalog.media()[0].outcome.score == 5

    def test_an_undo_leaves_what_a_person_said_since(self, catalog: Catalog) -> None:
        first = item("/pictures/a.png", 1, raw_text("one"), outcome=replace(extracted(), score=1))
        catalog.commit("s-1", [first], 1.0)
        second = replace(extracted(), score=2, generation={"model": "other"})
        catalog.commit("s-2", [item("/pictures/a.png", 1, raw_text("two"), outcome=second)], 2.0)
        number = catalog.media()[0].media_id
        catalog.rate([number], {"score": 4}, 3.0)
        catalog.undo("s-2", 10)
        (medium,) = catalog.media()
        assert (medium.media_id, medium.session_id, medium.outcome.score) == (number, "s-1", 4)
        assert medium.outcome.provenance["score"] == {"source": USER, "at": 3.0}
        assert medium.outcome.generation == extracted().generation
        again = CommitItem(1, medium.path, medium.outcome, (raw_text("one"),))
        catalog.commit("s-3", [again], 4.0)
        assert catalog.undoable("s-3") == 0, "what stands there is known for what it is"

    def test_an_undo_puts_everything_back_as_it_was(self, catalog: Catalog) -> None:
        shared = raw_text("shared")
        first = [item("/pictures/a.png", 1, raw_text("old"), shared), item("/pictures/b.png", 2, shared)]
        catalog.commit("s-1", first, 1.0)
        before = catalog.media()
        other = replace(extracted(), score=5, keywords=({"text": "x"}, {"text": "y"}))
        second = [
            item("/pictures/a.png", 1, raw_text("new"), outcome=other),
            item("/pictures/b.png", 2, shared),
            item(r"/pictures/caf\xe9.png", 3, raw_text("third")),
        ]
        assert catalog.commit("s-2", second, 2.0) == []
        assert catalog.undoable("s-2") == 2, "what was stored just so already is none of its doing"
        assert [catalog.undo("s-2", 1) for _ in range(3)] == [1, 1, 0]
        assert catalog.media() == before
        assert catalog.undoable("s-2") == 0

    def test_after_an_undo_the_same_commit_does_the_same_again(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1)], 1.0)
        batch = [item("/pictures/a.png", 1, raw_text("x")), item("/pictures/b.png", 2)]
        catalog.commit("s-2", batch, 2.0)
        after = {medium.path: replace(medium, media_id=0) for medium in catalog.media()}
        catalog.undo("s-2", 10)
        catalog.commit("s-2", batch, 2.0)
        assert {medium.path: replace(medium, media_id=0) for medium in catalog.media()} == after
        assert catalog.undo("s-2", 10) == 2
        assert paths(catalog.media()) == ["/pictures/a.png"]

    def test_what_counts_is_what_was_there_before_the_first_write(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item(outcome=replace(extracted(), score=1))], 1.0)
        for score in (2, 3):
            catalog.commit("s-2", [item(outcome=replace(extracted(), score=score))], 2.0)
        assert catalog.undo("s-2", 10) == 1
        assert catalog.media()[0].outcome.score == 1

    def test_a_later_session_on_the_same_paths_is_named(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png"), item("/pictures/b.png"), item("/pictures/c.png")], 1.0)
        assert catalog.overwritten_by("s-1") == {}
        catalog.commit("s-2", [item("/pictures/a.png", outcome=replace(extracted(), score=2))], 2.0)
        catalog.commit("s-3", [item("/pictures/b.png", outcome=replace(extracted(), score=3))], 3.0)
        assert catalog.overwritten_by("s-1") == {"s-2": 1, "s-3": 1}
        assert catalog.overwritten_by("s-2") == {}
        catalog.undo("s-2", 10)
        catalog.undo("s-3", 10)
        assert catalog.overwritten_by("s-1") == {}
        assert catalog.undo("s-1", 10) == 3
        assert catalog.count() == 0

    def test_what_a_forgotten_session_wrote_since_is_left_as_it_is(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item(f"/pictures/{name}.png", 1, raw_text("one")) for name in "abc"], 1.0)
        for session_id, name in (("s-2", "a"), ("s-3", "b")):
            other = replace(extracted(), score=2)
            catalog.commit(session_id, [item(f"/pictures/{name}.png", 1, raw_text("two"), outcome=other)], 2.0)
        catalog.forget("s-2")
        before = media(catalog)
        assert (catalog.overwritten_by("s-1"), catalog.out_of_reach("s-1"), catalog.undoable("s-1")) == (
            {"s-3": 1},
            1,
            2,
        )
        catalog.undo("s-3", 10)
        assert (catalog.overwritten_by("s-1"), catalog.out_of_reach("s-1"), catalog.undoable("s-1")) == ({}, 1, 2)
        assert [catalog.undo("s-1", 1) for _ in range(3)] == [1, 1, 0]
        assert media(catalog) == {"/pictures/a.png": before["/pictures/a.png"]}
        assert (catalog.out_of_reach("s-1"), catalog.undoable("s-1")) == (0, 0)

    @pytest.mark.parametrize("is_forgotten", [False, True])
    @pytest.mark.parametrize("was_there", [False, True])
    def test_what_is_written_again_after_another_session_is_undone_before_it(
        self, catalog: Catalog, is_forgotten: bool, was_there: bool
    ) -> None:
        def written(session_id: str, score: int) -> dict[str, Medium]:
            outcome = replace(extracted(), score=score, keywords=({"text": session_id},))
            batch = [item(f"/pictures/{name}.png", 1, raw_text(session_id), outcome=outcome) for name in "ab"]
            assert catalog.commit(session_id, batch, 1.0) == []
            return media(catalog)

        stood = written("s-0", 1) if was_there else {}
        written("s-1", 2)
        between = written("s-2", 3)
        written("s-1", 4)
        texts = {catalog.texts([medium.media_id])[medium.media_id] for medium in media(catalog).values()}
        assert texts == {(raw_text("s-1"),)}
        assert (catalog.overwritten_by("s-1"), catalog.overwritten_by("s-2")) == ({}, {"s-1": 2})
        if is_forgotten:
            catalog.forget("s-2")
        assert catalog.undo("s-1", 10) == 2
        assert media(catalog) == between
        assert {catalog.texts([medium.media_id])[medium.media_id] for medium in between.values()} == {
            (raw_text("s-2"),)
        }
        if not is_forgotten:
            assert catalog.undo("s-2", 10) == 2
            assert media(catalog) == stood
            assert catalog.texts([medium.media_id for medium in stood.values()]) == {
                medium.media_id: (raw_text("s-0"),) for medium in stood.values()
            }

    def test_an_address_of_what_was_added_is_never_given_out_again(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png")], 1.0)
        first = catalog.media()[0].media_id
        catalog.undo("s-1", 10)
        catalog.commit("s-2", [item("/pictures/b.png")], 2.0)
        assert catalog.media()[0].media_id != first

    def test_what_is_forgotten_stays_and_cannot_be_undone(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item()], 1.0)
        catalog.forget("s-1")
        catalog.forget("never-heard-of")
        assert catalog.undoable("s-1") == 0
        assert catalog.undo("s-1", 10) == 0
        assert catalog.count() == 1

    def test_contents_are_the_hashes_of_what_there_is_and_of_what_may_come_back(self, catalog: Catalog) -> None:
        assert list(catalog.contents()) == []
        catalog.commit("s-1", [item(outcome=replace(extracted(), sha256="aa" * 32))], 1.0)
        catalog.commit("s-2", [item(outcome=replace(extracted(), sha256="bb" * 32))], 2.0)
        catalog.commit("s-2", [item("/pictures/b.png", outcome=replace(extracted(), sha256=None))], 2.0)
        assert sorted(catalog.contents()) == ["aa" * 32, "bb" * 32]
        catalog.forget("s-2")
        assert sorted(catalog.contents()) == ["bb" * 32]

    # --- what is on disk, and what is not ------------------------------------------------------------------------

    def test_what_is_in_a_folder_is_known_by_name(self, catalog: Catalog) -> None:
        read = replace(extracted(), bytes=11, mtime_ns=22, extractor_version=7, tier=Tier.METADATA)
        names = ["a.png", *(name for name in ODD_NAMES if "/" not in name)]
        catalog.commit("s-1", [item(f"/pictures/day/{name}", outcome=read) for name in names], 1.0)
        catalog.commit("s-1", [item("/pictures/b.png"), item("/pictures/day/deep/c.png")], 1.0)
        catalog.mark_missing("s-2", ["/pictures/day/a.png"], 3.5)
        found = {name: rest for name, *rest in catalog.in_folder("/pictures/day")}
        assert found == {name: [11, 22, 7, "metadata", 3.5 if name == "a.png" else None] for name in names}
        assert list(catalog.in_folder("/pictures/da")) == []
        at_once = catalog.in_folders(["/pictures/day", "/pictures", "/none"], 20)
        assert at_once is not None
        assert {folder: sorted(files) for folder, files in at_once.items()} == {
            folder: sorted(catalog.in_folder(folder)) for folder in ("/pictures/day", "/pictures")
        }
        assert catalog.in_folders(["/pictures/day", "/pictures"], len(names)) is None
        assert catalog.in_folders([], 5) == {}

    def test_what_read_a_file_and_how_deep_comes_back(self, catalog: Catalog) -> None:
        read = replace(extracted(), extractor_version=3, tier=Tier.INDEX)
        catalog.commit("s-1", [item(outcome=read)], 1.0)
        assert catalog.media()[0].outcome.tier is Tier.INDEX
        known = catalog.known(["/pictures/a.png"])["/pictures/a.png"]
        assert (known.extractor_version, known.tier) == (3, Tier.INDEX)
        assert catalog.commit("s-2", [item(outcome=replace(read, extractor_version=4))], 2.0) == []
        assert catalog.media()[0].outcome.extractor_version == 4, "else the file would be read anew by every session"

    def test_reading_texts_again_leaves_the_version(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item(outcome=replace(extracted(), extractor_version=3, tier=Tier.FULL))], 1.0)
        catalog.reread([reread(catalog.media()[0], **BETTER)])
        outcome = catalog.media()[0].outcome
        assert (outcome.generation, outcome.extractor_version, outcome.tier) == (BETTER["generation"], 3, Tier.FULL)

    def test_folders_below_a_directory(self, catalog: Catalog) -> None:
        folders = ["/m", "/m/a", "/m/a/b", "/m/a%", "/m/A", "/m/a b", "/m/ab", "/m/日本", "/n"]
        catalog.commit("s-1", [item(f"{folder}/x.png", seq) for seq, folder in enumerate(folders)], 1.0)
        catalog.commit("s-1", [item("/top.png")], 1.0)
        assert catalog.folders_below("/m/a") == ["/m/a", "/m/a/b"]
        assert catalog.folders_below("/m/a/") == ["/m/a", "/m/a/b"]
        assert catalog.folders_below("/m") == sorted(folders[:-1])
        assert catalog.folders_below("/") == ["/", *sorted(folders)]
        assert catalog.folders_below("/x") == []

    def test_media_at_any_number_of_paths(self, catalog: Catalog) -> None:
        batch = [item(f"/pictures/{number}.png", number) for number in range(1100)]
        catalog.commit("s-1", batch, 1.0)
        assert catalog.media_at([one.path for one in batch] + ["/none"]) == media(catalog)
        assert catalog.media_at([]) == {}

    def test_all_holders_of_a_content_are_named(self, catalog: Catalog) -> None:
        outcomes = {name: replace(extracted(), sha256=name[0] * 64) for name in ("a1", "a2", "b1")}
        catalog.commit("s-1", [item(f"/pictures/{name}", outcome=one) for name, one in outcomes.items()], 1.0)
        catalog.mark_missing("s-2", ["/pictures/a2"], 5.0)
        assert catalog.holders(["a" * 64, "b" * 64, "c" * 64]) == {
            "a" * 64: [Holder("/pictures/a1", None), Holder("/pictures/a2", 5.0)],
            "b" * 64: [Holder("/pictures/b1", None)],
        }

    def test_a_mark_changes_nothing_else_and_the_first_one_stays(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1, raw_text("a")), item("/pictures/b.png", 2)], 1.0)
        before = media(catalog)
        catalog.mark_missing("s-2", ["/pictures/a.png", "/pictures/none.png"], 5.0)
        catalog.mark_missing("s-3", ["/pictures/a.png"], 6.0)
        marked = replace(before["/pictures/a.png"], missing_since=5.0, session_id="s-2")
        assert media(catalog) == before | {"/pictures/a.png": marked}
        assert catalog.undoable("s-3") == 0
        catalog.mark_found("s-4", ["/pictures/a.png", "/pictures/b.png"])
        assert media(catalog) == before | {"/pictures/a.png": replace(marked, missing_since=None, session_id="s-4")}
        assert catalog.undoable("s-4") == 1

    def test_marks_are_undone(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1, raw_text("a"))], 1.0)
        before = media(catalog)
        catalog.mark_missing("s-2", ["/pictures/a.png"], 5.0)
        marked = media(catalog)
        catalog.mark_found("s-3", ["/pictures/a.png"])
        assert catalog.overwritten_by("s-1") == {"s-3": 1}
        assert catalog.overwritten_by("s-2") == {"s-3": 1}
        assert catalog.overwritten_by("s-3") == {}
        assert catalog.undo("s-3", 10) == 1
        assert media(catalog) == marked
        assert catalog.undo("s-2", 10) == 1
        assert media(catalog) == before
        assert catalog.texts([before["/pictures/a.png"].media_id])

    def test_what_is_committed_is_missing_no_more(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item()], 1.0)
        catalog.mark_missing("s-2", ["/pictures/a.png"], 5.0)
        catalog.commit("s-3", [item()], 6.0)
        assert [medium.missing_since for medium in catalog.media()] == [None]

    def test_missing_files_are_searched_for(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1), item("/pictures/b.png", 2)], 1.0)
        catalog.mark_missing("s-2", ["/pictures/a.png"], 5.0)
        found = {word: catalog.media_of(catalog.find(parse(word))) for word in ("missing:yes", "missing:no", "")}
        assert paths(found["missing:yes"]) == ["/pictures/a.png"]
        assert paths(found["missing:no"]) == ["/pictures/b.png"]
        assert paths(found[""]) == paths(catalog.media_of(catalog.find(parse("missing:any"))))
        assert catalog.count_found(parse("missing:yes")) == 1

    def test_a_moved_file_keeps_its_entry(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1, raw_text("a")), item("/pictures/z.png", 2)], 1.0)
        before = media(catalog)
        catalog.mark_missing("s-2", ["/pictures/a.png"], 5.0)
        moved = replace(item("/pictures/day/b.png", 3, raw_text("a")), moved_from="/pictures/a.png")
        assert catalog.commit("s-3", [moved], 6.0) == []
        (medium,) = (one for one in catalog.media() if one.path != "/pictures/z.png")
        assert medium.media_id == before["/pictures/a.png"].media_id
        assert (medium.path, medium.outcome.root, medium.outcome.file) == (
            "/pictures/day/b.png",
            "/pictures/day",
            "b.png",
        )
        assert (medium.missing_since, medium.session_id, catalog.count()) == (None, "s-3", 2)
        assert catalog.commit("s-3", [moved], 7.0) == [], "again changes nothing"
        assert media(catalog)["/pictures/day/b.png"] == medium

    @pytest.mark.parametrize("limit", [1, 10])
    @pytest.mark.parametrize("new", ["/pictures/0.png", "/pictures/z.png"])
    def test_a_move_is_undone(self, catalog: Catalog, new: str, limit: int) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1, raw_text("a"))], 1.0)
        before = media(catalog)
        catalog.commit("s-2", [replace(item(new, 1, raw_text("a")), moved_from="/pictures/a.png")], 2.0)
        assert catalog.overwritten_by("s-1") == {"s-2": 1}, "its file has gone on to another path"
        assert catalog.overwritten_by("s-2") == {}
        while catalog.undo("s-2", limit):
            pass
        assert media(catalog) == before
        assert catalog.texts([before["/pictures/a.png"].media_id])
        assert catalog.overwritten_by("s-1") == {}

    def test_files_that_change_places(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1)], 1.0)
        before = media(catalog)
        batch = [
            replace(item("/pictures/b.png", 1), moved_from="/pictures/a.png"),
            item("/pictures/a.png", 2, outcome=replace(extracted(), sha256="cd" * 32)),
        ]
        assert catalog.commit("s-2", batch, 2.0) == []
        after = media(catalog)
        assert after["/pictures/b.png"].media_id == before["/pictures/a.png"].media_id
        assert after["/pictures/a.png"].media_id != before["/pictures/a.png"].media_id
        while catalog.undo("s-2", 1):
            pass
        assert media(catalog) == before

    @pytest.mark.parametrize("taken", [True, False])
    def test_a_move_to_a_taken_path_or_from_nowhere_is_a_plain_commit(self, catalog: Catalog, taken: bool) -> None:
        catalog.commit("s-1", [item("/pictures/b.png" if taken else "/pictures/z.png", 1)], 1.0)
        other = replace(extracted(), sha256="cd" * 32)
        moved = replace(item("/pictures/b.png", 1, outcome=other), moved_from="/pictures/a.png")
        assert catalog.commit("s-2", [moved], 2.0) == []
        assert media(catalog)["/pictures/b.png"].outcome.sha256 == "cd" * 32
        assert catalog.count() == (1 if taken else 2)

    def test_a_refused_move_leaves_the_old_place(self, catalog: Catalog) -> None:
        catalog.commit("s-1", [item("/pictures/a.png", 1)], 1.0)
        before = media(catalog)
        bad = replace(extracted(), media={"ratio": float("nan")})
        moved = replace(item("/pictures/b.png", 1, outcome=bad), moved_from="/pictures/a.png")
        assert [one.path for one in catalog.commit("s-2", [moved], 2.0)] == ["/pictures/b.png"]
        assert media(catalog) == before

    def test_mount_points_are_remembered(self, catalog: Catalog) -> None:
        assert catalog.mounts(["/m"]) == {}
        catalog.remember_mounts({"/m": "/", "/n": "/n"})
        catalog.remember_mounts({"/m": "/m"})
        catalog.remember_mounts({})
        assert catalog.mounts(["/m", "/n", "/x"]) == {"/m": "/m", "/n": "/n"}

    def test_every_change_raises_the_version_and_nothing_else_does(self, catalog: Catalog) -> None:
        versions = [catalog.version()]

        def changed() -> bool:
            versions.append(catalog.version())
            return versions[-1] > versions[-2]

        catalog.commit("s-1", [item("/pictures/a.png")], 1.0)
        assert changed()
        catalog.commit("s-1", [item("/pictures/a.png")], 2.0)
        assert not changed(), "it was there already"
        [medium] = catalog.media()
        catalog.rate([medium.media_id], {"score": 5}, 3.0)
        assert changed()
        catalog.reread([reread(medium, generation={"model": "other"})])
        assert changed()
        catalog.mark_missing("s-2", ["/pictures/a.png"], 4.0)
        assert changed()
        catalog.mark_found("s-2", ["/pictures/a.png"])
        assert changed()
        assert catalog.undo("s-2", 10) == 1
        assert changed()
        assert catalog.undo("s-2", 10) == 0
        catalog.known(["/pictures/a.png"])
        assert not changed()

    def test_digests_tell_whether_a_commit_would_change_anything(self, catalog: Catalog) -> None:
        same = item("/pictures/a.png", 1, raw_text("a cat"))
        catalog.commit("s-1", [same], 1.0)
        stored = catalog.digests(["/pictures/a.png", "/pictures/b.png"])
        assert stored == {"/pictures/a.png": digest_of(same)}
        assert digest_of(replace(same, texts=())) != digest_of(same)
        assert digest_of(replace(same, outcome=replace(same.outcome, score=4))) != digest_of(same)
        assert digest_of(replace(same, outcome=replace(same.outcome, keywords=({"weight": 1.0},)))) is None
