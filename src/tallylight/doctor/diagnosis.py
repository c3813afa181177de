"""From what was measured to who is to blame and what cures it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tallylight.doctor.culprits import Culprit, buffering_cure, on_the_way, timeout_cure
from tallylight.doctor.trial import Checkup, Ending, Trial

#: Seconds by which events that took the same way may differ: networks and busy machines.
_JITTER: Final = 0.15
#: The longest silence of a real stream: a heartbeat comes after ten seconds.
HEARTBEAT: Final = 10.0
_SLOW: Final = 1.0


class Level(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    NOTE = "note"  #: works, and could be better
    TROUBLE = "trouble"  #: people see stuck or broken progress


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out. `cure` says what to change; empty where nothing need be."""

    level: Level
    about: str  #: `reach`, `buffering`, `compression`, `idle`, `http`, `first`: a closed list, for programs
    what: str
    cure: str = ""


def diagnose(checkup: Checkup) -> list[Finding]:
    """What is to be said about this checkup, the worst first."""
    if checkup.plain.ending in {Ending.UNREACHABLE, Ending.REFUSED}:
        return [_no_stream(checkup.plain)]
    culprit = on_the_way(checkup.plain.headers)
    found = [*_buffering(checkup, culprit), *_idle(checkup, culprit), *_first(checkup), *_http(checkup)]
    order = list(Level)[::-1]
    return sorted(found, key=lambda finding: order.index(finding.level))


def _no_stream(trial: Trial) -> Finding:
    if trial.ending is Ending.UNREACHABLE:
        cure = "See that the server runs, that the address is right, and that no firewall is between."
        return Finding(Level.TROUBLE, "reach", f"There was no answer: {trial.words}.", cure)
    what, cure = _refusals().get(trial.status, (f"It was answered with status {trial.status}.", ""))
    said = f" It said: {trial.words}" if trial.words else ""
    if trial.status == 200:
        kind = trial.headers.get("content-type", "no type").partition(";")[0]
        what, said = f"It was answered with {kind} instead of a stream.", ""
        cure = "A proxy in front asks for a login, or the address lacks its path prefix; see --public-url."
    return Finding(Level.TROUBLE, "reach", what + said, cure)


def _refusals() -> dict[int, tuple[str, str]]:
    return {
        401: ("It wants a token.", "Give it one with --token."),
        403: (
            "The server turned the request away.",
            "Behind a proxy, set --public-url, and let the proxy pass Host on as it is.",
        ),
        404: ("There is no Tallylight at this address.", "Is the path prefix right? See --public-url."),
        421: ("The server does not know itself by this name.", "Set --public-url to the address that people use."),
        502: ("A proxy answers that it cannot reach the server.", "See that the server runs where the proxy looks."),
        503: ("The server, or a proxy in front, is too busy.", "Try again in a minute."),
        504: ("A proxy gave up waiting for the server.", "See that the server runs where the proxy looks."),
    }


def _buffering(checkup: Checkup, culprit: Culprit) -> Iterator[Finding]:
    plain, packed = checkup.plain, checkup.packed
    if not plain.beats:
        what = f"The head of the answer came, and nothing of the stream for {plain.ended:.1f} s."
        yield Finding(Level.TROUBLE, "buffering", what, buffering_cure(culprit))
        return
    if _holds_the_first(plain):
        yield Finding(
            Level.NOTE,
            "buffering",
            "The first event is held back until a second one comes, as some antivirus products do.",
            "Nothing need be done: streams send a second event at once for their sake. To be rid of it, exempt this "
            "address from the product's web scanning.",
        )
    elif _is_held(plain):
        what = f"Events are held back: {_sent(plain)} came in {_pieces(plain)}, up to {plain.held:.1f} s late."
        yield Finding(Level.TROUBLE, "buffering", what, buffering_cure(culprit))
    elif packed is not None and _is_held(packed):
        late = f"{_sent(packed)} came in {_pieces(packed)}, up to {packed.held:.1f} s late"
        what = f"Events are held back where the client takes gzip: {late}."
        yield Finding(Level.TROUBLE, "compression", what, f"Compression on the way is to blame. {culprit.gzip_off}")
    else:
        yield Finding(Level.GOOD, "buffering", "Events come one by one, as they are sent.")
    encoding = packed.headers.get("content-encoding") if packed is not None and not _is_held(packed) else None
    # `identity` is the server's own word for none.
    if encoding not in {None, "identity"}:
        what = f"Something on the way compresses the stream ({encoding}), without holding it back."
        yield Finding(Level.NOTE, "compression", what, culprit.gzip_off)
    if plain.ending in {Ending.CUT, Ending.SILENT} and not _is_held(plain):
        what = f"The stream broke after {plain.ended:.1f} s, in the middle of its events."
        yield Finding(Level.TROUBLE, "buffering", what, timeout_cure(culprit))


def _idle(checkup: Checkup, culprit: Culprit) -> Iterator[Finding]:
    quiet = checkup.quiet
    if quiet is None or not quiet.beats:
        return
    if quiet.ending is Ending.COMPLETE:
        yield Finding(Level.GOOD, "idle", f"A silence of {quiet.silence:.0f} s is lived through.")
        return
    survived = quiet.survived
    what = f"A silent stream is cut after {survived:.1f} s."
    if survived < HEARTBEAT:
        yield Finding(
            Level.TROUBLE, "idle", f"{what} A heartbeat comes only every {HEARTBEAT:.0f} s.", timeout_cure(culprit)
        )
    else:
        yield Finding(Level.GOOD, "idle", f"{what} Heartbeats come every {HEARTBEAT:.0f} s, so that does no harm.")


def _first(checkup: Checkup) -> Iterator[Finding]:
    first = checkup.first_message
    if first is None:
        what = "The real stream brought no message within ten seconds, though the test stream came through."
        yield Finding(Level.TROUBLE, "first", what, "Run it again; if it stays so, look into the server's log.")
    elif first > _SLOW:
        yield Finding(Level.NOTE, "first", f"The first message took {first:.1f} s: a slow network, or a busy server.")
    else:
        yield Finding(Level.GOOD, "first", f"The first message is there after {first * 1000:.0f} ms.")


def _http(checkup: Checkup) -> Iterator[Finding]:
    if checkup.alpn == "h2":
        yield Finding(Level.GOOD, "http", "Browsers use HTTP/2 here: any number of tabs.")
    else:
        what = "Browsers use HTTP/1.1 here: six connections at most for all tabs, which the page shares among them."
        # Sharing needs Web Locks, and they need a secure context.
        cure = (
            ""
            if checkup.alpn or _is_local(checkup.url)
            else "HTTPS at the proxy, with HTTP/2, is better for many tabs."
        )
        yield Finding(Level.NOTE if cure else Level.GOOD, "http", what, cure)


def _is_local(url: str) -> bool:
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return host.startswith(("127.", "localhost", "[::1]"))


def _is_held(trial: Trial) -> bool:
    """Whether something gathers events: they come late, and in fewer pieces than they were sent in."""
    return trial.held > _JITTER and trial.pieces <= (len(trial.beats) + 1) // 2


def _holds_the_first(trial: Trial) -> bool:
    """Whether only the first came late, together with the second."""
    if len(trial.beats) < 4 or trial.held <= _JITTER:
        return False
    first, second, *rest = (beat.came - beat.sent for beat in trial.beats)
    usual = sum(rest) / len(rest)
    return first - usual > _JITTER and abs(second - usual) < _JITTER


def _sent(trial: Trial) -> str:
    return f"{len(trial.beats)} that were sent one by one"


def _pieces(trial: Trial) -> str:
    return "one piece" if trial.pieces == 1 else f"{trial.pieces} pieces"
