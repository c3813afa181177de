"""The only reader of the environment.

Each setting is an option of `tallylight serve` and a variable `TALLYLIGHT_…` of the same name; the option wins.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

import platformdirs
from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tallylight.public_url import PublicUrl

_AMOUNT = re.compile(r"\s*(\d[\d_]{0,29})\s*([a-z]{0,3})\s*", re.IGNORECASE)
#: With a B they count bytes, by 1,024; without one anything else, by 1,000.
_UNITS: Final = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "b": 1,
    "kb": 1 << 10,
    "mb": 1 << 20,
    "gb": 1 << 30,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
}


def amount(value: Any) -> Any:
    """`16MB`, `300M`, `5000` as whole numbers; what is no text is left as it is. ValueError for any other text."""
    if not isinstance(value, str):
        return value
    match = _AMOUNT.fullmatch(value)
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise ValueError("write a whole number, such as 5000, 300M (a million each) or 16MB (1,048,576 bytes each)")
    return int(match[1]) * unit


def as_public_url(value: Any) -> Any:
    """An address as people write it; what is no text is left as it is. ValueError for text that is none."""
    return PublicUrl.of(value) if isinstance(value, str) else value


def as_network(value: Any) -> Any:
    """`10.0.0.0/8` or one address; what is no text is left as it is. ValueError for text that is neither."""
    if not isinstance(value, str):
        return value
    try:
        return ip_network(value.strip(), strict=False)
    except ValueError:
        raise ValueError("write an IP address, such as 127.0.0.1, or a network, such as 10.0.0.0/8") from None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    with suppress(ValueError):
        return ip_address(host.strip("[]")).is_loopback
    return host == "localhost"


Network = IPv4Network | IPv6Network
#: A whole number that may be written with a unit.
Amount = Annotated[int, BeforeValidator(amount)]


def default_data_folder() -> Path:
    """The platform's folder for data of this user's programs."""
    return platformdirs.user_data_path("tallylight", appauthor=False)


def default_jobs() -> int:
    """As many workers as there are cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_files_limit() -> int:
    """How many files this process may have open; each reader is one."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Settings(BaseSettings):
    """How a server or a headless run is set up. Unknown variables are ignored; a value out of range is refused with its
    reason.
    """

    model_config = SettingsConfigDict(env_prefix="TALLYLIGHT_", env_nested_delimiter="__", frozen=True)

    roots: tuple[Path, ...] = Field(default=(), description="Folders that may be read; nothing outside them ever is.")
    data: Path = Field(default_factory=default_data_folder, description="Where the database and the thumbnails live.")
    database: str | None = Field(
        default=None,
        repr=False,
        description="URL of a PostgreSQL database, `postgresql://user@host/name`; unset: a file in the data folder.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. Beyond this machine (`0.0.0.0`, say) whoever comes needs a "
        "[token](../how-to/open-to-others.md).",
    )
    port: int = Field(default=8710, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: Annotated[PublicUrl | None, BeforeValidator(as_public_url)] = Field(
        default=None,
        description="Where the server is found through a [proxy](../how-to/run-behind-a-proxy.md), with the path if it "
        "has one: `https://pics.example/tally/`. Whoever comes needs a token then.",
    )
    trusted_proxies: tuple[Annotated[Network, BeforeValidator(as_network)], ...] = Field(
        default=(),
        description="Addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; "
        "a JSON list.",
    )
    jobs: int = Field(default_factory=default_jobs, ge=1, le=512, description="Worker processes.")
    time_limit: float = Field(default=60.0, gt=0, description="Seconds one file may take before its worker is killed.")
    guard_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a folder's known files that may be missing before a session is held until you confirm;"
        " 1: only where all are.",
    )
    max_readers: int | None = Field(
        default=None, ge=1, description="Streams open at the same time. Unset: 20,000, or what open files allow."
    )
    reader_deadline: float = Field(
        default=30.0, gt=0, description="Seconds in which a reader must take something before it is dropped."
    )
    reader_age: float = Field(
        default=900.0, gt=0, description="Seconds after which a stream is ended and its reader asked to come back."
    )
    heartbeat: float = Field(
        default=10.0,
        ge=0.5,
        le=20.0,
        description="Seconds of silence after which a stream gets a heartbeat; fewer than any proxy's read timeout.",
    )
    live: Literal["auto", "stream", "poll"] = Field(
        default="auto",
        description="How pages stay live: `stream`, `poll`, or `auto`: polls where no stream gets through.",
    )
    log: Literal["warning", "info"] = Field(
        default="warning",
        description="What `tallylight serve` writes to stderr; `info`: also who comes, leaves, and why.",
    )

    memory_limit: Amount = Field(
        default=4 << 30,
        ge=256 << 20,
        description="Bytes of address space one worker may have; a file that needs more fails.",
    )
    limits: dict[str, Amount] = Field(
        default={}, description="Other [limits on one file](limits.md#one-file) than the defaults, by name."
    )

    @property
    def needs_token(self) -> bool:
        """Whether others than this machine's user may reach the server, so that who comes has to show a token."""
        return self.public_url is not None or not is_loopback(self.host)

    @property
    def database_mark(self) -> str:
        """Tells one database from another, without saying where it is or how to get in; the same for a file in the data
        folder, wherever that is.
        """
        if self.database is None:
            return "file"
        parts = urlsplit(self.database)
        host = parts.netloc.rpartition("@")[2]
        where = (host, parts.path, dict(parse_qsl(parts.query)).get("options"))
        return hashlib.sha256(repr(where).encode()).hexdigest()[:16]
