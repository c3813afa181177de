"""The charts of a report: what they show of what was counted, whatever that is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.facets import NSFW_BINS, OTHER, SIZES, SessionFacets
from tallylight.model import Json, Outcome, OutcomeKind
from tallylight.web.report_charts import Bar, Chart, charts
from tallylight.web.texts import texts

ENGLISH = texts("en")


def outcome(**given: object) -> Outcome:
    return Outcome(root="/m", file="a.png", kind=OutcomeKind.EXTRACTED, **{"bytes": 20_000, **given})  # type: ignore[arg-type]


def counted(*outcomes: Outcome) -> Json:
    facets = SessionFacets()
    for each in outcomes:
        facets.count(each)
    return facets.told()


def titled(title: str, facets: Json) -> Chart | None:
    return next((chart for chart in charts(facets, ENGLISH) if chart.title == title), None)


def test_a_session_without_files_has_none() -> None:
    assert charts(counted(), ENGLISH) == []
    assert charts({}, ENGLISH) == []


def test_scores_are_told_from_the_best_on() -> None:
    facets = counted(outcome(score=5), outcome(score=-1), outcome(), outcome(score=5))
    chart = titled("Files by score", facets)
    assert chart is not None
    assert chart.bars == (Bar("★ 5", 2), Bar("rejected", 1), Bar("none", 1))
    assert chart.most == 2


def test_what_has_nothing_to_compare_is_left_out() -> None:
    assert titled("Files by score", counted(outcome(), outcome())) is None
    assert titled("Files by NSFW score", counted(outcome())) is None


def test_models_beyond_the_first_eight_are_one_bar() -> None:
    found = {f"model {number}": 20 - number for number in range(12)} | {OTHER: 5}
    facets = counted(outcome()) | {"model": found}
    chart = titled("Files by model", facets)
    assert chart is not None
    assert [bar.label for bar in chart.bars] == [*(f"model {number}" for number in range(8)), "other"]
    assert sum(bar.count for bar in chart.bars) == sum(found.values())


def test_months_have_no_gaps_and_many_become_years() -> None:
    facets = counted(outcome())
    months = titled("Files by date", facets | {"month": {"2023-11": 1, "2024-02": 3, "": 9, "soon": 1}})
    assert months is not None
    assert months.upright
    assert months.bars == (Bar("2023-11", 1), Bar("2023-12", 0), Bar("2024-01", 0), Bar("2024-02", 3))
    years = titled("Files by date", facets | {"month": {"1980-01": 1, "1980-05": 1, "1984-12": 2}})
    assert years is not None
    assert years.bars == (Bar("1980", 2), Bar("1981", 0), Bar("1982", 0), Bar("1983", 0), Bar("1984", 2))


def test_sizes_are_told_from_the_smallest_class_to_the_largest_that_has_files() -> None:
    chart = titled("Files by size", counted(outcome(bytes=1), outcome(bytes=50_000)))
    assert chart is not None
    assert chart.bars == (Bar("under 10.0 kB", 1), Bar("under 30.0 kB", 0), Bar("under 100 kB", 1))


def test_nsfw_scores_stand_in_columns() -> None:
    chart = titled("Files by NSFW score", counted(outcome(nsfw_score=0.97), outcome(nsfw_score=0.02)))
    assert chart is not None
    assert (chart.bars[0], chart.bars[-1]) == (Bar("0%", 1), Bar("95%", 1))


counts = st.integers(1, 10**6)


@given(
    st.fixed_dictionaries(
        {
            "files": counts,
            "model": st.dictionaries(st.text(max_size=5), counts, max_size=30),
            "score": st.dictionaries(st.sampled_from(["", "-1", "0", "3", "5", OTHER]), counts),
            "month": st.dictionaries(st.from_regex(r"\d{4}-\d\d", fullmatch=True) | st.text(max_size=8), counts),
            "size": st.lists(counts | st.just(0), min_size=len(SIZES) + 1, max_size=len(SIZES) + 1).map(
                lambda files: {"ends": list(SIZES), "files": files}
            ),
            "nsfw": st.lists(counts | st.just(0), min_size=NSFW_BINS, max_size=NSFW_BINS),
        }
    )
)
def test_whatever_was_counted_it_is_drawn_and_no_file_is_counted_twice(facets: Json) -> None:
    for chart in charts(facets, ENGLISH):
        assert chart.bars
        assert len(chart.bars) <= 100
        assert chart.most == max(bar.count for bar in chart.bars)
    models = titled("Files by model", facets)
    assert models is None or sum(bar.count for bar in models.bars) == sum(facets["model"].values())
