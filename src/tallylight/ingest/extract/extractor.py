"""What reads a further kind of file: the protocol of extractors that other packages bring along."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Protocol, runtime_checkable

from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.source import Source


@runtime_checkable
class Extractor(Protocol):
    """Reads one kind of file. A package names it, or a class of it that needs no arguments, as an entry point of the
    group `tallylight.extractors`.

    Each worker process imports it once, when the first file needs it; the server itself never does. Calls come one at
    a time. A file that takes longer than the time limit, more memory than a worker may have, or that crashes the
    process, fails alone and with its reason. Files whose bytes Tallylight knows never come here.
    """

    @property
    def name(self) -> str:
        """What this kind of file is called, in lower-case letters, digits, `_`, `+` and `-`: `media.format` of its
        files.
        """
        ...

    @property
    def type(self) -> Literal["image", "video"]:
        """What its files show."""
        ...

    @property
    def suffixes(self) -> Collection[str]:
        """The endings of its files, in lower case with their dot, at least one; none that Tallylight takes itself."""
        ...

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes is one: the first 4,096, or all there are, and never none.

        Asked of every file with one of the suffixes, and of files under any name whose bytes nothing else knows. Must
        be quick, and sure: four bytes of a signature tell, a plausible number does not.
        """
        ...

    def read(self, source: Source, *, full: bool, limits: Limits) -> Findings:
        """Read the file; with `full`, its pixels too. It is open already and is read once: an image is in memory when
        `full` is asked for, unless it is larger than `limits.slurp`.

        Where there is nothing to read raise `Unreadable(reason, sentence)`. MemoryError, and OSError with the number
        of a disk or network that refuses, pass as they are; anything else that is raised makes the file `damaged`.
        Trouble with metadata alone is a warning among the findings. Of these `media` needs no `type` and no `format`,
        and `small` and `frames` may be larger than a thumbnail: they are shrunk. The NSFW model sees them before that,
        so `views` are not asked for; give pictures of at least 512 pixels where there are, or it scores what is left.
        """
        ...
