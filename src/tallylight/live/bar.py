"""tqdm's words for a job that is watched live: a program that draws a bar need change one import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from tallylight.live.progress import JobStatus

if TYPE_CHECKING:
    from tallylight.live.jobs import Live

T = TypeVar("T")
#: How tqdm draws, which nobody has to draw here. Any other option is a mistake.
_DRAWING: Final = frozenset({
    "leave", "file", "ncols", "mininterval", "maxinterval", "miniters", "ascii", "unit", "unit_scale", "dynamic_ncols",
    "smoothing", "bar_format", "position", "postfix", "unit_divisor", "write_bytes", "lock_args", "nrows", "colour",
    "delay", "gui",
})  # fmt: skip


class Bar(Generic[T]):
    """A job with the methods and attributes of a `tqdm` bar: iterate over it, or `update` it by hand.

    `n`, `total`, `desc`; `update`, `set_description`, `set_postfix`, `set_postfix_str`, `reset`-less: a count never
    falls. What only says how to draw is accepted and has no effect; `disable` makes it count nothing. Iterating ends
    the job with the loop: also left by `break`, it is `completed` with what was done; an exception inside the loop is
    seen only where the bar is used in a `with` block.
    """

    def __init__(
        self,
        live: Live,
        iterable: Iterable[T] | None = None,
        desc: str = "",
        total: float | None = None,
        *,
        initial: float = 0,
        disable: bool = False,
        key: str = "",
        **drawing: Any,
    ) -> None:
        if unknown := drawing.keys() - _DRAWING:
            raise TypeError(f"tqdm() has no option {', '.join(sorted(unknown))}.")
        if total is None and iterable is not None:
            total = _length(iterable)
        self.iterable = iterable
        self.disable = disable
        self.progress = None if disable else live.progress(key, total=total, label=desc or "")
        self.n: float = 0
        self.desc = desc
        self._total = total
        self.update(initial)

    @property
    def total(self) -> float | None:
        return self._total

    @total.setter
    def total(self, total: float | None) -> None:
        self._total = total
        if self.progress is not None:
            self.progress.total = total

    def __iter__(self) -> Iterator[T]:
        if self.iterable is None:
            raise TypeError("This bar was made without an iterable; call update() instead of iterating over it.")
        try:
            for item in self.iterable:
                yield item
                self.update()
        finally:
            self.close()

    def __len__(self) -> int:
        return int(self._total or 0)

    def update(self, n: float | None = 1) -> None:
        """So much more is done. Raises ValueError below zero."""
        amount = n or 0
        if self.progress is not None and amount:
            self.progress.advance(amount)
        self.n += amount

    def set_description(self, desc: str | None = None, refresh: bool = True) -> None:
        self.desc = desc or ""
        if self.progress is not None:
            self.progress.label(self.desc)

    set_description_str = set_description

    def set_postfix(self, ordered_dict: dict[str, Any] | None = None, refresh: bool = True, **values: Any) -> None:
        self.set_postfix_str(", ".join(f"{name}={value}" for name, value in {**(ordered_dict or {}), **values}.items()))

    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None:
        if self.progress is not None:
            self.progress.note(s)

    def refresh(self, *_: Any, **__: Any) -> None:
        """Nothing to do: what changes is told."""

    clear = display = refresh

    def close(self) -> None:
        """End the job."""
        if self.progress is not None:
            self.progress.end(JobStatus.COMPLETED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.progress is not None:
            self.progress.__exit__(kind, error, trace)


def _length(iterable: Iterable[Any]) -> int | None:
    return len(iterable) if isinstance(iterable, Sized) else None
