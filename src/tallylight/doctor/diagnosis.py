"""From what was measured to who is to blame and what cures it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tallylight.doctor.culprits import Culprit, buffering_cure, compression_cure, on_the_way, timeout_cure
from tallylight.doctor.finding import Finding, Level
from tallylight.doctor.reach import no_stream
from tallylight.doctor.trial import Checkup, Ending, Trial

#: Seconds by which events that took the same way may differ: networks and busy machines.
_JITTER: Final = 0.15
#: The longest silence of a real stream: a heartbeat comes after ten seconds.
HEARTBEAT: Final = 10.0
_SLOW: Final = 1.0


def diagnose(checkup: Checkup) -> list[Finding]:
    """What is to be said about this checkup, the worst first."""
    if checkup.plain.ending in {Ending.UNREACHABLE, Ending.REFUSED}:
        return [no_stream(checkup)]
    culprit = on_the_way(checkup.plain.headers)
    gathered = list(_buffering(checkup, culprit))
    is_held = any(finding.level is Level.TROUBLE for finding in gathered)
    found = [*gathered, *_idle(checkup, culprit), *_first(checkup, is_held=is_held), *_http(checkup)]
    order = list(Level)[::-1]
    return sorted(found, key=lambda finding: order.index(finding.level))


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
        yield Finding(Level.TROUBLE, "compression", what, compression_cure(culprit))
    else:
        yield Finding(Level.GOOD, "buffering", "Events come one by one, as they are sent.")
    encoding = packed.headers.get("content-encoding") if packed is not None and not _is_held(packed) else None
    # `identity` is the server's own word for none.
    if encoding not in {None, "identity"}:
        what = f"Something on the way compresses the stream ({encoding}), without holding it back."
        yield Finding(Level.NOTE, "compression", what, compression_cure(culprit))
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


def _first(checkup: Checkup, *, is_held: bool) -> Iterator[Finding]:
    first = checkup.first_message
    if first is None and is_held:
        what = "The real stream brought no message within ten seconds, for the same reason."
        yield Finding(Level.TROUBLE, "first", what)
    elif first is None:
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
