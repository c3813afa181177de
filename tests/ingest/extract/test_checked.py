"""What a stranger's extractor finds, whatever that is."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.checked import checked
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import LIMITS
from tallylight.ingest.extract.sniff import Kind

KIND = Kind("video", "odd", "odd", frozenset({".odd"}))

texts = st.text(st.characters(exclude_categories=[]))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3), max_leaves=8
)
names = st.sampled_from(["width", "height", "duration", "created_at", "orientation", "type", "format", "lens"])


@settings(max_examples=200)
@given(
    media=st.dictionaries(names, anything) | anything,
    pairs=st.lists(st.tuples(texts, texts) | anything, max_size=3) | anything,
    warnings=st.lists(texts | anything, max_size=3) | anything,
    claims=st.lists(st.builds(Claim, texts, anything, texts, anything), max_size=2),
)
def test_it_is_refused_or_fits_json_and_columns(media: Any, pairs: Any, warnings: Any, claims: list[Claim]) -> None:
    try:
        found = checked(Findings(media=media, texts=pairs, warnings=warnings, claims=claims), KIND, LIMITS)
    except (TypeError, ValueError, AttributeError):
        return
    said = [found.media, found.warnings, [[claim.field, claim.value, claim.source, claim.at] for claim in found.claims]]
    json.dumps(said, allow_nan=False, ensure_ascii=False).encode()
    assert (found.media["type"], found.media["format"]) == ("video", "odd")
    assert isinstance(found.media.get("width", 1), int)
    assert isinstance(found.media.get("duration", 1.0), float)
    assert all(isinstance(text, str) for pair in found.texts for text in pair)
