from __future__ import annotations

from dataclasses import replace

import pytest

from tallylight.errors import WrongMove
from tallylight.facts import State
from tallylight.ingest.checks import RETRIABLE, check_cancel, check_rested, check_retry
from tallylight.model import AT_REST, Status

FAILED = State(session_id="s", status=Status.COMPLETED, errors=1)


@pytest.mark.parametrize("status", Status)
def test_only_what_is_at_rest_is_done_with_by_a_command_of_after_the_review(status: Status) -> None:
    if status in AT_REST:
        check_rested(status)
        return
    with pytest.raises(WrongMove, match="resume it"):
        check_rested(status)


@pytest.mark.parametrize("status", Status)
def test_failed_files_are_tried_again_before_a_commit_and_not_after(status: Status) -> None:
    if status in RETRIABLE:
        check_retry(replace(FAILED, status=status))
        return
    with pytest.raises(WrongMove):
        check_retry(replace(FAILED, status=status))


def test_where_nothing_failed_there_is_nothing_to_try_again() -> None:
    with pytest.raises(WrongMove, match="nothing to try again"):
        check_retry(replace(FAILED, errors=0))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.COMMITTING, "being committed, which cannot be cancelled; wait"),
        (Status.UNDOING, "being undone, which cannot be cancelled; wait"),
        (Status.COMPLETED, "completed already; there is nothing to cancel"),
        (Status.COMMITTED, "committed already"),
    ],
)
def test_what_cannot_be_cancelled_says_why(status: Status, sentence: str) -> None:
    with pytest.raises(WrongMove, match=sentence):
        check_cancel(status)


@pytest.mark.parametrize("status", [Status.STARTING, Status.PROCESSING, Status.PAUSED, Status.HELD])
def test_what_is_not_at_rest_can_be_cancelled(status: Status) -> None:
    check_cancel(status)
