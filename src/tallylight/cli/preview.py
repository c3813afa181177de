"""`tallylight preview`, `exclude` and `include`: what a commit would do, and what is left out of it."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import words
from tallylight.errors import BadParameters, DataFolderBusy, OwnedElsewhere
from tallylight.model import Effect, Json, Reason
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.journal import Choice

Class = Annotated[list[Effect] | None, typer.Option("--class", help="Only files of this class; repeatable.")]
Code = Annotated[Reason | None, typer.Option("--code", help="Only files with this reason code.")]
Folder = Annotated[str, typer.Option("--folder", help="Only files in or below this folder.")]
Name = Annotated[str, typer.Option("--name", metavar="PATTERN", help="Only such names: '*.gif|draft*'.")]
Conflicts = Annotated[bool, typer.Option("--conflicts", help="Only files on which somebody disagrees.")]
Seqs = Annotated[
    list[int] | None, typer.Argument(metavar="[NUMBER]...", min=1, help="Files, as the preview lists them.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Which files, in the words of the API."""

    seqs: tuple[int, ...] = ()
    effects: tuple[str, ...] = ()
    code: str | None = None
    folder: str = ""
    name: str = ""
    conflicts: bool = False
    set_aside: bool | None = None
    refused: bool = False

    def in_api(self) -> Json:
        """Without what was not asked for."""
        asked: Json = {
            "seqs": list(self.seqs),
            "class": list(self.effects),
            "code": self.code,
            "folder": self.folder,
            "name": self.name,
            "conflicts": self.conflicts,
            "set_aside": self.set_aside,
            "refused": self.refused,
        }
        return {name: value for name, value in asked.items() if value}

    def choice(self) -> Choice:
        from tallylight.ingest.discover import name_filter
        from tallylight.journal import Choice

        return Choice(
            effects=self.effects,
            seqs=self.seqs,
            code=Reason(self.code) if self.code else None,
            folder=self.folder,
            named=name_filter(self.name) if self.name else None,
            conflicts=self.conflicts,
            set_aside=self.set_aside,
            refused=self.refused,
        )


def preview(  # noqa: PLR0913, PLR0917 (typer makes the options from these)
    session: options.SessionName,
    data: options.Data = None,
    database: options.Database = None,
    json: Annotated[bool, typer.Option("--json", help="The API's answer instead of text.")] = False,
    effects: Class = None,
    code: Code = None,
    folder: Folder = "",
    name: Name = "",
    conflicts: Conflicts = False,
    set_aside: Annotated[bool, typer.Option("--set-aside", help="Only files that you excluded.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Only files that the commit did not take.")] = False,
    after: Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Go on after this file.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Show at most so many files.")] = 100,
) -> None:
    """Show what a commit of a session would do, file by file: its class, and what of it would change.

    Exit status: 0 shown, 2 there is no such session.
    """
    asked = _Asked(
        effects=_values(effects),
        code=code,
        folder=folder,
        name=name,
        conflicts=conflicts,
        set_aside=set_aside or None,
        refused=refused,
    )
    page = anyio.run(_look, options.settings(data=data, database=database), session, asked, after, limit)
    if json:
        typer.echo(json_module.dumps(page))
        return
    for line in _lines(page):
        typer.echo(line)


def exclude(  # noqa: PLR0913, PLR0917 (typer makes the options from these)
    session: options.SessionName,
    seqs: Seqs = None,
    data: options.Data = None,
    database: options.Database = None,
    effects: Class = None,
    code: Code = None,
    folder: Folder = "",
    name: Name = "",
    conflicts: Conflicts = False,
) -> None:
    """Set files aside: the commit of this session leaves them alone. Give their numbers, or say which.

    Exit status: 0 done, 2 they cannot be excluded.
    """
    asked = _Asked(
        seqs=tuple(seqs or ()),
        effects=_values(effects),
        code=code,
        folder=folder,
        name=name,
        conflicts=conflicts,
    )
    _change(options.settings(data=data, database=database), session, asked, "exclude")


def include(  # noqa: PLR0913, PLR0917 (typer makes the options from these)
    session: options.SessionName,
    seqs: Seqs = None,
    data: options.Data = None,
    database: options.Database = None,
    effects: Class = None,
    code: Code = None,
    folder: Folder = "",
    name: Name = "",
    conflicts: Conflicts = False,
) -> None:
    """Take back files that were excluded. Give their numbers, or say which.

    Exit status: 0 done, 2 they cannot be included.
    """
    asked = _Asked(
        seqs=tuple(seqs or ()),
        effects=_values(effects),
        code=code,
        folder=folder,
        name=name,
        conflicts=conflicts,
    )
    _change(options.settings(data=data, database=database), session, asked, "include")


def _values(effects: list[Effect] | None) -> tuple[str, ...]:
    return tuple(effect.value for effect in effects or ())


def _change(settings: Settings, session: str, asked: _Asked, command: str) -> None:
    if not asked.in_api():
        raise BadParameters(f"Say which files to {command}: their numbers, --class, --code, --folder or --name.")
    answer = anyio.run(_set_aside, settings, session, asked, command)
    typer.echo(f"{words.files(answer['changed'])} {command}d; {words.preview(answer)}")


async def _look(settings: Settings, name: str, asked: _Asked, after: int, limit: int) -> Json:
    from tallylight.cli.archive import named, over_its_folders, without_workers
    from tallylight.cli.attach import attached
    from tallylight.ingest.diff import first_page

    session = await named(settings, name)
    try:
        # Whether a file has moved is looked for in its folders.
        own = await to_thread.run_sync(over_its_folders, settings, session)
        async with without_workers(own, "preview") as services:
            await services.looker.look_now(session.session_id)
            page = await to_thread.run_sync(
                lambda: first_page(
                    services.journal, services.catalog, session.session_id, asked.choice(), after=after, limit=limit
                )
            )
            return page.as_json()
    except (DataFolderBusy, OwnedElsewhere) as refused:
        query = urlencode({**_in_query(asked.in_api()), "after": after, "limit": limit}, doseq=True)
        return await attached(refused, settings).ask(f"/api/ingest/preview/{session.session_id}?{query}")


def _in_query(asked: Json) -> Json:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}


async def _set_aside(settings: Settings, name: str, asked: _Asked, command: str) -> Json:
    from tallylight.cli.archive import named, over_its_folders, without_workers
    from tallylight.cli.attach import attached
    from tallylight.ingest.diff import summary

    session = await named(settings, name)
    try:
        own = await to_thread.run_sync(over_its_folders, settings, session)
        async with without_workers(own, command) as services:
            aside = command == "exclude"
            changed = await services.supervisor.set_aside(session.session_id, asked.choice(), aside=aside)
            now = await to_thread.run_sync(summary, services.journal, services.catalog, session.session_id)
            return {"changed": changed, **now.as_json()}
    except (DataFolderBusy, OwnedElsewhere) as refused:
        path = f"/api/ingest/preview/{session.session_id}/{command}"
        return await attached(refused, settings).tell(path, asked.in_api())


def _lines(page: Json) -> Iterator[str]:
    yield f"session {page['session_id']}"
    yield words.preview(page)
    for item in page["items"]:
        yield _line(item)
    if page["next"] is not None:
        yield f"… and more: --after {page['next']}"
    if not page["complete"]:
        yield "Not everything was looked at yet; ask again for the rest."


def _line(item: Json) -> str:
    told = [words.change(change) for change in item["changes"]]
    if item["moved_from"]:
        told.insert(0, f"from {words.shown(item['moved_from'])}")
    if item["same_as"]:
        told.append(f"same as {words.shown(item['same_as'])}")
    if item["message"]:
        told.append(words.shown(item["message"]))
    if item["refused"]:
        told.append(words.shown(item["refused"]))
    told += [f"disputed: {conflict['field']}" for conflict in item["conflicts"]]
    if item["set_aside"]:
        told.append("set aside")
    line = f"{item['seq']:>9}  {item['class']:<9}  {words.shown(item['file'])}"
    return f"{line}: {'; '.join(told)}" if told else line
