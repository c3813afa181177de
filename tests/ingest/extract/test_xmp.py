"""XMP packets, as programs write them and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.xmp import Xmp, read

NAMESPACES = (
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" '
    'xmlns:odd="http://nowhere.example/"'
)


def packet(inside: str = "", attributes: str = "") -> bytes:
    """A packet with properties as elements and as attributes."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {NAMESPACES} {attributes}>{inside}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>                 <?xpacket end="w"?>'
    ).encode()


def listed(name: str, *values: str, kind: str = "Bag") -> str:
    items = "".join(f"<rdf:li>{value}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def test_a_packet_as_photographers_have_it() -> None:
    found = read(
        packet(
            listed("dc:subject", "tower", "Paris")
            + listed("lr:hierarchicalSubject", "Places|France|Paris", "Things|clock")
            + listed("digiKam:TagsList", "Places/France/Paris", "Weather/rain")
            + '<dc:title><rdf:Alt><rdf:li xml:lang="de">Turm</rdf:li><rdf:li xml:lang="x-default">Tower</rdf:li>'
            "</rdf:Alt></dc:title><dc:description><rdf:Alt><rdf:li xml:lang='x-default'>Two\nlines</rdf:li></rdf:Alt>"
            "</dc:description>"
            + listed("dc:creator", "Ann", "Bo", kind="Seq")
            + listed("dc:rights", "© Ann", kind="Alt"),
            'xmp:Rating="4" xmp:Label="Red" xmp:CreateDate="2023-05-06" '
            'photoshop:DateCreated="2023-05-06T07:08:09.250" xmp:MetadataDate="2023-05-07T00:00:00+02:00" '
            'exif:GPSLatitude="48,51.5N" exif:GPSLongitude="2,17,24W" '
            'exif:GPSAltitude="350/10" exif:GPSAltitudeRef="1"',
        )
    )
    assert found == Xmp(
        rating=4,
        label="Red",
        subjects=("tower", "Paris", "clock", "rain"),
        title="Tower",
        description="Two\nlines",
        creator="Ann, Bo",
        rights="© Ann",
        created_at="2023-05-06T07:08:09.25",
        said_at=1_683_410_400.0,
        gps={"latitude": 48.8583333, "longitude": -2.29, "altitude": -35.0},
    )


@pytest.mark.parametrize(
    ("value", "rating"),
    [("-1", -1), ("0", 0), ("3", 3), ("3.0", 3), (" 5 ", 5), ("+2", 2)],
)
def test_a_rating_as_attribute_and_as_element(value: str, rating: int) -> None:
    assert read(packet(attributes=f'xmp:Rating="{value}"')) == Xmp(rating=rating)
    assert read(packet(f"<xmp:Rating>{value}</xmp:Rating>")) == Xmp(rating=rating)


@pytest.mark.parametrize("value", ["6", "-2", "3.7", "five", "NaN", "1e3", "9" * 5000, "٣"])
def test_a_rating_that_is_none_is_a_warning(value: str) -> None:
    found = read(packet(attributes=f'xmp:Rating="{value}"'))
    assert found.rating is None
    assert len(found.warnings) == 1


@pytest.mark.parametrize(
    ("percent", "stars"), [("0", 0), ("1", 1), ("25", 2), ("50", 3), ("75", 4), ("99", 5), ("100", 5), ("60", 3)]
)
@pytest.mark.parametrize("name", ["MicrosoftPhoto:Rating", "MicrosoftPhoto:RatingPercent"])
def test_a_percentage_is_a_rating(name: str, percent: str, stars: int) -> None:
    assert read(packet(f"<{name}>{percent}</{name}>")).rating == stars


def test_stars_win_over_a_percentage() -> None:
    assert read(packet(attributes='MicrosoftPhoto:Rating="99" xmp:Rating="2"')).rating == 2
    assert read(packet(attributes='MicrosoftPhoto:Rating="101"')).warnings == ("the XMP rating '101' is no percentage",)


@pytest.mark.parametrize("address", ["http://ns.microsoft.com/photo/1.0", "http://ns.microsoft.com/photo/1.0/"])
def test_prefixes_mean_nothing_and_namespaces_everything(address: str) -> None:
    assert read(packet(f'<any:Rating xmlns:any="{address}">50</any:Rating>')).rating == 3
    assert read(packet('<xmp:Rating xmlns:xmp="http://nowhere.example/">5</xmp:Rating>')).rating is None


def test_what_pictures_it_was_made_from_say_does_not_count() -> None:
    inside = (
        '<xmpMM:Ingredients><rdf:Bag><rdf:li rdf:parseType="Resource"><xmp:Rating>1</xmp:Rating>'
        + listed("dc:subject", "other")
        + "</rdf:li></rdf:Bag></xmpMM:Ingredients>"
        '<xmpMM:DerivedFrom><rdf:Description xmp:Rating="1"/></xmpMM:DerivedFrom>'
        '<dc:title><rdf:Description xmp:Rating="1">x</rdf:Description></dc:title>'
    )
    assert read(packet(inside)) == Xmp()


def test_several_descriptions_are_one_packet() -> None:
    data = packet(attributes='xmp:Rating="4"').replace(
        b"</rdf:RDF>", f'<rdf:Description {NAMESPACES} dc:rights="mine"/></rdf:RDF>'.encode()
    )
    assert (read(data).rating, read(data).rights) == (4, "mine")


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encodings_of_xmp(code: str) -> None:
    assert read(packet(listed("dc:subject", "猫")).decode().encode(code)).subjects == ("猫",)


@pytest.mark.parametrize("tail", [b"\0" * 100, b"</x:xmpmeta><tail of an older packet", b"\xff\xfe"])
def test_what_follows_the_packet_does_not_matter(tail: bytes) -> None:
    assert read(b"\n  " + packet(attributes='xmp:Rating="4"') + tail) == Xmp(rating=4)


def test_a_packet_that_is_cut_off_gives_what_stands_before() -> None:
    whole = packet(listed("dc:subject", "a", "b"), 'xmp:Rating="4"')
    found = read(whole[: whole.index(b"b</rdf:li>")])
    assert (found.rating, found.subjects) == (4, ("a",))
    assert found.warnings[0].startswith("the XMP is damaged: ")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\0" * 50,
        b"no XML",
        b"<x",
        b'<?xml version="1.0" encoding="no-such-code"?><x/>',
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        b"<a>" * 200_000,
    ],
)
def test_what_is_no_packet_is_a_warning(bad: bytes) -> None:
    found = read(bad)
    assert len(found.warnings) == 1
    assert found == Xmp(warnings=found.warnings)


def test_a_packet_without_rdf_says_nothing() -> None:
    assert read(b"<a><b>5</b></a>") == Xmp()


def test_limits_are_kept() -> None:
    many = packet(listed("dc:subject", *(f"word {number}" for number in range(3000)), "x" * 5000))
    found = read(many, Limits(keywords=10))
    assert len(found.subjects) == 10
    assert read(many, Limits(xmp=1000)).warnings == ("the XMP was ignored: it is longer than 1,000 bytes",)
    assert max(map(len, read(packet(listed("dc:subject", "x" * 5000))).subjects)) == 200
    assert len(read(packet(f"<dc:description>{'x' * 50_000}</dc:description>")).description) == 2000


def test_values_are_clean() -> None:
    found = read(packet(listed("dc:title", " a\n\tb ", kind="Alt") + listed("dc:subject", "  ", "c", "c")))
    assert (found.title, found.subjects) == ("a b", ("c",))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_noise_never_raises(noise: bytes) -> None:
    read(noise)
    read(packet(noise.decode("latin-1")))


@settings(deadline=None)
@given(st.data())
def test_mutated_packets_never_raise(data: st.DataObject) -> None:
    whole = packet(
        listed("dc:subject", "a") + listed("digiKam:TagsList", "a/b"),
        'xmp:Rating="4" exif:GPSLatitude="48,51.5N" xmp:CreateDate="2023-05-06T07:08:09Z"',
    )
    broken = bytearray(whole)
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=12)):
        broken[at] = byte
    read(bytes(broken))
    read(bytes(broken[: data.draw(st.integers(0, len(whole)))]))
