"""Hostile videos: broken ones, ones that lie, and ones that would have FFmpeg open something else."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.hostile.case import Case, cuts, failing, sound, warned
from tests.ingest.extract import build

from tallylight.model import Outcome, Reason

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf")
_BRAND = struct.pack(">I4s4s4s4s", 20, b"ftyp", b"qt  ", bytes(4), b"qt  ")


def cases() -> list[Case]:
    foreign = foreign_files(Path("/etc/hostname"), "http://127.0.0.1:9/a.mp4")
    return [*_structure(), *_lies(), *_tags(), *(case(name, data) for name, data in foreign.items())]


def case(name: str, data: bytes) -> Case:
    """A file that names others, which are not opened. As much as it holds itself is read."""
    if name.startswith(("dref url", "dref file")):
        # FFmpeg knows no such references, and takes the pictures from where they would be in the file itself.
        return sound(f"video/{name}", data, _has_thumbnail)
    if name.startswith("dref alias"):
        return failing(f"video/{name}", data, Reason.DAMAGED)
    signed = name.startswith("signed") and name.endswith(".mkv")
    return failing(f"video/{name}", data, Reason.TRUNCATED if signed else Reason.UNSUPPORTED)


def _structure() -> Iterator[Case]:
    whole, matroska, avi = build.video(), build.video("matroska"), build.video("avi")
    first = build.video(options={"movflags": "faststart"})
    yield from cuts("video/cut.mp4", whole)
    yield from cuts("video/cut index first.mp4", first)
    yield from cuts("video/cut.mkv", matroska)
    yield from cuts("video/cut.avi", avi)
    yield failing("video/no moov.mp4", whole[: whole.rindex(b"moov") - 4], Reason.TRUNCATED)
    yield failing("video/words.mp4", b"These are only words.\n" * 50, Reason.UNSUPPORTED)
    yield failing("video/sound alone.mp4", build.sound(), Reason.UNSUPPORTED)
    yield failing(
        "video/no streams.mp4", whole[: whole.rindex(b"moov") - 4] + box(b"moov", _movie_header()), Reason.UNSUPPORTED
    )
    yield failing("video/noise for an index.mp4", _patched(whole, b"trak", 0, b"\xff" * 400), Reason.UNSUPPORTED)
    yield failing("video/vast boxes.mp4", _boxes(300_000), Reason.TRUNCATED)
    yield failing("video/box in a box.mp4", _BRAND + box(b"moov", _nested(2_000)), Reason.UNSUPPORTED)
    yield failing("video/noise.mkv", matroska[:60] + bytes(range(256)) * 40, Reason.TRUNCATED)
    yield failing(
        "video/header of 2^55 bytes.mkv", matroska[:4] + b"\x01" + b"\xf0" * 7 + matroska[5:], Reason.TRUNCATED
    )
    yield sound("video/index first.mp4", first, _has_thumbnail)
    yield warned("video/named as a picture.png", whole, "is an MP4")


def _lies() -> Iterator[Case]:
    whole = build.video()
    for degrees in (90, 180, 270):
        yield sound(
            f"video/turned {degrees}.mp4",
            build.video(rotation=degrees),
            lambda outcome: outcome.media["rotation"] % 90 == 0,
        )
    for name, duration in (("0", 0), ("49 days", 0xFFFFFFFF), ("100 hours", 360_000_000)):
        data = _patched(whole, b"mvhd", 16, struct.pack(">I", duration))
        yield _read(f"video/lasts {name}.mp4", data)
    yield _read("video/ticks of nothing.mp4", _patched(whole, b"mvhd", 12, bytes(4)))
    yield _read("video/frames of no length.mp4", _patched(whole, b"stts", 12, bytes(4)))
    yield _read("video/frames of 4 billion ticks.mp4", _patched(whole, b"stts", 12, b"\x7f\xff\xff\xff"))
    yield failing("video/4 billion frames.mp4", _patched(whole, b"stsz", 8, b"\xff\xff\xff\xff"), Reason.DAMAGED)
    yield failing("video/frames far beyond.mp4", _patched(whole, b"stco", 8, b"\xff\xff\xff\xf0"), Reason.DAMAGED)
    raw = build.video("avi", "rawvideo")
    for width, height, code in ((16300, 16200, Reason.TOO_LARGE), (65535, 65535, Reason.DAMAGED)):
        size = struct.pack("<II", width, height)
        yield failing(f"video/{width} x {height}.avi", _patched(raw, b"strf", 8, size), code)


def _tags() -> Iterator[Case]:
    many = {f"key{number}": "v" * 50 for number in range(5_000)}
    long = {"comment": "x" * (5 << 20), "title": "<script>alert(1)</script>\n\0"}
    deep = {"comment": '{"prompt": ' + "[" * 90_000 + "]" * 90_000 + "}"}
    yield _read("video/many tags.mkv", build.video("matroska", tags=many))
    yield warned("video/long tag.mkv", build.video("matroska", tags=long), "too long to keep")
    yield warned("video/deep tag.mkv", build.video("matroska", tags=deep), "comment")


def foreign_files(path: Path, url: str) -> Mapping[str, bytes]:
    """Files that name another file or address, by name."""
    targets = f"{path}\n{url}\n"
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{targets}#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile '{path}'\nfile '{url}'\n"
    session = f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\na=control:{url}\n"
    manifest = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
        f'<Representation id="1"><BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    )
    texts = {"playlist": playlist, "concat": concat, "pls": f"[playlist]\nFile1={url}\nFile2={path}\n",
             "sdp": session, "dash": manifest}  # fmt: skip
    files = {
        f"{name}.{suffix}": text.encode() for name, text in texts.items() for suffix in ("mp4", "mov", "mkv", "avi")
    }
    for name, text in texts.items():
        content = text.encode() * 40
        files[f"signed {name}.mov"] = _BRAND + box(b"mdat", content) + box(b"moov", content)
        files[f"signed {name}.mkv"] = b"\x1aE\xdf\xa3\x80\x18S\x80g\x01" + b"\xff" * 7 + content
        files[f"signed {name}.avi"] = b"RIFF\0\0\0\0AVI " + content
    for name, entry in (("alias", alias(path)), ("url", box(b"url ", bytes(4) + url.encode() + b"\0")),
                        ("file", box(b"url ", bytes(4) + f"file://{path}".encode() + b"\0"))):  # fmt: skip
        for format_ in ("mp4", "mov"):
            files[f"dref {name}.{format_}"] = with_reference(build.video(format_), entry)
    return files


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def alias(path: Path) -> bytes:
    """A QuickTime alias to a file."""
    name = path.name.encode()[:63]
    whole = str(path).encode()
    record = bytes(10) + b"\4disk" + bytes(23) + bytes(12) + bytes((len(name),)) + name.ljust(63, b"\0") + bytes(16)
    record += struct.pack(">HH", 1, 1) + bytes(16)
    record += struct.pack(">HH", 2, len(whole)) + whole + b"\0" * (len(whole) & 1) + b"\xff\xff\0\0"
    return box(b"alis", bytes(4) + record)


def with_reference(data: bytes, entry: bytes) -> bytes:
    """An MP4, its index at the end, whose pictures lie where `entry` says."""
    return _grown(data, _PARENTS, box(b"dref", bytes(4) + struct.pack(">I", 1) + entry))


def _grown(data: bytes, parents: tuple[bytes, ...], content: bytes) -> bytes:
    """With the box of the same kind as `content`, which lies in these, replaced by it."""
    if not parents:
        at = data.index(content[4:8]) - 4
        return data[:at] + content + data[at + int.from_bytes(data[at : at + 4], "big") :]
    at = data.index(parents[0]) - 4
    end = at + int.from_bytes(data[at : at + 4], "big")
    return data[:at] + box(parents[0], _grown(data[at + 8 : end], parents[1:], content)) + data[end:]


def _patched(data: bytes, kind: bytes, offset: int, new: bytes) -> bytes:
    """With bytes of a box overwritten, `offset` after its type."""
    at = data.rindex(kind) + 4 + offset
    return data[:at] + new + data[at + len(new) :]


def _movie_header() -> bytes:
    return box(b"mvhd", bytes(12) + struct.pack(">II", 1000, 2000) + bytes(80))


def _boxes(count: int) -> bytes:
    return _BRAND + box(b"free", b"") * count


def _nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = box(b"trak", content)
    return content


def _read(name: str, data: bytes) -> Case:
    return Case(name=name, made=data, warns=None, finds=_has_thumbnail)


def _has_thumbnail(outcome: Outcome) -> bool:
    return outcome.has_thumbnail and outcome.media.get("duration", 1) > 0 and outcome.media["width"] == 96
