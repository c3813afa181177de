"""When a folder is looked at, clocks that jump included."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.errors import BadParameters
from tallylight.schedules import parse_rule

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("events", "events"),
        (" POLL ", "poll"),
        ("every 15m", "every 15m"),
        ("90 S", "every 90s"),
        ("every  2 h", "every 2h"),
        ("daily 3:05", "daily 03:05"),
    ],
)
def test_rules_are_written_in_one_way(text: str, canonical: str) -> None:
    rule = parse_rule(text)
    assert rule.text == canonical
    assert parse_rule(rule.text) == rule


@pytest.mark.parametrize("text", ["", "daily", "daily 24:00", "daily 1:60", "every", "every 15", "weekly", "x" * 9999])
def test_what_is_no_rule_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(BadParameters, match="write events, poll, every 15m"):
        parse_rule(text)


@pytest.mark.parametrize("text", ["every 1s", "every 9s", "every 999999d"])
def test_spans_out_of_reason_are_refused(text: str) -> None:
    with pytest.raises(BadParameters, match="every 10 seconds at most"):
        parse_rule(text)


def test_a_span_counts_from_when_the_last_look_began() -> None:
    rule = parse_rule("every 15m")
    assert rule.due(1000.0, 1001.0) == 1900.0
    assert rule.due(1000.0, 99_999.0) == 1900.0, "missed, so it is due at once"
    assert rule.due(50_000.0, 1000.0) == 1900.0, "the clock was set back"
    assert parse_rule("events").due(1.0, 2.0) is None
    assert parse_rule("poll").due(1.0, 2.0) == 61.0


@pytest.mark.parametrize(
    ("since", "due"),
    [
        ("2026-01-10T01:00", "2026-01-10T02:30"),  # winter: UTC+1, so 03:30 is 02:30
        ("2026-01-10T02:30", "2026-01-11T02:30"),
        ("2026-07-10T12:00", "2026-07-11T01:30"),
    ],
)
def test_a_time_of_day_is_the_wall_clocks(since: str, due: str) -> None:
    assert parse_rule("daily 03:30").due(utc(since), utc("2030-01-01"), BERLIN) == utc(due)


def test_a_time_that_the_clock_skips_comes_when_it_has_gone_forward() -> None:
    # On 29 March 2026 the clock goes from 02:00 to 03:00 at 01:00 UTC.
    rule, now = parse_rule("daily 02:30"), utc("2030-01-01")
    assert rule.due(utc("2026-03-28T12:00"), now, BERLIN) == utc("2026-03-29T01:30")
    assert rule.due(utc("2026-03-29T01:30"), now, BERLIN) == utc("2026-03-30T00:30")


def test_a_time_that_comes_twice_counts_once() -> None:
    # On 25 October 2026 the clock goes from 03:00 back to 02:00 at 01:00 UTC.
    rule, now = parse_rule("daily 02:30"), utc("2030-01-01")
    assert rule.due(utc("2026-10-24T12:00"), now, BERLIN) == utc("2026-10-25T00:30")
    assert rule.due(utc("2026-10-25T00:30"), now, BERLIN) == utc("2026-10-26T01:30")


@given(st.floats(0, 4e9), st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_comes_within_a_day_and_a_bit(since: float, hour: int, minute: int) -> None:
    due = parse_rule(f"daily {hour}:{minute:02}").due(since, 5e9, BERLIN)
    assert due is not None
    assert since < due <= since + 25.01 * 3600
