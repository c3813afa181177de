"""Opens the test streams of a server and notes what comes when."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import anyio
import httpx
from anyio import to_thread

from tallylight.clock import Clock
from tallylight.doctor.trial import Beat, Checkup, Ending, Trial
from tallylight.live.parser import Parser

_STREAM: Final = "text/event-stream"
_CONNECT: Final = 10.0
#: Seconds beyond what was asked for, after which a test is over: what comes then is told by nobody.
_GRACE: Final = 5.0
#: Characters that are kept of an answer that is no stream.
_WORDS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured, and how."""

    beats: int = 8
    every: float = 0.25  #: seconds
    silence: float = 12.0  #: a little more than between two heartbeats; 0: not measured
    headers: Mapping[str, str] = field(default_factory=dict)  #: of each request, such as a token
    verify: bool | ssl.SSLContext = True  #: as httpx takes it


async def measure(url: str, plan: Plan, clock: Clock) -> Checkup:
    """Measure the way to the server at `url`, which is its address without anything of its API. Never raises for what
    the network or the server does.
    """
    base = url.rstrip("/")
    tests: dict[str, Trial] = {}
    async with httpx.AsyncClient(verify=plan.verify, headers=dict(plan.headers)) as http:
        look = partial(_trial, http, clock, base, plan)
        # Alone, and before the others: who is not there need not be asked four times.
        plain = await look()
        if plain.ending in {Ending.UNREACHABLE, Ending.REFUSED}:
            return Checkup(url=base, plain=plain)

        async def note(name: str, *, takes_gzip: bool = False, silence: float = 0) -> None:
            tests[name] = await look(takes_gzip=takes_gzip, silence=silence)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(note, "packed", takes_gzip=True))
            if plan.silence:
                tasks.start_soon(partial(note, "quiet", silence=plan.silence))
        first = await _first_message(http, clock, base)
    alpn = await to_thread.run_sync(_alpn, base, plan.verify)
    packed, quiet = tests.get("packed"), tests.get("quiet")
    return Checkup(url=base, plain=plain, packed=packed, quiet=quiet, alpn=alpn, first_message=first)


async def _trial(
    http: httpx.AsyncClient, clock: Clock, base: str, plan: Plan, *, takes_gzip: bool = False, silence: float = 0
) -> Trial:
    beats = 1 if silence else plan.beats
    url = f"{base}/api/stream-test?beats={beats}&every={plan.every}&silence={silence}"
    headers = {"accept": _STREAM, "accept-encoding": "gzip" if takes_gzip else "identity"}
    trial = Trial(takes_gzip=takes_gzip, silence=silence, showed_token="authorization" in plan.headers)
    patience = plan.beats * plan.every + silence + _GRACE
    request = http.build_request("GET", url, headers=headers, timeout=httpx.Timeout(_CONNECT, read=patience))
    begun = clock.monotonic()
    try:
        answer = await http.send(request, stream=True)
    except (httpx.HTTPError, ssl.SSLError, OSError) as error:
        words = str(error) or type(error).__name__
        return replace(trial, ending=Ending.UNREACHABLE, words=words, ended=clock.monotonic() - begun)
    try:
        known = {name.lower(): value for name, value in answer.headers.items()}
        trial = replace(trial, status=answer.status_code, headers=known, answered=clock.monotonic() - begun)
        if answer.status_code != httpx.codes.OK or not known.get("content-type", "").startswith(_STREAM):
            words, code = await _words(answer)
            return replace(trial, ending=Ending.REFUSED, words=words, code=code)
        return await _listened(answer, trial, clock, begun, wanted=beats + bool(silence))
    finally:
        await answer.aclose()


async def _listened(answer: httpx.Response, trial: Trial, clock: Clock, begun: float, *, wanted: int) -> Trial:
    parser, beats, ending, words = Parser(), [], Ending.CUT, ""
    try:
        async for chunk in answer.aiter_bytes():
            came = clock.monotonic() - begun
            beats += [Beat(json.loads(event.data)["at"], came) for event in parser.feed(chunk)]
    except httpx.ReadTimeout:
        ending = Ending.SILENT
    except httpx.HTTPError as error:
        words = str(error) or type(error).__name__
    if len(beats) >= wanted:
        ending = Ending.COMPLETE
    return replace(trial, ending=ending, beats=tuple(beats), ended=clock.monotonic() - begun, words=words)


async def _words(answer: httpx.Response) -> tuple[str, str]:
    """The sentence and the code of a refusal of Tallylight's own; empty in another's."""
    try:
        told = json.loads(await answer.aread())
    except (ValueError, httpx.HTTPError):
        return "", ""
    if not isinstance(told, dict):
        return "", ""
    return str(told.get("detail", ""))[:_WORDS], str(told.get("code", ""))[:_WORDS]


async def _first_message(http: httpx.AsyncClient, clock: Clock, base: str) -> float | None:
    """Seconds until the shared stream said something; None where it did not within ten."""
    begun = clock.monotonic()
    try:
        with anyio.move_on_after(_CONNECT):
            request = http.build_request("GET", f"{base}/api/ingest/stream", headers={"accept": _STREAM})
            answer = await http.send(request, stream=True)
            try:
                parser = Parser()
                async for chunk in answer.aiter_bytes():
                    if any(parser.feed(chunk)):
                        return clock.monotonic() - begun
            finally:
                await answer.aclose()
    except httpx.HTTPError:
        return None
    return None


def _alpn(base: str, verify: bool | ssl.SSLContext) -> str:
    """The version that a browser would agree on. Blocks."""
    import socket  # noqa: PLC0415 (with TLS alone)

    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname:
        return ""
    context = _context(verify)
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), _CONNECT) as connection,
            context.wrap_socket(connection, server_hostname=parts.hostname) as wrapped,
        ):
            return wrapped.selected_alpn_protocol() or "http/1.1"
    except OSError:
        return ""


def _context(verify: bool | ssl.SSLContext) -> ssl.SSLContext:
    if isinstance(verify, ssl.SSLContext):
        return verify
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
