"""Names and values in which a program's parameters are looked for: the texts of a file, or JSON within one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tallylight.ingest.extract.clean import TooMuch, load_json
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json

#: An object, encoded once or twice. A prompt may begin with `{` too: `{red|blue} hat`.
_OBJECT = re.compile(r'[\s"\\]{0,64}\{\s{0,64}(?:\\{0,8}"|\})')
_QUOTED = re.compile(r'\s{0,64}"')
_TWICE: Final = 2


@dataclass(slots=True)
class Body:
    """A mapping, and what its texts hold as JSON. Each is decoded once; damaged ones, and those
    beyond a limit, are told in `warnings`."""

    values: Mapping[str, Any]
    limits: Limits = LIMITS
    warnings: list[str] = field(default_factory=list)
    _decoded: dict[str, Any] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        """A value that is text; empty where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def json(self, name: str) -> Any:
        """A value, decoded where it is text that holds JSON; None where that is damaged or too much."""
        if name not in self._decoded:
            self._decoded[name] = self._decode(name)
        return self._decoded[name]

    def object(self, name: str) -> Json:
        """A value that is an object, or text that holds one; empty where it is none."""
        value = self.json(name)
        return value if isinstance(value, dict) else {}

    def within(self, name: str) -> Body:
        """The body that a value is; its warnings are told here."""
        return Body(self.object(name), self.limits, self.warnings)

    def _decode(self, name: str) -> Any:
        value = self.values.get(name)
        for _ in range(_TWICE):
            if not isinstance(value, str) or not is_json(value):
                break
            try:
                value = load_json(value, self.limits)
            except ValueError as error:
                if not _OBJECT.match(value):
                    break  # words that begin with a quote
                trouble = f"was not read: {error}" if isinstance(error, TooMuch) else "is damaged JSON"
                self.warnings.append(f"the embedded {name} {trouble}")
                return None
        return value


def is_json(text: str) -> bool:
    """Whether a text means to be JSON."""
    return (_OBJECT.match(text) or _QUOTED.match(text)) is not None
