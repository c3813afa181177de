from __future__ import annotations

import pytest

from tallylight.ingest.extract import xmp
from tallylight.ingest.writeback.place import CannotWrite
from tallylight.ingest.writeback.rating_xmp import with_rating

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
XMP = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"'


def packet(inside: str, head: str = "", tail: str = "") -> str:
    return f'{head}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>{inside}</rdf:RDF></x:xmpmeta>{tail}'


def described(attributes: str = "", content: str = "") -> str:
    return f'<rdf:Description rdf:about="" {attributes}>{content}</rdf:Description>'


#: Packets, and how each reads once its rating is 4.
EDITS = [
    pytest.param(described(f'{XMP} xmp:Rating="2"'), described(f'{XMP} xmp:Rating="4"'), id="attribute"),
    pytest.param(described(f"{XMP} xmp:Rating = '-1'"), described(f"{XMP} xmp:Rating = '4'"), id="other quotes"),
    pytest.param(
        described('xmlns:xap="http://ns.adobe.com/xap/1.0/" xap:Rating="2"'),
        described('xmlns:xap="http://ns.adobe.com/xap/1.0/" xap:Rating="4"'),
        id="another prefix",
    ),
    pytest.param(
        described(XMP, "<xmp:Rating>2</xmp:Rating>"), described(XMP, "<xmp:Rating>4</xmp:Rating>"), id="element"
    ),
    pytest.param(described(XMP, "<xmp:Rating/>"), described(XMP, "<xmp:Rating>4</xmp:Rating>"), id="empty element"),
    pytest.param(
        described(f'{XMP} xmp:Rating="1"') + described(XMP, "<xmp:Rating>2</xmp:Rating>"),
        described(f'{XMP} xmp:Rating="4"') + described(XMP, "<xmp:Rating>4</xmp:Rating>"),
        id="twice",
    ),
    pytest.param(
        f'<rdf:Description {XMP} rdf:about="" xmp:Label="Ärger > 3 = «2»" />',
        f'<rdf:Description xmp:Rating="4" {XMP} rdf:about="" xmp:Label="Ärger > 3 = «2»" />',
        id="none yet",
    ),
    pytest.param(
        '<rdf:Description rdf:about=""/>',
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" rdf:about=""/>',
        id="no prefix yet",
    ),
    pytest.param(
        '<rdf:Description xmlns:xmp="urn:o" xmp:Rating="1"/>',
        '<rdf:Description xmlns:xmp2="http://ns.adobe.com/xap/1.0/" xmp2:Rating="4" xmlns:xmp="urn:o" xmp:Rating="1"/>',
        id="the prefix is another's",
    ),
    pytest.param(
        described(XMP, '<xmp:Thumb rdf:parseType="Resource"><xmp:Rating>1</xmp:Rating></xmp:Thumb>'),
        f'<rdf:Description xmp:Rating="4" rdf:about="" {XMP}>'
        '<xmp:Thumb rdf:parseType="Resource"><xmp:Rating>1</xmp:Rating></xmp:Thumb></rdf:Description>',
        id="another thing's rating",
    ),
    pytest.param(
        described(f'{XMP} a=\'xmp:Rating="1"\' xmp:Rating="2"'),
        described(f'{XMP} a=\'xmp:Rating="1"\' xmp:Rating="4"'),
        id="in a value",
    ),
    pytest.param(
        f'<!-- xmp:Rating="1" -->{described(f"""{XMP} xmp:Rating="2" """)}',
        f'<!-- xmp:Rating="1" -->{described(f"""{XMP} xmp:Rating="4" """)}',
        id="in a comment",
    ),
]


@pytest.mark.parametrize(("before", "after"), EDITS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_only_the_rating_changes(before: str, after: str, encoding: str) -> None:
    around = {"head": '\r\n<?xpacket begin="" id="W5M0"?>\r\n\t', "tail": '\n   \n<?xpacket end="w"?> \n'}
    changed = with_rating(packet(before, **around).encode(encoding), 4, 0.0)
    assert changed.decode(encoding) == packet(after, **around)
    assert changed[:3] == packet(after, **around).encode(encoding)[:3]
    # Once more, and it stays as it is.
    assert with_rating(changed, 4, 0.0) == changed


@pytest.mark.parametrize("rating", range(-1, 6))
def test_a_new_packet_says_the_rating_and_when(rating: int) -> None:
    found = xmp.read(with_rating(None, rating, 1_700_000_000.0))
    assert (found.rating, found.said_at, found.warnings) == (rating, 1_700_000_000.0, ())


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "is damaged"),
        (b"\0" * 100, "is damaged"),
        (packet(described()).encode()[:-5], "is damaged"),
        (packet(described()).encode() + b"\0\0", "is damaged"),
        (packet("").encode(), "describes nothing"),
        (b"<a/>", "describes nothing"),
        (packet(described(), head='<!DOCTYPE a [<!ENTITY b "c">]>').encode(), "has a DOCTYPE"),
        (packet(described(), head="<!DOCTYPE a>").encode("utf-16"), "has a DOCTYPE"),
        (packet("<rdf:x>" * 5000 + "</rdf:x>" * 5000).encode(), "nests deeper"),
        (packet(described(" ".join(f'xmlns:n{n}="urn:{n}"' for n in range(1000)))).encode(), "more prefixes"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a/>", "in iso-8859-1; save it as UTF-8"),
        (packet(described('a="\xe9"')).encode("latin-1"), "no encoding of Unicode"),
        (packet(described(f'{XMP} xmp:Rating="&amp;"')).encode() + b"<b/>", "is damaged"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(raw: bytes, sentence: str) -> None:
    with pytest.raises(CannotWrite, match=sentence):
        with_rating(raw, 4, 0.0)


def test_many_descriptions_take_no_longer_than_they_are_long() -> None:
    many = packet(described(f'{XMP} xmp:Rating="2"') * 20_000).encode()
    assert with_rating(many, 4, 0.0).count(b'xmp:Rating="4"') == 20_000
