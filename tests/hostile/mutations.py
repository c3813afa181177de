"""What chance and malice do to bytes and texts: strategies for Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st

Edit = Callable[[bytes], bytes]
Kind = TypeVar("Kind", bytes, str)

#: Lengths, counts and offsets that programs stumble over.
_NUMBERS = (0, 1, 2, 7, 8, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)


def mutated(whole: bytes) -> st.SearchStrategy[bytes]:
    """The bytes after a few edits: flipped, cut, doubled, filled with noise, with other lengths in them."""
    places = st.integers(0, max(0, len(whole) - 1))
    edits = st.one_of(
        st.builds(_flipped, places, st.integers(1, 255)),
        st.builds(
            _written, places, st.sampled_from(_NUMBERS), st.sampled_from((2, 4, 8)), st.sampled_from(("big", "little"))
        ),
        st.builds(_cut, places),
        st.builds(_without, places, st.integers(1, 200)),
        st.builds(_doubled, places, st.integers(1, 400), st.integers(1, 5)),
        st.builds(_with, places, st.binary(max_size=60)),
    )
    return st.lists(edits, max_size=8).map(lambda chosen: _applied(whole, chosen))


def mutated_text(whole: str, signs: str) -> st.SearchStrategy[str]:
    """The text after a few edits, with signs that mean something to its reader strewn in."""
    places = st.integers(0, len(whole))
    words = st.one_of(st.text(signs, max_size=12), st.text(max_size=5), st.sampled_from(("", whole)))
    pieces = st.lists(st.tuples(places, words, places), max_size=8)
    return pieces.map(lambda chosen: _pieced(whole, chosen))


def _pieced(whole: str, pieces: list[tuple[int, str, int]]) -> str:
    """Pieces of the text in any order, each with words before it."""
    return "".join(word + whole[at : at + length] for at, word, length in pieces) if pieces else whole


def _applied(data: bytes, edits: list[Edit]) -> bytes:
    for edit in edits:
        data = edit(data)
    return data


def _flipped(at: int, bits: int) -> Edit:
    return lambda data: data[:at] + bytes(byte ^ bits for byte in data[at : at + 1]) + data[at + 1 :]


def _written(at: int, number: int, width: int, order: str) -> Edit:
    written = (number % (1 << 8 * width)).to_bytes(width, "big" if order == "big" else "little")
    return lambda data: data[:at] + written + data[at + width :]


def _cut(at: int) -> Edit:
    return lambda data: data[:at]


def _without(at: int, length: int) -> Edit:
    return lambda data: data[:at] + data[at + length :]


def _doubled(at: int, length: int, times: int) -> Edit:
    return lambda data: data[:at] + data[at : at + length] * times + data[at:]


def _with(at: int, noise: bytes) -> Edit:
    return lambda data: data[:at] + noise + data[at:]
