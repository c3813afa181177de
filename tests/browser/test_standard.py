"""What our server relies on in an EventSource, in every engine: when it comes back, with which id, and when never."""

from __future__ import annotations

from typing import Any

import pytest
from tests.browser.engines.contract import Engine, Profile
from tests.browser.scripted import ENOUGH, STREAM, ScriptedServer, answer

FOLLOW = """
(window.events = [], window.drops = 0, window.source = new EventSource('PATH'),
 source.onmessage = event => events.push([event.type, event.data, event.lastEventId]),
 source.addEventListener('end', event => events.push([event.type, event.data, event.lastEventId])),
 source.addEventListener('error', () => drops++), 0)
"""
AGAIN = "retry: 20\n"


def followed(profile: Profile, *answers: bytes) -> tuple[list[list[str]], list[str | None], Any]:
    """What an EventSource was told until it closed for good; the id it sent with each request; its first headers."""
    server = ScriptedServer(*answers)
    try:
        tab = profile.tab()
        tab.go(f"{server.url}/")
        tab.run(FOLLOW.replace("PATH", STREAM))
        tab.until("source.readyState === EventSource.CLOSED")
        events = tab.run("events")
        assert tab.run("drops") == len(server.asked), "each end is an error event, the last as those before"
        tab.go("about:blank")
        return events, [headers.get("last-event-id") for headers in server.asked], server.asked[0]
    finally:
        server.close()


@pytest.mark.standard
def test_it_asks_for_an_event_stream_past_every_cache(profile: Profile) -> None:
    _, _, headers = followed(profile, ENOUGH)
    assert headers["accept"] == "text/event-stream"
    assert headers["cache-control"] in {"no-cache", "no-store"}


@pytest.mark.standard
def test_it_comes_back_after_an_end_with_the_last_id_until_it_is_told_204(profile: Profile) -> None:
    events, ids, _ = followed(
        profile,
        answer(f"{AGAIN}\nid: aaaaaa-1\ndata: one\n\n"),
        answer("data: two\n\nid: aaaaaa-2.end\nevent: end\ndata: three\n\n"),
        ENOUGH,
    )
    assert events == [["message", "one", "aaaaaa-1"], ["message", "two", "aaaaaa-1"], ["end", "three", "aaaaaa-2.end"]]
    assert ids == [None, "aaaaaa-1", "aaaaaa-2.end"]


@pytest.mark.standard
def test_an_id_without_data_moves_the_position_of_one_engine_only(engine: Engine, profile: Profile) -> None:
    """The standard wants it of all of them. What is to move everybody's position has data."""
    events, ids, _ = followed(profile, answer(f"{AGAIN}\nid: jjjjjj-7\n\n"), ENOUGH)
    assert (events, ids) == ([], [None, "jjjjjj-7" if engine.name == "Chromium" else None])
    events, ids, _ = followed(profile, answer(f"{AGAIN}\nid: jjjjjj-7\nevent: heartbeat\ndata: {{}}\n\n"), ENOUGH)
    assert (events, ids) == ([], [None, "jjjjjj-7"])


@pytest.mark.standard
def test_an_event_that_was_cut_off_is_not_told_and_does_not_move_its_position(profile: Profile) -> None:
    events, ids, _ = followed(profile, answer(f"{AGAIN}id: a-1\ndata: one\n\nid: a-2\ndata: two\n"), ENOUGH)
    assert (events, ids) == ([["message", "one", "a-1"]], [None, "a-1"])


@pytest.mark.standard
def test_an_empty_id_takes_its_position_away(profile: Profile) -> None:
    _, ids, _ = followed(profile, answer(f"{AGAIN}id: a-1\ndata: one\n\nid\ndata: two\n\n"), ENOUGH)
    assert [place or "" for place in ids] == ["", ""]


@pytest.mark.standard
def test_it_comes_back_after_a_connection_that_broke(profile: Profile) -> None:
    events, ids, _ = followed(
        profile,
        answer(f"{AGAIN}id: a-1\ndata: one\n\n", head="Content-Length: 1000\r\n"),
        answer("data: two\n\n"),
        ENOUGH,
    )
    assert ([data for _, data, _ in events], ids) == (["one", "two"], [None, "a-1", "a-1"])


@pytest.mark.standard
@pytest.mark.parametrize("status", ["204 No Content", "205 Reset Content", "404 Not Found", "500 Error", "503 Busy"])
def test_an_answer_but_200_ends_it_for_good(profile: Profile, status: str) -> None:
    events, ids, _ = followed(profile, answer(f"{AGAIN}id: a-1\ndata: one\n\n"), answer("data: no\n\n", status=status))
    assert ([data for _, data, _ in events], ids) == (["one"], [None, "a-1"])


@pytest.mark.standard
@pytest.mark.parametrize("content_type", ["text/html", "application/json", "text/plain", ""])
def test_an_answer_of_another_type_ends_it_for_good(profile: Profile, content_type: str) -> None:
    events, ids, _ = followed(profile, answer("data: no\n\n", content_type=content_type))
    assert (events, ids) == ([], [None])


@pytest.mark.standard
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"])
def test_a_redirect_is_followed_with_the_id(profile: Profile, status: str) -> None:
    elsewhere = answer(status=status, content_type="", head=f"Location: {STREAM}/elsewhere\r\n")
    server = ScriptedServer(answer(f"{AGAIN}id: a-1\ndata: one\n\n"), elsewhere, answer("data: two\n\n"), ENOUGH)
    try:
        tab = profile.tab()
        tab.go(f"{server.url}/")
        tab.run(FOLLOW.replace("PATH", STREAM))
        tab.until("source.readyState === EventSource.CLOSED")
        assert [data for _, data, _ in tab.run("events")] == ["one", "two"]
        assert [headers.get("last-event-id") for headers in server.asked][:3] == [None, "a-1", "a-1"]
        tab.go("about:blank")
    finally:
        server.close()
