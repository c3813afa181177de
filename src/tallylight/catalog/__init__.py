"""Committed media: what stays when sessions are forgotten."""

from tallylight.catalog.contract import Catalog, CommitItem, Known, Medium, Refused
from tallylight.catalog.search import Order, Search

__all__ = ["Catalog", "CommitItem", "Known", "Medium", "Order", "Refused", "Search"]
