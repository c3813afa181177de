"""Committed media: what stays when sessions are forgotten."""

from tallylight.catalog.contract import (
    Catalog,
    CommitItem,
    Holder,
    Known,
    KnownFile,
    Medium,
    Rated,
    Refused,
    Reread,
)
from tallylight.catalog.prepared import digest_of
from tallylight.catalog.search import Order, Search

__all__ = [
    "Catalog",
    "CommitItem",
    "Holder",
    "Known",
    "KnownFile",
    "Medium",
    "Order",
    "Rated",
    "Refused",
    "Reread",
    "Search",
    "digest_of",
]
