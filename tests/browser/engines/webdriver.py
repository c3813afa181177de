"""The few commands of the W3C WebDriver protocol that the tests need."""

from __future__ import annotations

from typing import Any, cast

import httpx


class Refused(Exception):
    """The driver would not do it; the text is its own."""


class Driver:
    """One browser, through a driver that listens at `url`. Commands go to the tab that was switched to last."""

    def __init__(self, url: str, capabilities: dict[str, object]) -> None:
        # The driver has just been started, and its address is refused for a moment. A driver whose browser dies at its
        # start never answers, hence the time limit.
        transport = httpx.HTTPTransport(retries=6)
        self._client = httpx.Client(base_url=url, transport=transport, timeout=30, trust_env=False)
        self._session = ""
        self.is_lost = False  #: a page crashed: the driver will do nothing more
        told = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/session/{told['sessionId']}"

    def tab(self) -> str:
        """The tab that was switched to last."""
        return cast("str", self._ask("GET", "/window"))

    def open_tab(self) -> str:
        """A new tab, behind the others. Returns its handle and does not switch to it."""
        return cast("str", self._ask("POST", "/window/new", {"type": "tab"})["handle"])

    def switch(self, tab: str) -> None:
        """Send what follows to this tab, which stays where it is."""
        self._ask("POST", "/window", {"handle": tab})

    def close_tab(self) -> None:
        """Close the tab."""
        self._ask("DELETE", "/window")

    def go(self, url: str) -> None:
        """Load a page."""
        self._ask("POST", "/url", {"url": url})

    def back(self) -> None:
        """Press the back button."""
        self._ask("POST", "/back", {})

    def run(self, script: str) -> Any:
        """What the body of a function returns in the page; of a promise, what it comes to."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": []})

    def quit(self) -> None:
        """Close the browser."""
        self._ask("DELETE", "")

    def close(self) -> None:
        """Let go of the driver itself."""
        self._client.close()

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._client.request(method, f"{self._session}{path}", json=body)
        value = answer.json()["value"]
        if answer.is_error:
            raise Refused(f"{method} {path}: {value['error']}: {value['message']}")
        return value
