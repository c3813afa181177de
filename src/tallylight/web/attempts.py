"""How often one may try to log in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from tallylight.clock import Clock

#: Wrong tries from one address within `WINDOW` seconds, after which nothing more is tried for it.
MOST: Final = 5
WINDOW: Final = 60.0
#: Addresses that are remembered; of more the one that tried longest ago is forgotten.
MOST_ADDRESSES: Final = 10_000


@dataclass(kw_only=True)
class Attempts:
    """Wrong log-ins by the address they came from. The memory it takes is bounded, however many addresses there are."""

    clock: Clock
    most: int = MOST
    window: float = WINDOW
    most_addresses: int = MOST_ADDRESSES
    _wrong: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)

    def wait(self, client: str) -> float:
        """Seconds until this client may try again; 0 where it may now."""
        now = self.clock.monotonic()
        recent = [at for at in self._wrong.get(_key(client), ()) if at > now - self.window]
        return recent[-self.most] + self.window - now if len(recent) >= self.most else 0.0

    def wrong(self, client: str) -> None:
        """It tried, and was wrong."""
        now, key = self.clock.monotonic(), _key(client)
        recent = [at for at in self._wrong.pop(key, ()) if at > now - self.window]
        self._wrong[key] = [*recent, now][-self.most :]
        while len(self._wrong) > self.most_addresses:
            self._wrong.popitem(last=False)

    def right(self, client: str) -> None:
        """It tried, and was right."""
        self._wrong.pop(_key(client), None)

    def __len__(self) -> int:
        return len(self._wrong)


def _key(client: str) -> str:
    """One for all that one subscriber has: with IPv6 that is a network of 2^64 addresses."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
