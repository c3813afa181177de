"""Finds the generation parameters among a file's embedded texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tallylight.ingest.extract.clean import clean_json
from tallylight.ingest.extract.emphasis import embeddings
from tallylight.ingest.extract.generation import a1111, comfyui
from tallylight.ingest.extract.generation.body import is_json
from tallylight.ingest.extract.generation.comfyui import Graph, from_prompt, from_workflow
from tallylight.ingest.extract.generation.fields import names, tidy
from tallylight.ingest.extract.generation.places import Places
from tallylight.ingest.extract.generation.programs import program
from tallylight.ingest.extract.keywords import negative_terms
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json


@dataclass(frozen=True, slots=True)
class Reading:
    """What the texts of a file say of how it was made."""

    values: Json = field(default_factory=dict)  #: as `Outcome.generation` documents
    source: str = ""  #: the keys of the texts that say so, the most telling first: `parameters`, `stealth`
    warnings: tuple[str, ...] = ()  #: what was wrong with them


@dataclass(frozen=True, slots=True)
class _Found:
    """What one place says."""

    values: Json
    source: str


def generation(texts: list[tuple[str, str]], limits: Limits = LIMITS) -> Reading:
    """The generation parameters that a file's texts hold; which program is asked when, `programs` says.

    A program's own words win over A1111's text beside them, and that over a ComfyUI graph: the saver knew what it
    saved. Each fills the gaps of the one before. Never raises.
    """
    places = Places(texts, limits)
    own, written, drawn = _own_words(places), _written(places), _drawn(places)
    values = _merged(drawn, written, own)
    makers = [found.values["generator"] for found in (own, drawn, written) if found]
    if makers:
        values = _with_names(clean_json({**values, "generator": makers[0]}, limits), limits)
    sources = dict.fromkeys(found.source for found in (own, written, drawn) if found)
    return Reading(values, ", ".join(sources), tuple(places.warnings))


def _merged(*founds: _Found | None) -> Json:
    """The later ones win; their further parameters stand side by side."""
    values: Json = {}
    for found in filter(None, founds):
        further = {**values.get("parameters", {}), **found.values.get("parameters", {})}
        values = tidy({**values, **found.values, "parameters": further})
    return values


def _with_names(values: Json, limits: Limits) -> Json:
    """With the embeddings that the prompts name, and the terms of the negative one."""
    prompts = (str(values.get(name, ""))[: limits.prompt] for name in ("prompt", "negative_prompt"))
    named = (embeddings(prompt) for prompt in prompts)
    values = {**values, "embeddings": names(values.get("embeddings", ()), *named, limits=limits)}
    return tidy({**values, "negative_terms": negative_terms(values, limits)})


def _own_words(places: Places) -> _Found | None:
    for key, body in places.bodies:
        known = program(body, of_texts=not key)
        if known is not None and (values := known.parse(body)):
            return _Found(values, key or known.key(body))
    return None


def _written(places: Places) -> _Found | None:
    for key, text in places.words():
        if a1111.looks_like(text):
            return _Found(a1111.parse(text, places.limits, places.warnings), key)
    # Under A1111's own key a text without settings is a prompt; JSON there is another program's.
    text = places.whole.text("parameters")
    return (
        _Found(a1111.parse(text, places.limits, places.warnings), "parameters") if text and not is_json(text) else None
    )


def _drawn(places: Places) -> _Found | None:
    """From the graph that really ran; from the one in the editor where that gives nothing."""
    found = _graph(places, "prompt", _is_graph, from_prompt)
    if found and found.values.keys() & {"prompt", "seed"}:
        # Only the editor's form says which version drew it.
        versions = (comfyui.version(workflow) for _, workflow in _graphs(places, "workflow", _is_workflow))
        version = next(filter(None, versions), "")
        return replace(found, values={**found.values, "version": version}) if version else found
    return _graph(places, "workflow", _is_workflow, from_workflow) or found


def _graph(
    places: Places, name: str, is_one: Callable[[Mapping[str, Any]], bool], read: Callable[[Any, Limits], Graph]
) -> _Found | None:
    for key, value in _graphs(places, name, is_one):
        if graph := read(value, places.limits):
            return _Found(comfyui.parse(graph, places.limits), key)
    return None


def _graphs(
    places: Places, name: str, is_one: Callable[[Mapping[str, Any]], bool]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Graphs under their own key, or together with others in a comment, as videos have them, or as all of a comment."""
    for key, body in places.bodies:
        value = body.values if is_one(body.values) else body.json(name) if name in body else None
        if isinstance(value, Mapping):
            yield key or name, value


def _is_graph(values: Mapping[str, Any]) -> bool:
    return any(isinstance(node, Mapping) and "class_type" in node for node in values.values())


def _is_workflow(values: Mapping[str, Any]) -> bool:
    return isinstance(values.get("nodes"), list) and isinstance(values.get("links"), list)
