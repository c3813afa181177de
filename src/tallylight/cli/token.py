"""`tallylight token`: the token by which others come in to this data folder's server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tallylight.cli import options


def token(
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new one and print it, once; the one before counts no more.")
    ] = False,
    data: options.Data = None,
    public_url: options.PublicUrl = None,
) -> None:
    """Tell when the token was made by which others come in, or make a new one.

    Only its SHA-256 is kept, so it cannot be shown again. A server that runs takes the new one at once: whoever came by
    the old one is out, and their streams end.
    """
    from tallylight.clock import SystemClock
    from tallylight.data_folder import DataFolder, page_of_holder
    from tallylight.token_file import TokenFile

    settings = options.settings(data=data, public_url=public_url)
    folder = DataFolder.at(settings.data)
    file = TokenFile(folder.token)
    if rotate:
        _, made = file.rotate(SystemClock().now())
        for line in _made(made, str(settings.public_url or page_of_holder(folder.path))):
            typer.echo(line)
    elif (grant := file.read()) is None:
        typer.echo(
            f"No token was made for {folder.path} yet: `tallylight serve` makes one at its first start with "
            "--public-url or a --host that others can reach; so does `tallylight token --rotate`."
        )
    else:
        at = datetime.fromtimestamp(grant.made_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        typer.echo(
            f"The token of {folder.path} was made on {at}. Only its SHA-256 is kept; `tallylight token --rotate` makes "
            "another."
        )


def _made(token: str, base: str) -> list[str]:
    from tallylight.token_file import link

    lines = [f"token  {token}"]
    if base:
        lines.append(f"link   {link(base, token)}")
    return [*lines, "It is not shown again. Whoever came by the one before is out."]
