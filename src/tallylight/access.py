"""Who may come in to a server that others can reach: who shows its token, and this machine's own user."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from anyio import CancelScope, Lock, to_thread

from tallylight.clock import Clock
from tallylight.errors import DataFolderUnusable
from tallylight.token_file import Grant, TokenFile

log: Final = logging.getLogger(__name__)

#: Seconds between two looks at whether the token was changed, for those who are in already. Who comes is always told
#: from the file as it is.
LOOK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Pass:
    """That somebody was let in."""

    sha256: str  #: of the token by which; empty for this machine's own user, whom no change of the token concerns


class Access:
    """Checks what is shown against the token's hash in the data folder, which may change at any time.

    Guarantees: from the moment a new token is in the file, the old one lets nobody in, and answers that are held for
    those who came by it are cancelled within `LOOK` seconds. Nothing blocks the event loop. Where no token is needed,
    nothing is made, read or asked for.
    """

    def __init__(self, file: TokenFile, clock: Clock, *, needed: bool) -> None:
        self.needed = needed
        #: Lets this machine's own user in, who reads it from the data folder; another one for each start.
        self.secret = secrets.token_urlsafe(32) if needed else ""
        self._file = file
        self._clock = clock
        self._grant: Grant | None = None
        self._mark: tuple[int, ...] = ()
        self._held: dict[CancelScope, str] = {}
        self._looking = Lock()

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the token; empty where none is needed."""
        return self._grant.cookie if self._grant is not None else ""

    async def open(self) -> str:
        """Read the token's hash; where there is no token, make one and return it, this once. May be called again.

        Raises DataFolderUnusable.
        """
        if not self.needed or self._grant is not None:
            return ""
        return await to_thread.run_sync(self._open)

    def _open(self) -> str:
        if (found := self._file.read()) is not None:
            self._mark, self._grant = self._file.mark(), found
            return ""
        self._grant, token = self._file.rotate(self._clock.now())
        self._mark = self._file.mark()
        return token

    async def admit(self, shown: str) -> Pass | None:
        """Let somebody in who shows this; None where it is not the token."""
        if self.secret and hmac.compare_digest(self.secret.encode(), shown.encode("utf-8", "backslashreplace")):
            return Pass("")
        await self._look()
        grant = self._grant
        return Pass(grant.sha256) if grant is not None and grant.fits(shown) else None

    @contextmanager
    def held(self, by: Pass) -> Iterator[CancelScope]:
        """An answer that may last: it is cancelled when the token by which its reader came counts no more."""
        with CancelScope() as scope:
            if by.sha256:
                self._held[scope] = by.sha256
                # Changed since it was let in.
                if not self._counts(by.sha256):
                    scope.cancel()
            try:
                yield scope
            finally:
                self._held.pop(scope, None)

    async def watch(self) -> None:
        """Show those the door whose token counts no more; runs until it is cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.monotonic() + LOOK)
            await self._look()

    async def _look(self) -> None:
        # One after the other: of two that read at once the slower one could put the former token back.
        async with self._looking:
            mark = await to_thread.run_sync(self._file.mark)
            if mark == self._mark:
                return
            try:
                self._grant = await to_thread.run_sync(self._file.read)
            except DataFolderUnusable as error:
                self._grant = None
                log.error("nobody is let in any more: %s", error)
            self._mark = mark
            self._dismiss()

    def _dismiss(self) -> None:
        gone = [scope for scope, sha256 in self._held.items() if not self._counts(sha256)]
        for scope in gone:
            scope.cancel()
        log.info("the token was changed: %d open streams of the old one end", len(gone))

    def _counts(self, sha256: str) -> bool:
        return self._grant is not None and hmac.compare_digest(self._grant.sha256, sha256)
