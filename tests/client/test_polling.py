from __future__ import annotations

import pytest

from tallylight.client import End, Reset, State
from tallylight.client.polling import poll_of


def state(session_id: str, status: str = "processing") -> dict[str, object]:
    return {"session_id": session_id, "status": status, "progress": 0, "seq": 1, "t": 1.0}


@pytest.mark.parametrize(
    ("stream", "poll"),
    [
        ("http://h:1/api/ingest/stream/a-b", "http://h:1/api/ingest/poll?wait=25&session=a-b"),
        ("https://h/tally/api/ingest/stream/a?outcomes=1", "https://h/tally/api/ingest/poll?wait=25&session=a"),
        ("http://h/api/ingest/stream/a%2Fb", "http://h/api/ingest/poll?wait=25&session=a%2Fb"),
        ("http://h/api/ingest/stream", "http://h/api/ingest/poll?wait=25"),
    ],
)
def test_the_poll_of_a_stream(stream: str, poll: str) -> None:
    found = poll_of(stream)
    assert found is not None
    assert found.url == poll
    assert found.patience > 25


@pytest.mark.parametrize("stream", ["http://h/progress/job", "http://h/api/ingest/stream/a/b", "http://h/"])
def test_another_address_has_none(stream: str) -> None:
    assert poll_of(stream) is None


def test_an_answer_is_told_as_the_stream_would() -> None:
    poll = poll_of("http://h/api/ingest/stream/a")
    assert poll is not None
    heard = list(poll.heard({"cursor": "e-5", "reset": "future", "states": [state("b"), state("a", "completed")]}))
    assert [type(message) for message in heard] == [Reset, State, End]
    assert poll.url == "http://h/api/ingest/poll?wait=25&after=e-5&session=a"
    assert poll.is_of_one


def test_the_poll_of_all_tells_of_all() -> None:
    poll = poll_of("http://h/api/ingest/stream")
    assert poll is not None
    assert not poll.is_of_one
    assert len(list(poll.heard({"cursor": "e-5", "states": [state("b"), state("a")]}))) == 2
