"""Extractors that other packages bring along: what is declared, what of it keeps the protocol, and reading by it."""

from __future__ import annotations

import errno
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.sniff import Kind, sniff
from tallylight.ingest.extract.trouble import Unreadable, described
from tallylight.model import MEDIA_SUFFIXES, Reason

if TYPE_CHECKING:
    from tallylight.ingest.extract.extractor import Extractor
    from tallylight.ingest.extract.findings import Findings
    from tallylight.ingest.extract.source import Source

GROUP: Final = "tallylight.extractors"

_NAME = re.compile(r"[a-z0-9][a-z0-9_+-]{0,31}")
_SUFFIX = re.compile(r"\.[^\W_][\w+-]{0,15}")
#: Numbers of errors that a damaged offset or the extractor's own files bring about, and not the disk or the network.
_NOT_THE_DISK: Final = frozenset({None, errno.EINVAL, errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Declared:
    """An entry point, as its package's metadata has it. Nothing has been imported."""

    name: str
    value: str  #: `module:attribute`
    package: str
    version: str


@dataclass(frozen=True, slots=True)
class Installed:
    """An extractor that keeps the protocol, by name: workers import it themselves. Picklable."""

    declared: Declared
    name: str
    type: Literal["image", "video"]
    suffixes: frozenset[str]

    @property
    def kind(self) -> Kind:
        """What its files are, as for the kinds that Tallylight knows itself."""
        return Kind(self.type, self.name, self.name, self.suffixes)


def declared() -> tuple[Declared, ...]:
    """Every extractor that an installed package declares, by name. Reads the metadata of all packages, some 4 ms for a
    hundred of them, so it is asked once a process.
    """
    # For a worker, which has no use for it, 10 ms of its start.
    from importlib.metadata import entry_points  # noqa: PLC0415

    found = [
        Declared(
            point.name, point.value, point.dist.name if point.dist else "", point.dist.version if point.dist else ""
        )
        for point in entry_points(group=GROUP)
    ]
    return tuple(sorted(set(found), key=lambda one: (one.name, one.package, one.value)))


def examine(one: Declared) -> Installed | str:
    """The extractor, or why it cannot be used, as a sentence. Imports it: to be run in a worker."""
    try:
        return _examined(one, load(one.value))
    except MemoryError:
        raise
    except ImportError as error:
        return f"It cannot be imported: {described(error)}."
    except Exception as error:  # noqa: BLE001 (importing runs whatever its author wrote)
        return f"It does not keep the protocol of extractors: {described(error)}."


@cache
def load(value: str) -> Extractor:
    """The extractor that `module:attribute` names, once a process. Raises what importing it raises."""
    from importlib.metadata import EntryPoint  # noqa: PLC0415

    found = EntryPoint("", value, GROUP).load()
    return cast("Extractor", found() if isinstance(found, type) else found)


def recognised(installed: Sequence[Installed], head: bytes, suffix: str) -> Installed | None:
    """Which of them reads a file with this beginning and ending; None for files that are not theirs to read.

    Those whose suffix it has are asked first, the others only about bytes that Tallylight does not know itself.
    """
    promised = [one for one in installed if suffix in one.suffixes]
    others = [one for one in installed if suffix not in one.suffixes] if sniff(head) is None else []
    return next((one for one in (*promised, *others) if head and _recognises(one, head)), None)


def read(installed: Installed, source: Source, *, full: bool, limits: Limits, nsfw: bool = False) -> Findings:
    """As `Extractor.read`, held to its promises; with `nsfw`, with views of the pictures that it gives.

    Raises Unreadable, MemoryError, or OSError where the disk refuses.
    """
    from tallylight.ingest.extract.checked import checked  # noqa: PLC0415 (it loads Pillow)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = load(installed.declared.value).read(source, full=full, limits=limits)
            return checked(found, installed.kind, limits, nsfw=nsfw)
        except (MemoryError, Unreadable):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno not in _NOT_THE_DISK:
                raise
            raise _given_up(installed, error) from error


def _recognises(installed: Installed, head: bytes) -> bool:
    try:
        return bool(load(installed.declared.value).recognises(head))
    except MemoryError:
        raise
    except Exception as error:
        raise _given_up(installed, error) from error


def _given_up(installed: Installed, error: Exception) -> Unreadable:
    return Unreadable(Reason.DAMAGED, f"The extractor {installed.name!r} could not read it: {described(error)}.")


def _examined(one: Declared, found: Any) -> Installed:
    from tallylight.ingest.extract.extractor import Extractor  # noqa: PLC0415 (it loads Pillow)

    if not isinstance(found, Extractor):
        raise TypeError("it needs name, type, suffixes, recognises and read")
    name: Any = found.name  # whatever the protocol says, its author wrote it
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"its name {name!r} is not made of lower-case letters, digits, '_', '+' and '-'")
    if found.type not in {"image", "video"}:
        raise ValueError(f"its type is {found.type!r}, not 'image' or 'video'")
    if found.recognises(b"\0") not in {True, False}:
        raise ValueError("its recognises() does not answer True or False")
    return Installed(one, found.name, found.type, _suffixes(found.suffixes))


def _suffixes(given: Any) -> frozenset[str]:
    suffixes = frozenset([given] if isinstance(given, str) else given)
    if not suffixes:
        raise ValueError("it names no suffix")
    for suffix in suffixes:
        if not isinstance(suffix, str) or not _SUFFIX.fullmatch(suffix) or suffix != suffix.lower():
            raise ValueError(f"{suffix!r} is no suffix in lower case with its dot")
        if suffix in MEDIA_SUFFIXES:
            raise ValueError(f"files with {suffix} are read by Tallylight itself")
    return suffixes
