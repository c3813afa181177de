"""Which rules a prompt is read by."""

from __future__ import annotations

from enum import StrEnum

from tallylight.ingest.extract.emphasis import invokeai, novelai, webui
from tallylight.ingest.extract.emphasis.names import without_names
from tallylight.ingest.extract.emphasis.parts import Term


class Syntax(StrEnum):
    """The ways programs write weights."""

    WEBUI = "webui"  #: A1111 and all that took its prompts over, ComfyUI included
    NOVELAI = "novelai"
    INVOKEAI = "invokeai"


def syntax_of(generator: str) -> Syntax:
    """The rules of the program that made a file; A1111's where it has none of its own."""
    return Syntax(generator) if generator in {Syntax.NOVELAI, Syntax.INVOKEAI} else Syntax.WEBUI


def terms(prompt: str, syntax: Syntax = Syntax.WEBUI) -> list[Term]:
    """The terms of a prompt in order, networks and embeddings left out. Never raises; white space is made single."""
    prompt = without_names(prompt)
    match syntax:
        case Syntax.NOVELAI:
            return novelai.read(prompt).terms()
        case Syntax.INVOKEAI:
            return [term for term in map(invokeai.tidy, invokeai.read(prompt).terms()) if term.text]
        case Syntax.WEBUI:
            return webui.read(prompt).terms()
