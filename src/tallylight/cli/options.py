"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tallylight.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data folder. [default: the platform's folder for user data]"),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", help="PostgreSQL: postgresql://user@host/name. [default: a file in --data]"
    ),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", help="Worker processes. [default: one a core]", min=1, max=512)
]
Host = Annotated[str | None, typer.Option("--host", help="Loopback address to listen on. [default: 127.0.0.1]")]
Port = Annotated[int | None, typer.Option("--port", help="Port; 0 takes a free one. [default: 8710]", min=0, max=65535)]
Live = Annotated[
    Literal["auto", "stream", "poll"] | None,
    typer.Option("--live", help="How pages stay live; auto polls where no stream gets through. [default: auto]"),
]
SessionName = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id, its first characters, or `last`.")]


def settings(**given: Any) -> Settings:
    """Settings from the environment, with what was given on the command line on top."""
    return Settings(**{name: value for name, value in given.items() if value is not None})
