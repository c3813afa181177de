"""Why no stream came at all. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

from tallylight.doctor.finding import Finding, Level
from tallylight.doctor.trial import Checkup, Ending, Trial
from tallylight.token_file import MADE_SINCE, PRINTED

Told = tuple[str, str]  #: what is the matter, and its cure

_ELSE: Final = "See that the server runs, that the address is right, and that no firewall is between."
_WHERE: Final = "See that the server runs where the proxy looks."


def no_stream(checkup: Checkup) -> Finding:
    """What is to be said where the first test was refused, or nobody answered it."""
    trial = checkup.plain
    what, cure = _unanswered(checkup) if trial.ending is Ending.UNREACHABLE else _refused(checkup)
    return Finding(Level.TROUBLE, "reach", what, cure)


#: Words of an error of the network, each with what it means. The first that is in it counts.
_ERRORS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (
        ("CERTIFICATE_VERIFY_FAILED",),
        "Give its authority's certificate with --ca FILE; browsers warn of it too, until they trust it.",
    ),
    (("WRONG_VERSION_NUMBER", "record layer", "HTTP_REQUEST"), "Nothing speaks TLS there: try http:// instead."),
    (
        ("Name or service", "nodename nor servname", "No address associated", "name resolution"),
        "No machine of that name is known here: see that it is spelled right and that its DNS entry is there.",
    ),
    (("disconnected", "ReadError", "RemoteProtocolError"), "Is it a web server? One that wants TLS is https://."),
)


def _unanswered(checkup: Checkup) -> Told:
    words = checkup.plain.words
    cure = next((cure for signs, cure in _ERRORS if any(sign in words for sign in signs)), _ELSE)
    return f"There was no answer: {words.rstrip('.')}.", cure


def _refused(checkup: Checkup) -> Told:
    trial = checkup.plain
    if trial.status == 200:
        kind = trial.headers.get("content-type", "no type").partition(";")[0]
        return (
            f"It was answered with {kind} instead of a stream.",
            "Another program answers there, or a proxy that asks for a login. Does the address have its path prefix?",
        )
    if 300 <= trial.status < 400:
        return _led_on(checkup.url, trial)
    what, cure = _coded(trial) or _STATUSES.get(trial.status) or _unforeseen(trial)
    # Where ours says the same, once is enough.
    said = f" It said: {trial.words}" if trial.words and trial.status != 401 else ""
    return what + said, cure


def _led_on(url: str, trial: Trial) -> Told:
    to = urljoin(f"{url}/", trial.headers.get("location", "")).partition("/api/stream-test")[0]
    if urlsplit(to.rstrip("/"))[:3] == urlsplit(url)[:3]:
        return f"It was answered with status {trial.status}, which leads nowhere.", _ELSE
    return f"It leads on to {to}.", f"Ask there: tallylight doctor {to}"


def _coded(trial: Trial) -> Told | None:
    """By the code of a refusal of Tallylight's own."""
    told = _CODES.get(trial.code)
    return told(trial) if told else None


def _not_admitted(trial: Trial) -> Told:
    if trial.showed_token:
        return "The server does not take this token.", MADE_SINCE
    return "The server wants its token.", f"Give it with --token. {PRINTED}"


_CODES: Final[Mapping[str, Callable[[Trial], Told]]] = {
    "not_admitted": _not_admitted,
    "not_found": lambda _: (
        "Tallylight answers, but this is not its own address.",
        "Give the server's address alone, as far as its path prefix.",
    ),
    "forwarded": lambda _: (
        "A proxy passes requests on to a server that has no token.",
        "Start the server with --public-url and the address that people type; it prints a link to log in with.",
    ),
}

_STATUSES: Final[Mapping[int, Told]] = {
    400: ("The request was not understood.", "An address that begins with http:// where TLS is spoken? Try https://."),
    401: ("Something in front of the server wants a login.", "Ask where it does not, or let it pass /api/."),
    403: (
        "The request was turned away.",
        "Behind a proxy, set --public-url, and let the proxy pass Host on as it is.",
    ),
    404: ("There is no Tallylight at this address.", "Is the path prefix right? See --public-url."),
    421: ("The server does not know itself by this name.", "Set --public-url to the address that people use."),
    502: ("A proxy answers that it cannot reach the server.", _WHERE),
    503: ("The server, or a proxy in front, is too busy.", "Try again in a minute."),
    504: ("A proxy gave up waiting for the server.", _WHERE),
}


def _unforeseen(trial: Trial) -> Told:
    return f"It was answered with status {trial.status}.", "Look into the log of the server, or of a proxy in front."
