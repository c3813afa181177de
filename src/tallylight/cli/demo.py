"""`tallylight demo`: a sample archive, served."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tallylight.cli import options
from tallylight.settings import default_data_folder


def demo(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Where the demo keeps its archive and data. [default: user data]"),
    ] = None,
    port: options.Port = None,
    jobs: options.Jobs = None,
    pictures: Annotated[int, typer.Option(min=0, max=100_000, help="Pictures in the archive.")] = 120,
) -> None:
    """Build a small sample archive of AI pictures, photos and clips, some of them damaged, and serve it."""
    from tallylight.cli.server import run
    from tallylight.samples import build_archive

    home = data or default_data_folder().with_name("tallylight-demo")
    archive = home / "archive"
    typer.echo(f"Building the sample archive in {archive} …")
    summary = build_archive(archive, pictures=pictures)
    typer.echo(f"{sum(summary.files.values()):,} files, {len(summary.failures):,} of them damaged on purpose.")
    run(options.settings(roots=(archive,), data=home / "data", port=port, jobs=jobs))
