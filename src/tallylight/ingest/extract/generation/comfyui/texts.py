"""The texts that reach a sampler: first along conditioning, to the nodes that encode text, then along the texts.

Along conditioning every node is visited once, and its texts are listed in order. Along texts each node makes one text,
joined as the node would; it is made once and kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.graph import Link, Node, in_order
from tallylight.ingest.extract.generation.comfyui.joins import COMMA, Join, between, join_of, replaced
from tallylight.ingest.extract.generation.comfyui.names import SIDES, is_text, may_lead_to_text, sounds_like_text
from tallylight.ingest.extract.generation.comfyui.patterns import whole, within
from tallylight.ingest.extract.generation.comfyui.walk import Walk

_GUIDES = whole(r"cond(itioning)?[12]?|prompt")
_SHOWN = within(r"show|display|preview")
_ZEROED = within(r"zero_?out")
_PLAIN: Final = frozenset({"value", "string", "any", "anything", "*", ""})
#: Links by which both sides come at once, and texts only of the side that is named.
_BOTH: Final = ("text_embeds", "embeds")
#: Text of a node that fills in wildcards: what it filled in, before what it was given.
_FILLED: Final = "populated_text"


class Texts:
    """The texts of one side, `positive` or `negative`."""

    def __init__(self, walk: Walk, side: str) -> None:
        self.walk = walk
        self.side = side
        self.made: dict[str, str] = {}
        #: Characters that may still be made: a text joined with itself thirty times over is too long for any memory.
        self.room = walk.limits.text

    def of(self, node: Node) -> list[str]:
        """The texts that reach a sampler or a guider, in order, each once."""
        found: dict[str, None] = {}
        seen = {node.key}
        waiting = [(further, False) for further in self._starts(node)]
        waiting += [(further, True) for further in self._shared(node)]
        found |= dict.fromkeys(self._own_side(node))
        waiting.reverse()
        while waiting and self.walk.step():
            link, shared = waiting.pop()
            at = self.walk.node(link)
            if at is None or at.key in seen or _ZEROED(at.kind):
                continue
            seen.add(at.key)
            found |= dict.fromkeys(self._texts(at, shared))
            waiting.extend(reversed(list(self._onward(at, shared))))
        return [text for text in found if text]

    def _starts(self, node: Node) -> Iterator[Link]:
        sided = self._sided(node.links)
        yield from (node.links[name] for name in sided)
        if not sided and self.side == "positive":
            names = (name for name in node.links if _GUIDES(name))
            yield from (node.links[name] for name in sorted(names, key=in_order))

    def _shared(self, node: Node) -> Iterator[Link]:
        """Where both sides come from at once."""
        yield from (node.links[name] for name in _BOTH if name in node.links)
        pipe = self.walk.pipe(node)
        if pipe is not None:
            yield pipe

    def _sided(self, names: Any) -> list[str]:
        return sorted((name for name in names if SIDES[self.side](name)), key=in_order)

    def _own_side(self, node: Node) -> list[str]:
        """Texts of the side that are typed into a node itself."""
        texts = [node.values[name] for name in self._sided(node.values)]
        if not texts and self.side == "positive":
            texts = [node.values[name] for name in ("prompt", "text") if name in node.values]
        return [text.strip() for text in texts if isinstance(text, str)]

    def _texts(self, node: Node, shared: bool) -> Iterator[str]:
        sided = self._sided(node.names())
        if sided:
            names = [name for name in sided if name in node.values or self._is_text_link(node, name)]
        elif shared and self.side == "negative":
            return
        else:
            names = sorted(filter(is_text, node.names()), key=in_order)
        if node.values.get(_FILLED):
            names = [_FILLED]
        for name in names:
            yield self._input(node, name, 0).strip()
        if not names and not any(self._onward(node, shared)):
            yield self._made(node, 0).strip()  # a text where conditioning was looked for: nodes that take words alone

    def _onward(self, node: Node, shared: bool) -> Iterator[tuple[Link, bool]]:
        """Further conditioning. Of a node that passes on both sides only its own side is followed."""
        sided = self._sided(node.names())
        pipes = [(link, True) for link in self._shared(node)]
        if sided:
            yield from ((node.links[name], False) for name in sided if name in node.links)
            # What is set here takes the place of what the pipe brings.
            yield from pipes if not any(name in node.links or node.values[name] for name in sided) else ()
            return
        yield from pipes
        if not (shared and self.side == "negative"):
            names = [name for name in node.links if may_lead_to_text(name) and not is_text(name)]
            chosen = self.walk.choice(node)
            # As a file lists them: the conditioning that another is added to stands first.
            yield from ((node.links[name], False) for name in names if chosen is None or name in chosen)

    def _is_text_link(self, node: Node, name: str) -> bool:
        """Whether a text comes in there, not conditioning: only what is behind the link can tell."""
        at = self.walk.node(node.links.get(name))
        return at is not None and not any(re.match("clip|cond|pos|neg", known) for known in at.links)

    def _input(self, node: Node, name: str, depth: int) -> str:
        if name in node.values:
            return _as_text(node.values[name])
        return self._made(self.walk.node(node.links.get(name)), depth + 1)

    def _made(self, node: Node | None, depth: int) -> str:
        """The text a node makes."""
        if node is None or depth > self.walk.limits.json_depth:
            return ""
        if node.key not in self.made and self.walk.step():
            self.made[node.key] = ""  # a text made of itself
            self.made[node.key] = self._fresh(node, depth)
        return self.made.get(node.key, "")

    def _fresh(self, node: Node, depth: int) -> str:
        name = between(node)
        join = join_of(node, self.walk.value(node, name) if name is not None else None)
        names = self._parts(node)
        if _SHOWN(node.kind):
            # What such a node shows is from the run before; only without a link it is all there is.
            linked = [name for name in names if name in node.links]
            return self._joined(self._inputs(node, linked, depth), Join(COMMA)) or self._shown(node)
        parts = self._inputs(node, names, depth)
        if join is not None and len(names) == 1 and names[0] in node.links:
            behind = self.walk.node(node.links[names[0]])
            if behind is not None and join_of(behind, None) is None and len(self._parts(behind)) > 1:
                parts = self._inputs(behind, self._parts(behind), depth + 1)  # a list of texts
        return self._bounded(replaced(node, self._joined(parts, join or Join(COMMA))))

    def _parts(self, node: Node) -> list[str]:
        """The inputs that a node makes its text of, in order."""
        chosen = self.walk.choice(node)
        if chosen is not None:
            return list(chosen)
        if isinstance(node.values.get(_FILLED), str) and node.values[_FILLED]:
            return [_FILLED]
        names = self._sided(node.names()) or [name for name in node.names() if is_text(name)]
        names = names or [name for name in node.names() if name in _PLAIN]
        names = names or [name for name in node.links if may_lead_to_text(name)][:1]
        names = names or [
            name for name, value in node.values.items() if isinstance(value, str) and sounds_like_text(name)
        ]
        return sorted(names, key=_as_joined)

    def _inputs(self, node: Node, names: list[str], depth: int) -> list[str]:
        return [self._input(node, name, depth) for name in names]

    def _shown(self, node: Node) -> str:
        return next((_as_text(node.values[name]) for name in sorted(node.values) if is_text(name)), "")

    def _joined(self, parts: list[str], join: Join) -> str:
        if join.drops_empty:
            parts = [part for part in parts if part.strip()]
        total = sum(map(len, parts)) + len(join.between) * len(parts)
        return join.between.join(parts) if total <= self.room else ""

    def _bounded(self, text: str) -> str:
        text = text[: max(self.room, 0)]
        self.room -= len(text)
        return text


def _as_joined(name: str) -> tuple[int, tuple[tuple[int, str], ...]]:
    """Sorts inputs as nodes join them: what goes before comes first, what goes after last."""
    place = -1 if re.match("pre|before", name, re.IGNORECASE) else 1 if re.match("suf|app|after", name, re.I) else 0
    return place, in_order(name)


def _as_text(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = value[0]
    return value if isinstance(value, str) else ""
