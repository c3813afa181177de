"""Prompts, read as the program that got them does: terms, their weights, and the networks and embeddings they name."""

from tallylight.ingest.extract.emphasis.names import Network, embeddings, networks
from tallylight.ingest.extract.emphasis.parts import Term
from tallylight.ingest.extract.emphasis.syntax import Syntax, syntax_of, terms

__all__ = ["Network", "Syntax", "Term", "embeddings", "networks", "syntax_of", "terms"]
