from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from tests.contract.catalog_suite import item
from tests.contract.journal_suite import extracted, raw_text

from tallylight.catalog.prepared import prepare, refusal, split

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.characters(exclude_categories=[]) | st.binary()
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
bodies = st.dictionaries(st.sampled_from(["text", "weight", "source", "odd\ud800"]), anything)


@settings(max_examples=60)
@given(bodies, st.lists(bodies, max_size=2))
def test_every_item_is_either_ready_or_refused(body: dict[str, object], keywords: list[dict[str, object]]) -> None:
    outcome = replace(extracted(), media=body, keywords=tuple(keywords))
    ready, refused = prepare([item(outcome=outcome)])
    assert len(ready) + len(refused) == 1


def test_the_digest_tells_what_is_stored_and_nothing_else() -> None:
    def digest(**changes: object) -> str:
        ready, _ = prepare([item(outcome=replace(extracted(), **changes))])  # type: ignore[arg-type]
        return ready[0].digest

    assert digest() == digest(ms=5.0) == digest(root="/another")
    different = {digest(), digest(score=2), digest(media={}), digest(bytes=1), digest(has_thumbnail=False)}
    assert len(different) == 5


def test_the_digest_knows_texts_by_their_hash() -> None:
    (plain,), _ = prepare([item()])
    (texted,), _ = prepare([item("/pictures/a.png", 1, raw_text("x"))])
    assert plain.digest != texted.digest


@pytest.mark.parametrize(
    ("path", "parts"),
    [("/a.png", ("/", "a.png")), ("/a/b/c.png", ("/a/b", "c.png")), (r"/a\xff/b\x5cxff", (r"/a\xff", r"b\x5cxff"))],
)
def test_a_path_is_split(path: str, parts: tuple[str, str]) -> None:
    assert split(path) == parts


def test_a_databases_error_is_told_without_its_statement() -> None:
    error = IntegrityError(
        "INSERT INTO media …", {"path": "secret"}, Exception("NOT NULL constraint failed: media.size")
    )
    message = refusal(item(), error).message
    assert message == "The catalog cannot store what was read of this file: NOT NULL constraint failed: media.size."
