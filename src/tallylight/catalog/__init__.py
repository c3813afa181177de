"""Committed media: what stays when sessions are forgotten."""

from tallylight.catalog.contract import (
    USER,
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
    "USER",
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
