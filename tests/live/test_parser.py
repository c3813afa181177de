from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tallylight.live import frames
from tallylight.live.parser import Event, Parser


def read(*chunks: bytes) -> list[Event]:
    parser = Parser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def test_an_unnamed_event_is_a_message() -> None:
    assert read(b"data: hello\n\n") == [Event("message", "hello", "")]


def test_an_event_without_a_blank_line_never_appears() -> None:
    assert read(b"data: hello\n") == []


def test_several_data_lines_join_with_line_feeds_and_one_space_is_dropped() -> None:
    assert read(b"data:  a\ndata:b\ndata\n\n") == [Event("message", " a\nb\n", "")]


def test_an_event_without_data_fires_nothing_but_keeps_its_id() -> None:
    assert read(b"event: x\nid: 7\n\ndata: y\n\n") == [Event("message", "y", "7")]


def test_an_id_with_nul_is_ignored_and_an_empty_one_resets() -> None:
    assert [event.id for event in read(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\n")] == ["1", "1", ""]


def test_comments_and_unknown_fields_are_dropped() -> None:
    assert read(b": keep-alive\nfoo: bar\ndata: a\n\n") == [Event("message", "a", "")]


def test_retry_takes_digits_only() -> None:
    parser = Parser()
    list(parser.feed(b"retry: 12\n\nretry: 3x\n\nretry: -1\n\n"))
    assert parser.retry_ms == 12


def test_one_leading_byte_order_mark_is_dropped() -> None:
    assert read(b"\xef\xbb\xbfdata: a\n\n") == [Event("message", "a", "")]
    assert read(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n") == []


@given(st.data())
def test_events_survive_every_split_of_their_bytes(data: st.DataObject) -> None:
    bodies = data.draw(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), max_size=4))
    whole = b"".join(frames.event("x", body, f"e-{number}") for number, body in enumerate(bodies))
    ending = data.draw(st.sampled_from([b"\n", b"\r", b"\r\n"]))
    whole = whole.replace(b"\n", ending)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    # A CR that ends the stream may still become a CRLF, so it is told apart only by what follows.
    assert read(*chunks, b"\n" if ending == b"\r" else b"") == read(whole, b"\n" if ending == b"\r" else b"")
    assert [event.id for event in read(whole, b"\n")] == [f"e-{number}" for number in range(len(bodies))]
