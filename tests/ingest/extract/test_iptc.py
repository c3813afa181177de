"""IPTC-IIM records, whole and broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.extract.build import dataset, photoshop

from tallylight.ingest.extract import iptc
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.iptc import Iptc
from tallylight.ingest.extract.limits import Limits

RECORDS = (
    dataset(1, 90, b"\x1b%G")
    + dataset(2, 5, "Größe".encode())
    + dataset(2, 25, "猫".encode())
    + dataset(2, 25, b"sea ")
    + dataset(2, 25, b"sea")
    + dataset(2, 55, b"20230506")
    + dataset(2, 60, b"070809+0200")
    + dataset(2, 80, b"Ann")
    + dataset(2, 80, b"Bo")
    + dataset(2, 105, b"A headline")
    + dataset(2, 116, "© Ann".encode())
    + dataset(2, 120, b"Two\nlines ")
    + dataset(2, 200, b"a preview")
)


def test_records_of_an_agency() -> None:
    found = iptc.read(RECORDS)
    assert found == Iptc(
        keywords=("猫", "sea"),
        title="Größe",
        description="Two\nlines",
        creator="Ann, Bo",
        copyright="© Ann",
        created_at="2023-05-06T07:08:09+02:00",
    )
    assert iptc.claims(found) == [
        Claim("created_at", "2023-05-06T07:08:09+02:00", "iptc"),
        Claim("title", "Größe", "iptc"),
        Claim("description", "Two\nlines", "iptc"),
        Claim("creator", "Ann, Bo", "iptc"),
        Claim("copyright", "© Ann", "iptc"),
    ]


def test_a_headline_stands_for_a_missing_title() -> None:
    assert iptc.read(dataset(2, 105, b"A headline")).title == "A headline"


@pytest.mark.parametrize(
    ("raw", "text"),
    [("größe".encode("latin-1"), "größe"), ("größe".encode(), "größe"), (b"a\0b", "a b"), (b"\xff\xfe", "ÿþ")],
)
def test_texts_without_a_mark_of_their_code(raw: bytes, text: str) -> None:
    assert iptc.read(dataset(2, 5, raw)).title == text


@pytest.mark.parametrize(
    ("day", "clock", "date"),
    [
        (b"20230506", b"", "2023-05-06"),
        (b"20230506", b"0708", "2023-05-06T07:08:00"),
        (b"20230506", b"070809", "2023-05-06T07:08:09"),
        (b"20230506", b"half past", "2023-05-06"),
        (b"20230631", b"", "2023-06-31"),
        (b"20230000", b"", ""),
        (b"00000000", b"000000", ""),
        (b"2023", b"", ""),
        (b"", b"070809", ""),
    ],
)
def test_dates(day: bytes, clock: bytes, date: str) -> None:
    assert iptc.read(dataset(2, 55, day) + dataset(2, 60, clock)).created_at == date


def test_the_date_of_digitising_comes_second() -> None:
    digitised = dataset(2, 62, b"20200101") + dataset(2, 63, b"010203")
    assert iptc.read(digitised).created_at == "2020-01-01T01:02:03"
    assert iptc.read(digitised + dataset(2, 55, b"19990101")).created_at == "1999-01-01"


def test_a_long_dataset_says_how_long_its_length_is() -> None:
    value = b"x" * 40_000
    long = b"\x1c\2\x78\x80\x04" + len(value).to_bytes(4, "big") + value
    assert iptc.read(long + dataset(2, 5, b"after")).title == "after"
    assert len(iptc.read(long).description) == 2000


@pytest.mark.parametrize("cut", range(0, len(RECORDS), 7))
def test_cut_records_give_what_stands_before(cut: int) -> None:
    found = iptc.read(RECORDS[:cut])
    assert set(found.keywords) <= {"猫", "sea"}


@pytest.mark.parametrize("bad", [b"", b"\x1c", b"no records", b"\x1c\2\5\xff\xff" + b"\xff" * 50, b"\x1c\2\5\x80\x00"])
def test_what_is_no_record_says_nothing(bad: bytes) -> None:
    assert iptc.read(bad) == Iptc()


def test_limits_are_kept() -> None:
    found = iptc.read(b"".join(dataset(2, 25, b"%d" % number) for number in range(600)), Limits(keywords=10))
    assert len(found.keywords) == 10
    assert iptc.read(RECORDS, Limits(chunks=2)) == Iptc(title="Größe")


def test_records_among_resources() -> None:
    blob = photoshop({0x0425: b"odd", 0x0404: RECORDS, 0x040C: b"preview"}, name=b"ab")
    assert iptc.of_photoshop(blob) == RECORDS
    assert iptc.of_photoshop(photoshop({0x0425: b"odd"})) == b""
    assert iptc.of_photoshop(b"8BIM") == b""
    assert iptc.of_photoshop(blob, Limits(chunks=1)) == b""


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_noise_never_raises(noise: bytes) -> None:
    iptc.read(noise)
    iptc.read(b"\x1c\2\x19" + noise)
    iptc.of_photoshop(noise)
    iptc.of_photoshop(b"8BIM" + noise)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(RECORDS) - 1), st.integers(0, 255)), max_size=12))
def test_mutated_records_never_raise(edits: list[tuple[int, int]]) -> None:
    broken = bytearray(RECORDS)
    for at, byte in edits:
        broken[at] = byte
    iptc.read(bytes(broken))
