"""Does one thing again and again, whatever becomes of it once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from tallylight.clock import Clock
from tallylight.errors import TallylightError

log = logging.getLogger(__name__)


async def again_and_again(
    act: Callable[[], Awaitable[object]], clock: Clock, pause: float, after_trouble: float | None = None
) -> None:
    """Pause and act, until cancelled; `after_trouble` is the pause after an act that failed, where it is another.

    A failure is logged, once for a row of them: a database that is away for a while must neither end this for good nor
    fill the log.
    """
    was_well = True
    while True:
        seconds = pause if was_well or after_trouble is None else after_trouble
        await clock.sleep_until(clock.monotonic() + seconds)
        try:
            await act()
        # Whoever does this all the time must outlive what goes wrong once.
        except Exception as error:
            if was_well:
                foreseen = isinstance(error, TallylightError)
                log.warning("%s", error, exc_info=None if foreseen else error)
            was_well = False
        else:
            was_well = True
