"""Numbers, times and values, written by the server for people in their language; a page has `static/format.js`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tallylight.messages import elide
from tallylight.web.texts import Texts

#: Descriptions may run to pages.
_LONGEST_VALUE: Final = 200
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class Written:
    """As the language of these texts writes them."""

    t: Texts

    def number(self, value: float) -> str:
        return self.t.decimal(f"{value:,}")

    def size(self, value: int) -> str:
        """Bytes, in powers of 1000 as disks are sold, as `bytes` of format.js writes them."""
        size, power = float(value), 0
        while size >= 999.5 and power < len(_UNITS) - 1:
            size, power = size / 1000, power + 1
        number = f"{size:,.0f}" if power == 0 or size >= 99.95 else f"{size:.1f}"
        return f"{self.t.decimal(number)} {_UNITS[power]}"

    def moment(self, at: float) -> str:
        """A wall time that reads the same wherever and whenever a file is opened."""
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    def seconds(self, value: float) -> str:
        if value < 1:
            return f"{self.t.decimal(f'{1000 * value:.1f}')} ms"
        if value < 60:
            return f"{self.t.decimal(f'{value:.1f}')} s"
        minutes, seconds = divmod(round(value), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"

    def value(self, value: Any) -> str:
        """Of any field."""
        match value:
            case bool():
                return self.t("details.yes" if value else "details.no")
            case float():
                return self.number(value)
            case {"latitude": latitude, "longitude": longitude}:
                return f"{latitude}, {longitude}"
            case _:
                return elide(str(value), _LONGEST_VALUE)
