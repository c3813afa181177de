"""Builds media files for these tests, sound ones and broken ones."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import pillow_heif
from av.video.stream import VideoStream
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tallylight.ingest.extract import Options, extract
from tallylight.model import Candidate, Outcome, Tier
from tallylight.roots import Roots, escape
from tallylight.thumbnails import Thumbnails


def scene(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """A picture that looks different each way it is turned."""
    y, x = np.mgrid[0:height, 0:width]
    red, green, blue = x * 255 // width, y * 255 // height, (x * y) % 97
    picture = np.stack([red, green, blue], -1).astype(np.uint8)
    picture[: height // 4, : width // 3] = (250, 20, 20)
    return Image.fromarray(picture).convert(mode)


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def png(texts: dict[str, str] | None = None, image: Image.Image | None = None, **options: Any) -> bytes:
    info = PngInfo()
    for key, text in (texts or {}).items():
        info.add_text(key, text)
    return encoded(image or scene(), "PNG", pnginfo=info, **options)


def chunk(kind: bytes, content: bytes, *, checksum: int | None = None) -> bytes:
    right = zlib.crc32(kind + content)
    return (
        struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", right if checksum is None else checksum)
    )


def with_chunks(data: bytes, *chunks: bytes, at_end: bool = False) -> bytes:
    """A PNG with more chunks, after its header or before its end."""
    cut = len(data) - 12 if at_end else 33
    return data[:cut] + b"".join(chunks) + data[cut:]


def exif_block(tags: dict[int, Any], below: dict[int, Any] | None = None) -> bytes:
    """An EXIF block, with tags of the first directory and of its Exif sub-directory."""
    exif = Image.Exif()
    exif.update(tags)
    if below:
        exif.get_ifd(0x8769).update(below)
    return exif.tobytes()


def segment(marker: int, content: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def with_segments(data: bytes, *segments: bytes) -> bytes:
    """A JPEG with more segments at its beginning."""
    return data[:2] + b"".join(segments) + data[2:]


def dataset(record: int, number: int, value: bytes) -> bytes:
    """One dataset of IPTC-IIM."""
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def photoshop(resources: dict[int, bytes], name: bytes = b"") -> bytes:
    """Photoshop's resources, as APP13 holds them behind its own name."""
    titled = bytes((len(name),)) + name
    titled += b"\0" * (len(titled) % 2)
    return b"".join(
        b"8BIM" + struct.pack(">H", number) + titled + struct.pack(">I", len(raw)) + raw + b"\0" * (len(raw) % 2)
        for number, raw in resources.items()
    )


def gif_with_xmp(packet: bytes) -> bytes:
    """A GIF with XMP as Adobe puts it there: the packet as it is, and bytes that lead readers of blocks to the end."""
    plain = encoded(scene(), "GIF")
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    colours = 3 << (plain[10] & 7) + 1
    at = 13 + colours
    return plain[:at] + b"\x21\xff\x0bXMP DataXMP" + packet + trailer + plain[at:]


def heic(image: Image.Image | None = None, exif: bytes = b"") -> bytes:
    """A HEIC, as phones write it. What reads HEIC has no encoder, so another library makes it."""
    out = io.BytesIO()
    pillow_heif.from_pillow(image or scene()).save(out, quality=90, exif=exif or None)
    return out.getvalue()


def jpeg_header(width: int, height: int) -> bytes:
    """A JPEG that promises a size and holds no pixels."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"
    scan = b"\1\1\0\0\x3f\0"
    return (
        b"\xff\xd8"
        + b"".join(
            b"\xff" + marker + struct.pack(">H", len(body) + 2) + body
            for marker, body in ((b"\xdb", b"\0" + b"\1" * 64), (b"\xc0", frame), (b"\xda", scan))
        )
        + b"\0" * 32
    )


def png_header(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def video(
    format_: str = "mp4",
    codec: str = "mpeg4",
    *,
    frames: int = 20,
    tags: dict[str, str] | None = None,
    stream_tags: dict[str, str] | None = None,
    rotation: int = 0,
    options: dict[str, str] | None = None,
    pictures: Callable[[int], Image.Image] = lambda _: scene(),
    keys: int = 12,
) -> bytes:
    """Two seconds of the scene (or what `pictures` has for each frame), 96×64, a key frame every `keys`."""
    # In a named file: moving the index to the front (faststart) opens it a second time.
    with (
        TemporaryDirectory() as folder,
        av.open(f"{folder}/a", "w", format=format_, options=options or {}) as container,
    ):
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.metadata.update(stream_tags or {})
        stream.codec_context.gop_size = keys
        if codec == "mpeg4":  # which else begins anew wherever pictures change much
            stream.codec_context.options = {"sc_threshold": str(10**9)}
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.asarray(pictures(number)), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        container.close()
        return Path(folder, "a").read_bytes()


def box(kind: bytes, content: bytes) -> bytes:
    """A box of ISO base media."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def in_moov(data: bytes, more: bytes) -> bytes:
    """An MP4 with one more box in its index, which must stand last."""
    at = data.rindex(b"moov") - 4
    return data[:at] + box(b"moov", data[at + 8 :] + more)


def sound() -> bytes:
    """An MP4 with sound alone."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def film_with_sound() -> bytes:
    """An MP4 of one frame, with stereo sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        sounding = container.add_stream("aac", rate=48_000, layout="stereo")
        picture = av.VideoFrame.from_ndarray(np.asarray(scene()), format="rgb24")
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        silence.sample_rate = 48_000
        for packets in (stream.encode(picture), sounding.encode(silence), stream.encode(), sounding.encode()):
            container.mux(packets)
    return out.getvalue()


class Folder:
    """A root with files in it, and outcomes of them."""

    def __init__(self, path: Path) -> None:
        self.path = path / "root"
        self.path.mkdir()
        self.thumbnails = Thumbnails(path / "thumbnails")

    def put(self, name: str, data: bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def options(self, tier: Tier = Tier.FULL, **further: Any) -> Options:
        return Options(**{"roots": Roots.of(self.path), "tier": tier, "thumbnails": self.thumbnails, **further})

    def outcome(self, name: str, data: bytes | None = None, tier: Tier = Tier.FULL, **further: Any) -> Outcome:
        if data is not None:
            self.put(name, data)
        return extract(self.options(tier, **further), Candidate(str(self.path), escape(name), 1, 2))


def distance(one: str, other: str) -> int:
    """In how many of 64 bits two perceptual hashes differ; up to about 6 the pictures look alike."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
