"""Reading a stream as the HTML standard says (9.2.6, interpreting an event stream)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live import frames
from tallylight.live.parser import Event, Parser


def read(*chunks: bytes) -> list[Event]:
    parser = Parser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def data(*chunks: bytes) -> list[str]:
    return [event.data for event in read(*chunks)]


# --- bytes and lines -----------------------------------------------------------------------------------------------


@pytest.mark.standard
def test_bytes_are_utf_8_and_what_is_not_becomes_the_replacement_character() -> None:
    assert data("data: 日本\n\n".encode()) == ["日本"]
    assert data(b"data: caf\xe9!\n\n") == ["caf\ufffd!"]


@pytest.mark.standard
def test_one_leading_byte_order_mark_is_dropped() -> None:
    assert data(b"\xef\xbb\xbfdata: a\n\n") == ["a"]
    assert data(b"\xef", b"\xbb", b"\xbfdata: a\n\n") == ["a"]
    assert data(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n") == []
    assert data(b"data: a\n\n\xef\xbb\xbfdata: b\n\n") == ["a"]


@pytest.mark.standard
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_end_by_lf_cr_or_crlf(end: bytes) -> None:
    assert data(end.join([b"data: a", b"data: b", b"", b"data: c", b"", b""])) == ["a\nb", "c"]


@pytest.mark.standard
def test_line_ends_may_be_mixed_and_a_lone_cr_ends_an_event_at_once() -> None:
    assert data(b"data: a\rdata: b\r\ndata: c\n\r\n") == ["a\nb\nc"]
    assert data(b"data: a\r\r") == ["a"], "nothing has to follow"
    assert data(b"data: a\r", b"\r", b"data: b\r", b"\n\r", b"\n") == ["a", "b"], "CR, LF in two pieces is one end"
    assert data("data: a\u2028\x0b\x0c\x85\n\n".encode()) == ["a\u2028\x0b\x0c\x85"], "nothing else ends a line"


@given(st.data())
def test_events_survive_every_split_of_their_bytes(draws: st.DataObject) -> None:
    bodies = draws.draw(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), max_size=4))
    whole = b"".join(frames.event("x", body, f"e-{number}") for number, body in enumerate(bodies))
    whole = draws.draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + whole
    whole = whole.replace(b"\n", draws.draw(st.sampled_from([b"\n", b"\r", b"\r\n"])))
    cuts = sorted(draws.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert read(*chunks) == read(whole)
    assert [event.id for event in read(whole)] == [f"e-{number}" for number in range(len(bodies))]


# --- fields --------------------------------------------------------------------------------------------------------


@pytest.mark.standard
def test_a_line_that_begins_with_a_colon_is_a_comment() -> None:
    assert data(b": keep-alive\n:\n:data: b\ndata: a\n\n") == ["a"]
    assert data(b": nothing else\n\n") == []


@pytest.mark.standard
def test_the_first_colon_ends_the_name_and_one_space_after_it_is_dropped() -> None:
    assert data(b"data:a\n\n", b"data: a\n\n", b"data:  a\n\n", b"data:\ta\n\n") == ["a", "a", " a", "\ta"]
    assert data(b"data: a: b\n\n", b"data:: a\n\n") == ["a: b", ": a"]


@pytest.mark.standard
def test_a_line_without_a_colon_is_a_field_without_a_value() -> None:
    assert data(b"data\n\n") == [""]
    assert data(b"data\ndata\n\n") == ["\n"]
    assert read(b"event: x\nevent\ndata: a\n\n") == [Event("message", "a", "")]


@pytest.mark.standard
@pytest.mark.parametrize("line", [b"foo: a", b"Data: a", b"DATA: a", b" data: a", b"data : a", b"dat\0a: a"])
def test_a_field_of_another_name_is_ignored(line: bytes) -> None:
    assert data(line + b"\n\n") == []
    assert data(line + b"\ndata: b\n\n") == ["b"]


@pytest.mark.standard
def test_lines_of_data_are_joined_by_line_feeds_and_the_last_one_goes() -> None:
    assert data(b"data: a\ndata: b\n\n", b"data: a\ndata:\n\n", b"data\n\n") == ["a\nb", "a\n", ""]


@pytest.mark.standard
def test_retry_takes_ascii_digits_only() -> None:
    parser = Parser()
    list(parser.feed(b"retry: 12\n\n"))
    odd = ["3x", "-1", "+1", "1.5", "1e3", "", " 1", "٣", "0x1", "9" * 5000]
    for value in odd:
        list(parser.feed(f"retry: {value}\n\n".encode()))
    list(parser.feed(b"retry\n\n"))
    assert parser.retry_ms == 12
    list(parser.feed(b"retry:0030\n"))
    assert parser.retry_ms == 30, "at once, without the event's end"


# --- events --------------------------------------------------------------------------------------------------------


@pytest.mark.standard
def test_an_event_without_a_name_is_a_message_and_names_hold_for_one_event() -> None:
    assert [event.name for event in read(b"data: a\n\nevent: x\ndata: b\n\ndata: c\n\n")] == ["message", "x", "message"]
    assert [event.name for event in read(b"event: x\nevent: y\ndata: a\n\n")] == ["y"]


@pytest.mark.standard
def test_an_event_without_data_fires_nothing_but_moves_the_id_and_forgets_its_name() -> None:
    assert read(b"event: x\nid: 7\n\ndata: y\n\n") == [Event("message", "y", "7")]
    assert read(b"\n\n\ndata: y\n\n\n\n") == [Event("message", "y", "")]


@pytest.mark.standard
def test_an_event_that_the_end_of_the_stream_cuts_off_never_appears() -> None:
    parser = Parser()
    assert [event.data for event in parser.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n")] == ["a"]
    assert parser.last_event_id == "1", "and does not move the id"


@pytest.mark.standard
def test_an_id_holds_until_another_comes() -> None:
    assert [event.id for event in read(b"id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n")] == ["1", "1", "2"]


@pytest.mark.standard
def test_an_id_with_nul_is_ignored_and_an_empty_one_resets() -> None:
    assert [event.id for event in read(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n")] == ["1", "1"]
    assert [event.id for event in read(b"id: 1\ndata: a\n\nid\ndata: b\n\n")] == ["1", ""]
    assert [event.id for event in read(b"id: 1\ndata: a\n\nid:\ndata: b\n\n")] == ["1", ""]
