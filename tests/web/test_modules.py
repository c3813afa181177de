"""Which modules a page is told to load ahead."""

from __future__ import annotations

from tallylight.web.modules import imported, modules


def test_all_that_the_entry_imports_is_found_each_once_and_from_any_depth() -> None:
    found = modules("app.js")
    assert {"store.js", "live/live.js", "live/stream.js", "text.js"} <= set(found)
    assert "app.js" not in found
    assert list(found) == sorted(set(found))


def test_a_type_in_a_comment_is_not_loaded() -> None:
    assert not any(module.rpartition("/")[2] == "types.js" for module in modules("app.js"))


def test_paths_are_those_of_the_importer() -> None:
    assert "place.js" in imported("live/stream.js")
    assert "live/patch.js" in imported("live/stream.js")
