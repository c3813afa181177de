"""Who is on the way, told by what they write into an answer, and which of their settings cures what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Culprit:
    """A product that stands between servers and browsers."""

    name: str
    unbuffered: str  #: how it is told to pass events on at once
    patient: str  #: how it is told to bear silence
    gzip_off: str  #: how it is told to leave event streams uncompressed


_NGINX: Final = Culprit(
    "nginx",
    "In its site file: proxy_buffering off; and no proxy_ignore_headers X-Accel-Buffering.",
    "In its site file: proxy_read_timeout 75s;",
    "In its site file, where it passes /api/ on: gzip off; or no text/event-stream among gzip_types.",
)
_CADDY: Final = Culprit(
    "Caddy",
    "In its reverse_proxy block: flush_interval -1.",
    "In its reverse_proxy block, under transport http: no read_timeout, or one of 75s.",
    "In its site: encode only for other types, with a match on Content-Type.",
)
_APACHE: Final = Culprit(
    "Apache",
    "In its site: ProxyPass … flushpackets=on.",
    "In its site: ProxyTimeout 75.",
    "In its site: SetEnvIf Request_URI ^/api/ingest/stream no-gzip.",
)
_CLOUDFLARE: Final = Culprit(
    "Cloudflare",
    "A cache or response rule keeps streams back: add one that bypasses /api/.",
    "Its limit is 100 s of silence, more than the heartbeats need.",
    "Compression Rules: none for text/event-stream.",
)
_TRAEFIK: Final = Culprit(
    "Traefik",
    "On its service: loadBalancer.responseForwarding.flushInterval=-1.",
    "On its entry point: transport.respondingTimeouts.idleTimeout=180s.",
    "In its compress middleware: excludedContentTypes text/event-stream.",
)
_VARNISH: Final = Culprit(
    "Varnish",
    "In vcl_backend_response: set beresp.do_stream = true; and return (pass) for /api/.",
    "On its backend: .between_bytes_timeout = 75s;",
    "In vcl_backend_response: set beresp.do_gzip = false;",
)
_UNKNOWN: Final = Culprit(
    "something on the way",
    "A proxy, a VPN or an antivirus product gathers answers before it passes them on: switch that off for "
    "text/event-stream (nginx: proxy_buffering off; Caddy: flush_interval -1; Apache: flushpackets=on).",
    "Raise the read or idle timeout of the proxy on the way to more than 75 s (nginx: proxy_read_timeout; Caddy: "
    "read_timeout; load balancers: idle timeout).",
    "Switch compression off for text/event-stream (nginx: gzip_types; Caddy: encode; Apache: no-gzip).",
)

#: The first that says yes.
_SIGNS: Final[tuple[tuple[Callable[[Headers], bool], Culprit], ...]] = (
    (lambda headers: "cf-ray" in headers or _server(headers).startswith("cloudflare"), _CLOUDFLARE),
    (lambda headers: "x-varnish" in headers, _VARNISH),
    (lambda headers: _server(headers).startswith(("nginx", "openresty")), _NGINX),
    (lambda headers: "caddy" in _server(headers) or "caddy" in headers.get("via", "").lower(), _CADDY),
    (lambda headers: _server(headers).startswith("apache"), _APACHE),
    (lambda headers: "traefik" in headers.get("via", "").lower() + _server(headers), _TRAEFIK),
)


def on_the_way(headers: Headers) -> Culprit:
    """Who the answer's headers say is on the way."""
    return next((culprit for shows, culprit in _SIGNS if shows(headers)), _UNKNOWN)


def buffering_cure(culprit: Culprit) -> str:
    """What is to be changed where events are gathered."""
    return _named(culprit, "gathers answers", culprit.unbuffered)


def compression_cure(culprit: Culprit) -> str:
    """What is to be changed where answers are compressed."""
    if culprit is _UNKNOWN:
        return f"Compression on the way is to blame. {culprit.gzip_off}"
    return _named(culprit, "compresses answers", culprit.gzip_off)


def timeout_cure(culprit: Culprit) -> str:
    """What is to be changed where silence is not borne."""
    return _named(culprit, "ends silent connections", culprit.patient)


def _named(culprit: Culprit, does: str, cure: str) -> str:
    return cure if culprit is _UNKNOWN else f"{culprit.name} {does}. {cure}"


def _server(headers: Headers) -> str:
    return headers.get("server", "").lower()
