"""What the tests need of a browser, whichever engine draws its pages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Protocol

from tests.browser.proxy import Proxy

#: Looks, 50 ms apart: some 20 s, and longer on a slow machine.
LOOKS = 400


class Missing(Exception):
    """An engine cannot be driven here; the text says what to install."""


class Tab(ABC):
    """One tab of a browser."""

    @abstractmethod
    def go(self, url: str) -> None:
        """Load a page."""

    @abstractmethod
    def back(self) -> None:
        """Press the back button."""

    @abstractmethod
    def run(self, expression: str) -> Any:
        """What an expression is worth in the page."""

    @abstractmethod
    def pause(self, ms: int) -> None:
        """Do nothing for so long, in real time."""

    @abstractmethod
    def close(self) -> None:
        """Close the tab, as a person does."""

    @abstractmethod
    def kill(self) -> None:
        """End the process that runs the page, without a word to it. The tab is of no use afterwards."""

    def until(self, expression: str) -> None:
        """Return once the expression is true in the page."""
        for _ in range(LOOKS):
            if self.run(expression):
                return
            self.pause(50)
        raise AssertionError(f"never came about in the page: {expression}")


class Profile(Protocol):
    """A browser as one person uses it: its tabs share what they store, their locks and their connections."""

    def tab(self) -> Tab:
        """Open a tab."""
        ...


class Engine(Protocol):
    """An engine with a browser around it."""

    name: str
    #: Whether the back-forward cache takes a page that had a stream, and held or awaited a lock, until it was left.
    keeps_busy_pages: bool
    #: Whether the other tabs can still be driven once one was killed.
    outlives_kills: bool

    def profile(self, elsewhere: Proxy | None = None) -> AbstractContextManager[Profile]:
        """A fresh profile. It finds `elsewhere`, which goes by the name of tally.test."""
        ...
