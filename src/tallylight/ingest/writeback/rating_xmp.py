"""Changes the rating in an XMP packet and leaves every other byte as it is. Pure.

An XML library would write the whole packet anew, in its own order and with its own prefixes. So the parser only tells
where things stand, and the text is changed there. It is the bare parser, since no other tells that; entities need a
DOCTYPE, which is refused where it begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from tallylight.ingest.extract import xmp
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.writeback.place import CannotWrite

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_TAG: Final = re.compile(rb"<([^\s/>]+)(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE: Final = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
#: Packets have about ten.
_MOST_PREFIXES: Final = 500
_NEW: Final = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Tallylight">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmp:Rating="{rating}"
    xmp:MetadataDate="{at}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


def with_rating(raw: bytes | None, rating: int, at: float, limits: Limits = LIMITS) -> bytes:
    """The packet with this rating (−1 to 5), wherever it says one, else as an attribute of its first description. `raw`
    is None where there is none yet: the new one also says when (`at`).

    Raises CannotWrite for a packet that is damaged, has a DOCTYPE, is in no encoding of Unicode, or has no place for a
    rating.
    """
    if raw is None:
        return _NEW.format(rating=rating, at=datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")).encode()
    text, encoding, mark = _decoded(raw)
    utf_8 = text.encode()
    changed = mark + _edited(utf_8, _places(utf_8, limits), rating).decode().encode(encoding)
    found = xmp.read(changed, limits)
    if found.rating != rating or found.warnings:
        raise CannotWrite("The XMP is written in a way that its rating cannot be changed in; use the program it is of.")
    return changed


@dataclass(slots=True)
class _Places:
    """Where in the text, in bytes of UTF-8, what concerns a rating stands."""

    values: list[tuple[int, int]] = field(default_factory=list)  #: of ratings, without quotes or tags
    empty: list[tuple[int, int, bytes]] = field(default_factory=list)  #: whole tags of empty elements, and their name
    description: tuple[int, dict[str, str]] | None = None  #: behind the name of the first one; the prefixes known there


def _decoded(raw: bytes) -> tuple[str, str, bytes]:
    marks = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
    mark = next((mark for mark in marks if raw.startswith(mark)), b"")
    encoding = marks.get(mark, "utf-8")
    try:
        text = raw[len(mark) :].decode(encoding)
    except UnicodeError as error:
        raise CannotWrite("The XMP is in no encoding of Unicode; save it as UTF-8.") from error
    declared = re.match(r"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)", text)
    if declared and not declared[1].lower().replace("-", "").startswith(("utf8", "utf16")):
        raise CannotWrite(f"The XMP is in {declared[1][:40]}; save it as UTF-8.")
    return text, encoding, mark


def _places(utf_8: bytes, limits: Limits) -> _Places:
    walk = _Walk(utf_8, limits.xml_depth)
    try:
        walk.run()
    except ExpatError as error:
        raise CannotWrite(f"The XMP is damaged ({error}); mend or delete it.") from error
    return walk.places


class _Walk:
    """Follows the parser through the text, and notes where it is."""

    def __init__(self, utf_8: bytes, deepest: int) -> None:
        self.places = _Places()
        self._raw = utf_8
        self._skipped = len(utf_8) - len(utf_8.lstrip(b" \t\r\n"))
        self._deepest = deepest
        self._depth = 0
        self._top = 0  #: depth of rdf:RDF
        self._content = -1  #: where the content of the open rating begins
        self._scopes: list[dict[str, str]] = [{}]
        self._declared: dict[str, str] = {}
        # Its own encoding whatever the text declares: that was for the bytes of the file.
        self._parser = ParserCreate("utf-8", " ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartNamespaceDeclHandler = self._declare
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def run(self) -> None:
        self._parser.Parse(self._raw[self._skipped :], True)

    @property
    def _here(self) -> int:
        return self._skipped + self._parser.CurrentByteIndex

    def _doctype(self, *_: object) -> None:
        raise CannotWrite("The XMP has a DOCTYPE, which no XMP needs and which can do harm; it is left as it is.")

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        self._declared[prefix or ""] = uri or ""

    def _start(self, name: str, _attributes: object) -> None:
        self._depth += 1
        self._enter_scope()
        if not self._top:
            self._top = self._depth if name == f"{_RDF} RDF" else 0
        elif self._depth == self._top + 1:
            self._description()
        elif self._depth == self._top + 2 and name == f"{_XMP} Rating":
            self._rating()

    def _enter_scope(self) -> None:
        scope = self._scopes[-1]
        if self._declared:
            scope, self._declared = scope | self._declared, {}
        if self._depth > self._deepest or len(scope) > _MOST_PREFIXES:
            raise CannotWrite(
                "The XMP nests deeper, or has more prefixes, than any that is meant; it is left as it is."
            )
        self._scopes.append(scope)

    def _description(self) -> None:
        begin, (name, end) = self._here, self._tag()
        if self.places.description is None:
            self.places.description = (begin + 1 + len(name), self._scopes[-1])
        for attribute in _ATTRIBUTE.finditer(self._raw, begin, end):
            prefix, colon, local = attribute[1].partition(b":")
            if colon and local == b"Rating" and self._scopes[-1].get(prefix.decode()) == _XMP:
                self.places.values.append((attribute.start(2) + 1, attribute.end(2) - 1))

    def _rating(self) -> None:
        begin, (name, end) = self._here, self._tag()
        if self._raw[end - 2 : end] == b"/>":
            self.places.empty.append((begin, end, name))
        else:
            self._content = end

    def _end(self, _name: str) -> None:
        if self._content >= 0 and self._depth == self._top + 2:
            self.places.values.append((self._content, self._here))
            self._content = -1
        if self._depth == self._top:
            self._top = self._deepest + 1  # what comes behind the RDF is padding
        self._scopes.pop()
        self._depth -= 1

    def _tag(self) -> tuple[bytes, int]:
        """The name of the start tag that the parser is at, and where it ends: `>` may stand in a value."""
        match = _TAG.match(self._raw, self._here)
        if match is None:
            raise CannotWrite("The XMP is written in a way that cannot be changed; use the program it is of.")
        return match[1], match.end()


def _edited(utf_8: bytes, places: _Places, rating: int) -> bytes:
    number = str(rating).encode()
    edits = [(begin, end, number) for begin, end in places.values]
    edits += [(begin, end, b"<%b>%b</%b>" % (name, number, name)) for begin, end, name in places.empty]
    if not edits:
        if places.description is None:
            raise CannotWrite("The XMP describes nothing (it has no rdf:Description); mend or delete it.")
        at, prefixes = places.description
        edits = [(at, at, _attribute(prefixes, rating).encode())]
    parts, behind = [], 0
    for begin, end, new in sorted(edits):
        parts += [utf_8[behind:begin], new]
        behind = end
    return b"".join([*parts, utf_8[behind:]])


def _attribute(prefixes: dict[str, str], rating: int) -> str:
    known = next((prefix for prefix, uri in prefixes.items() if prefix and uri == _XMP), "")
    if known:
        return f' {known}:Rating="{rating}"'
    names = ("xmp", *(f"xmp{number}" for number in range(2, _MOST_PREFIXES + 3)))
    prefix = next(name for name in names if name not in prefixes)
    return f' xmlns:{prefix}="{_XMP}" {prefix}:Rating="{rating}"'
