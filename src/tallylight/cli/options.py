"""Options that several commands share."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from tallylight.errors import BadParameters
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
Host = Annotated[
    str | None,
    typer.Option("--host", help="Address to listen on; beyond this machine by token. [default: 127.0.0.1]"),
]
PublicUrl = Annotated[
    str | None,
    typer.Option("--public-url", metavar="URL", help="Where a proxy shows it: https://pics.example/tally/; by token."),
]
TrustedProxies = Annotated[
    list[str] | None,
    typer.Option(
        "--trusted-proxy", metavar="ADDRESS", help="A proxy, or network of them, that is believed; repeatable."
    ),
]
Port = Annotated[int | None, typer.Option("--port", help="Port; 0 takes a free one. [default: 8710]", min=0, max=65535)]
Live = Annotated[
    Literal["auto", "stream", "poll"] | None,
    typer.Option("--live", help="How pages stay live; auto polls where no stream gets through. [default: auto]"),
]
Limit = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", help="A limit on one file, such as pixels=300M; repeatable."),
]
GuardShare = Annotated[
    float | None,
    typer.Option(
        "--guard-share",
        metavar="SHARE",
        help="Hold a session where more of a folder's known files are missing. [default: 0.2]",
        min=0,
        max=1,
    ),
]
Ca = Annotated[Path | None, typer.Option("--ca", metavar="FILE", help="Certificates to trust, in a PEM file.")]
SessionName = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id, its first characters, or `last`.")]


#: Limits on one file that are the engine's and settings of their own.
_ENGINES: Final = ("time_limit", "memory_limit")


def settings(**given: Any) -> Settings:
    """Settings from the environment, with what was given on the command line on top."""
    return Settings(**{name: value for name, value in given.items() if value is not None})


def trusted(ca: Path | None) -> ssl.SSLContext | bool:
    """Whom to trust who says which server he is, as httpx takes it for `verify`. Raises BadParameters."""
    if ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise BadParameters(f"{ca} holds no certificates that can be read ({error}).") from error


def limits(pairs: list[str] | None) -> dict[str, Any]:
    """What `--limit` gave, as arguments of `settings`. Raises BadParameters for one that is no pair."""
    asked = dict(map(_pair, pairs or ()))
    engines: dict[str, Any] = {name: asked.pop(name) for name in _ENGINES if name in asked}
    return {**engines, "limits": asked}


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise BadParameters(f"--limit {text} has no value; write NAME=VALUE, such as pixels=300M.")
    return name.strip().lower(), value
