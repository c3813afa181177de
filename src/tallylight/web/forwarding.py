"""What a proxy says of a request it passes on, and when it is believed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, Final

from starlette.types import Scope

from tallylight.public_url import PublicUrl
from tallylight.settings import Network

log: Final = logging.getLogger(__name__)

_SCHEMES: Final = frozenset({"http", "https"})


def arrived(scope: Scope, public: PublicUrl | None, trusted: Sequence[Network]) -> Scope:
    """The request as if it had come straight from whoever asks: the client and the scheme that a trusted proxy tells,
    the path without the prefix. The scope that was given stays as it is.

    Of the headers that proxies send, only `X-Forwarded-For` and `X-Forwarded-Proto` are read, and of nobody but the
    trusted: whoever asks can send them as well. Requests that come without the prefix are served, too: some proxies
    take it off, and this machine's own commands never knew it.
    """
    changed: dict[str, Any] = {"path": without_prefix(scope["path"], public)}
    raw = scope.get("raw_path")
    if raw is not None:
        changed["raw_path"] = without_prefix(raw.decode("latin-1"), public).encode("latin-1")
    client = scope.get("client")
    if client and is_trusted(client[0], trusted):
        changed["client"] = (origin_of(client[0], _sent(scope, b"x-forwarded-for"), trusted), client[1])
        if (told := _sent(scope, b"x-forwarded-proto")) and told[-1] in _SCHEMES:
            changed["scheme"] = told[-1]
    if public is not None and _sent(scope, b"host")[-1:] == [public.host]:
        # The name alone tells it: what is open to all under it is this one scheme.
        changed["scheme"] = public.scheme
    return {**scope, **changed}


def origin_of(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address of whoever asked. Each proxy adds the one it was asked from at the right: the first one there that is
    no trusted proxy is the last that can be believed. Pure.
    """
    found = peer
    for told in reversed(forwarded_for):
        address = _plain(told)
        if not address:
            break
        found = address
        if not is_trusted(address, trusted):
            break
    return found


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Whether it is one of these; what is no address is not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    # Of a socket for both versions, an IPv4 peer has an IPv6 address.
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in trusted)


def without_prefix(path: str, public: PublicUrl | None) -> str:
    """The path behind the prefix; as it is where it has none."""
    prefix = public.prefix if public is not None else ""
    if not prefix or not (path == prefix or path.startswith(prefix + "/")):
        return path
    return path[len(prefix) :] or "/"


def _sent(scope: Scope, wanted: bytes) -> list[str]:
    """The values of a header that is a list, in order, however many times it was sent."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted]
    return [part.strip().lower() for value in values for part in value.split(",")]


def _plain(told: str) -> str:
    """An address as `X-Forwarded-For` has it, which some proxies write with a port; empty for what is none."""
    text = told.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
