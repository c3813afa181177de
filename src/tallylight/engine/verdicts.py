"""Calls a function so that nothing it does as Python escapes: every engine's verdicts are made here.

A verdict crosses a process border sealed, as bytes of its own: one result that cannot be pickled, or cannot be read
back, then costs that one item and never the chunk or the pool.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from tallylight.engine.contract import Died, Done, Verdict

#: Characters of an exception's text that are kept: some carry the whole file they choked on.
LONGEST_DETAIL = 500


def attempt(call: Callable[[], object]) -> bytes:
    """Call, and seal what came of it. Raises nothing."""
    try:
        return pickle.dumps(Done(call()), pickle.HIGHEST_PROTOCOL)
    # BaseException: SystemExit and what a library derives from it must not end a worker that serves other items.
    except BaseException as error:  # noqa: BLE001
        return pickle.dumps(died_of(error))


def unseal(sealed: bytes) -> Verdict[Any]:
    """The verdict that `attempt` sealed. Raises nothing: what cannot be read back is `Died`."""
    try:
        verdict: Verdict[Any] = pickle.loads(sealed)  # noqa: S301 (from a worker of our own)
    except BaseException as error:  # noqa: BLE001 (unpickling runs constructors, which raise what they like)
        return Died("crashed", f"its result could not be read back: {_words(error)}")
    return verdict


def died_of(error: BaseException) -> Died:
    """The verdict on an item whose function raised this."""
    return Died("memory" if isinstance(error, MemoryError) else "crashed", _words(error))


def _words(error: BaseException) -> str:
    try:
        return repr(error)[:LONGEST_DETAIL]
    except Exception:  # noqa: BLE001 (a __repr__ is code of the function's too)
        return type(error).__name__
