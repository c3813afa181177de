"""Hostile XML: as a file, and as the XMP of a picture or beside one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.hostile.case import Case, failing
from tests.hostile.jpeg import segment, with_segments
from tests.hostile.png import zeros
from tests.ingest.extract import build
from tests.ingest.extract.build import chunk, with_chunks

from tallylight.model import Outcome, Reason

_NAMES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{_NAMES}]>'
SECRET = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY s SYSTEM "file:///etc/passwd">]>'
ADDRESS = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'
_KEY = b"XML:com.adobe.xmp"


def cases() -> list[Case]:
    return [*_files(), *_packets(), *_beside()]


def packet(prologue: str, subject: str) -> bytes:
    """An XMP packet with one subject."""
    return (
        f'{prologue}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f'xmp:Rating="3"><dc:subject><rdf:Bag><rdf:li>{subject}</rdf:li></rdf:Bag></dc:subject>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


PACKETS = {
    "laughs": packet(LAUGHS, "&l9;"),
    "a secret": packet(SECRET, "&s;"),
    "an address": packet(ADDRESS, "x"),
    "depth": packet("", "<a>" * 50_000 + "</a>" * 50_000),
    "attributes": packet("", "<a " + "".join(f'a{n}="" ' for n in range(50_000)) + "/>"),
    "subjects": packet("", "</rdf:li><rdf:li>".join(map(str, range(50_000)))),
    "cut": packet("", "cat")[:-30],
    "UTF-16": packet("", "cat").decode().encode("utf-16"),
    "no XML": b"\xff\xfe" + bytes(range(256)),
    "nothing": b"",
}


def _files() -> Iterator[Case]:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>&l9;&s;</text></svg>'
    for name, prologue in (("laughs", LAUGHS), ("secret", SECRET), ("address", ADDRESS)):
        yield failing(f"xml/{name}.png", (prologue + svg).encode(), Reason.UNSUPPORTED)


def _packets() -> Iterator[Case]:
    for name, xmp in PACKETS.items():
        text = chunk(b"iTXt", _KEY + b"\0\0\0\0\0" + xmp)
        yield _unharmed(f"xml/xmp {name}.png", with_chunks(build.png(), text))
        if len(xmp) < 60_000:
            app1 = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
            yield _unharmed(f"xml/xmp {name}.jpg", with_segments(app1))
    bomb = chunk(b"iTXt", _KEY + b"\0\1\0\0\0" + zeros(1024))
    yield _unharmed("xml/xmp of 1 GB.png", with_chunks(build.png(), bomb))
    yield _unharmed("xml/xmp of 100 MB.jpg", _put_long)


def _put_long(path: Path) -> None:
    """Extended XMP: the parts of one packet in many segments."""
    place = b"0" * 32 + b"\x06\x40\0\0" + bytes(4)
    part = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + place + b" " * 65_000)
    path.write_bytes(with_segments(*[part] * 1_600))


def _beside() -> Iterator[Case]:
    for number, (name, xmp) in enumerate(PACKETS.items()):
        beside = partial(_put_beside, xmp) if number % 2 else partial(_put_stem, xmp)
        yield _unharmed(f"xml/beside {name}.png", beside)
    yield _unharmed("xml/beside of 100 MB.png", _put_sparse)
    yield _unharmed("xml/beside a secret link.png", _put_link)


def _put_beside(xmp: bytes, path: Path) -> None:
    path.write_bytes(build.png())
    path.with_name(f"{path.name}.xmp").write_bytes(xmp)


def _put_stem(xmp: bytes, path: Path) -> None:
    path.write_bytes(build.png())
    path.with_suffix(".xmp").write_bytes(xmp)


def _put_sparse(path: Path) -> None:
    path.write_bytes(build.png())
    path.with_suffix(".xmp").write_bytes(packet("", "cat"))
    os.truncate(path.with_suffix(".xmp"), 100 << 20)


def _put_link(path: Path) -> None:
    path.write_bytes(build.png())
    path.with_suffix(".xmp").symlink_to("/etc/passwd")


def _unharmed(name: str, made: object) -> Case:
    """Extracted, whatever is warned of, with nothing of another file in it and no word said a billion times."""
    return Case(name=name, made=made, warns=None, finds=_tells_nothing)  # type: ignore[arg-type]


def _tells_nothing(outcome: Outcome) -> bool:
    told = repr((outcome.media, outcome.keywords, outcome.provenance, outcome.conflicts, outcome.warnings))
    return "root:" not in told and "haha" not in told and len(told) < 1_000_000
