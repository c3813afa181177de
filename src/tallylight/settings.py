"""The only reader of the environment.

Each setting is an option of `tallylight serve` and a variable `TALLYLIGHT_…` of the same name; the option wins.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

import platformdirs
from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

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
    host: str = Field(default="127.0.0.1", description="Address to listen on; only loopback addresses are allowed.")
    port: int = Field(default=8710, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
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
