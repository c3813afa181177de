"""Finds the sampler that made the picture, and those that worked on it after.

From the node that saved the picture the way back leads along images and latents. The samplers on it, first to last, are
its passes: base and refiner, or first pass and hires pass. The first of them made it. Of several pictures that a graph
saves the file does not say which it is: the one with the most passes counts, for the first pass is the same for all of
them; then one that began with pure noise, then the one that was numbered first.
"""

from __future__ import annotations

from typing import Final

from tallylight.ingest.extract.generation.comfyui.graph import Link, Node, in_order
from tallylight.ingest.extract.generation.comfyui.names import PIPE, SIDES, WAYS
from tallylight.ingest.extract.generation.comfyui.patterns import whole, within
from tallylight.ingest.extract.generation.comfyui.walk import Walk
from tallylight.ingest.extract.values import as_number

_SAVERS = within(r"save|combine|export|write|send|upload")
_VIEWERS = within(r"preview|output|show|compare|view")
_NOT_SAVED = within(r"conditioning|text|string|prompt|sigmas|mask")
_NO_SAMPLER = within(r"provider|hook|script|select|config|presampling|unsampler|loader|scheduler")
_NO_MAKER = within("encode|save")
_DETAILER = within("detailer|inpaint ?crop")
_STEERED: Final = frozenset({"conditioning", "text_embeds", "prompt", "sdxl_tuple"})
_STEPPED: Final = frozenset({"steps", "sigmas", "sampler_name", "total_steps"})
_NOT_BACK = whole(
    r"(?:.*_)?(?:positive|negative|conditioning(?:_\w+)?|model|clip|vae|masks?|control_net|text|prompt|upscale_model)"
)


def is_sampler(node: Node) -> bool:
    """Whether a node makes latents or a picture, by what it takes: nodes of all makes name their inputs alike."""
    known = node.names()
    if "guider" in known:
        return bool(known & {"sigmas", "noise"})
    if _NO_SAMPLER(node.kind):
        return False
    piped = any(PIPE(name) for name in node.links)
    steered = piped or bool(known & _STEERED) or any(SIDES["positive"](name) for name in known)
    if "sampler" in node.kind.lower():
        return steered and (piped or bool(known & _STEPPED))
    # Passes that are called otherwise: Ultimate SD Upscale, detailers.
    return steered and known >= {"steps", "denoise", "sampler_name"}


def is_maker(node: Node) -> bool:
    """Whether a node makes a picture on its own, as those do that ask a service."""
    known = node.names()
    words = {"prompt", "positive", "positive_prompt", "text"} & known
    return bool(words and {"seed", "noise_seed", "steps"} & known) and not _NO_MAKER(node.kind)


def passes(walk: Walk) -> list[Node]:
    """The samplers of the picture, first to last; empty where there is none."""
    nodes = list(walk.graph.nodes.values())
    samplers = list(filter(is_sampler, nodes))
    found = _WayBack(walk, samplers or list(filter(is_maker, nodes)))
    ends = [node for node in nodes if _rank(node)]
    best = max(filter(found.length, ends), key=lambda end: (_rank(end), *found.merit(end)), default=None)
    if best is None:
        best = max(samplers, key=found.merit, default=None)
    way = found.samplers(best) if best is not None else []
    # A detailer mends a part of a picture; it is a pass only where there is no other.
    return [node for node in way if not _DETAILER(node.kind)] or way


def _rank(node: Node) -> int:
    if _SAVERS(node.kind) and not _NOT_SAVED(node.kind):
        return 2
    return 1 if _VIEWERS(node.kind) else 0


class _WayBack:
    """The one way back from each node that leads to samplers. All of them together are passed once."""

    def __init__(self, walk: Walk, samplers: list[Node]) -> None:
        self.walk = walk
        self.makers = {node.key for node in samplers}
        self.made = self._downstream()
        #: How many samplers are on the way back from a node, itself included, and the first of them.
        self.known: dict[str, tuple[int, str]] = {}
        self.fresh: dict[str, float] = {}

    def _downstream(self) -> set[str]:
        """All nodes that a sampler leads to."""
        takers: dict[str, list[str]] = {}
        for node in self.walk.graph.nodes.values():
            for link in node.links.values():
                takers.setdefault(link.node, []).append(node.key)
        found: set[str] = set()
        waiting = list(self.makers)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting.extend(takers.get(key, ()))
        return found

    def back(self, node: Node) -> Node | None:
        """The next node on the way."""
        links = {name: link for name, link in node.links.items() if link.node in self.made}
        names = [name for name in WAYS["latent"] if name in links]
        if not names and node.key in self.makers:
            names = [name for name in links if PIPE(name)]
        elif not names:
            names = [name for name in links if not _NOT_BACK(name)]
        link: Link | None = links[names[0]] if names else None
        return self.walk.node(link)

    def _known(self, start: Node) -> tuple[int, str]:
        way: list[Node] = []
        node: Node | None = start
        while node is not None and node.key not in self.known:
            self.known[node.key] = (0, "")  # a ring leads nowhere
            way.append(node)
            node = self.back(node)
        count, first = self.known[node.key] if node is not None else (0, "")
        for passed in reversed(way):
            if passed.key in self.makers:
                count, first = count + 1, first or passed.key
            self.known[passed.key] = (count, first)
        return self.known[start.key]

    def length(self, end: Node) -> int:
        return self._known(end)[0]

    def merit(self, end: Node) -> tuple[int, float, list[tuple[int, str]]]:
        count, first = self._known(end)
        if first not in self.fresh:
            self.fresh[first] = _freshness(self.walk, self.walk.graph.nodes[first])
        return count, self.fresh[first], _lowest_first(end.key)

    def samplers(self, end: Node) -> list[Node]:
        found: dict[str, Node] = {}
        seen: set[str] = set()
        node: Node | None = end
        while node is not None and node.key not in seen:
            seen.add(node.key)
            if node.key in self.makers:
                found[node.key] = node
            node = self.back(node)
        return list(reversed(found.values()))


def _freshness(walk: Walk, sampler: Node) -> float:
    """How much of what it was given a sampler replaced by noise."""
    denoise = as_number(walk.value(sampler, "denoise", "denoise_strength"))
    return 1.0 if denoise is None else denoise


def _lowest_first(key: str) -> list[tuple[int, str]]:
    """Greatest for the lowest number."""
    return [(-number, text) for number, text in in_order(key) if number >= 0]
