"""Where a server is found from outside, through the proxy in front of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
#: Segments that mean the same in every place a path goes through: nothing there is ever escaped or left out.
_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*")
_EXAMPLE: Final = "write it as https://pics.example or https://pics.example/tally/"


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """`https://pics.example:8443/tally/`, taken apart. What is the default is left out."""

    scheme: str  #: http or https
    name: str  #: lower case; an IPv6 address in brackets
    port: int | None  #: None: the scheme's own
    prefix: str  #: "" or "/tally": never with a slash at its end

    @classmethod
    def of(cls, text: str) -> PublicUrl:
        """Read one. Raises ValueError with a sentence that says how to write it."""
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError:
            raise ValueError(f"{text!r} is no address: {_EXAMPLE}") from None
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None:
            raise ValueError(f"it needs http:// or https:// and a name: {_EXAMPLE}")
        prefix = parts.path.rstrip("/")
        if parts.query or parts.fragment or not _PREFIX.fullmatch(prefix):
            raise ValueError(f"after the name comes at most a path of plain letters and digits: {_EXAMPLE}")
        own = None if port == DEFAULT_PORTS[parts.scheme] else port
        return cls(parts.scheme, _name(parts), own, prefix)

    @property
    def host(self) -> str:
        """As in a Host header."""
        return self.name if self.port is None else f"{self.name}:{self.port}"

    @property
    def origin(self) -> str:
        """As in an Origin header."""
        return f"{self.scheme}://{self.host}"

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}/"


def _name(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if ":" in name:
        return f"[{IPv6Address(name).compressed}]"
    try:
        # As browsers send a name in letters beyond ASCII.
        name = name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{parts.hostname!r} is no name of a host: {_EXAMPLE}")
    return name
