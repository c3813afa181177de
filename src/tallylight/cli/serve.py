"""`tallylight serve`: the page and the API for this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tallylight.cli import options


def serve(  # noqa: PLR0913, PLR0917 (typer makes the options from these)
    # readable=False: that is for `Roots` to say, in a sentence that tells what to do.
    root: Annotated[
        list[Path],
        typer.Option("--root", metavar="DIR", readable=False, help="A folder that may be read; repeatable."),
    ],
    data: options.Data = None,
    database: options.Database = None,
    host: options.Host = None,
    port: options.Port = None,
    public_url: options.PublicUrl = None,
    trusted_proxy: options.TrustedProxies = None,
    jobs: options.Jobs = None,
    live: options.Live = None,
    limit: options.Limit = None,
    guard_share: options.GuardShare = None,
) -> None:
    """Serve the page at http://127.0.0.1:8710. Ctrl-C stops it; sessions and catalog stay in the data folder.

    With --public-url, or a --host that others can reach, whoever comes needs a token: the first start makes one and
    prints it, once, as a link.
    """
    from tallylight.cli.server import run

    given: dict[str, Any] = {"host": host, "port": port, "jobs": jobs, "live": live, **options.limits(limit)}
    given |= {"public_url": public_url, "trusted_proxies": tuple(trusted_proxy) if trusted_proxy else None}
    given["guard_share"] = guard_share
    run(options.settings(roots=tuple(root), data=data, database=database, **given))
