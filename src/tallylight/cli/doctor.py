"""`tallylight doctor`: what becomes of a stream on its way to here."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Final

import anyio
import typer

from tallylight.cli import options
from tallylight.errors import BadParameters
from tallylight.visible import visible

SOME_TROUBLE: Final = 1
_MARKS: Final = {"good": "ok     ", "note": "note   ", "trouble": "TROUBLE"}


def doctor(
    url: Annotated[
        str,
        typer.Argument(help="The server's address as people use it, path prefix included; one of a session does, too."),
    ],
    json: Annotated[bool, typer.Option("--json", help="JSON: the findings, and all that was measured.")] = False,
    silence: Annotated[
        float, typer.Option(min=0, max=600, help="Seconds of silence to test; 75 finds most proxies' limits, 0 none.")
    ] = 12,
    token: Annotated[str | None, typer.Option(help="Where the server wants one.")] = None,
    ca: options.Ca = None,
) -> None:
    """Find out why progress is stuck or streams break: what is between you and a server, and which setting cures it.

    Opens test streams that tell when each event was sent. Run it where the browser runs. Exit status: 0 nothing is
    wrong, 1 something is, 2 unusable arguments.
    """
    if not url.startswith(("http://", "https://")):
        raise BadParameters(f"{url} is no address of a server; it begins with http:// or https://.")
    from dataclasses import asdict

    from tallylight.cli.place import parsed
    from tallylight.clock import SystemClock
    from tallylight.doctor import Level, Plan, diagnose, measure

    url, _ = parsed(url)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    plan = Plan(silence=silence, headers=headers, verify=options.trusted(ca))
    if not json:
        typer.echo(f"measuring {url}, for about {max(silence, 4):.0f} seconds …", err=True)
    checkup = anyio.run(measure, url, plan, SystemClock())
    findings = diagnose(checkup)
    if json:
        typer.echo(json_module.dumps({"findings": [asdict(one) for one in findings], "measured": asdict(checkup)}))
    else:
        for finding in findings:
            typer.echo(f"{_MARKS[finding.level]}  {visible(finding.what)}")
            if finding.cure:
                typer.echo(f"         → {visible(finding.cure)}")
    raise typer.Exit(SOME_TROUBLE if any(finding.level is Level.TROUBLE for finding in findings) else 0)
