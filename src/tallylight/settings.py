"""The only reader of the environment.

Each setting is an option of `tallylight serve` and a variable `TALLYLIGHT_…` of the same name; the option wins.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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

    model_config = SettingsConfigDict(env_prefix="TALLYLIGHT_", frozen=True)

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
    memory_limit: int = Field(
        default=4 << 30,
        ge=256 << 20,
        description="Bytes of address space one worker may have; a file that needs more fails.",
    )
