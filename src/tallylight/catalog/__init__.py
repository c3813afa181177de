"""Committed media: what stays when sessions are forgotten."""

from tallylight.catalog.contract import Catalog, CommitItem, Known, Medium, Rated, Refused, Reread
from tallylight.catalog.prepared import digest_of
from tallylight.catalog.search import Order, Search

__all__ = ["Catalog", "CommitItem", "Known", "Medium", "Order", "Rated", "Refused", "Reread", "Search", "digest_of"]
