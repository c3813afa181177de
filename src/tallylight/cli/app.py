"""All commands, and what every one of them does about errors."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

import tallylight
from tallylight.cli.commit import commit
from tallylight.cli.control import cancel, pause, resume, retry
from tallylight.cli.demo import demo
from tallylight.cli.doctor import doctor
from tallylight.cli.extractors import extractors
from tallylight.cli.find import find
from tallylight.cli.follow import follow
from tallylight.cli.ingest import ingest
from tallylight.cli.preview import exclude, include, preview
from tallylight.cli.prune import prune
from tallylight.cli.rate import rate
from tallylight.cli.reparse import reparse
from tallylight.cli.schedules import schedule, schedules, unschedule
from tallylight.cli.serve import serve
from tallylight.cli.sessions import sessions, show
from tallylight.cli.token import token
from tallylight.cli.undo import undo
from tallylight.cli.watch import watch
from tallylight.cli.write_scores import write_scores
from tallylight.errors import TallylightError
from tallylight.visible import visible

#: Exit status for arguments that cannot be used; 0 is all well, 1 some files failed, 130 interrupted.
UNUSABLE = 2

app = typer.Typer(
    name="tallylight",
    help="Ingest folders of images and videos, live: every count moves the moment it happens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_SCHEDULES = (schedule, schedules, unschedule)
_SESSIONS = (sessions, show, follow, pause, resume, cancel, retry, preview, exclude, include, commit, undo)
_CATALOG = (find, rate, write_scores, reparse)
for command in (demo, serve, token, ingest, *_SESSIONS, *_CATALOG, prune, watch, *_SCHEDULES, extractors, doctor):
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tallylight {tallylight.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    # A callback of its own: the one of the application runs only once a command is known.
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command line. A foreseen error is one sentence on standard error and exit status 2."""
    try:
        app()
    except TallylightError as error:
        _refuse(visible(str(error)))
    except ValidationError as error:
        first = error.errors()[0]
        parts = [str(part) for part in first["loc"]] or ["settings"]
        name, variable = ".".join(parts), "__".join(parts).upper()
        why = first["msg"].removeprefix("Value error, ")
        _refuse(f"{name} cannot be used: {why}. Check the option, or TALLYLIGHT_{variable}.")


def _refuse(sentence: str) -> None:
    typer.echo(f"tallylight: {sentence}", err=True)
    sys.exit(UNUSABLE)
