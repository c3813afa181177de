"""A reparse in words."""

from __future__ import annotations

import io

import pytest

from tallylight.cli.draw.reparsing import EVERY, Lines, difference, ending, progress
from tallylight.ingest.reparse import Change, Totals


def change(**changes: object) -> Change:
    return Change(**{"path": "/p/a.png", "generation": {}, "added": (), "removed": (), **changes})  # type: ignore[arg-type]


def test_progress_says_how_far_how_fast_and_how_long() -> None:
    totals = Totals(total=10_000, changed=20, same=2_000, without_texts=480)
    assert progress(totals, 2.0) == "2,500 of 10,000, 20 changed, 1,250 files/s, 6 s left"
    assert progress(Totals(total=5), 0.0) == "0 of 5, 0 changed"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (change(generation={"steps": (None, 20)}), "steps nothing → 20"),
        (change(generation={"loras": ([{"name": "é"}], None)}), 'loras [{"name": "é"}] → nothing'),
        (change(generation={"prompt": ("a\x1b[2J", "x" * 100)}), "prompt a␛[2J → " + "x" * 59 + "…"),
        (change(added=("a", "b"), removed=("c",)), "+a, b; −c"),
        (change(added=tuple("abcdefgh")), "+a, b, c, d, e and 3 more"),
        (change(), "the order or weights of its keywords"),
    ],
)
def test_a_difference_is_short_and_safe_to_print(changed: Change, words: str) -> None:
    assert difference(changed) == words


def test_the_ending_tells_what_is_left_of_an_interrupted_run() -> None:
    totals = Totals(total=10, changed=7, changes=[change(added=("a",))], failed=1, failures=[("/p/\n", "It is odd.")])
    assert list(ending(totals, 2.0, dry=False)) == [
        "changed: /p/a.png: +a",
        "… and 6 more",
        "failed: /p/␊: It is odd.",
        "8 files in 2 s (4 files/s): 7 changed, 0 the same, 0 without texts, 1 failed",
        "Interrupted; 2 files are left. Run it again to go on.",
    ]


def test_a_log_gets_a_line_now_and_then_in_its_own_encoding() -> None:
    raw = io.BytesIO()
    lines = Lines(io.TextIOWrapper(raw, encoding="ascii"), dry=True)
    totals = Totals(total=2, changed=2, changes=[change(added=("猫",))])
    for seconds in (0.1, EVERY - 0.1, EVERY, EVERY + 1):
        lines.progress(totals, seconds)
    lines.finish(totals, 6.0)
    first, *rest = raw.getvalue().decode("ascii").splitlines()
    assert first == progress(totals, EVERY)
    assert rest[0] == "would change: /p/a.png: +\\u732b"
    assert len(rest) == 3
