from __future__ import annotations

from dataclasses import fields

import pytest
from tests.contract.journal_suite import extracted

from tallylight.journal.codec import outcome_body, outcome_of
from tallylight.journal.describing import DESCRIBED, described, undescribed
from tallylight.model import Outcome, OutcomeKind

FULL = Outcome(
    root="/p",
    file="a.mp4",
    kind=OutcomeKind.EXTRACTED,
    media={"type": "video", "width": 4},
    generation={"prompt": "дом, 星"},
    keywords=({"text": "house", "weight": 1.0, "source": "prompt"},),
    provenance={"score": {"source": "xmp", "at": 1.5}},
    phash="00ff00ff00ff00ff",
    pixel_sha256="ab" * 32,
    frame_phashes=("00ff00ff00ff00ff", "00ff00ff00ff00fe"),
    nsfw_model="a-model",
)
BARE = Outcome(root="/p", file="a.png", kind=OutcomeKind.FAILED)


@pytest.mark.parametrize("outcome", [FULL, BARE, extracted()])
def test_an_outcome_comes_back_from_its_row(outcome: Outcome) -> None:
    row = described(outcome_body(outcome))
    assert not row.keys() & DESCRIBED
    assert outcome_of(undescribed(row)) == outcome


def test_of_an_outcome_that_says_nothing_nothing_is_stored() -> None:
    assert described(outcome_body(BARE))["described"] is None


def test_outcomes_share_no_dicts() -> None:
    row = described(outcome_body(BARE))
    undescribed(row)["media"]["width"] = 1
    assert undescribed(row)["media"] == {}


def test_what_is_described_are_fields_of_an_outcome() -> None:
    assert {field.name for field in fields(Outcome)} > DESCRIBED


def test_an_empty_text_is_not_nothing() -> None:
    body = outcome_body(BARE) | {"phash": ""}
    assert undescribed(described(body))["phash"] == ""


def test_a_damaged_row_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="the row is damaged"):
        undescribed(described(outcome_body(FULL)) | {"described": b"\x01\xff"})
